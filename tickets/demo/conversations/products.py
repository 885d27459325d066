"""Before buying, about an article: is it there, does it fit, how does it wash. No order is needed to ask."""

from tickets.demo.conversations.topic import RELAXED, Topic

BACK_IN_STOCK = Topic(
    key="back_in_stock",
    tags=("stock",),
    need="none",
    weight=18,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.46, 0.6),
    difficulty=(0.1, 0.22),
    subjects=("Back in stock?",),
    email=(
        "When is the {garment} back in {size}?:: The {garment} in {size} shows “sold out”. Will it come "
        "back this season, or should I give up hoping? I can wait a month, not three.",
        "Is the {kit} sold out for good?:: Is the {kit} gone for good? I had it in my basket on {weekday}, "
        "and when I came back with my card it was not there any more.",
        "Waiting list for the {garment}:: I have been circling the {garment} since the summer and now "
        "{size} is gone, of course. Is there a waiting list, and would I be high on it?",
        "{Tool}: out of stock since {weekday}:: The {tool} cannot be ordered at the moment. Do you expect "
        "more? I would rather wait for yours than buy a poor one.",
    ),
    sms=("Is {garment} in {size} coming back? {me}", "{kit} sold out?? when back? {me}"),
    chat=("hi, is the {garment} coming back in {size}?", "Hello!\nis the {kit} gone for good?"),
    spoken=(
        "{Garment} in {size}:: Hello, my name is {name}. I'd like to know if you get the {garment} in "
        "{size} again. You can ring me any time before six.",
    ),
    ask=(
        "Thank you for waiting for us rather than buying elsewhere. A delivery is announced, the date is "
        "not yet confirmed. By when do you need it?",
        "Let me ask our buyers, they know more than the screen. Is there a date after which it would be no use to you?",
    ),
    ask_short=("I've asked our buyers. By when do you need it?",),
    answer=(
        "By the end of next month at the latest.",
        "No rush, three weeks is fine.",
        "No date, I'm only impatient.",
    ),
    nudge=("Is there any news from the buyers?", "Just checking in, has the delivery come?"),
    resolve=(
        "Good news: the delivery is in, and I have put one aside under your name. The reservation is in "
        "your account and holds for seven days.",
        "Our buyers confirm that it is back. One is reserved for you for seven days; you will find it in "
        "your account when you sign in.",
    ),
    resolve_short=("It's back! One is reserved in your account for 7 days.",),
    thanks=("Wonderful, ordering tonight.", "Thank you, that made my day!"),
    notes=("Buying expects the next delivery in ten days.", "Seven people on the waiting list for this one."),
)

ENOUGH = Topic(
    key="one_piece",
    tags=("stock", "product_question"),
    need="none",
    weight=18,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.48, 0.6),
    difficulty=(0.15, 0.28),
    subjects=("How much is left?",),
    email=(
        "{metres} m of {fabric} in one piece?:: I need {metres} metres of {fabric} in {colour}, in one "
        "piece, for curtains in {city}. The website only lets me put in less. Do you have a full bolt?",
        "{Yarn}: {skeins} from one dye lot?:: How many of {yarn} in the same dye lot do you have? I need "
        "{skeins} for a cardigan and don't want stripes where none belong.",
        "How much {fabric} in {colour} is left?:: Before I plan a whole bedspread around it: how much "
        "{fabric} in {colour} do you still have? I would take {metres} metres.",
        "Matching a piece of {fabric}:: A friend gave me a piece of your {fabric} in {colour} and now I "
        "need {metres} metres more. Is your present lot the same shade? I can post a scrap.",
    ),
    sms=("Hi, do u have {metres}m {fabric} {colour} in one piece?", "{skeins} x {yarn}, same dye lot? {me}"),
    chat=(
        "Hello! How much {fabric} in {colour} do you have left?\nI need {metres} m in one piece",
        "hey, quick stock question\n{skeins} balls of {yarn}, same dye lot. possible?",
    ),
    spoken=(
        "{metres} metres of {fabric}, {colour}:: Hello, {name}. I'd like to know if you have {metres} "
        "metres of {fabric} in {colour}, all in one piece. Thank you.",
    ),
    ask=(
        "Thank you for asking before ordering. I have asked the warehouse to count by hand, because the "
        "website rounds down. If it is not there in one, would two from the same lot be an option?",
        "Let me check the shelf rather than the screen. By when do you need it, and does it have to be one lot?",
    ),
    ask_short=("I've asked the warehouse to count. Would two pieces from one lot do? By when?",),
    answer=(
        "One would be better, but two from the same lot would do. By the end of the month.",
        "It has to match, so the same lot please. End of the month is fine.",
    ),
    nudge=("Did the warehouse find enough?", "Have they counted yet? I'd like to start."),
    resolve=(
        "The warehouse has counted: there is enough, all from one lot. I have set it aside under your name "
        "for seven days; it goes into your basket when you sign in.",
        "Counted by hand and checked by daylight: enough, one lot, no marks. It is reserved in your account "
        "for seven days.",
    ),
    resolve_short=("Counted: enough, one lot, set aside under your name for 7 days.",),
    thanks=("Thank you for counting!", "Great, that's exactly what I hoped."),
    notes=("Counted by hand, shelf C4. The website is off by two.",),
)

FIT = Topic(
    key="fit_question",
    tags=("product_question",),
    need="none",
    weight=16,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.5, 0.64),
    difficulty=(0.12, 0.25),
    subjects=("Which size?",),
    email=(
        "{Garment}: size {size} or {size2}?:: I am between {size} and {size2} on your chart and would like "
        "to wear a jumper under the {garment}. Which one would you take? I am 1.72 m, if that helps.",
        "How does the {garment} fall?:: Does the {garment} run true to size? Elsewhere I wear {size}, but "
        "elsewhere they also call it “one size fits all”.",
        "{Garment} for someone tall:: I am 1.84 m and sleeves and hems usually end too early. Would the "
        "{garment} in {size2} be long enough, or is it only wider?",
    ),
    sms=("{Garment}: {size} or {size2} if I'm 1.72m? {me}", "Does the {garment} run small? {me}"),
    chat=("Hello, {garment} question\nI'm between {size} and {size2}, want to wear a jumper under it",),
    spoken=(
        "{Garment}, which size?:: Hello, {name}. It's about the {garment}. I'm between {size} and {size2} "
        "and I don't want to send it back and forth.",
    ),
    ask=(
        "Good question, and I went to the rail to look. Do you like your clothes close or with room? That "
        "decides between the two.",
        "I am glad you ask first. How wide is something that fits you well, laid flat, seam to seam?",
    ),
    ask_short=("Do you like it close or with room?",),
    answer=(
        "With room, please. I like to move.",
        "Laid flat it is 54 cm, and I like room.",
        "Rather close, but not tight.",
    ),
    nudge=("Could you say already which size? I'd like to order before the weekend.",),
    resolve=(
        "I have measured it on the table: between two sizes, take {size2}. The cut is straight and the "
        "length grows with the size. Should it not please you, you have 60 days to return it.",
        "A colleague of about your measures tried both, and her verdict is {size2}: room for a jumper "
        "without looking lost. Returns are free for 60 days.",
    ),
    resolve_short=("I measured it: take {size2}. Returns are free for 60 days.",),
    thanks=("{size2} it is, then. Thank you!", "Just what I needed to know."),
    notes=("Measured the {garment} by hand, {size2} is 3 cm wider than the chart says.",),
)

CARE = Topic(
    key="fabric_question",
    tags=("product_question",),
    need="none",
    weight=18,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.5, 0.64),
    difficulty=(0.15, 0.3),
    subjects=("A question about fabric",),
    email=(
        "Does {fabric} shrink?:: Does {fabric} shrink at 40 degrees? I want to make trousers from it and "
        "would rather wash it first than cry later. {metres} metres in {colour}, if the answer is good.",
        "How see-through is {fabric} in {colour}?:: I am thinking of a summer dress without lining, and "
        "photographs flatter. Would you wear {fabric} in {colour} on a sunny day?",
        "{Fabric} for a [summer coat|work apron]?:: Is {fabric} firm enough for a [summer coat|work apron], "
        "or will it hang like a tea towel? I can't feel it through the screen.",
        "Samples of {fabric}?:: Colours on my screen are a matter of opinion. Can I have a sample of "
        "{fabric} in {colour} before I order {metres} metres?",
    ),
    sms=("Can {fabric} go in the washing machine? {me}", "Does {fabric} shrink? {me}"),
    chat=(
        "hi! is {fabric} see-through in {colour}?",
        "hello\ndoes {fabric} fray a lot? thinking of an unlined jacket",
    ),
    spoken=(
        "{Fabric}, does it shrink?:: Good morning, {name}. I wanted to ask whether {fabric} shrinks in the "
        "wash. I need {metres} metres and I'd hate to cut it too short.",
    ),
    ask=(
        "Good question, and I went to the shelf to feel it. It depends a little on the use: is it for every "
        "day, or for something that is rarely washed?",
        "I am glad you ask before cutting. What do you have in mind for it? Then our sewing room can give "
        "you an honest answer.",
    ),
    ask_short=("Is it for every day or for something rarely washed?",),
    answer=(
        "For every day, it will be worn and washed a lot.",
        "Something special, but it should last.",
        "Every day, honestly. I am not a careful person.",
    ),
    nudge=("Could the sewing room say anything?",),
    resolve=(
        "Our sewing room has washed a piece for you: it shrinks by about 3 % the first time and not after "
        "that, and it holds its colour. So wash it once before cutting. A sample is in the post, too.",
        "The honest answer from our sewing room: yes for what you plan, with one rule, wash it before you "
        "cut. I have put a sample in the post so that you can hold it against the light.",
    ),
    resolve_short=("Yes, but wash it once before cutting, it gives about 3 %. A sample is in the post!",),
    thanks=("Thank you for the honest answer!", "The sample settles it. Ordering now."),
    notes=("Sample cut and posted.", "Washing test: 3 % in length. Please add it to the page."),
)

TOOLS = Topic(
    key="tool_question",
    tags=("product_question",),
    need="none",
    weight=18,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.5, 0.66),
    difficulty=(0.12, 0.28),
    subjects=("A question about a tool",),
    email=(
        "Will the {cutter} work left-handed?:: A question about the {cutter}: can left-handed people use it? "
        "The pictures show only right hands. My mother is left-handed and it would be her present.",
        "Is the {kit} right for a beginner?:: Is the {kit} something for a complete beginner? My niece is "
        "eleven and patient, I am neither. How long does it take, roughly?",
        "{Tool}: how long does it last?:: I have had two cheap ones and both gave up within a year. What do "
        "you say about the {tool}? It would be used every day.",
        "Is everything in the {kit}?:: Does the {kit} come with all one needs, or will I sit there on a "
        "Sunday without the right needle? It is a present for my {friend}.",
    ),
    sms=("Is the {kit} ok for a beginner? {me}", "Does the {cutter} work for left-handers? {me}"),
    chat=("is the {kit} suitable for kids?\nshe's 11", "hi, is the {cutter} ok for lefties?"),
    spoken=(
        "{Cutter}, left-handed?:: Good morning, {name}. I'm looking at the {cutter} on your page, and I "
        "wondered whether it's right for left-handed people. That's all. Thank you.",
    ),
    ask=(
        "I have one on my desk now. May I ask who will use it, and how often? Then I can tell you honestly "
        "whether it is the right one.",
    ),
    ask_short=("Who will use it, and how often?",),
    answer=(
        "A beginner, maybe once a week.",
        "Somebody who has sewn for forty years and is picky.",
        "Every day, in a small workshop.",
    ),
    nudge=("Have you had a chance to look? The birthday is close.",),
    resolve=(
        "I have tried it with both hands and asked a colleague who had never done it before: it works well "
        "and nothing else is needed. If it should disappoint, you have 60 days to send it back.",
        "Our workshop leader uses the same one with beginners and with left-handed people, and hers is four "
        "years old. Everything needed is in the box.",
    ),
    resolve_short=("Tried it: yes, works well, and everything needed is in the box.",),
    thanks=("Then I'll take it. Thank you!", "Ordered. Thanks for trying it yourself."),
    notes=("Fourth question about this. Add it to the page?",),
)

TOPICS = (BACK_IN_STOCK, ENOUGH, FIT, CARE, TOOLS)
