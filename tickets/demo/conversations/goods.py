"""What was in the parcel: wrong size, wrong thing, damaged, to be sent back, or a file that won't open."""

from tickets.demo.conversations.topic import NORMAL, RELAXED, Topic

WRONG_SIZE = Topic(
    key="wrong_size",
    tags=("return", "wrong_item"),
    need="delivered",
    weight=34,
    priorities=NORMAL,
    categories=("garment",),
    sentiment=(0.4, 0.58),
    difficulty=(0.25, 0.42),
    subjects=(
        "{Item} does not fit, exchange for {other}?",
        "Wrong size: {item} in {variant}",
        "[Exchange|Swap] {variant} for {other}, order {order}",
        "{Item}: {variant} is [not my size|the wrong size for me]",
        "Size exchange, order {order}",
        "Can I swap my {item}?",
    ),
    email=(
        "The {item} from order {order} is [beautiful|lovely], but {variant} does not fit me. It is "
        "[tight|all wrong] in the middle, the length is fine. Can I exchange it for {other}? The tags are "
        "still on.",
        "I followed your size chart and ordered the {item} in {variant}. On me it looks borrowed. I would "
        "like {other} instead (order {order}). Do I send it back first, or do you swap?",
        "Two evenings in front of the mirror and I must admit it: {variant} is not my size. The {item} came "
        "on {delivered_date}, order {order}, worn only indoors. {Other}, please, if you still have it. "
        "{reason}",
        "My {item} in {variant} (order {order}) runs [small|differently] compared with everything else I "
        "own. Has the cut changed lately? I would prefer to swap to {other} rather than return it.",
    ),
    sms=(
        "Hi, {item} in {variant} doesnt fit. Swap for {other}? Order {order} {me}",
        "Can I exchange {variant} for {other}? {Item}, order {order}",
    ),
    chat=(
        "hi! the {item} I got in {variant} doesn't fit\ncan I swap it for {other}?\norder {order}",
        "Hello, exchange question\nOrder {order}, {item}, {variant} → {other}",
    ),
    spoken=(
        "Hello, it's {name}. The {item} arrived, order {order}, and I've got the wrong size, that was me. "
        "I'd need {other}, not {variant}. How do I send it back?",
    ),
    ask=(
        "What a pity, and thank you for keeping the tags on. {Other} is in stock, and I have set one aside "
        "for you until Friday. Shall I mail a free return label to {email}, so that the exchange can start?",
        "We can exchange the {item} within 60 days, so there is plenty of time. To be sure that {other} is "
        "right: could you measure the width of something that fits you well, laid flat?",
    ),
    ask_short=(
        "Of course! {Other} is in stock and set aside for you. Shall I send the free return label?",
        "Happy to swap. To be sure {other} is right: how wide is something that fits you, laid flat?",
    ),
    answer=(
        "Yes please. Laid flat my favourite one measures 54 cm across, so {other} should be right.",
        "{Other} it is, I measured again. Please send the label.",
        "Yes, please send me the label. I can post it on {weekday}.",
    ),
    nudge=(
        "Do you still have {other}? I'd hate to miss it.",
        "I have not received a return label yet. {reason}",
    ),
    resolve=(
        "Your {item} in {variant} is back with us and the exchange for {other} is on its way to you as an "
        "exchange under order {order}. There is nothing to pay. Enjoy wearing it!",
        "The exchange is done: {variant} came back in perfect state, and {other} was handed to {carrier} "
        "today, free of charge.",
    ),
    resolve_short=(
        "Exchange done: {other} was handed to {carrier} today, nothing to pay. Enjoy!",
        "Got {variant} back, {other} is on its way. No charge.",
    ),
    thanks=(
        "Fits like a glove now. Thank you!",
        "Perfect, {other} was right. Thanks, {agent}.",
        "Great, thank you for making it so easy.",
    ),
    notes=(
        "{other} set aside on the exchange shelf until Friday.",
        "Third {item} this month that runs differently from the chart. Told buying.",
    ),
)

WRONG_ITEM = Topic(
    key="wrong_item",
    tags=("wrong_item",),
    need="delivered",
    weight=32,
    priorities=NORMAL,
    categories=("coloured",),
    sentiment=(0.22, 0.42),
    difficulty=(0.32, 0.5),
    subjects=(
        "[Wrong colour|Not the colour I ordered]: {item}",
        "I ordered {variant}, I got {other}",
        "Order {order}: wrong colour in the box",
        "{Item} in {other} instead of {variant}",
        "Wrong item in my parcel, order {order}",
    ),
    email=(
        "In order {order} I asked for the {item} in {variant}. What came is {other}. It is a nice colour, "
        "but not for this [quilt|project]. {reason}",
        "I have just opened my parcel (order {order}) and the {item} is {other}, while the packing list "
        "says {variant}. I have not cut or unwound anything. How do I get the right one?",
        "Somebody mixed up the bins, I fear: {other} instead of {variant}. The item is the {item}, order "
        "{order}, delivered {delivered_date}. I can send a photo in daylight.",
        "Wrong colour, sorry to say. {Variant} is on the bill of order {order}, {other} is on my table. I "
        "need the {item} to match what I already have, so a near match won't do.",
    ),
    sms=(
        "Got the {item} in {other}, ordered {variant}! Order {order}. {me}",
        "Wrong colour in my parcel: {other} not {variant}. Order {order}, what now?",
    ),
    chat=(
        "hi, you sent me the wrong colour\nordered {variant}, got {other}\norder {order}",
        "Hello, order {order} came with the {item} in {other}\nI need {variant} and I'm halfway through a project",
    ),
    spoken=(
        "Hi, this is {name}, order {order}. The {item} is the wrong colour. I ordered {variant}, and this "
        "is definitely {other}. Please ring me.",
    ),
    ask=(
        "I am sorry, that should not have left our table. {Variant} is on the bill, so the mistake is ours. "
        "Could you send me a photo of the label on the {item}? It tells us from which bin it was picked, "
        "and I will prepare the replacement meanwhile.",
        "Thank you for leaving it untouched. I have set the {item} in {variant} aside from the same dye lot "
        "we have left. Is there any date by which you need it? A photo of the label would help us, too.",
    ),
    ask_short=(
        "Our mistake, sorry! Could you send a photo of the label? I've set {variant} aside for you.",
        "I'm sorry! {Variant} is set aside. By when do you need it?",
    ),
    answer=(
        "Photo attached. It really is {other}. I'd need the right one by {weekday}.",
        "The label says {variant}, the content is {other}. By {weekday} would be great.",
        "Here is the photo. {reason}",
    ),
    nudge=(
        "Has the {variant} been sent? {reason}",
        "I am still sitting here with {other}. Any news on the replacement?",
    ),
    resolve=(
        "The {item} in {variant} went out today as a replacement for order {order}, at no cost. Please keep "
        "the {other}; sending it back would only make two journeys out of one mistake.",
        "Your replacement in {variant} is with {carrier} now, I checked the colour myself by the window. "
        "The {other} is yours to keep, with our apology.",
    ),
    resolve_short=(
        "{Variant} went out today, free of course. Please keep the {other}!",
        "Replacement in {variant} is on its way. Keep the {other}, with our apology.",
    ),
    thanks=(
        "The right one came today. Thank you, and for the extra too!",
        "Lovely, {variant} at last.",
        "Thank you, {agent}. That was fair.",
    ),
    notes=(
        "Bins for {variant} and {other} are next to each other since the move. Told the warehouse.",
        "Photo checked: label right, content wrong. Picking error.",
    ),
)

DAMAGED = Topic(
    key="damaged",
    tags=("damaged",),
    need="damaged",
    weight=34,
    priorities=NORMAL,
    categories=("fabric", "tool", "kit", "garment"),
    sentiment=(0.2, 0.4),
    difficulty=(0.38, 0.58),
    subjects=(
        "{Item} arrived damaged",
        "Damaged in transit: order {order}",
        "[Broken|Damaged] {item}",
        "Box was wet, {item} is spoiled",
        "Order {order} – flaw in the {item}",
        "Torn parcel, damaged {item}",
    ),
    email=(
        "Order {order} arrived [today|yesterday] and the box looked as if somebody had stood on it. The "
        "{item} inside is damaged. I took photos before unpacking the rest. {reason}",
        "Unfortunately the {item} from order {order} has a flaw that I only saw in daylight. I cannot use "
        "it like this. What would you suggest: a new one or part of the money back?",
        "The parcel was soaked on one side when the driver handed it over. Most of it survived, the {item} "
        "did not: there is a stain right across. Order {order}, delivered {delivered_date}.",
        "I am disappointed. I waited for the {item} and it came damaged, packed in one layer of paper. "
        "Order {order}. Please look at the pictures and tell me what we do now.",
    ),
    sms=(
        "The {item} came damaged :( order {order}. Have photos. {me}",
        "Box crushed, {item} damaged. Order {order}. What now?",
    ),
    chat=(
        "hi, my {item} arrived damaged\norder {order}\nI have photos",
        "Hello, the box was wet and the {item} has a stain\norder number {order}",
    ),
    spoken=(
        "Hello, {name}, order {order}. I'm afraid the {item} is damaged, the box was open at one corner. I "
        "kept everything. What do you need from me?",
    ),
    ask=(
        "I am sorry it reached you like that. May I see two pictures, one of the {item} and one of the box "
        "with the label? With these I can settle it with {carrier}, and you don't have to send anything "
        "back.",
        "Thank you for the clear description. Would you rather be refunded for the {item}, or keep it and "
        "get part of its price back? Please keep the box until {carrier} has answered.",
    ),
    ask_short=(
        "I'm so sorry! Could you send a photo of the {item} and of the box? No need to send anything back.",
        "Sorry about that! Would a refund for the {item} help? Please keep the box for now.",
    ),
    answer=(
        "Here are the photos: the damage and the box with the label. A refund for the {item} would be fine.",
        "Pictures attached. I'd prefer the money back for that one item.",
        "A refund for the {item} is fair. I have kept the box.",
    ),
    nudge=(
        "Did my photos arrive? I haven't heard back.",
        "May I throw the box away now? It fills half my hallway. And what about the refund?",
    ),
    resolve=(
        "I have refunded {refund} for the {item} to your card; banks take three to five days to show it. "
        "You need not send anything back, and {carrier} has accepted the damage.",
        "Thank you for the photos. {refund} for the {item} is on its way back to the card you paid with. "
        "The rest of order {order} stays as it is.",
    ),
    resolve_short=(
        "I've refunded {refund} to your card, it shows in 3 to 5 days. Nothing to send back.",
        "{refund} is on its way back to your card. So sorry again!",
    ),
    thanks=(
        "Money is there. Thanks for no fuss.",
        "Thank you, that was quick and fair.",
        "Thanks, {agent}. I'll order it again soon.",
    ),
    notes=(
        "Photos show water from outside. Claim against {carrier}.",
        "Packed in paper only. Packing table 3, spoke to them.",
        "Refund for one item would be {price}.",
    ),
)

RETURN = Topic(
    key="return_question",
    tags=("return",),
    need="delivered",
    weight=20,
    priorities=RELAXED,
    sentiment=(0.48, 0.62),
    difficulty=(0.15, 0.3),
    subjects=(
        "How do I return the {item}?",
        "Return of order {order}",
        "Can I still send back the {item}?",
        "Return label for order {order}",
    ),
    email=(
        "I would like to return the {item} from order {order}. It is unused. I could not find a label in "
        "the parcel; how does it work with you?",
        "Am I still in time to send something back? Order {order} came on {delivered_date}. The {item} is "
        "one too many, my sister had the same idea.",
        "Please tell me the steps for a return: where it goes, who pays, how long the refund takes. It is "
        "about the {item}, order {order}, unopened.",
    ),
    sms=("How do I return the {item}? Order {order} {me}", "Need a return label for order {order} pls"),
    chat=("hi, how do returns work?\nwant to send back the {item}, order {order}",),
    spoken=(
        "Hello, {name} speaking. I'd like to send something back, the {item}, order {order}. There was no "
        "slip in the box. What do I do?",
    ),
    ask=(
        "You have 60 days from delivery, so you are well in time. Is the {item} unused and in its packing? "
        "Then I will mail you a label; within the country the return is free.",
        "Of course. May I ask the reason, just a word? It helps our buyers. Then I will mail you the free "
        "label for the {item}.",
    ),
    ask_short=("You have 60 days, so no rush. Is it unused? Then I'll mail you the free label.",),
    answer=(
        "Yes, unused and still wrapped. It's simply one too many.",
        "Unused. I bought it twice by mistake.",
    ),
    nudge=(
        "The label has not come yet, could you send it again?",
        "Is the label still on its way? I'm at the post office on {weekday}.",
    ),
    resolve=(
        "The label is in your inbox now. Put it over the old one and hand the parcel in at any {carrier} "
        "point; the money goes back to the card you paid with within five days of arrival.",
        "I have just mailed the free return label for order {order}. As soon as the {item} is with us you "
        "will get a mail, and the refund follows within five days.",
    ),
    resolve_short=("Label mailed! Hand it in at any {carrier} point, refund within 5 days of arrival.",),
    thanks=("Got the label, thank you.", "Easy. Thanks!"),
    notes=("Label sent, return window runs 60 days from {delivered_date}.",),
)

DOWNLOAD = Topic(
    key="pattern_download",
    tags=("product_question", "account"),
    need="delivered",
    weight=18,
    priorities=NORMAL,
    categories=("pattern",),
    sentiment=(0.38, 0.52),
    difficulty=(0.2, 0.35),
    subjects=(
        "Cannot open the {item}",
        "{Item} prints at the wrong scale",
        "Download link of order {order} has expired",
        "PDF from order {order}",
    ),
    email=(
        "[Download link has expired|Link for the {item} is dead]:: I bought the {item} (order {order}) and "
        "the link says “expired”. I only used it once. Could you renew it?",
        "{Item} prints at the wrong scale:: The {item} prints too small: the test square measures 4.7 cm "
        "instead of 5. I chose “actual size”. Is the file of order {order} the right one for A4?",
        "Cannot open the {item}:: On my tablet the {item} opens with blank pages from page 3 on. On the "
        "computer it is the same. Order {order}.",
    ),
    sms=("Link for the {item} is dead, order {order}. New one pls? {me}",),
    chat=(
        "hello, I can't download the {item}\nlink expired, order {order}",
        "hi\nthe PDF from order {order} shows blank pages\nit's the {item}",
    ),
    spoken=(
        "Hi, {name}. I bought the {item}, order {order}, and the thing won't open. I'm not very good with computers.",
    ),
    ask=(
        "I am sorry about that. I have renewed the file for order {order}. Could you try once more in Adobe "
        "Reader rather than in the browser, with scaling at 100 %, and tell me what the test square "
        "measures?",
        "Let us find out where it goes wrong: which program do you open the {item} with, and is your paper "
        "A4 or US Letter?",
    ),
    ask_short=("I've renewed the link. Could you try with Adobe Reader, scale 100 %? A4 or US Letter?",),
    answer=(
        "A4, and I opened it in the browser. Trying the Reader now.",
        "It's A4. The browser was the problem, I think. Where do I find the new link?",
    ),
    nudge=(
        "The new link doesn't work either, sorry.",
        "I would love to start cutting this weekend. Any news?",
    ),
    resolve=(
        "I have put a fresh copy of the {item} into your account under “Downloads”; it has no expiry and "
        "the test square is exactly 5 cm at 100 %. Happy sewing!",
        "The file is repaired and newly sent to {email}. Printed at 100 % from the Reader it comes out "
        "right; I have just checked it on A4.",
    ),
    resolve_short=("A fresh copy is in your account under “Downloads”, no expiry. Print at 100 %.",),
    thanks=("5 cm exactly. Thank you!", "Works now. You saved my weekend."),
    notes=("File re-exported without the layer that showed blank. Others will have this too.",),
)

TOPICS = (WRONG_SIZE, WRONG_ITEM, DAMAGED, RETURN, DOWNLOAD)
