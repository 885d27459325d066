"""English cues."""

from intelligence.reading.cues import STRONG, WEAK, Cues

_THING = r"(?:order|package|parcel|delivery|shipment|item|stuff|box|letter|replacement|refund)s?"

CUES: Cues = {
    "shipping": {
        STRONG: (
            r"tracking(?: number| code| link| info\w*| page)?",
            r"shipping (?:cost|fee|time|option|status|update|date|method)s?",
            r"(?:delivery|arrival) (?:date|time|status|estimate|window|update|attempt)s?",
            r"where(?:'s| is| are|s) (?:my|our|the) (?:\w+ ){0,2}(?:order|package|parcel|delivery|shipment|stuff|items?)s?",
            rf"(?:{_THING}|it|they|which|that) (?:\w+ ){{0,3}}(?:never|hasn't|has not|haven't|have not|didn't|did not|not)"
            r" (?:yet |even |actually )?(?:arrived?|come|came|turned up|shown up|show up|shipped|ship|moved|been delivered|been shipped|been dispatched)",
            r"(?:not|never|haven't|hasn't|didn't) (?:yet )?(?:received|receive|gotten|got|get) (?:my|our|the|any|it|them)(?: \w+){0,2}",
            r"(?:lost|stuck|held up) in (?:the )?(?:transit|mail|post|customs)",
            r"(?:says|marked|shows|shown|marked as|status)(?: as)? delivered",
            r"(?:late|delayed|overdue) (?:delivery|package|parcel|shipment|order)s?",
            r"(?:delivery|package|parcel|shipment|order|it) (?:is|was|has been|are) (?:now )?(?:very |so )?(?:late|delayed|overdue|lost)",
            r"(?:has|have|did|was|is) (?:my|our|the) (?:\w+ )?(?:order|package|parcel|it) (?:been )?(?:shipped|ship|sent|sent out|dispatched)",
            r"when (?:will|does|is|can i expect) (?:my|the|it|our)(?: \w+){0,3} (?:arrive|come|ship|be delivered|be here|get here)",
            r"do you (?:ship|deliver) (?:to|internationally|abroad|overseas)",
            r"ship(?:ping)? (?:internationally|overseas|abroad|to [a-z]+)",
            r"missing (?:package|parcel|delivery)",
            r"courier",
        ),
        WEAK: (
            r"shipping", r"shipped", r"ship", r"shipment", r"deliver(?:y|ed|ies|ing)?", r"package", r"parcel", r"arrived?", r"transit",
            r"dispatch(?:ed)?", r"fedex|ups|usps|dhl|dpd|gls|hermes|royal mail", r"carrier", r"customs", r"mailbox|doorstep|porch",
            r"depot", r"express", r"still waiting", r"in the (?:mail|post)",
        ),
    },
    "refund": {
        STRONG: (
            r"refund(?:ed|s|ing|able)?", r"money back", r"reimburs(?:e|ed|ement)", r"(?:pay|give|send) (?:it|me|us|the money) back",
            r"credited back", r"store credit",
        ),
    },
    "return": {
        STRONG: (
            r"return (?:label|policy|slip|window|address|request|shipping|form|process|portal|code|it|them|this|these|the|my|an|one|a)",
            r"(?:like|want|need|wish|how|can i|could i|may i|possible) to return", r"returned (?:it|them|the|my|an)", r"returning",
            r"send (?:it|them|this|these|\w+ back|the \w+) back", r"sen[dt] back", r"exchange (?:it|them|this|these|for|the|my)", r"exchange",
            r"returns?", r"swap (?:it|them|the|for)", r"rma",
        ),
        WEAK: (r"too (?:big|small|tight|large|long|short|wide|narrow)", r"does(?:n't| not) fit", r"wrong size", r"different size",
               r"changed my mind"),
    },
    "damaged": {
        STRONG: (
            r"damaged?", r"broken", r"cracked", r"shattered", r"defect(?:ive|s)?", r"faulty", r"smashed", r"torn", r"ripped", r"dented",
            r"scratched", r"leak(?:ed|ing|s)", r"crushed", r"chipped", r"(?:stopped|not|doesn't|does not|won't|isn't|never) work(?:ing|ed)?",
            r"(?:does not|doesn't|won't|will not|refuses to) (?:turn on|switch on|start|charge|power on|boot)", r"fell apart", r"in pieces",
            r"dead on arrival", r"malfunction(?:s|ing|ed)?", r"broke", r"bent", r"mou?ldy", r"came apart", r"snapped", r"stained",
        ),
    },
    "wrong_item": {
        STRONG: (
            r"wrong (?:\w+ )?(?:item|product|colou?r|size|model|one|order|thing|shirt|shoes?|version|article|parcel|package|shade|variant|blend|flavou?r)s?",
            r"(?:sent|received|got|shipped|delivered|given)(?: me| us)? (?:a|an|the|someone else's|somebody else's) (?:completely |totally )?(?:different|wrong|other|someone)",
            r"(?:not|isn't|wasn't|weren't|aren't) what i (?:ordered|bought|asked for|paid for)", r"instead of (?:the|a|an|my) \w+(?: \w+)? i (?:ordered|bought)",
            r"(?:i|we) ordered (?:\w+ ){1,5}(?:but|and) (?:got|received|you sent|was sent)",
            r"(?:missing|left out|forgot)(?: an| one| some| the| my)? (?:items?|parts?|pieces?|products?)", r"(?:items?|parts?|pieces?|one) (?:is|are|was|were) missing",
            r"incomplete (?:order|set|delivery|package|parcel)", r"someone else's (?:order|package|parcel|items?)", r"mix(?:ed)?.up",
        ),
    },
    "wrong_address": {
        STRONG: (
            r"(?:wrong|incorrect|old|previous|former) (?:shipping |delivery |postal |street )?address", r"(?:change|correct|update|fix|edit|changing|updating) (?:my |the |our |a )?(?:shipping |delivery |postal )?address",
            r"address (?:is|was) (?:wrong|incorrect|old|incomplete|outdated|missing)", r"(?:new|different|another) (?:shipping |delivery )?address",
            r"mistyped|typo in (?:my|the) address", r"(?:i|we)(?:'ve| have)? (?:just )?(?:moved|move|relocated)", r"wrong (?:house|apartment|flat|street|zip|postcode|postal code|city|door)",
        ),
    },
    "cancel": {
        STRONG: (
            r"cancel(?:l?ed|l?ing|lation|s)?", r"call off (?:the|my) order", r"(?:stop|withdraw) (?:the|my) order", r"ordered (?:it |this |them )?(?:twice )?by (?:mistake|accident)",
            r"don't want (?:it|them|the order) any ?more",
        ),
    },
    "billing": {
        STRONG: (
            r"invoice[sd]?", r"(?:over|double.|mis)charged?", r"charged (?:me |us )?(?:twice|two times|three times|again|double|the wrong|too much|for something|full)",
            r"charge[ds]? (?:on|to|from) my", r"billed", r"billing", r"vat", r"receipts?", r"payment (?:failed|declined|method|problem|issue|didn't|did not|is|was|went|error)",
            r"(?:card|payment) (?:was |is |keeps being |got )?(?:declined|rejected|refused)", r"bank statement", r"paid twice", r"wrong (?:amount|price|total|charge)",
            r"(?:two|2|duplicate|extra|double|unknown) (?:charges?|payments?)", r"tax(?:es)?", r"direct debit", r"bill",
        ),
        WEAK: (r"charged?", r"charges", r"payment", r"paid", r"paypal|klarna|apple pay|google pay", r"credit card|debit card", r"my (?:card|bank)",
               r"price"),
    },
    "chargeback_fraud": {
        STRONG: (
            r"charge\W?backs?", r"fraud(?:ulent|ulently|s)?", r"disput(?:e|ed|ing) (?:the|this|with|it|a|my) ?(?:charge|payment|transaction|bank|paypal)?",
            r"unauthori[sz]ed", r"stolen (?:card|credit|identity)", r"(?:card|identity|account) (?:was |has been |got )?(?:stolen|hacked|compromised)", r"hacked", r"scam(?:s|med|mer|mers)?",
            r"(?:did not|didn't|never) (?:make|made|place|placed|authori[sz]e|authori[sz]ed) (?:this|that|the|any|it)", r"identity theft", r"phishing", r"counterfeit", r"don't recogni[sz]e (?:this|that|the|a) \w+",
        ),
    },
    "discount": {
        STRONG: (
            r"(?:discount|promo|promotion|promotional|coupon|voucher|gift|welcome|referral)(?: \w+)? codes?", r"discounts?", r"coupons?", r"vouchers?", r"promo",
            r"price match(?:ing)?", r"(?:\d+ ?%|percent) off", r"gift ?cards?", r"student discount", r"price drop(?:ped)?", r"loyalty points?", r"reward points?",
        ),
        WEAK: (r"on sale|sale price", r"code (?:is not|isn't|does not|doesn't|did not|didn't)", r"cheaper", r"black friday", r"promotion"),
    },
    "subscription": {
        STRONG: (
            r"subscri(?:be|bed|ption|ptions|ber|bers|bing)", r"unsubscribe", r"auto.?renew(?:al|ed|s)?", r"renewal", r"membership", r"recurring (?:order|payment|charge|delivery)s?",
            r"(?:next|skip (?:the|a|my|this|next)|pause (?:the|my)) (?:delivery|box|shipment|month|renewal)", r"monthly (?:box|order|plan|delivery|bag)",
        ),
    },
    "product_question": {
        STRONG: (
            r"(?:is|are) (?:it|this|these|they|the \w+(?: \w+)?) (?:also )?(?:compatible|waterproof|washable|vegan|gluten.free|organic|suitable|machine washable|dishwasher safe|safe for|true to size)",
            r"what (?:size|sizes|material|colou?rs?|dimensions?|is it made of|are they made of)", r"which (?:size|one|model|version|colou?r)", r"how (?:do|can) i (?:use|clean|wash|assemble|install|set up|adjust|brew|store)",
            r"(?:size|sizing) (?:guide|chart|advice|question)", r"compatible with", r"made (?:of|from|in)", r"ingredients?", r"allergens?", r"instructions?|user manual", r"warranty", r"dimensions",
            r"(?:do|does) (?:it|they|this|these|the \w+(?: \w+)?) (?:fit|come with|work with|run|need|have|contain|include|last)", r"difference between", r"do you (?:sell|offer|make|carry|recommend)",
            r"how (?:long|big|large|heavy|wide|tall|deep|thick|much) (?:is|are|does|do) (?:the|it|this|they|these|a)", r"would (?:you|it) (?:recommend|suit|fit|work)",
        ),
        WEAK: (r"material", r"size", r"compatible", r"fits?", r"recommend", r"question about (?:the|your|a)"),
    },
    "account": {
        STRONG: (
            r"(?:my|an?|the|your|user) account", r"pass ?word", r"log(?:ged|ging)? ?in(?:to)?", r"sign(?:ed|ing)? in(?:to)?", r"log ?on", r"locked out", r"verification (?:code|email|link)", r"two.factor|2fa",
            r"(?:change|update) my (?:email|e-mail|name|phone|details|profile)", r"reset (?:link|email)", r"username", r"(?:delete|erase|remove) (?:all )?my (?:data|details|personal)", r"gdpr",
        ),
    },
    "stock": {
        STRONG: (
            r"(?:in|out of|back in|low) stock", r"restock(?:ed|ing)?", r"sold out", r"availab(?:le|ility) (?:again|in|soon|for)", r"(?:when|will) (?:\w+ ){1,4}(?:be )?(?:available|back)", r"pre.?order(?:ed|s)?", r"back.?order(?:ed|s)?",
            r"unavailable", r"discontinued", r"wait(?:ing)? ?list",
        ),
        WEAK: (r"available", r"stock", r"availability"),
    },
    "praise": {
        STRONG: (
            r"(?:love|loved|adore|adores?) (?:it|them|this|these|the|my|your|everything)", r"(?:great|excellent|amazing|awesome|fantastic|wonderful|outstanding|brilliant|perfect|superb|fabulous|lovely) (?:service|support|job|work|product|products|quality|experience|shop|store|team|help|customer service)",
            r"(?:very|so|really|extremely|absolutely) (?:happy|pleased|satisfied|impressed|delighted|grateful)", r"keep up the (?:good|great) work|keep it up", r"highly recommend", r"five stars|5 stars", r"best (?:\w+ )?(?:ever|shop|store|service)",
            r"thank you so much", r"(?:just )?wanted to (?:say )?(?:thank|thanks)", r"made my day", r"compliments?", r"exceeded (?:my|our|all) expectations",
        ),
        WEAK: (r"thank(?:s| you)", r"perfect", r"awesome", r"amazing", r"lovely", r"delighted", r"fantastic", r"love"),
    },
    "escalation": {
        STRONG: (
            r"(?:speak|talk) (?:to|with) (?:a|your|the|someone|an actual|a real) ?(?:\w+ )?(?:manager|supervisor|boss|human|person|superior|someone in charge|in charge)", r"lawyers?", r"attorney", r"solicitor", r"legal (?:action|steps|advice|department)", r"small claims", r"(?:take|see) you (?:to|in) court", r"sue (?:you|your)",
            r"(?:third|fourth|fifth|sixth|3rd|4th|5th|6th|tenth|10th) time", r"(?:formal|official|file a|filing a|lodge a|make a) complaint", r"better business bureau|bbb|trading standards|consumer (?:protection|rights|affairs)|ombudsman", r"unacceptable", r"last chance|final warning",
            r"(?:no one|nobody) (?:answers|answered|replies|replied|responds|responded|gets back|cares|has (?:answered|replied|responded))", r"(?:bad|negative|one.star|1.star) review", r"trustpilot", r"social media", r"escalat(?:e|ed|ion)", r"manager|supervisor", r"going to the press",
            r"(?:multiple|many|several|countless) (?:times|emails|messages|calls)", r"still (?:no|not|haven't|hasn't) (?:\w+ )?(?:answer|reply|response|solution|resolved|heard)",
        ),
        WEAK: (r"ridiculous", r"outrageous", r"furious", r"second time", r"again and again", r"disgrace(?:ful)?", r"appalling", r"fed up", r"never again", r"still waiting"),
    },
    "safety": {
        STRONG: (
            r"(?:caught|catches|on|started a|set) fire", r"(?:burn(?:ed|t|s)?|hurt|injur(?:ed|y|ies)|cut|shocked) (?:my|me|her|his|our|myself)", r"electric(?:al)? shock", r"allergic(?: reaction)?", r"explod(?:ed|es|ing)|explosion", r"overheat(?:s|ed|ing)?",
            r"(?:hospital|emergency room|ambulance)", r"chok(?:ed|ing)", r"smok(?:e|ing) (?:came|coming|out|from)", r"sparks?|sparking", r"dangerous|hazard(?:ous)?", r"unsafe", r"bad rash|rash on|skin reaction", r"poison(?:ing|ous|ed)?", r"injur(?:y|ies|ed)", r"glass (?:in|inside)",
        ),
    },
}  # fmt: skip
