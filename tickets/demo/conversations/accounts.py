"""The account, the subscription, and orders somebody wants to take back."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, RELAXED, Topic

LOGIN = Topic(
    key="account_login",
    tags=("account",),
    need="none",
    weight=24,
    priorities=NORMAL,
    sentiment=(0.34, 0.5),
    difficulty=(0.18, 0.35),
    subjects=(
        "Cannot sign in any more",
        "Password mail never comes",
        "Locked out of my account",
        "Two accounts, one person",
        "Please change my email address",
        "Login loop on my [tablet|phone]",
        "My order history is empty",
    ),
    email=(
        "Cannot sign in since {weekday}:: Since {weekday} I cannot sign in. The page takes my password, "
        "thinks about it and shows me the login again. I had {fabric} in my basket and would like to see it "
        "once more.",
        "Password mail [never comes|does not arrive]:: I have asked for a new password four times and the "
        "mail does not come. It is not in the spam folder either. My address is {email}.",
        "Login loop on my [tablet|phone], {city}:: On the computer I can sign in, on the [tablet|phone] I "
        "go round in circles: password, tick the box, password again. I would like to look at {fabric} in "
        "bed, not at the desk.",
        "My account says “blocked”:: After three tries my account is blocked, it says, and I should contact "
        "you. So here I am. The password was right, only the keyboard was not: I had forgotten that I "
        "switched it over.",
    ),
    sms=(
        "Cant log in since {weekday}, pw mail doesnt come. {me}",
        "Locked out of my account, help pls. {me}",
    ),
    chat=(
        "hi, I can't log in\npassword reset mail doesn't arrive",
        "Hello, I'm stuck in a login loop\nworks on the laptop, not on the tablet",
    ),
    spoken=(
        "[Locked out of my account|Cannot get into my account, {name}]:: Hello, {name}. I can't get into my "
        "account. It says wrong password, and it isn't. I've written it down.",
    ),
    ask=(
        "I am sorry you are locked out. I can see your account under {name}; our mails to you came back "
        "twice. Could you tell me whether {email} is spelled right, and which browser you use?",
        "Let us sort this out. I have unlocked the account. Could you open the sign-in page in a private "
        "window and tell me exactly what it says?",
    ),
    ask_short=("Sorry! I've unlocked it. Could you try in a private window and tell me what it says?",),
    answer=(
        "In the private window it works! Why is that?",
        "The address is right. I use the browser that came with the tablet.",
        "It says “session expired”, every time.",
    ),
    nudge=("I still can't get in.", "Tried again this morning, same result. I'd like to order."),
    resolve=(
        "It was an old cookie from before the new website. I have ended all sessions of your account, so "
        "please sign in once more; your orders and wish list are all there.",
        "Your account is in order again: sessions ended, address checked, and a fresh password link is in "
        "your inbox, valid for a day.",
    ),
    resolve_short=("I've ended all old sessions. Please sign in once more, everything is there.",),
    thanks=("I'm in! Thank you.", "Works again, thanks, {agent}.", "Everything is there. Phew."),
    notes=(
        "Old session cookie again. Web team knows, fix is planned.",
        "Identity checked by name and last invoice before unlocking.",
    ),
)

ACCOUNT_DATA = Topic(
    key="account_data",
    tags=("account",),
    need="none",
    weight=16,
    priorities=RELAXED,
    sentiment=(0.42, 0.55),
    difficulty=(0.2, 0.35),
    subjects=("My account data",),
    email=(
        "Two accounts, one [person|customer]:: It seems I have two accounts with you, one from the tablet "
        "and one from the computer. Could you put them together?",
        "Please change my email address, {name}:: I am leaving my provider at the end of the month and "
        "don't want to lose my wish list with the {kit} on it. What do you need from me to change the "
        "address of my account?",
        "My wish list is empty[| since {weekday}]:: Since the new website my wish list is empty. There was "
        "the {kit} on it, the {tool}, and {fabric} in {colour}. Can it be brought back?",
        "Name change in my account:: I have married and would like my new surname on the parcels, the "
        "account still has the old one. The email address {email} stays the same.",
        "Please stop the paper catalogue:: I read you online and in {city} the catalogue goes straight into "
        "the bin, which is a pity. Could you take me off that list but keep the newsletter?",
    ),
    chat=(
        "hi, I seem to have two accounts\ncan you merge them?",
        "hello, my wish list is gone since the new website\nthe {kit} was on it",
    ),
    spoken=(
        "New surname in my account:: Good morning, {name}. I'd like the name on my account changed, I got "
        "married. Do you need a paper for that?",
    ),
    ask=(
        "Gladly. So that I change the right account, please confirm your full name and the city we have on file.",
        "That can be done. For your safety: could you confirm the name and the city that are in your account now?",
    ),
    ask_short=("Gladly! Please confirm the full name and the city in your account.",),
    answer=("{name}, {city}.", "It should be {name} in {city}.", "{name}, and the city is {city}."),
    nudge=("Has this been changed yet?", "I looked this morning and it is still as before."),
    resolve=(
        "It is done. I have changed it in your account and looked at it from your side of the counter: "
        "everything is as you wished. Nothing else was touched.",
        "Your account is up to date now. Please sign in once more to see it; your orders and settings have "
        "stayed as they were.",
    ),
    resolve_short=("Done! Please sign in once more to see it.",),
    thanks=("I can see it, thank you.", "All there. Thanks, {agent}."),
    notes=("Please confirm name and city before anything is changed.",),
)

CANCEL = Topic(
    key="cancel_order",
    tags=("cancel",),
    need="cancel",
    weight=26,
    priorities=PRESSING,
    sentiment=(0.38, 0.52),
    difficulty=(0.22, 0.4),
    subjects=(
        "Please cancel order {order}",
        "Ordered [twice|the wrong thing] by mistake",
        "Stop order {order}, please",
        "Cancel the {item}?",
        "I need to cancel, order {order}",
        "Changed my mind about order {order}",
    ),
    email=(
        "I have just placed order {order} and noticed that the {item} is the wrong one. Please cancel it "
        "before it is packed; I will order again properly.",
        "Please cancel order {order}. My [husband|sister|colleague] ordered the same {item} last night, and "
        "we do not need two.",
        "Unfortunately I have to take back my order of {order_date}, number {order}. Something came up and "
        "{total} is better spent on the car. I hope it is not too late.",
        "Is it still possible to cancel order {order}? I was too quick with the button. If it has left "
        "already, tell me and I will send it back.",
    ),
    sms=("Pls cancel order {order}, ordered by mistake. {me}", "Stop order {order}! Wrong item. {me}"),
    chat=(
        "hi, can I cancel an order I just made?\n{order}",
        "cancel please: order {order}\nI took the wrong {item}",
    ),
    spoken=(
        "Hello, {name}, I just placed order {order} and I'd like to cancel it, please, before you send it. Thank you.",
    ),
    ask=(
        "You are in time, order {order} has not been packed. I have stopped it. Shall I cancel the whole "
        "order, or only take the {item} out?",
        "I have put order {order} on hold so that nothing leaves the house. Should the {total} go back to "
        "the card you paid with?",
    ),
    ask_short=("You're in time, I've stopped it. Cancel the whole order {order}, money back to the same card?",),
    answer=(
        "The whole order, please, and back to the same card.",
        "Everything, yes. Same card. Thank you!",
        "Cancel all of it, please.",
    ),
    nudge=("Did you manage to stop it?", "I haven't had a confirmation yet and I'm afraid it will ship."),
    resolve=(
        "Order {order} is cancelled and {refund} is on its way back to your card; it takes three to five "
        "days to show. Thank you for telling us so quickly.",
        "Done, nothing has left the house: order {order} is cancelled, and the full {refund} goes back to "
        "the card you paid with.",
    ),
    resolve_short=("Order {order} is cancelled, {refund} goes back to your card in 3 to 5 days.",),
    thanks=("Thank you, that was quick.", "Great, thanks. I'll order the right one now.", "Perfect."),
    notes=("Held in the warehouse system before packing.", "Cancelled on request, payment reversed."),
)

SUBSCRIPTION = Topic(
    key="subscription",
    tags=("subscription",),
    need="delivered",
    weight=24,
    priorities=NORMAL,
    categories=("subscription",),
    sentiment=(0.36, 0.52),
    difficulty=(0.3, 0.45),
    subjects=(
        "Pause my {item}",
        "[End|Cancel] the {item} subscription",
        "{Item}: the same fabric as last month",
        "Change the day of my subscription",
        "Skip the next {item}?",
        "{Item} renewed, but I had paused it",
    ),
    email=(
        "Pause my {item}[| for two months]:: Please pause my {item} for two months. I am travelling and the "
        "parcels would sit in the hallway. The last one was order {order}.",
        "End the {item} subscription?:: I would like to end the {item} after this month. I love it, but my "
        "shelf is full. How do I do that? The page only has a button to upgrade. Order {order}.",
        "Skip the next {item}[|, please]:: My shelf overflows. May I skip the next {item}, or the next two? "
        "I don't want to lose my place. The last box was order {order}.",
        "A break from the {item}:: We are expecting a baby and I won't sew for a while. Can my {item} rest "
        "until I'm back? The most recent one was order {order}, it is still wrapped.",
    ),
    sms=("Pls pause my {item} for 2 months. {me}", "Can I skip the next {item}? last was order {order}"),
    chat=(
        "hi, how do I pause the {item}?\nlast one was order {order}",
        "Hello, I'd like to end my {item} subscription",
    ),
    spoken=(
        "Hello, {name}. I get the {item} from you, the last was order {order}, and I'd like it to stop for "
        "a while. Two months or so.",
    ),
    ask=(
        "Gladly. The next {item} is not packed before the 1st, so there is time. Should I pause it for two "
        "months, or end it for good? You keep your place in either case.",
        "Thank you for writing, I see order {order} in your club history. Would you like to keep the "
        "subscription with a pause, or shall I end it after this box?",
    ),
    ask_short=("Sure! Pause the {item} for two months, or end it after this box?",),
    answer=(
        "Two months' pause, please. I'll be back.",
        "Please pause it for now.",
        "A pause is fine, as long as it really pauses.",
    ),
    nudge=("Is the pause in place? The 1st is close.", "Please confirm, I don't want to be charged again."),
    resolve=(
        "Your {item} is paused for two months, and no payment will be taken meanwhile. You will get a mail "
        "a week before it starts again, with a link to pause once more.",
        "The pause is set and I have checked it twice: no box and no payment for your {item} in the next "
        "two months. Order {order} was the last one charged.",
    ),
    resolve_short=("Paused for two months, no payment meanwhile. We'll mail you a week before it restarts.",),
    thanks=("Thank you, see you in two months.", "That's settled then. Thanks!", "Perfect, thank you."),
    notes=(
        "Club page hides the pause button on phones. Reported.",
        "Pause set by hand, please check on the 1st.",
    ),
)

TOPICS = (LOGIN, ACCOUNT_DATA, CANCEL, SUBSCRIPTION)
