"""What intelligence does when something happens to the records: it puts a job into the queue, within the same transaction."""

from typing import Any

from tickets.models import Message, Ticket
from tickets.signals import listen, message_posted


@listen(message_posted)
def read_what_the_customer_wrote(message: Message, ticket: Ticket, **kwargs: Any) -> None:
    """A new ticket's first message is announced, too. Each message has its own job: one that waits already might be begun
    before this message can be seen."""
    if message.from_agent:
        return
    from intelligence.tasks import read_conversation

    read_conversation.defer(ticket_id=str(ticket.pk))
