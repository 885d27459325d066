"""A minimal third provider, to show what adding one requires."""

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation
from intelligence.contract.provider import Capability, RemoteProvider
from intelligence.contract.results import DraftResult, Provenance


class EchoProvider(RemoteProvider):
    """Answers with the customer's last message."""

    name = "echo"
    label = "the echo"
    fingerprint = "echo"
    capabilities = frozenset({Capability.DRAFT})

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        said = conversation.ticket.last_from_customer
        content = f"You wrote: {said.content if said else ''}"
        return DraftResult(
            Provenance(self.name, "1"), content, tone or "friendly", conversation.ticket.channel, "en", None
        )


def from_settings() -> EchoProvider:
    return EchoProvider()
