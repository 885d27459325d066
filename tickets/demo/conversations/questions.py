"""Before buying, about the shop: trade terms, shipping, workshops. No order is needed to ask."""

from tickets.demo.conversations.topic import NORMAL, RELAXED, Topic

WHOLESALE = Topic(
    key="wholesale",
    tags=("product_question", "billing"),
    need="none",
    weight=20,
    priorities=NORMAL,
    before_sale=True,
    sentiment=(0.52, 0.66),
    difficulty=(0.45, 0.65),
    subjects=(
        "Wholesale: {bolt} m of {fabric}, two colourways",
        "Trade account for a studio in {city}",
        "Prices for {bolt} × {kit}",
        "Reseller enquiry from {city}",
        "School order: {bolt} × {tool}",
    ),
    email=(
        "Wholesale: {bolt} m of {fabric}, two colourways:: We run a sewing studio in {city} and would like "
        "{bolt} metres of {fabric} for a spring workshop series, half of it in {colour}. Is there a trade "
        "price, and from which quantity?",
        "Reseller enquiry from {city}: {kit}:: Do you offer terms for resellers? We have a small shop in "
        "{city} and our customers ask for the {kit} every week. We think of {bolt} pieces to begin with.",
        "School order: {bolt} × {tool}:: I teach textiles at a school and need {bolt} of the {tool} before "
        "the term starts. The school can only pay by invoice. Is that possible, and what would it cost?",
        "Quote for {bolt} m of {fabric}, hotel in {city}:: For a hotel in {city} we are looking for {bolt} "
        "metres of {fabric}, {colour}, one dye lot, with a fire certificate if there is one. Please quote "
        "including delivery.",
    ),
    chat=("hi, do you do trade prices?\nstudio in {city}, about {bolt} m of {fabric}",),
    spoken=(
        "Trade account for a studio in {city}:: Hello, {name}, I have a studio in {city}. I'd like to talk "
        "to someone about trade terms, about {bolt} metres of {fabric} to start with.",
    ),
    ask=(
        "Thank you for thinking of us. Trade prices begin at 20 metres or 10 pieces of one article. For a "
        "quote I need your billing address, the tax number, and the date by which it has to be there.",
        "That sounds like a fine project. Our wholesale desk will make you an offer; could you send the "
        "billing address, and say whether one delivery or several would suit you?",
    ),
    ask_short=("Happy to quote! Please send us your billing address, tax number and the date you need it.",),
    answer=(
        "Billing to {name}, {street}, {city}. One delivery, within six weeks.",
        "{street}, {city}. Tax number follows by mail. Two deliveries would be ideal.",
    ),
    nudge=("We have to decide by {weekday}. Is the quote ready?", "May I ask how far the offer is?"),
    resolve=(
        "Your offer is attached: trade price from the first metre, one dye lot, payment by invoice within "
        "14 days, valid for 30 days. Your trade account is active under this address.",
        "The wholesale desk has opened your trade account and mailed the offer to {email}. Everything comes "
        "from one lot and stays reserved for 30 days.",
    ),
    resolve_short=("Offer mailed, your trade account is active. Valid for 30 days.",),
    thanks=("Thank you, that works for us.", "Received, we'll sign this week."),
    notes=(
        "Passed to the wholesale desk. Margin is fine from 20 m.",
        "Credit check done, invoice is okay up to $1,000.",
    ),
)

ABROAD = Topic(
    key="shipping_abroad",
    tags=("shipping", "product_question"),
    need="none",
    weight=18,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.5, 0.62),
    difficulty=(0.12, 0.28),
    subjects=(
        "Do you ship to {city}?",
        "Shipping cost to {city}",
        "How long does delivery to {city} take?",
        "Customs on the {kit}?",
        "Click and collect?",
    ),
    email=(
        "Shipping [cost|and customs] to {city}:: Do you send to {city}? The checkout does not offer it. I "
        "would like the {kit} and some {fabric}. What would the shipping cost, and do I pay customs?",
        "How long does delivery to {city} take?:: How long does a parcel to {city} take at the moment? I "
        "need the {garment} in {size} before {weekday} week and don't want to gamble.",
    ),
    sms=("Do you ship to {city}? {me}", "How long to {city} if I order the {kit} today?"),
    chat=(
        "hi, do you deliver to {city}?\nand how much is it?",
        "Hello, if I order the {kit} today, when would it be in {city}?",
    ),
    spoken=(
        "Do you ship to {city}?:: Hi, {name}, I'm in {city} and I'd like to know if you send parcels here, "
        "and what it costs.",
    ),
    ask=(
        "Yes, we do ship there, with tracking. So that I can tell you the exact price: would it be one "
        "small item or more than two kilos of fabric?",
    ),
    ask_short=("Yes, we ship there, tracked! Small item or more than 2 kg?",),
    answer=(
        "Well under two kilos.",
        "Probably more than two kilos, fabric is heavy.",
        "Just one item for a start.",
    ),
    nudge=("Could you tell me the price? I'd like to order today.",),
    resolve=(
        "Shipping is $6.90 and free from $75, and a parcel takes four to six working days. Taxes are "
        "included in the checkout, nothing is due at the door.",
    ),
    resolve_short=("$6.90, free from $75, 4 to 6 working days. Nothing due at the door.",),
    thanks=("That's fair, thank you.", "Perfect, thanks!"),
)

CLASS = Topic(
    key="workshop",
    tags=("product_question",),
    need="none",
    weight=14,
    priorities=RELAXED,
    before_sale=True,
    sentiment=(0.55, 0.7),
    difficulty=(0.12, 0.25),
    subjects=(
        "Places left in the {weekday} workshop?",
        "Workshop: what do I bring?",
        "Beginners' evening on {weekday}",
        "Gift card for a workshop",
    ),
    email=(
        "Places left in the {weekday} workshop?:: Is there a place left in the workshop on {weekday} "
        "evening? There would be two of us, one with experience and one with courage.",
        "What do I bring to the {weekday} workshop?:: I have booked nothing yet: what would I have to bring "
        "to the {weekday} workshop? I own a sewing machine but it is not portable, and neither am I with it.",
        "A workshop as a present for my {friend}:: Can I give a workshop as a present? My {friend} would "
        "love it, but I don't know when she has time. Is there a gift card, perhaps together with the {kit}?",
    ),
    sms=("Any places left for {weekday} workshop? 2 people. {me}",),
    chat=("hi! do I need my own machine for the workshop on {weekday}?",),
    spoken=(
        "Workshop on {weekday}, two places?:: Hello, it's {name}. I'm asking about the workshop on "
        "{weekday}, whether there's room for two.",
    ),
    ask=(
        "How nice! Machines and tea are here, you bring only scissors you like. For how many people, and "
        "would the week after be fine too?",
    ),
    ask_short=("Machines and tea are here! For how many, and would the week after work too?",),
    answer=(
        "Two people, and yes, the week after is fine.",
        "Two of us. {weekday} would be better, but we're flexible.",
    ),
    nudge=("Is there any news about the places?",),
    resolve=(
        "You are on the list with two places, and I have mailed you the details. A gift card is possible as "
        "well, it is valid for three years. We look forward to meeting you.",
    ),
    resolve_short=("Two places are yours, details by mail. See you then!",),
    thanks=("Looking forward to it!", "Lovely, thank you."),
)

TOPICS = (WHOLESALE, ABROAD, CLASS)
