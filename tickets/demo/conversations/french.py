"""Conversations in French."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, RELAXED, Topic

RETARD = Topic(
    key="fr_late",
    language="fr",
    tags=("shipping",),
    need="late",
    weight=8,
    priorities=PRESSING,
    sentiment=(0.2, 0.4),
    difficulty=(0.35, 0.55),
    subjects=(
        "Commande {order} toujours pas arrivée",
        "Où est mon colis ?",
        "Colis {tracking} bloqué",
        "{days} jours d'attente pour ma commande",
    ),
    email=(
        "J'ai commandé {item} le {order_date} (commande {order}) et je n'ai toujours rien reçu. Le suivi "
        "n'a pas bougé depuis plusieurs jours. Pourriez-vous vérifier où se trouve mon colis ?",
        "Cela fait {days} jours que j'attends la commande {order}. {carrier} me renvoie vers vous. C'est un "
        "cadeau pour ma sœur et je commence à m'inquiéter.",
        "Le colis {tracking} semble perdu quelque part avant {city}. Il contient {item}, dont j'ai besoin "
        "pour mon atelier de samedi. Que dois-je faire ?",
    ),
    sms=("Bonjour, où en est la commande {order} ? {days} jours déjà. {me}",),
    chat=("Bonjour, je cherche mon colis\ncommande {order}, rien depuis {days} jours",),
    spoken=(
        "Bonjour, {name} à l'appareil. Ma commande {order} n'est pas arrivée, pouvez-vous me rappeler, s'il "
        "vous plaît ?",
    ),
    ask=(
        "Merci de votre message, et toutes mes excuses pour ce retard. J'ai ouvert une enquête auprès de "
        "{carrier} pour le colis {tracking}. L'adresse {street}, {city}, est-elle bien exacte ?",
    ),
    ask_short=("Toutes mes excuses ! Une enquête est ouverte chez {carrier}. L'adresse {street} est-elle exacte ?",),
    answer=("Oui, l'adresse est exacte.", "Oui, c'est bien {street}. Le gardien n'a rien reçu non plus."),
    nudge=(
        "Avez-vous des nouvelles ? Toujours rien dans la boîte.",
        "Je me permets de vous relancer, le colis n'est pas arrivé.",
    ),
    resolve=(
        "Bonne nouvelle : {carrier} a retrouvé votre colis au dépôt et l'indique comme livré aujourd'hui. "
        "Merci de votre patience.",
    ),
    resolve_short=("Retrouvé ! {carrier} l'indique livré ce matin. Encore pardon pour l'attente.",),
    thanks=("Bien reçu, merci beaucoup !", "Il est là, tout est en ordre. Merci {agent}."),
    notes=("Answer in French please. Trace is open, {tracking}.",),
)

ABIME = Topic(
    key="fr_damaged",
    language="fr",
    tags=("damaged",),
    need="damaged",
    categories=("kit", "tool", "fabric"),
    weight=6,
    priorities=NORMAL,
    sentiment=(0.25, 0.4),
    difficulty=(0.4, 0.55),
    subjects=(
        "{Item} : article abîmé",
        "Colis mouillé, commande {order}",
        "Article endommagé (commande {order})",
    ),
    email=(
        "Mon colis est arrivé trempé. {Item} est taché et je ne peux pas m'en servir. Commande {order}, "
        "livrée le {delivered_date}. J'ai pris des photos avant de déballer le reste.",
        "J'ai le regret de vous signaler que {item} est arrivé abîmé, le carton était ouvert sur un côté. "
        "Commande {order}. Que me proposez-vous ?",
    ),
    sms=("{Item} arrivé abîmé, commande {order}. J'ai des photos. {me}",),
    chat=("Bonjour, mon article est arrivé abîmé\ncommande {order}, {item}",),
    ask=(
        "Je regrette que votre commande soit arrivée dans cet état. Pourriez-vous m'envoyer une photo de "
        "l'article et une du carton ? Un remboursement de cet article vous conviendrait-il ?",
    ),
    ask_short=(
        "Mes excuses ! Une photo de l'article et du carton, s'il vous plaît ? Un remboursement vous conviendrait-il ?",
    ),
    answer=(
        "Voici les photos. Un remboursement me convient.",
        "Photos jointes. Oui, un remboursement, merci.",
    ),
    nudge=("Avez-vous bien reçu mes photos ?",),
    resolve=(
        "Je viens de vous rembourser {refund} pour cet article ; comptez trois à cinq jours. Vous n'avez "
        "rien à renvoyer.",
    ),
    resolve_short=("{refund} remboursés aujourd'hui, comptez 3 à 5 jours. Rien à renvoyer.",),
    thanks=("Merci pour votre gentillesse.", "Parfait, merci."),
)

QUESTION = Topic(
    key="fr_question",
    language="fr",
    tags=("product_question",),
    need="none",
    before_sale=True,
    weight=6,
    priorities=RELAXED,
    sentiment=(0.5, 0.6),
    difficulty=(0.15, 0.3),
    subjects=("Question avant commande",),
    email=(
        "{Fabric} : est-ce que ça rétrécit ?:: Est-ce que {fabric} rétrécit au lavage ? J'en voudrais "
        "{metres} mètres pour des rideaux et je ne voudrais pas couper trop court.",
        "{Garment} : {size} ou {size2} ?:: J'hésite entre {size} et {size2} pour {garment}. Je mesure 1,68 "
        "m et j'aime être à l'aise. Que me conseillez-vous ?",
        "Livraison à {city} ?:: Livrez-vous à {city}, et sous quel délai ? J'aimerais offrir {kit} à ma mère.",
    ),
    chat=("Bonjour ! Est-ce que {garment} taille grand ?",),
    ask=(
        "Merci pour votre question. Pour vous répondre au mieux : est-ce pour un usage quotidien ou plutôt "
        "pour une occasion ?",
    ),
    ask_short=("Avec plaisir ! C'est pour tous les jours ou pour une occasion ?",),
    answer=("Pour tous les jours.", "Plutôt pour une occasion, mais il faut que ça dure."),
    nudge=("Avez-vous pu vous renseigner ?",),
    resolve=(
        "Notre atelier l'a essayé : c'est un bon choix, prenez simplement un peu plus grand en cas "
        "d'hésitation. Livraison en quatre à six jours ouvrés, retour possible pendant 60 jours.",
    ),
    resolve_short=("Notre atelier dit oui ; en cas de doute, prenez un peu plus grand. Retour 60 jours.",),
    thanks=("Merci, je commande ce soir.", "Très clair, merci !"),
)

REMBOURSEMENT = Topic(
    key="fr_refund",
    language="fr",
    tags=("refund", "return"),
    need="returned",
    weight=5,
    priorities=PRESSING,
    sentiment=(0.15, 0.3),
    difficulty=(0.45, 0.6),
    subjects=(
        "Remboursement de la commande {order}",
        "Toujours pas de remboursement : {total}",
        "Deuxième relance, commande {order}",
    ),
    email=(
        "J'ai renvoyé {item} il y a plus de deux semaines (commande {order}). Vous annonciez cinq jours "
        "ouvrés. Où en est mon remboursement de {total} ?",
        "Le retour de la commande {order} est arrivé chez vous, j'ai le reçu. Je n'ai toujours pas reçu les "
        "{total}. Merci de faire le nécessaire.",
    ),
    sms=("Toujours pas de remboursement pour {order}. Merci de répondre. {me}",),
    ask=(
        "Toutes mes excuses. Votre retour est bien enregistré et le remboursement de {total} est chez notre "
        "comptable. La carte utilisée est-elle toujours valable ?",
    ),
    ask_short=("Toutes mes excuses. La carte utilisée est-elle toujours valable ?",),
    answer=("Oui, la carte est toujours valable.",),
    nudge=("Toujours rien sur mon compte cette semaine.",),
    resolve=(
        "Le remboursement de {refund} a été effectué aujourd'hui sur votre carte. Comptez trois à cinq "
        "jours, et encore pardon.",
    ),
    resolve_short=("{refund} remboursés aujourd'hui, visibles sous 3 à 5 jours.",),
    thanks=("C'est arrivé, merci.",),
)

TOPICS = (RETARD, ABIME, QUESTION, REMBOURSEMENT)
