"""Money: disputed cards, refunds that take long, codes that don't work, double charges and invoices."""

from tickets.demo.conversations.topic import ALARM, PRESSING, RELAXED, Topic

CHARGEBACK = Topic(
    key="chargeback",
    tags=("chargeback_fraud", "billing"),
    need="dispute",
    weight=22,
    priorities=ALARM,
    sentiment=(0.03, 0.18),
    difficulty=(0.75, 0.95),
    subjects=(
        "Order {order} never arrived, I have asked my bank",
        "[Chargeback|Dispute] for order {order}",
        "My bank opens a chargeback on {weekday}",
        "{total} for nothing: chargeback",
        "Last chance before the chargeback, order {order}",
    ),
    email=(
        "{days} days without a parcel and without a useful answer. This morning I asked my bank about a "
        "chargeback for order {order}, {total}. I would rather not, I like your shop. {reason} You have "
        "until {weekday}.",
        "I hereby inform you that I am disputing the charge of {total} for order {order}. The {item} was "
        "never delivered, {carrier} shows nothing. The chargeback form is filled in and goes out on "
        "{weekday} unless the money is back by then.",
        "My card company tells me I can do a chargeback because the {item} (order {order}, placed "
        "{order_date}) has not been delivered. Please don't make me. Send it again or send me the money.",
        "I have run out of patience with order {order}. {total} left my account on {order_date} and I have "
        "nothing to show for it. My bank calls it a chargeback, I call it a pity.",
    ),
    sms=(
        "No parcel, no answer. Bank does a chargeback on {weekday} for order {order}. {me}",
        "Last msg: order {order} or my {total} back, else chargeback.",
    ),
    chat=(
        "I want to speak to someone about order {order} NOW\n"
        "my bank is opening a chargeback for {total}\n"
        "nothing ever arrived",
    ),
    spoken=(
        "This is {name}. Order {order}, {total}. I've been to my bank today about a chargeback. I'm giving "
        "you one chance to call me back before I sign it.",
    ),
    ask=(
        "I understand, and I am sorry it came to this. Your parcel {tracking} has had no scan for far too "
        "long. I have taken order {order} over myself and asked {carrier} for a statement today. Have you "
        "already signed the bank's form? That decides what I can do from here.",
        "Thank you for giving us the chance. I have passed order {order} to the person who can decide on it "
        "today. So that nothing crosses: has the bank opened a case, and if so, under which reference?",
    ),
    ask_short=("I'm sorry it came to this, I've taken order {order} over myself. Has the bank already opened a case?",),
    answer=(
        "Not signed yet. But I will on {weekday}.",
        "They have a draft, no reference yet. I want this over with.",
        "No case yet. I've told them I'm waiting for you.",
    ),
    nudge=(
        "I am still waiting. The form is on my desk.",
        "Nobody called me back. The bank's deadline is {weekday}.",
        "Silence again? Then the chargeback goes out.",
    ),
    resolve=(
        "{carrier} has declared the parcel lost. I have refunded the full {refund} for order {order} today; "
        "your bank shows it within five days, so no chargeback is needed. I am sorry that we let it come "
        "this far.",
        "The full {refund} is on its way back to your card, with the reference of order {order}. Thank you "
        "for holding the bank's form back, and please accept our apology for the silence.",
    ),
    resolve_short=(
        "The parcel is lost, I've refunded the full {refund} today. No chargeback needed. I'm truly sorry.",
    ),
    thanks=(
        "Received. I have told the bank to close it.",
        "The money is there. Thank you for taking it seriously in the end.",
    ),
    notes=(
        "Please answer today. A chargeback costs us a $20 fee whoever is right.",
        "{carrier} confirms loss of {tracking} in writing, letter is in the files.",
        "Manager may decide on refund of {total}. No evidence of delivery.",
    ),
)

REFUND = Topic(
    key="refund_chasing",
    tags=("refund", "return"),
    need="returned",
    weight=34,
    priorities=PRESSING,
    sentiment=(0.15, 0.35),
    difficulty=(0.4, 0.6),
    subjects=(
        "Refund for the {item} has not shown up",
        "Where is my refund? Order {order}",
        "[Second|Third] request: refund of {total}",
        "Returned {item}, no money yet",
        "Refund for order {order} still missing",
        "You have my return, I have no refund",
    ),
    email=(
        "I sent the {item} back two weeks ago (order {order}). Your mail said five working days after "
        "arrival. [They have passed twice over.|That was last week.] Where is my refund of {total}?",
        "The return of order {order} arrived at your warehouse, I have the receipt from {carrier}. My bank "
        "account says: nothing. Could you please see where it hangs?",
        "I am not angry, only puzzled: order {order} went back to you in the original box, and there is "
        "still no refund. Has it perhaps been booked to somebody else?",
        "Third time I ask about {total}. The {item} is with you, the money is with you, and I have only "
        "your automatic answers. {reason}",
    ),
    sms=(
        "Still no refund for order {order}. Its {total}! {me}",
        "Sent the {item} back 2 wks ago. Wheres my refund? Order {order}",
    ),
    chat=(
        "hi, I'm waiting for a refund\norder {order}, {total}\nreturn arrived at your place already",
        "Hello, can you see if my refund went out?\nOrder {order}, I returned the {item}",
    ),
    spoken=(
        "Yes, {name}. I returned order {order}, the {item}, and you've had it a good while now. I've still "
        "not had my money. Could somebody ring me?",
    ),
    ask=(
        "I am sorry for the delay. I can see your return of order {order} checked in at our warehouse; the "
        "refund of {total} is waiting for accounting. Is the card you paid with still valid?",
        "Thank you for the reminder, and I am sorry you needed to send it. The return is here. Before "
        "accounting books the {total}: should it go to the card you paid with?",
    ),
    ask_short=("Sorry about the delay! The return is here. Is the card you paid with still valid, for the {total}?",),
    answer=(
        "Yes, the card is still valid. Please book it there.",
        "Same card, valid until next year.",
        "The card is fine. When can I expect it?",
    ),
    nudge=(
        "Another week gone and no {total}. {reason}",
        "Could somebody please answer? I only want what is mine.",
        "I checked this morning: still nothing booked.",
    ),
    resolve=(
        "The refund of {refund} for order {order} was booked today to the card you paid with; it shows "
        "within three to five days. I am sorry that you had to ask for it.",
        "Done: {refund} has left our account. The return had been checked in but not passed on, and that is "
        "on us. Thank you for your patience.",
    ),
    resolve_short=("Booked today: {refund} back to your card, 3 to 5 days. Sorry for the wait!",),
    thanks=("It's on my account. Thank you, {agent}.", "Finally! Thanks.", "Received {refund}. All settled."),
    notes=(
        "Return checked in at dock 2, never passed to accounting. Nudged them.",
        "Refund of {total} approved, waiting for the booking run.",
        "Customer asked before. Please call, don't mail.",
    ),
)

DISCOUNT = Topic(
    key="discount_code",
    tags=("discount",),
    need="none",
    weight=26,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.38, 0.52),
    difficulty=(0.12, 0.28),
    subjects=(
        "Code {code} does not work",
        "{code} is rejected at checkout",
        "Discount code trouble",
        "Newsletter code for the {kit}",
        "Can {code} be used on sale items?",
        "Expired code {code}?",
        "“This code is not valid”",
    ),
    email=(
        "Code {code} does not work:: Your newsletter promised me a discount with the code {code}. At the "
        "checkout it says “not valid for this basket”. In the basket: the {kit} and the {tool}. What am I "
        "doing wrong?",
        "{code} is rejected at [checkout|the till]:: I have tried {code} in capitals, in small letters and "
        "without the dash. It will not go through. Basket: {fabric}, {metres} metres in {colour}. Is there "
        "a minimum?",
        "Has {code} expired?:: Is the code {code} still good? The mail says until the end of the month, the "
        "page says expired. I would use it for the {garment}.",
        "Can {code} be used on sale items?:: Can I combine {code} with the sale price of the {kit}? The "
        "checkout swallows one of the two each time.",
    ),
    sms=("Code {code} doesnt work?? trying to buy the {kit}", "Hi, is {code} still valid? {me}"),
    chat=(
        "hi, my code isn't working\n{code}\nbasket has the {kit} in it",
        "Hello! {code} says invalid\nI got it with the newsletter on {weekday}",
    ),
    spoken=(
        "[Newsletter code|Code {code}] for the {kit}:: Hello, {name}. I've a code here, {code}, and your "
        "website won't have it. It's for the {kit}. Can you put it in for me?",
    ),
    ask=(
        "Let us get this working. {code} is valid for full-price items from $50. Could you tell me the "
        "total of your basket before shipping, and whether anything in it is reduced?",
        "Thank you for asking. Are you signed in with the address the newsletter goes to? {code} is tied to "
        "it, and the error message does not say so.",
    ),
    ask_short=("{code} works for full-price items from $50. What's your basket total, and are you signed in?",),
    answer=(
        "The basket is just above $50 and I'm signed in now.",
        "I was signed out! The basket is $64.",
        "One item is reduced, the {kit} is not.",
    ),
    nudge=(
        "It still says invalid. The offer ends soon, doesn't it?",
        "Any news about {code}? My basket is waiting.",
    ),
    resolve=(
        "That was it: I have linked {code} to your account, and it will now be accepted for everything at "
        "full price. It stays valid for another 14 days, so there is no hurry.",
        "{code} is refreshed and works now; I tried it with a basket like yours. Reduced items simply keep "
        "their price, the rest gets the discount.",
    ),
    resolve_short=("Try again now: {code} is linked to your account and valid for 14 more days.",),
    thanks=("Worked! Thank you.", "It took it. Ordering now!", "Great, thanks."),
    notes=("Error message at checkout should say “sign in first”. Told the web team.",),
)

DOUBLE = Topic(
    key="double_charge",
    tags=("billing",),
    need="delivered",
    weight=18,
    priorities=PRESSING,
    sentiment=(0.22, 0.4),
    difficulty=(0.45, 0.62),
    subjects=(
        "Charged twice for order {order}",
        "{total} booked two times",
        "Two bookings, one order",
        "Please check the payment of order {order}",
    ),
    email=(
        "My statement shows {total} twice, both on {order_date}. I placed one order only, {order}. Could "
        "you check and cancel one?",
        "When I paid for order {order} the page hung and I pressed the button again. Now my bank lists two "
        "bookings of {total}. I received the {item} once, which is enough.",
        "I think you have charged me double for the {item}. Order {order}. I can send a copy of the "
        "statement if you tell me where.",
    ),
    sms=("Charged 2x {total} for order {order}! Pls check. {me}",),
    chat=("hi, you charged me twice\norder {order}, 2 x {total}",),
    spoken=(
        "Hello, {name}. I have my bank statement here and there's {total} on it twice. I only ordered once, "
        "number {order}.",
    ),
    ask=(
        "Thank you for spotting it. On our side order {order} was paid once, {total}. A second line is "
        "often only a reservation by the bank. Does it say “pending” next to it?",
        "I am sorry for the fright. I see one payment of {total} for order {order} and one attempt that was "
        "cancelled. Could you tell me if both lines on your statement are marked as booked?",
    ),
    ask_short=("I see one payment and one cancelled attempt. Does the second line say “pending”?",),
    answer=(
        "One says pending, yes.",
        "The second one is grey, “reserved”.",
        "It says pending, but it has said so for days.",
    ),
    nudge=("The second {total} is still there this morning.", "Has accounting looked at it?"),
    resolve=(
        "I have checked with our payment provider: only one payment of {total} was collected, the other was "
        "a reservation and has been released today. It disappears from your list within two days.",
        "Confirmed in writing by the payment provider: order {order} was charged once. The reserved line is "
        "released and falls off by itself.",
    ),
    resolve_short=("Only one payment was collected; the other was a reservation and is released today.",),
    thanks=("It's gone, thank you.", "Thanks for explaining it so clearly."),
    notes=("Provider shows one capture, one voided authorisation.",),
)

INVOICE = Topic(
    key="invoice",
    tags=("billing",),
    need="delivered",
    weight=16,
    priorities=RELAXED,
    sentiment=(0.48, 0.6),
    difficulty=(0.12, 0.25),
    subjects=(
        "Invoice for order {order}",
        "VAT invoice needed",
        "Invoice with my company name, order {order}",
        "No bill in the parcel",
    ),
    email=(
        "Could you send me an invoice for order {order} with our studio's name on it? The bookkeeper does "
        "not accept the packing list. Total {total}.",
        "There was no invoice in my parcel. Please mail me the one for order {order} as PDF. Thank you.",
        "For my taxes I need the invoice of {order_date}, order {order}, {total}, with the VAT shown separately.",
    ),
    sms=("Pls mail invoice for order {order}. Thx {me}",),
    chat=("hello, where can I download the invoice for order {order}?",),
    spoken=("Good afternoon, {name}, I need an invoice for order {order}, made out to the studio. No hurry.",),
    ask=(
        "Gladly. What exactly should stand on it: company name, address and, if you have one, the VAT number?",
        "Of course. Should the invoice for order {order} carry your name or a company's?",
    ),
    ask_short=("Gladly! Which name and address should be on it?",),
    answer=("{name} Studio, {street}, {city}. No VAT number.", "Please on {name}, {street}, {city}."),
    nudge=("The bookkeeper asks again. Could I have it this week?",),
    resolve=(
        "The invoice for order {order} over {total} is on its way to {email} as PDF. You will also find it "
        "in your account under “Orders”.",
    ),
    resolve_short=("Invoice for order {order} is mailed, and in your account under “Orders”.",),
    thanks=("Perfect, thank you.", "Got it, thanks."),
)

TOPICS = (CHARGEBACK, REFUND, DISCOUNT, DOUBLE, INVOICE)
