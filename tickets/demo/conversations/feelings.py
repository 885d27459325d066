"""Praise, and the third message of somebody who was not answered."""

from tickets.demo.conversations.topic import RELAXED, Topic, Weighted

FURIOUS: Weighted = (("urgent", 5), ("high", 5))

PRAISE = Topic(
    key="praise",
    tags=("praise",),
    need="delivered",
    categories=("fabric", "yarn", "kit"),
    weight=30,
    priorities=RELAXED,
    sentiment=(0.86, 0.98),
    difficulty=(0.05, 0.12),
    subjects=(
        "Just a thank-you",
        "[In love with|So happy with] my {item}",
        "Best parcel of the year",
        "Thank you for the handwritten note",
        "The {item} made my week",
        "A compliment for your packing team",
        "You have a fan in {city}",
        "Finished at last, thanks to you",
    ),
    email=(
        "No question, only a thank-you. The {item} from order {order} is even nicer than on the picture. My "
        "[daughter|husband|neighbour] has already asked where I got it.",
        "Whoever packs your parcels: please tell them I kept the ribbon. Order {order} opened like a "
        "present, and the {item} is just perfect.",
        "I have finished! The {item} you sent in order {order} has become what I had in mind for two years. "
        "I'll send a picture when the light is better. You do lovely work.",
        "I ordered on {order_date}, it was here on {delivered_date}, and everything was right to the last "
        "pin. It deserves to be said, because people only write when something goes wrong.",
        "My grandmother taught me to write thank-you letters, so here is one. The {item} is beautiful, the "
        "note in the box made me smile, and {agent_hint} on the phone was kindness itself.",
    ),
    sms=(
        "The {item} is gorgeous, thank you!! {me}",
        "Parcel arrived, all perfect. You guys are great. {me} from {city}",
        "Just wanted to say: love the {item}!",
    ),
    chat=(
        "no problem today, just wanted to say thanks\nthe {item} is lovely!",
        "hi! is there a way to leave a compliment?\norder {order} came so beautifully packed",
    ),
    spoken=(
        "Hello, this is {name} in {city}. Nothing wrong! I only wanted to say how pleased I am with the "
        "{item}. Have a lovely day.",
    ),
    ask=(
        "What a lovely message to start the day with! I have read it out at the packing table. Would you "
        "allow us to quote a line of it on our page, with your first name only?",
    ),
    ask_short=("You've made our day! May we quote you, first name only?",),
    answer=(
        "Of course you may!",
        "Gladly, first name is fine.",
        "I'd be honoured. Wait for the picture, though!",
    ),
    nudge=("PS: it got even more compliments at the weekend.",),
    resolve=(
        "Thank you so much for taking the time. Your words now hang over the packing table, next to the "
        "kettle. We hope the {item} keeps you happy for years.",
        "This is the nicest mail of the week. I have passed it on to everybody who touched your order. See you soon!",
    ),
    resolve_short=(
        "Thank you! Your words now hang over the packing table.",
        "That's so kind, I've passed it on to the whole team!",
    ),
    thanks=("They deserve it!", "See you at the next order."),
    notes=("Read out in the Monday round. Please keep for the testimonials.",),
)

ANGRY = Topic(
    key="angry_third_message",
    tags=("escalation", "shipping"),
    need="late",
    weight=30,
    priorities=FURIOUS,
    sentiment=(0.02, 0.14),
    difficulty=(0.65, 0.85),
    subjects=(
        "THIRD message about order {order}",
        "Does anybody read this?",
        "Unacceptable: order {order}",
        "I want to speak to a manager",
        "Still no answer. Order {order}",
        "Ignored for {days} days",
        "[Last|Final] attempt: order {order}",
    ),
    email=(
        "Order {order}, placed {order_date}, {total} paid the same minute. Where is it? The tracking page "
        "has shown the same line ever since. I expect an answer today.",
        "I ordered the {item} from you because a friend swears by your shop. So far I have a number, "
        "{order}, and a tracking link that goes nowhere. Please look into it at once.",
        "{days} days for a parcel that has to cross one state. Order {order}. I would like to know who is "
        "responsible for this and when the {item} will be here.",
        "Your hotline played me eleven minutes of piano and then hung up. So in writing: order {order}, "
        "{item}, not arrived. What are you doing about it?",
    ),
    sms=(
        "Order {order} is LATE and nobody answers the phone. {me}",
        "Where is order {order}?? second time I ask",
    ),
    chat=("hello??\nthird time I'm in this chat about order {order}\nlast time you just disconnected me",),
    spoken=(
        "{name}, and this is the third time I'm calling. Order {order}. I was promised a call back on "
        "{weekday}. Nobody called. I want a manager.",
    ),
    ask=(
        "You have every right to be angry, and I am sorry for the silence. I have read everything you "
        "wrote. Parcel {tracking} has been without a scan, so I have called {carrier} myself and stay on it "
        "until it is found. May I ring you this afternoon, and under which number?",
        "I apologise. Three messages without an answer is not how we want to treat anybody. Order {order} "
        "is with me personally now, and a search with {carrier} is running. What would be the best way to "
        "reach you today?",
    ),
    ask_short=(
        "You're right, and I'm sorry. Order {order} is with me personally now, {carrier} is searching. How "
        "can I best reach you today?",
    ),
    answer=(
        "By mail. I am done with telephones. And I want a date, not an excuse.",
        "Write to me. You have until {weekday}.",
        "Here is fine. I've heard “personally” before, by the way.",
    ),
    nudge=(
        "Second message. Nobody has answered the first one. Order {order} is still missing.",
        "I asked politely. Is there anyone at your end? {reason}",
        "This is the THIRD time I write. No parcel, no answer, no apology. If I have heard nothing by "
        "{weekday} I am done with you and will say so wherever people ask about fabric shops.",
        "Three messages. Zero answers. I have never been treated like this by any shop. Get me a manager.",
    ),
    resolve=(
        "Your parcel was handed over by {carrier} today and is signed for. I am sorry, for the delay and "
        "even more for the silence: our inbox rule had put your messages aside as duplicates. That rule is "
        "gone. You can reach me directly by replying here.",
        "It has arrived: {carrier} marks {tracking} as delivered today. You were right in all three "
        "messages, and I have told my team so. Thank you for not giving up on us.",
    ),
    resolve_short=("{carrier} delivered it today. You were right and I'm sorry for the silence.",),
    thanks=(
        "It is here. I appreciate the honest words.",
        "Arrived. We'll see about next time.",
        "Fine. Apology accepted.",
    ),
    notes=(
        "Handle with care, third contact without a reply from us. Our fault, not the carrier's.",
        "Merged as duplicates by the old rule. Rule removed.",
        "Please no standard texts here.",
    ),
)

TOPICS = (PRAISE, ANGRY)
