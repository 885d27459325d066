"""Conversations in Polish, Italian, Dutch, Portuguese, Japanese and Turkish, a few of each."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, RELAXED, Topic

POLISH = Topic(
    key="pl_late",
    language="pl",
    tags=("shipping",),
    need="late",
    weight=5,
    priorities=PRESSING,
    sentiment=(0.2, 0.4),
    difficulty=(0.35, 0.5),
    subjects=(
        "Gdzie jest moje zamówienie {order}?",
        "Paczka {tracking} stoi w miejscu",
        "Zamówienie {order} nie dotarło",
    ),
    email=(
        "Zamówienie {order} z dnia {order_date} do dziś nie dotarło. Śledzenie od kilku dni pokazuje to "
        "samo. Czy mogą Państwo sprawdzić, gdzie jest paczka?",
        "Minęło już {days} dni, a paczki {tracking} nadal nie ma. W środku jest {item}, potrzebuję tego na "
        "kurs w sobotę.",
    ),
    sms=("Dzień dobry, gdzie jest zamówienie {order}? {me}",),
    ask=(
        "Bardzo przepraszam za opóźnienie. Zgłosiłam reklamację do {carrier} w sprawie przesyłki "
        "{tracking}. Czy adres {street}, {city} jest prawidłowy?",
    ),
    ask_short=("Przepraszam! Zgłosiłam sprawę do {carrier}. Czy adres {street} jest prawidłowy?",),
    answer=("Tak, adres się zgadza.",),
    nudge=("Czy coś już wiadomo? Paczki dalej nie ma.",),
    resolve=("{carrier} odnalazł paczkę i dziś oznaczył ją jako doręczoną. Dziękuję za cierpliwość.",),
    resolve_short=("Paczka odnaleziona i dziś doręczona. Dziękuję za cierpliwość!",),
    thanks=("Dotarła, bardzo dziękuję!",),
)

ITALIAN = Topic(
    key="it_damaged",
    language="it",
    tags=("damaged",),
    need="damaged",
    categories=("kit", "tool"),
    weight=5,
    priorities=NORMAL,
    sentiment=(0.25, 0.4),
    difficulty=(0.4, 0.5),
    subjects=(
        "Ordine {order}: articolo danneggiato",
        "{Item} arrivato rotto",
        "Pacco aperto, ordine {order}",
    ),
    email=(
        "purtroppo il pacco dell'ordine {order} è arrivato aperto e {item} è danneggiato. Ho fatto le foto "
        "prima di togliere il resto. Come possiamo risolvere?",
        "ho ricevuto oggi l'ordine {order}, ma {item} non si può usare così. Vorrei il rimborso di questo "
        "articolo, il resto va benissimo.",
    ),
    chat=("Buongiorno, un articolo è arrivato danneggiato\nordine {order}, {item}",),
    ask=(
        "mi dispiace molto. Potrebbe mandarmi una foto dell'articolo e una della scatola? Le andrebbe bene "
        "il rimborso?",
    ),
    ask_short=("Mi dispiace! Mi manda una foto dell'articolo e della scatola?",),
    answer=("Ecco le foto. Il rimborso va bene, grazie.",),
    nudge=("Avete ricevuto le foto?",),
    resolve=("le ho rimborsato {refund} sulla carta; lo vedrà in tre o cinque giorni. Non deve rispedire nulla.",),
    resolve_short=("Rimborsati {refund}, li vedrà in 3-5 giorni. Non deve rispedire nulla.",),
    thanks=("Gentilissimi, grazie.",),
)

DUTCH = Topic(
    key="nl_address",
    language="nl",
    tags=("wrong_address", "shipping"),
    need="unshipped",
    weight=5,
    priorities=PRESSING,
    sentiment=(0.45, 0.55),
    difficulty=(0.2, 0.3),
    subjects=(
        "Verkeerd adres bij bestelling {order}",
        "Adres wijzigen, bestelling {order}",
        "Ik ben verhuisd ({order})",
    ),
    email=(
        "Ik ben net verhuisd en bij bestelling {order} staat nog het oude adres. Kan het pakket naar "
        "{street} in {city}? Hopelijk is het nog niet weg.",
        "Bij het bestellen van {item} heb ik het verkeerde huisnummer ingevuld. Het juiste adres voor "
        "bestelling {order} is {street}, {city}.",
    ),
    sms=("Verkeerd adres! Bestelling {order} moet naar {street}, {city}. {me}",),
    ask=(
        "Dank voor uw snelle bericht: bestelling {order} is nog hier en ik heb hem vastgehouden. Is "
        "{street} alleen voor deze bestelling, of voortaan uw hoofdadres?",
    ),
    ask_short=("Hij is nog hier! {street} alleen voor deze bestelling, of voortaan?",),
    answer=("Voortaan graag, dank u.",),
    nudge=("Is het nog gelukt met het adres?",),
    resolve=("Gelukt: bestelling {order} is naar {street} in {city} verstuurd, en uw account heeft het nieuwe adres.",),
    resolve_short=("Gelukt, bestelling {order} gaat naar {street}.",),
    thanks=("Wat fijn, dank u wel!",),
)

PORTUGUESE = Topic(
    key="pt_question",
    language="pt",
    tags=("product_question",),
    need="none",
    before_sale=True,
    weight=5,
    priorities=RELAXED,
    sentiment=(0.5, 0.6),
    difficulty=(0.15, 0.3),
    subjects=("Pergunta",),
    email=(
        "Enviam para {city}?:: Gostava de saber se enviam para {city} e quanto demora. Queria oferecer "
        "{kit} à minha filha.",
        "{Fabric} encolhe?:: Preciso de {metres} metros de {fabric} para cortinados. O tecido encolhe na lavagem?",
        "{Garment}: {size} ou {size2}?:: Estou entre o {size} e o {size2} de {garment}. Qual me aconselham? "
        "Tenho 1,65 m.",
    ),
    ask=("Obrigada pela pergunta! Para poder aconselhar bem: é para uso diário ou para ocasiões especiais?",),
    answer=("Para uso diário.",),
    nudge=("Já conseguiram saber?",),
    resolve=(
        "A nossa oficina experimentou e recomenda; na dúvida, escolha um pouco maior. Entregamos em quatro "
        "a seis dias úteis e pode devolver durante 60 dias.",
    ),
    thanks=("Que bom, agradeço imenso!",),
)

JAPANESE = Topic(
    key="ja_late",
    language="ja",
    tags=("shipping",),
    need="late",
    weight=4,
    priorities=PRESSING,
    sentiment=(0.3, 0.4),
    difficulty=(0.4, 0.55),
    subjects=("注文{order}がまだ届きません", "荷物の追跡について（{order}）", "配送状況の確認をお願いします {order}"),
    email=(
        "{order_date}に注文した{item}（注文番号{order}）がまだ届いておりません。追跡番号{tracking}も数日前から更新されていません。状況を確認していただけますか。",
        "注文番号{order}の件でご連絡いたします。注文から{days}日経ちましたが、荷物が届きません。教室で使う予定ですので、お調べいただけると助かります。",
    ),
    ask=(
        "お待たせして申し訳ございません。{carrier}に荷物{tracking}の調査を依頼いたしました。お届け先のご住所に変更はございませんでしょうか。",
    ),
    answer=("住所に変更はありません。よろしくお願いします。",),
    nudge=("その後、何か分かりましたでしょうか。",),
    resolve=(
        "{carrier}より、本日お届けが完了したとの連絡がございました。ご迷惑をおかけし、誠に申し訳ございませんでした。",
    ),
    thanks=("無事に届きました。ありがとうございました。",),
)

TURKISH = Topic(
    key="tr_question",
    language="tr",
    tags=("stock",),
    need="none",
    before_sale=True,
    weight=3,
    priorities=RELAXED,
    sentiment=(0.5, 0.6),
    difficulty=(0.15, 0.25),
    subjects=("Stok sorusu",),
    email=(
        "{Garment} {size} beden tekrar gelecek mi?:: Merhaba, {garment} için {size} beden tükenmiş "
        "görünüyor. Tekrar gelecek mi? Bir ay bekleyebilirim.",
        "{Fabric}: {metres} metre var mı?:: {fabric} kumaşından tek parça {metres} metre var mı? {city} "
        "adresine gönderim ne kadar sürer?",
    ),
    ask=("İlginiz için teşekkürler. Depoya sordum. Size ne zamana kadar gerekli?",),
    answer=("Ay sonuna kadar yeterli.",),
    nudge=("Depodan haber var mı?",),
    resolve=("Depomuz saydı: yeterince var ve adınıza yedi gün ayrıldı. Hesabınızda görebilirsiniz.",),
    thanks=("Çok teşekkür ederim!",),
)

TOPICS = (POLISH, ITALIAN, DUTCH, PORTUGUESE, JAPANESE, TURKISH)
