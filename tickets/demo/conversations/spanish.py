"""Conversations in Spanish."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, RELAXED, Topic

RETRASO = Topic(
    key="es_late",
    language="es",
    tags=("shipping",),
    need="late",
    weight=8,
    priorities=PRESSING,
    sentiment=(0.2, 0.4),
    difficulty=(0.35, 0.55),
    subjects=(
        "¿Dónde está mi pedido {order}?",
        "El paquete {tracking} no se mueve",
        "Llevo {days} días esperando",
        "Pedido {order} sin entregar",
    ),
    email=(
        "Hice el pedido {order} el {order_date} y todavía no ha llegado. El seguimiento lleva días sin "
        "cambiar. ¿Podrían averiguar dónde está? Dentro viene {item}, que es un regalo.",
        "Ya van {days} días y del pedido {order} no sé nada. {carrier} me dice que pregunte al remitente, "
        "así que aquí estoy. ¿Se ha perdido?",
        "Les escribo por el paquete {tracking}. Tendría que haber llegado a {city} la semana pasada y "
        "necesito {item} para mi taller del sábado.",
    ),
    sms=("Hola, ¿dónde está el pedido {order}? Van {days} días. {me}",),
    chat=("Hola, busco mi paquete\npedido {order}, no se mueve desde hace días",),
    spoken=("Buenos días, soy {name}. Mi pedido {order} no ha llegado. ¿Me pueden llamar, por favor?",),
    ask=(
        "Gracias por avisarnos, y perdone la espera. He abierto una reclamación con {carrier} por el envío "
        "{tracking}. ¿Es correcta la dirección {street}, {city}?",
    ),
    ask_short=("¡Perdone la espera! He reclamado a {carrier}. ¿Es correcta la dirección {street}?",),
    answer=("Sí, la dirección es correcta.", "Sí, {street}. El portero tampoco ha recibido nada."),
    nudge=(
        "¿Hay alguna novedad? Sigue sin llegar nada.",
        "Perdonen que insista, pero el paquete no aparece.",
    ),
    resolve=(
        "Buenas noticias: {carrier} encontró el paquete en su almacén y hoy figura como entregado. Gracias "
        "por su paciencia.",
    ),
    resolve_short=("¡Apareció! {carrier} lo marca como entregado hoy. Perdone las molestias.",),
    thanks=("Ya lo tengo, ¡muchas gracias!", "Llegó y todo está bien. Gracias, {agent}."),
    notes=("Answer in Spanish please. Claim open with {carrier}.",),
)

TALLA = Topic(
    key="es_size",
    language="es",
    tags=("return", "wrong_item"),
    need="delivered",
    categories=("garment",),
    weight=6,
    priorities=NORMAL,
    sentiment=(0.4, 0.55),
    difficulty=(0.25, 0.4),
    subjects=(
        "Cambio de talla: {item}",
        "{Item}: la {variant} no me queda bien",
        "Cambiar {variant} por {other}, pedido {order}",
    ),
    email=(
        "Me ha llegado {item} del pedido {order} y es precioso, pero la talla {variant} no me queda bien. "
        "¿Puedo cambiarla por la {other}? Tiene todas las etiquetas.",
        "Me equivoqué de talla en el pedido {order}: pedí la {variant} y necesito la {other} de {item}. "
        "¿Cómo hago el cambio?",
    ),
    sms=("¿Puedo cambiar {item} de {variant} a {other}? Pedido {order}. {me}",),
    chat=("Hola, quería cambiar una talla\npedido {order}, {item}, de {variant} a {other}",),
    ask=(
        "¡Claro que sí! Tenemos la {other} y se la he apartado. ¿Le envío la etiqueta de devolución "
        "gratuita a su correo?",
    ),
    ask_short=("¡Claro! La {other} está apartada. ¿Le envío la etiqueta gratuita?",),
    answer=("Sí, por favor.", "Sí, envíemela, el lunes la llevo a correos."),
    nudge=("¿Todavía queda la {other}?",),
    resolve=("Hemos recibido su devolución y la talla {other} ya va de camino, sin ningún coste. ¡Que la disfrute!",),
    resolve_short=("La {other} ya va de camino, sin coste. ¡Que la disfrute!",),
    thanks=("Ahora sí me queda perfecta. ¡Gracias!", "Muchas gracias, qué fácil."),
)

CONSULTA = Topic(
    key="es_question",
    language="es",
    tags=("product_question",),
    need="none",
    before_sale=True,
    weight=6,
    priorities=RELAXED,
    sentiment=(0.5, 0.6),
    difficulty=(0.15, 0.3),
    subjects=("Consulta",),
    email=(
        "¿Envían a {city}?:: ¿Hacen envíos a {city} y cuánto tardan? Me gustaría comprar {kit} para una amiga.",
        "{Fabric}: ¿encoge al lavar?:: ¿Encoge mucho {fabric}? Necesito {metres} metros para unas cortinas "
        "y prefiero preguntar antes de cortar.",
        "{Garment}, ¿{size} o {size2}?:: Dudo entre la {size} y la {size2} de {garment}. Mido 1,70 y me "
        "gusta la ropa holgada.",
    ),
    chat=("Hola, ¿{kit} sirve para principiantes?",),
    ask=("Gracias por su consulta. Para aconsejarle bien, ¿lo va a usar a diario o solo en ocasiones?",),
    ask_short=("¡Con gusto! ¿Es para uso diario?",),
    answer=("A diario.", "Más bien para ocasiones, pero que dure."),
    nudge=("¿Han podido mirarlo?",),
    resolve=(
        "En el taller lo han probado y es buena elección; si duda, elija un poco más grande. Entregamos en "
        "cuatro a seis días laborables y tiene 60 días para devolverlo.",
    ),
    resolve_short=("Es buena elección; si duda, un poco más grande. Entrega en 4 a 6 días, devolución 60 días.",),
    thanks=("Perfecto, hago el pedido hoy.", "Muy amable, gracias."),
)

CUPON = Topic(
    key="es_discount",
    language="es",
    tags=("discount",),
    need="none",
    before_sale=True,
    weight=4,
    priorities=RELAXED,
    sentiment=(0.4, 0.5),
    difficulty=(0.15, 0.25),
    subjects=("El código {code} no funciona", "Cupón {code}: «no válido»", "Problema con el descuento"),
    email=(
        "El boletín traía el código {code}, pero al pagar me sale «no válido». En la cesta tengo {kit} y "
        "{tool}. ¿Qué hago mal?",
        "He probado {code} con mayúsculas y con minúsculas y nada. ¿Hay un mínimo de compra? Quiero "
        "llevarme {garment}.",
    ),
    sms=("El código {code} no funciona. ¿Sigue vigente? {me}",),
    ask=(
        "Vamos a arreglarlo. ¿Ha iniciado sesión con el correo en el que recibe el boletín? El código está "
        "ligado a él.",
    ),
    ask_short=("¿Ha iniciado sesión con el correo del boletín? El código está ligado a él.",),
    answer=("No lo había hecho. Ahora sí.",),
    nudge=("Sigue sin funcionar.",),
    resolve=("Ya está: he ligado {code} a su cuenta y vale otros 14 días para artículos sin rebajar.",),
    resolve_short=("Listo: {code} funciona en su cuenta otros 14 días.",),
    thanks=("¡Funcionó! Gracias.",),
)

TOPICS = (RETRASO, TALLA, CONSULTA, CUPON)
