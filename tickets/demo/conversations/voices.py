"""How each language opens and closes a mail, writes a date, and labels the contact form."""

from dataclasses import dataclass
from datetime import datetime

from tickets.demo.conversations.topic import Texts


@dataclass(frozen=True)
class Voice:
    """One language's manners. `months` are written after the day, joined by `date_joint`."""

    greetings: Texts
    closings: Texts
    agent_greeting: str
    agent_closing: str
    form: tuple[str, str, str]
    months: Texts
    date_joint: str = " "

    def date(self, moment: datetime) -> str:
        if not self.months:
            return f"{moment.month}月{moment.day}日"
        return f"{moment.day}{self.date_joint}{self.months[moment.month - 1]}"


VOICES: dict[str, Voice] = {
    "en": Voice(
        ("Hello,", "Hi there,", "Good morning,", "Dear team,", "Hello {shop},", "Hi,", "Good evening,"),
        (
            "Kind regards\n{name}",
            "Thanks\n{me}",
            "Best\n{name}",
            "{name}\n{city}",
            "Many thanks, {me}",
            "Yours, {name}",
        ),
        "Hi {first},",
        "[Best wishes|Warm regards|All the best]\n{agent}, {shop}",
        ("Topic", "Order number", "Message"),
        (
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
    ),
    "de": Voice(
        ("Hallo,", "Guten Tag,", "Liebes Team,", "Sehr geehrte Damen und Herren,"),
        ("Viele Grüße\n{name}", "Mit freundlichen Grüßen\n{name}", "Danke und Grüße aus {city}\n{name}"),
        "Guten Tag {name},",
        "Herzliche Grüße\n{agent}, {shop}",
        ("Thema", "Bestellnummer", "Nachricht"),
        (
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
        ". ",
    ),
    "fr": Voice(
        ("Bonjour,", "Bonjour Madame, Monsieur,", "Bonjour à toute l'équipe,"),
        ("Cordialement,\n{name}", "Bien à vous,\n{name}", "Merci d'avance,\n{me}"),
        "Bonjour {first},",
        "Bien cordialement,\n{agent}, {shop}",
        ("Sujet", "Numéro de commande", "Message"),
        (
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ),
    ),
    "es": Voice(
        ("Hola:", "Buenos días:", "Buenas tardes:"),
        ("Un saludo,\n{name}", "Gracias y saludos,\n{me}"),
        "Hola, {first}:",
        "Un saludo,\n{agent}, {shop}",
        ("Tema", "Número de pedido", "Mensaje"),
        (
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        " de ",
    ),
    "pl": Voice(
        ("Dzień dobry,",),
        ("Pozdrawiam\n{name}", "Z poważaniem\n{name}"),
        "Dzień dobry,",
        "Pozdrawiam serdecznie\n{agent}, {shop}",
        ("Temat", "Numer zamówienia", "Wiadomość"),
        (
            "stycznia",
            "lutego",
            "marca",
            "kwietnia",
            "maja",
            "czerwca",
            "lipca",
            "sierpnia",
            "września",
            "października",
            "listopada",
            "grudnia",
        ),
    ),
    "it": Voice(
        ("Buongiorno,", "Gentile team,"),
        ("Cordiali saluti\n{name}", "Grazie, {me}"),
        "Gentile {first},",
        "Cordiali saluti\n{agent}, {shop}",
        ("Argomento", "Numero d'ordine", "Messaggio"),
        (
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ),
    ),
    "nl": Voice(
        ("Hallo,", "Goedemiddag,"),
        ("Vriendelijke groet,\n{name}", "Groetjes, {me}"),
        "Beste {first},",
        "Met vriendelijke groet,\n{agent}, {shop}",
        ("Onderwerp", "Bestelnummer", "Bericht"),
        (
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ),
    ),
    "pt": Voice(
        ("Boa tarde,", "Olá,"),
        ("Cumprimentos,\n{name}", "Até breve, {me}"),
        "Olá {first},",
        "Com os melhores cumprimentos,\n{agent}, {shop}",
        ("Assunto", "Número da encomenda", "Mensagem"),
        (
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ),
        " de ",
    ),
    "ja": Voice(
        ("お世話になっております。", "はじめまして。"),
        ("よろしくお願いいたします。\n{name}",),
        "{name} 様",
        "{shop} {agent}",
        ("お問い合わせ内容", "注文番号", "メッセージ"),
        (),
    ),
    "tr": Voice(
        ("Merhaba,", "İyi günler,"),
        ("Teşekkürler\n{name}", "Saygılarımla\n{name}"),
        "Merhaba {first},",
        "Sevgiler\n{agent}, {shop}",
        ("Konu", "Sipariş numarası", "Mesaj"),
        (
            "Ocak",
            "Şubat",
            "Mart",
            "Nisan",
            "Mayıs",
            "Haziran",
            "Temmuz",
            "Ağustos",
            "Eylül",
            "Ekim",
            "Kasım",
            "Aralık",
        ),
    ),
}

FORM_TOPICS: dict[str, str] = {
    "shipping": "Delivery",
    "refund": "Refund",
    "return": "Return",
    "damaged": "Damaged item",
    "wrong_item": "Wrong item",
    "wrong_address": "Address",
    "cancel": "Cancellation",
    "billing": "Payment",
    "chargeback_fraud": "Payment",
    "discount": "Discount code",
    "subscription": "Club box",
    "product_question": "Product question",
    "account": "My account",
    "stock": "Availability",
    "praise": "Feedback",
    "escalation": "Complaint",
}
