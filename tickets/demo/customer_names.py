"""Invented customers' names by language area. Other scripts carry a Latin form for email and greetings."""

import random
from dataclasses import dataclass

Name = tuple[str, str]  # as its owner writes it; in Latin letters without accents


@dataclass(frozen=True)
class Person:
    """An invented person; `given_latin` is how an English-speaking agent addresses them."""

    name: str
    given: str
    given_latin: str
    email_local: str
    locale: str


def _pairs(text: str) -> tuple[Name, ...]:
    """`Jürgen=Jurgen Anna` becomes (("Jürgen", "Jurgen"), ("Anna", "Anna"))."""
    pairs = (word.partition("=") for word in text.split())
    return tuple((native, latin or native) for native, _, latin in pairs)


# locale: (number of people, given names, family names, family name first)
POPULATION: dict[str, tuple[int, tuple[Name, ...], tuple[Name, ...], bool]] = {
    "en": (
        176,
        _pairs(
            "Dorothy Tamsin Gwendolyn Harriet Beatrix Nadine Oscar Priya Callum Maeve Desmond Philippa Rosalind Idris "
            "Winifred Clement Adaeze Marcus Leticia Hollis Imogen Jasper Keziah Lorcan Muriel Nolan Ottilie Percy "
            "Quentin Rhiannon Silas Thandiwe Ursula Verity Wendell Yasmin Zadie Bertram Cordelia Eamon"
        ),
        _pairs(
            "Pelham Oyelaran Marshfield Stromberg Holloway Ramanathan Birchall Quillfeather Adeyemi-Ross Tarrant "
            "Muckleburgh Vance-Ortega Penhallow Osgoode Fairweather Liddicoat Nwosu Thistlewood Cardew Ashgrove "
            "Bellweather Crannock Dunmore Ellingham Farthing Greaves-Lin Hartnoll Inchbald Jellicombe Kettering "
            "Lovibond Mapplebeck Netherway Okonedo Pettigrove Rookwood Skelbrook Trevanion Umfreville Wainfleet"
        ),
        False,
    ),
    "de": (
        40,
        _pairs(
            "Anneliese Jürgen=Jurgen Käthe=Kathe Torsten Wiebke Björn=Bjorn Friederike Heike Ulrike Matthis "
            "Gesine Konrad Svenja Dietlinde"
        ),
        _pairs(
            "Krahwinkel Möhlenbrock=Mohlenbrock Sauerländer=Sauerlander Fitzke Großkopp=Grosskopp Brinkhus "
            "Tiedemann-Vogt Ahrensmeier Zumbrück=Zumbruck Hölscher=Holscher Wackernagel Dornbusch"
        ),
        False,
    ),
    "fr": (
        32,
        _pairs(
            "Solène=Solene Gaëlle=Gaelle Étienne=Etienne Maëlys=Maelys Thibault Clémence=Clemence Bastien "
            "Océane=Oceane Corentin Aïssata=Aissata Hortense Ludivine"
        ),
        _pairs(
            "Vaucresson Delabrière=Delabriere Kermadec Poitevineau Sablonnet Fontvieille Roquebrun Montaubry "
            "Lhermitte Coudrier Tanguyon"
        ),
        False,
    ),
    "es": (
        32,
        _pairs(
            "Joaquín=Joaquin Begoña=Begona Íñigo=Inigo Macarena Ximena Leandro Asunción=Asuncion Fermín=Fermin "
            "Marisol Candela Nuria Octavio"
        ),
        _pairs(
            "Belmonte Aranzueque Villacañas=Villacanas Etxebarri Montalbán=Montalban Quiñonero=Quinonero "
            "Salvatierra Peñaranda=Penaranda Zubiaurre Torrealba Ibarrola"
        ),
        False,
    ),
    "pl": (
        14,
        _pairs("Nadia Grażyna=Grazyna Wojciech Bożena=Bozena Łucja=Lucja Zbigniew Małgorzata=Malgorzata Kacper"),
        _pairs("Kowalczyk Brzozek Wiśnik=Wisnik Gołębiak=Golebiak Jaworek Przybyłek=Przybylek Sikorzak"),
        False,
    ),
    "it": (
        12,
        _pairs("Fiorenza Niccolò=Niccolo Ginevra Ruggero Ornella Tancredi Loredana Graziella"),
        _pairs("Bellandi Castelvero Montefusco Quaglieri Sorrentani Trevigiano Zanoletti"),
        False,
    ),
    "nl": (
        12,
        _pairs("Marijke Joost Liesbeth Sjoerd Hanneke Wouter Fenna Geertje"),
        _pairs("Hoogenberk Terpstraat Vandermolen Kuiperhof Zonnevelt Brouwershaven Dijkgraaf"),
        False,
    ),
    "pt": (
        10,
        _pairs("Inês=Ines Gonçalo=Goncalo Conceição=Conceicao Tiago Benedita Luísa=Luisa Otávio=Otavio"),
        _pairs("Figueiroa Carvalhosa Mourinhal Assunção=Assuncao Nóbregas=Nobregas Valadarins"),
        False,
    ),
    "ja": (
        12,
        _pairs("結衣=Yui 陽翔=Haruto 美咲=Misaki 蓮=Ren さくら=Sakura 千尋=Chihiro 拓海=Takumi"),
        _pairs("佐藤=Sato 小野寺=Onodera 早川=Hayakawa 水谷=Mizutani 桐原=Kirihara 白石=Shiraishi"),
        True,
    ),
    "ar": (
        10,
        _pairs("ليلى=Layla يوسف=Yusuf مريم=Maryam خالد=Khalid نورة=Noura سلمى=Salma"),
        _pairs("الحداد=Alhaddad النجار=Alnajjar الخياط=Alkhayyat البستاني=Albustani الزيتوني=Alzaytuni"),
        False,
    ),
    "tr": (
        12,
        _pairs("Ayşegül=Aysegul Çağlar=Caglar Gülizar=Gulizar İlkay=Ilkay Şebnem=Sebnem Oğuz=Oguz Defne"),
        _pairs("Karadeniz Yıldızoğlu=Yildizoglu Taşkıran=Taskiran Akçayır=Akcayir Demirtepe Gümüşay=Gumusay"),
        False,
    ),
    "el": (
        8,
        _pairs("Ελένη=Eleni Νίκος=Nikos Δήμητρα=Dimitra Σπύρος=Spyros Καλλιόπη=Kalliopi"),
        _pairs("Παπαδέλλη=Papadelli Μαυρογένη=Mavrogeni Ανδρουλάκη=Androulaki Καστρίτη=Kastriti"),
        False,
    ),
    "uk": (
        10,
        _pairs("Оксана=Oksana Тарас=Taras Соломія=Solomiia Богдан=Bohdan Мирослава=Myroslava"),
        _pairs("Ковальчак=Kovalchak Левицька=Levytska Гончарук=Honcharuk Яворенко=Yavorenko"),
        False,
    ),
    "ko": (
        8,
        _pairs("지우=Jiwoo 민준=Minjun 서연=Seoyeon 하은=Haeun 도윤=Doyun"),
        _pairs("남궁=Namgung 황보=Hwangbo 제갈=Jegal 선우=Sunwoo"),
        True,
    ),
    "hi": (
        12,
        _pairs("मीरा=Meera अर्जुन=Arjun काव्या=Kavya रोहन=Rohan सुनीता=Sunita देविका=Devika"),
        _pairs("चतुर्वेदी=Chaturvedi जोशीला=Joshila कुलकर्णी=Kulkarni भट्टाचारी=Bhattachari"),
        False,
    ),
}


def invent_people(rng: random.Random) -> list[Person]:
    """Distinct people in each language area's share, shuffled so that no area clusters in a list."""
    people: list[Person] = []
    for locale, (count, givens, families, family_first) in POPULATION.items():
        couples = [(given, family) for given in givens for family in families]
        for given, family in rng.sample(couples, count):
            people.append(_person(given, family, locale, family_first))
    rng.shuffle(people)
    return people


def _person(given: Name, family: Name, locale: str, family_first: bool) -> Person:
    name = f"{family[0]} {given[0]}" if family_first else f"{given[0]} {family[0]}"
    local = f"{given[1]}.{family[1]}".lower()
    return Person(name, given[0], given[1], local, locale)
