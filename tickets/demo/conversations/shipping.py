"""Parcels on their way: late, said to be delivered, going to the wrong place, or not complete."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, Topic

LATE = Topic(
    key="late_parcel",
    tags=("shipping",),
    need="late",
    weight=44,
    priorities=PRESSING,
    sentiment=(0.18, 0.42),
    difficulty=(0.3, 0.55),
    subjects=(
        "[Where is|Still waiting for] order {order}?",
        "Order {order} [has not arrived|never arrived]",
        "{Item} still not here after {days} days",
        "Tracking {tracking} has not moved",
        "My parcel seems to be stuck with {carrier}",
        "No sign of my {item}",
        "Late parcel, order from {order_date}",
    ),
    email=(
        "I ordered the {item} on {order_date} (order {order}) and it [still has not come|has not turned "
        "up]. The tracking [page|link] has said “in transit” since it left you and nothing has changed. "
        "{reason}\n\nCould you find out where it is?",
        "It is now {days} days since I placed order {order}. {carrier} shows one scan and then silence. I "
        "[checked with my neighbours|asked at the post office in {city}] and nobody has it.\n\n"
        "[What happens next?|Do I wait or do you send it again?] {reason}",
        "I am [a little|getting] worried about order {order}. You wrote that it was on its way, the "
        "tracking number is {tracking}, and since then [not a single update|nothing]. It has the {item} in "
        "it that I need. {reason}",
        "Could someone [please look into|have a look at] my parcel? Order {order}, {item}, sent with "
        "{carrier}. The website promised four to six working days and today is day {days}.\n\n"
        "{reason}",
        "I don't like to complain, but order {order} from {order_date} is nowhere to be seen. I have been "
        "home every day, there was no card in the letterbox, and {carrier} only tells me to ask the sender. "
        "So I am asking. {reason}",
    ),
    sms=(
        "Hi, where is order {order}? Its been {days} days. {me}",
        "Order {order} still not here, tracking stuck. Can u check pls? {me}",
        "Hello, {me} here. {carrier} hasnt moved my parcel since last week. Order {order}. Any news?",
        "Any idea when the {item} comes? order {order}, ordered {order_date}",
    ),
    chat=(
        "hi\nI'm looking for my parcel, order {order}\nit says in transit for ages, ordered on {order_date}",
        "Hello, order {order} should have been here [by now|last week]\n{reason}",
        "hey, is anyone there?\nmy {item} hasn't arrived, {days} days now\norder number is {order}",
        "Good [morning|afternoon]! Could you check {tracking} for me? {carrier} shows no movement\nIt's order {order}",
    ),
    spoken=(
        "Hello, this is {name}. I'm calling about order {order}. I ordered the {item} on {order_date} and "
        "it's just not here. {reason} Could somebody ring me back, please.",
        "Yes, hi, {name} speaking. Your tracking says in transit and it has said that for, what, a week and "
        "a half? The order is {order}. I'd just like to know if it's lost. Thank you.",
    ),
    ask=(
        "I am sorry you are still waiting. Your parcel left us with {carrier} under {tracking}, and you are "
        "right, the scans have stopped. I have opened a trace with them today; they usually answer within "
        "three working days.\n\nCould you confirm that the address on the order, {street} in {city}, is "
        "right?",
        "Thank you for telling us, and I am sorry about the wait. I can see order {order} was handed to "
        "{carrier} and has not been scanned since. I have asked them to search the depot. Is there a safe "
        "place or a neighbour at {street} where the driver could have left it?",
    ),
    ask_short=(
        "Sorry about the wait! I've opened a trace with {carrier} for {tracking}. Is {street}, {city} still "
        "the right address?",
        "I'm sorry, it should be with you by now. I'm asking {carrier} to search for it. Is the address "
        "{street} correct?",
    ),
    answer=(
        "Yes, {street} is right. [No safe place, I was home all week.|Nothing with the neighbours either.]",
        "The address is correct, {street}. I looked behind the bins and in the shed, no parcel.",
        "Address is right. Please hurry them up if you can. {reason}",
    ),
    nudge=(
        "[Any news?|Have you heard anything?] The tracking for {tracking} still shows the same line.",
        "Sorry to write again, but nothing has arrived today either. {reason}",
        "It is {weekday} now and there is still no parcel. Could you tell me at least whether it is lost?",
    ),
    resolve=(
        "Good news: {carrier} found your parcel in their depot near {city}; it had missed a sorting run. "
        "They show it as delivered this morning. I am sorry for the days you lost over this, and thank you "
        "for your patience.",
        "{carrier} answered our trace: the label had torn and was replaced, and parcel {tracking} is now "
        "marked as delivered. If anything in it is not as it should be, just reply here.",
    ),
    resolve_short=(
        "Found it! {carrier} had it in the {city} depot and it shows as delivered this morning. Sorry for the wait.",
        "{carrier} replaced a torn label; {tracking} is now marked as delivered. Sorry it took so long!",
    ),
    thanks=(
        "It's here, [thank you|thanks so much]! All complete.",
        "Arrived at noon. Thank you for chasing it, {agent}.",
        "Yes, just came. Crumpled box but everything fine inside.",
    ),
    notes=(
        "Trace opened with {carrier}, parcel {tracking}. Answer due in three working days.",
        "Depot says the {city} route was short of drivers that week. Two more parcels from the same run are late.",
        "Please don't reship before the trace is answered.",
    ),
)

NOT_THERE = Topic(
    key="delivered_not_received",
    tags=("shipping",),
    need="delivered",
    weight=26,
    priorities=PRESSING,
    sentiment=(0.15, 0.38),
    difficulty=(0.45, 0.65),
    subjects=(
        "Marked as delivered, but [nothing here|I have nothing]",
        "Order {order}: delivered to whom?",
        "{carrier} says delivered on {delivered_date}, no parcel",
        "Delivered? [I was at home|Not to me], order {order}",
        "Missing parcel with the {item}",
        "Lost parcel? Order {order}",
    ),
    email=(
        "According to {carrier} my order {order} was delivered on {delivered_date}. It was not. I was at "
        "home all day, there is no card and [no neighbour has it|the concierge knows nothing]. The parcel "
        "had the {item} in it. {reason}",
        "Your app says order {order} is delivered, and I have [looked everywhere|checked the porch, the "
        "shed and both neighbours]. Nothing. Is there a photo or a signature from the driver?",
        "I think my parcel was left at the wrong door. Order {order}, the {item}, “delivered” on "
        "{delivered_date}. There are two buildings with our number on {street} and this is not the first "
        "time.\n\nCan you ask {carrier} where exactly they left it?",
        "Please help: tracking {tracking} ends with “delivered, front door”. We have no front door, we live "
        "on the third floor. Order {order}. {reason}",
    ),
    sms=(
        "hi, app says order {order} delivered but theres nothing here?? checked with both neighbours",
        "{carrier} says delivered {delivered_date}, I have no parcel. Order {order}. {me}",
        "Who signed for order {order}? Not me! The {item} is missing.",
    ),
    chat=(
        "hello, my order {order} says delivered but it isn't here\nI was home all {weekday}",
        "hi! {carrier} claims they delivered the {item}\n"
        "nothing on the porch, nothing at the neighbours\n"
        "order {order}",
    ),
    spoken=(
        "This is {name}, order {order}. The text message said delivered, I went straight down, and there's "
        "nothing. Somebody may have taken it, I don't know. It's the {item}. Please call me back.",
    ),
    ask=(
        "That is a nasty surprise, I am sorry. {carrier} shows {tracking} as delivered on {delivered_date}. "
        "I have asked them for the driver's position and photo. Could you look once more at {street}, also "
        "with anybody who takes parcels for you, and tell me if it turns up?",
        "I am sorry, that is worrying. The scan of {delivered_date} is on our side too, so I have opened a "
        "claim with {carrier}. To go with it I need one line from you that the parcel was not received at "
        "{street}, {city}.",
    ),
    ask_short=(
        "I'm sorry! I've asked {carrier} for the driver's photo and position. Can you confirm you didn't "
        "get it at {street}?",
        "That's worrying. Claim opened with {carrier}. Could you check once more with the neighbours at {street}?",
    ),
    answer=(
        "I confirm that I have not received order {order} at {street}.",
        "Checked again, also with the shop downstairs. Not received.",
        "No, nobody has it. I hereby confirm the parcel was not received. {reason}",
    ),
    nudge=(
        "Have you got the driver's photo yet?",
        "Two days later and still no parcel and no answer. {reason}",
        "I asked the whole street by now. Please tell me what {carrier} says.",
    ),
    resolve=(
        "{carrier} sent us the driver's photo: the parcel was left at the side entrance of number 12. The "
        "driver went back and has just handed it over to you in person. I have added “hand over only” to "
        "your address so it won't happen again.",
        "The driver's position showed the next street, and {carrier} collected the parcel there and brought "
        "it to you today. I am sorry for the search party. Your address now carries a delivery note.",
    ),
    resolve_short=(
        "The driver had left it next door; {carrier} has just brought it round. I've added a delivery note "
        "to your address.",
        "Solved: wrong street, and {carrier} delivered it to you today. So sorry for the trouble!",
    ),
    thanks=(
        "Got it, thank you, {agent}!",
        "The driver apologised and handed it over. All good now.",
        "Yes, it's here. You were quicker than {carrier}.",
    ),
    notes=(
        "Second misdelivery on {street} this quarter, same depot.",
        "Claim filed with {carrier} for {tracking}, value {total}.",
        "GPS of the scan is about 200 m off the address.",
    ),
)

ADDRESS = Topic(
    key="address_change",
    tags=("wrong_address", "shipping"),
    need="unshipped",
    weight=24,
    priorities=PRESSING,
    sentiment=(0.45, 0.6),
    difficulty=(0.2, 0.35),
    subjects=(
        "Please change the address [before it ships|of order {order}]",
        "Wrong street on order {order}",
        "I moved: new address for order {order}",
        "Order {order}: deliver to my office instead",
        "House number missing on my order",
    ),
    email=(
        "I [moved last week|have just moved] and the old address is still in my account, sorry! Order "
        "{order} must go to {street} in {city}. I hope it has not left yet.",
        "I have just noticed that I typed the wrong house number when I ordered the {item}. The right "
        "address for order {order} is {street}, {city}. Could you correct it before it ships?",
        "Nobody will be at home this week, so please send order {order} to my work: {street}, {city}, "
        "reception desk. It is only the address, the rest stays as it is.",
        "My browser filled in my mother's address again. Order {order} was placed on {order_date}; please "
        "send it to {street} in {city}. She would open it, it is her present.",
    ),
    sms=(
        "Wrong address on order {order}! Please send to {street}, {city}. Thx {me}",
        "Hi its {me}, can u change order {order} to {street} {city} before it ships?",
    ),
    chat=(
        "Hi, I just ordered and the address is wrong\norder {order}\nit should be {street}, {city}",
        "quick one: can order {order} still go to a different address?\n{street} in {city}",
    ),
    spoken=(
        "Hello, {name} here, I placed an order just now, number {order}, and I gave the old flat. It has to "
        "go to {street}, in {city}. Please stop it before it goes out.",
    ),
    ask=(
        "Thank you for writing so quickly: order {order} has not left the warehouse yet. I have put it on "
        "hold. Should {street}, {city} be used for this order only, or shall I save it as your main address "
        "too?",
        "No problem, it is still here. I have noted {street}, {city}. Before I let it go: is that with a "
        "name on the bell, and may the driver leave it at the door?",
    ),
    ask_short=(
        "It hasn't left yet, I've put it on hold. {street}, {city} for this order only, or as your main address?",
        "Still here, no problem! {street}, {city} is noted. May the driver leave it at the door?",
    ),
    answer=(
        "Yes, that's fine, for this order and from now on.",
        "Perfect. Please take it for this order. Driver can leave it at the door.",
        "Right, as you wrote it. Thank you for stopping it!",
    ),
    nudge=(
        "I haven't heard back. Did you catch it in time?",
        "Please confirm that order {order} goes to {street}.",
    ),
    resolve=(
        "Done: order {order} went out to {street} in {city}. You will find the new address on the shipping "
        "mail with the tracking number.",
        "I caught it in time. The label was printed again with {street}, {city}, and your account shows the "
        "new address.",
    ),
    resolve_short=(
        "Done! Order {order} goes to {street}, {city}.",
        "Caught it in time, the label now says {street}, {city}.",
    ),
    thanks=("Great service, thank you!", "Phew. Thanks, {agent}!", "Wonderful, thank you."),
    notes=(
        "Held order {order} in the warehouse system until the address is confirmed.",
        "Label reprinted, old one destroyed.",
    ),
)

INCOMPLETE = Topic(
    key="missing_part",
    tags=("shipping", "wrong_item"),
    need="partial",
    weight=22,
    priorities=NORMAL,
    sentiment=(0.3, 0.48),
    difficulty=(0.3, 0.5),
    subjects=(
        "Parcel is not complete, order {order}",
        "{Item} is missing from my parcel",
        "Only half of order {order} arrived",
        "Something missing: {item}",
        "Packing list says one thing, box another",
    ),
    email=(
        "My parcel came today, thank you, but it is not complete. On the packing list of order {order} the "
        "{item} is ticked, in the box it is not. Was it forgotten or does it come separately?",
        "I have unpacked order {order} twice now, shaken out the paper and all. The {item} is not there. {reason}",
        "Only part of my order {order} arrived. The {item} is missing and I found no note about a second "
        "parcel. Should I wait?",
    ),
    sms=(
        "Parcel came but no {item} inside. Order {order}. {me}",
        "Is there a 2nd parcel for order {order}? The {item} wasnt in the box",
    ),
    chat=(
        "hi, my parcel arrived but something's missing\norder {order}, the {item}",
        "Hello! Was order {order} sent in two parcels?\nI can't find the {item}",
    ),
    spoken=("Good morning, {name}. I've got my parcel, order {order}, but without the {item}. Is that still coming?",),
    ask=(
        "I am sorry, you should have been told: order {order} was sent in two parcels because the {item} "
        "sits in our second warehouse. Could you check whether the packing list says “1 of 2” in the "
        "corner, so that I know both were labelled?",
        "Thank you for checking so thoroughly. The {item} shows as not yet sent on our side, so the tick on "
        "the list was a mistake. Shall I send it to the same address as the first parcel?",
    ),
    ask_short=(
        "Sorry! It ships in two parcels, the {item} comes from our second warehouse. Same address for it?",
        "The {item} hasn't left us yet, the list was wrong. Is the same address fine for the second parcel?",
    ),
    answer=(
        "Yes, “1 of 2”, and the same address please.",
        "Now I see it, tiny letters. Same address is fine.",
        "Same address, yes. {reason}",
    ),
    nudge=("Is the second parcel on its way by now?", "I'm still without the {item}. {reason}"),
    resolve=(
        "The second parcel with the {item} has been delivered, so order {order} is now complete. I have "
        "asked the warehouse to say “1 of 2” in large letters in future.",
        "The {item} followed by {carrier} and is marked as delivered. Order {order} is complete; sorry that "
        "nobody announced it.",
    ),
    resolve_short=("The second parcel with the {item} is delivered, order {order} is complete now.",),
    thanks=("Yes, both here now. Thank you!", "It's all here. Sewing tonight!"),
    notes=(
        "Split shipment, the customer was not told. Third time this week.",
        "Warehouse confirms the {item} was on shelf but not picked.",
    ),
)

TOPICS = (LATE, NOT_THERE, ADDRESS, INCOMPLETE)
