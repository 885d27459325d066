# ruff: noqa: E501
"""Replies of a well-behaved model: the cleaner may refuse none and must keep almost everything."""

from dataclasses import dataclass, replace

from intelligence.contract.facts import Conversation
from intelligence.tests.conversations import conversation, order

SHIPPED = order()
UNSHIPPED = order(
    "50001", 2, status="paid", fulfillment_status="unfulfilled", tracking_numbers=(), tracking_urls=(), carrier=""
)
DELIVERED = order("50002", 20, status="delivered", fulfillment_status="delivered")
REFUNDED = order("50003", 30, status="refunded", fulfillment_status="returned", refunded=20.0, total=99.0)


@dataclass(frozen=True)
class Reply:
    language: str
    channel: str
    tag: str
    text: str


def told(reply: Reply) -> Conversation:
    """The conversation that the reply answers."""
    asked = "Hello, I have a question about my order."
    one = conversation(asked, channel=reply.channel, tags=(reply.tag,), language=reply.language)
    orders = (REFUNDED, DELIVERED, SHIPPED, UNSHIPPED)
    return replace(one, customer=replace(one.customer, orders=orders))


REPLIES = (
    Reply(
        "en",
        "email",
        "shipping",
        """Dear Oscar,

Thank you for reaching out. I understand how frustrating it is to wait for a parcel without news.

Your order 44753 of 19 February has left our warehouse and is not marked as delivered yet. The carrier is ParcelLark, and the tracking number for order 44753 is PL9915469394.

Could you please confirm that the delivery address is still correct and check whether a neighbour accepted the parcel? In the meantime, I am looking into where it is.

Kind regards,
Theo""",
    ),
    Reply(
        "en",
        "email",
        "damaged",
        """Hi Oscar,

I'm sorry to hear that the lamp from order 50002 arrived damaged. That must have been disappointing.

So that I can look into this properly, could you please send me a photo of the damage and one of the packaging? If there is anything else I should know, please tell me.

Best regards,
Customer Care""",
    ),
    Reply(
        "en",
        "email",
        "refund",
        """Thank you for your message about your refund.

Our records show a refund of $20.00 for order 50003. If it has not reached your account, please let me know how you paid and I will check where it stands.

Please reply here if anything is unclear.""",
    ),
    Reply(
        "en",
        "email",
        "cancel",
        """Thanks for letting us know that you would like to cancel order 50001. It has not left our warehouse yet. I am checking whether it can still be stopped and will write to you when I know more.""",
    ),
    Reply(
        "en",
        "chat",
        "shipping",
        "Hi Oscar! Thanks for your patience. Order 44753 has left our warehouse. I'm checking where it is and will let you know once I hear more.",
    ),
    Reply(
        "en",
        "chat",
        "product_question",
        "Great question! I am checking this with the product's data sheet. Could you tell me what you would like to use it for?",
    ),
    Reply("en", "sms", "shipping", "Hi Oscar, order 44753 has left us. We are checking where it is."),
    Reply("en", "sms", "wrong_address", "Please send us the full address as it should be."),
    Reply(
        "en",
        "phone",
        "shipping",
        "I can see that your order 44753 has left our warehouse. I am looking into where it is. Is your delivery address still right?",
    ),
    Reply(
        "en",
        "form",
        "account",
        """I understand that being locked out of your account is annoying.

Could you tell me which email address your account is under and what you see when it goes wrong? Please never send us your password.""",
    ),
    Reply(
        "en",
        "form",
        "billing",
        "Thank you for flagging this. Could you tell me the date and the amount of the charge as your statement shows it? Please leave out your card number. I will then compare it with our records.",
    ),
    Reply(
        "en",
        "email",
        "praise",
        "Thank you so much for your kind words! It made our day to read them, and I will gladly pass them on to the team.",
    ),
    Reply(
        "en",
        "email",
        "wrong_item",
        "I am sorry about the mix-up. Please send me a photo of what you received and of its label, so that I can look into how this can be put right.",
    ),
    Reply(
        "de",
        "email",
        "shipping",
        """Guten Tag Oscar Miller,

vielen Dank für Ihre Nachricht. Ich verstehe gut, dass das Warten auf ein Paket ohne Nachricht unangenehm ist.

Ihre Bestellung 44753 vom 19. Februar hat unser Lager verlassen und ist noch nicht als zugestellt gemeldet. Könnten Sie bitte nachsehen, ob ein Nachbar das Paket angenommen hat? Ich gehe der Sache inzwischen nach.

Mit freundlichen Grüßen
Ihr Kundenservice""",
    ),
    Reply(
        "de",
        "email",
        "damaged",
        "Es tut mir leid, dass der Artikel aus Bestellung 50002 beschädigt bei Ihnen angekommen ist. Könnten Sie mir bitte ein Foto des Schadens und eines der Verpackung schicken? Damit kann ich klären, wie wir das in Ordnung bringen können.",
    ),
    Reply(
        "de",
        "email",
        "refund",
        "vielen Dank für Ihre Frage zu Ihrer Erstattung. Zu Ihrer Bestellung 50003 ist bei uns eine Erstattung von 20,00 $ vermerkt. Falls der Betrag nicht auf Ihrem Konto angekommen ist, sagen Sie mir bitte, wie Sie bezahlt haben.",
    ),
    Reply(
        "de",
        "chat",
        "cancel",
        "Danke für Ihre Nachricht! Bestellung 50001 hat unser Lager noch nicht verlassen. Ich prüfe, ob sie sich noch aufhalten lässt, und melde mich bei Ihnen.",
    ),
    Reply("de", "sms", "shipping", "Bestellung 44753 hat unser Lager verlassen. Wir gehen dem nach."),
    Reply(
        "de",
        "phone",
        "return",
        "Gern helfe ich Ihnen mit der Rücksendung. Welchen Artikel möchten Sie zurückgeben, und aus welchem Grund?",
    ),
    Reply(
        "de",
        "form",
        "wrong_address",
        "Danke für den Hinweis zur Anschrift. Bitte schicken Sie mir die vollständige richtige Adresse. Ich prüfe, ob sie sich noch ändern lässt.",
    ),
    Reply(
        "de",
        "email",
        "subscription",
        "Vielen Dank für Ihre Nachricht zu Ihrem Abonnement. Was möchten Sie ändern, und ab welcher Lieferung? Dann prüfe ich, was möglich ist.",
    ),
    Reply(
        "fr",
        "email",
        "shipping",
        """Bonjour Oscar,

Merci de nous avoir contactés. Je comprends que l'attente soit désagréable.

Votre commande 44753 du 19 février a quitté notre entrepôt et n'est pas encore signalée comme livrée. Pourriez-vous vérifier si un voisin a pris le colis ? De mon côté, je cherche où il se trouve.

Cordialement,
Le service client""",
    ),
    Reply(
        "fr",
        "email",
        "damaged",
        "Je suis désolé d'apprendre que votre article est arrivé abîmé. Pourriez-vous m'envoyer une photo du défaut et une autre de l'emballage ? Je pourrai ainsi étudier la situation.",
    ),
    Reply(
        "fr",
        "chat",
        "cancel",
        "Merci pour votre message ! La commande 50001 n'a pas encore quitté notre entrepôt. Je vérifie s'il est encore possible de l'arrêter et je reviens vers vous.",
    ),
    Reply("fr", "sms", "shipping", "La commande 44753 a quitté notre entrepôt. Nous cherchons où elle est."),
    Reply(
        "fr",
        "phone",
        "billing",
        "Je comprends votre inquiétude. Pourriez-vous me donner la date et le montant du prélèvement tels que vous les voyez sur votre relevé ?",
    ),
    Reply(
        "fr",
        "form",
        "refund",
        "Merci pour votre question au sujet de votre remboursement. Nos données montrent un remboursement de 20,00 $ pour la commande 50003. Si vous ne le voyez pas sur votre compte, dites-moi comment vous avez payé.",
    ),
    Reply(
        "fr",
        "email",
        "product_question",
        "Merci pour votre question. Je me renseigne sur ce point et je vous écris dès que j'en sais plus. Pour quel usage pensez-vous à cet article ?",
    ),
    Reply(
        "es",
        "email",
        "shipping",
        """Hola, Oscar:

Gracias por escribirnos. Entiendo que esperar un paquete sin noticias es molesto.

Su pedido 44753 del 19 de febrero ha salido de nuestro almacén y todavía no consta como entregado. ¿Podría confirmarme que la dirección sigue siendo correcta? Mientras tanto, estoy averiguando dónde está.

Un cordial saludo,
Atención al cliente""",
    ),
    Reply(
        "es",
        "email",
        "damaged",
        "Siento mucho que el artículo del pedido 50002 haya llegado dañado. ¿Podría enviarme una foto del daño y otra del embalaje? Con ellas podré estudiar el caso.",
    ),
    Reply(
        "es",
        "chat",
        "cancel",
        "¡Gracias por avisarnos! El pedido 50001 todavía no ha salido de nuestro almacén. Estoy comprobando si aún se puede parar y le escribiré cuando lo sepa.",
    ),
    Reply("es", "sms", "shipping", "El pedido 44753 ha salido. Estamos viendo donde está."),
    Reply(
        "es",
        "phone",
        "return",
        "Con mucho gusto le ayudo con la devolución. ¿Qué artículo desea devolver y por qué motivo?",
    ),
    Reply(
        "es",
        "form",
        "refund",
        "Gracias por su consulta sobre su reembolso. En nuestros datos consta un reembolso de 20,00 $ del pedido 50003. Si no lo ve en su cuenta, dígame por favor cómo pagó.",
    ),
    Reply(
        "es",
        "email",
        "account",
        "Entiendo que no poder entrar en su cuenta es molesto. ¿Con qué dirección está registrada su cuenta y qué ve cuando falla? Por favor, no nos envíe nunca su contraseña.",
    ),
    Reply(
        "en",
        "email",
        "escalation",
        "I can see how frustrated you are, and I am sorry that it came to this. I am reading through everything that you have sent us. What matters most to you in settling this?",
    ),
    Reply(
        "en",
        "email",
        "discount",
        "I understand that it is annoying when a code does not work. Could you tell me which code you mean and what the shop showed you? I will check it for you.",
    ),
    Reply(
        "de",
        "email",
        "escalation",
        "Ich sehe, wie verärgert Sie sind, und kann das verstehen. Ich lese alles noch einmal durch, was Sie uns geschrieben haben. Was ist Ihnen bei der Lösung am wichtigsten?",
    ),
    Reply(
        "en",
        "email",
        "shipping",
        "I appreciate you getting in touch about your parcel. From what I can see, order 44753 was placed on 19 February and has left our warehouse. It has not been marked as delivered. I'm going to look into this with the carrier and I'll follow up with you here. Could you double-check that your address is correct?",
    ),
    Reply(
        "en",
        "chat",
        "return",
        "Sure, I can help with that! Which item from order 50002 would you like to return, and what is the reason?",
    ),
    Reply(
        "en",
        "chat",
        "shipping",
        "I'm sorry for the wait! Your order 44753 is on its way with ParcelLark. Let me check what's going on.",
    ),
    Reply(
        "en",
        "email",
        "damaged",
        "I'm so sorry your order arrived in this condition. That's not the experience we want you to have. To help us look into it, please send a few photos of the item and the packaging. We'll review them and get back to you with the next steps.",
    ),
    Reply(
        "en",
        "email",
        "wrong_address",
        "Thank you for the updated address. I'll check whether order 50001 can still be changed. It has not left our warehouse yet.",
    ),
    Reply("en", "sms", "return", "Which item would you like to return, and why?"),
    Reply(
        "en",
        "phone",
        "damaged",
        "I am very sorry to hear that. Could you tell me what is damaged and whether you still have the packaging?",
    ),
    Reply(
        "en",
        "email",
        "stock",
        "Thanks for your interest! I don't have that information at hand, but I'm checking it for you. If you are flexible on size or colour, let me know.",
    ),
    Reply(
        "en",
        "email",
        "cancel",
        "I understand you'd like to cancel order 44753. As it has already left our warehouse, I will need to check what is still possible. Would you be willing to send it back if it can no longer be stopped?",
    ),
    Reply(
        "en",
        "email",
        "escalation",
        "You are right to be upset, and I apologise for the frustration. I want to understand what happened. Please tell me which answer you are still missing, and I will bring it to my team lead.",
    ),
    Reply(
        "de",
        "email",
        "shipping",
        "ich habe mir Ihre Bestellung 44753 angesehen. Sie hat unser Lager verlassen, ist aber noch nicht als zugestellt gemeldet. Ich frage beim Versanddienst nach und melde mich bei Ihnen, sobald ich eine Antwort habe.",
    ),
    Reply(
        "de",
        "chat",
        "return",
        "Klar, dabei helfe ich gern! Um welchen Artikel geht es, und was ist der Grund für die Rückgabe?",
    ),
    Reply(
        "de",
        "email",
        "damaged",
        "Das tut mir sehr leid! So sollte Ihre Bestellung natürlich nicht bei Ihnen ankommen. Bitte senden Sie uns ein paar Fotos vom Artikel und von der Verpackung, damit wir uns das ansehen können.",
    ),
    Reply("de", "sms", "return", "Welchen Artikel möchten Sie zurückgeben?"),
    Reply(
        "de",
        "email",
        "stock",
        "vielen Dank für Ihr Interesse. Das prüfe ich gern für Sie. Welche Größe und Farbe suchen Sie?",
    ),
    Reply(
        "fr",
        "email",
        "cancel",
        "J'ai bien noté que vous souhaitez annuler la commande 50001. Elle n'a pas encore quitté notre entrepôt. Je vérifie si elle peut encore être arrêtée et je vous tiens au courant.",
    ),
    Reply(
        "fr",
        "chat",
        "return",
        "Bien sûr, je peux vous aider ! Quel article souhaitez-vous retourner, et pour quelle raison ?",
    ),
    Reply(
        "fr",
        "email",
        "shipping",
        "Je suis désolée pour cette attente. La commande 44753 est en route avec ParcelLark. Je me renseigne pour savoir où elle se trouve et je vous réponds ici.",
    ),
    Reply(
        "fr",
        "email",
        "escalation",
        "Je comprends votre mécontentement et je vous présente mes excuses. Je relis l'ensemble de vos messages. Qu'est-ce qui compte le plus pour vous ?",
    ),
    Reply(
        "es",
        "email",
        "cancel",
        "He visto que desea cancelar el pedido 50001. Todavía no ha salido de nuestro almacén. Voy a comprobar si aún es posible pararlo y le escribo.",
    ),
    Reply("es", "chat", "return", "¡Claro! ¿Qué artículo quiere devolver y cuál es el motivo?"),
    Reply(
        "es",
        "email",
        "shipping",
        "Lamento la espera. El pedido 44753 está en camino con ParcelLark. Voy a averiguar dónde se encuentra y le mantengo informado.",
    ),
    Reply(
        "es",
        "email",
        "escalation",
        "Comprendo su enfado y le pido disculpas. Estoy leyendo todos sus mensajes. ¿Qué es lo más importante para usted?",
    ),
)
