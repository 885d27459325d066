"""Request and response bodies of the endpoints about accounts."""

from typing import Any

from rest_framework import serializers

from agents import workload
from agents.models import Agent, ApiKey
from agents.services.accounts import MAX_SPECIALIZATIONS

MAX_PASSWORD = 1024


class BoundedListField(serializers.ListField):
    """A list whose length is checked before its elements are read."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class PaginationSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    has_next = serializers.BooleanField()
    has_prev = serializers.BooleanField()


class PageSerializer(serializers.Serializer[Any]):
    """The keys of every list beside its records."""

    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    pagination = PaginationSerializer()


class AgentSerializer(serializers.ModelSerializer[Agent]):
    """An account as every agent sees it: addresses and workload are known to the team."""

    is_available = serializers.SerializerMethodField(
        help_text="Whether new tickets may be assigned to this person automatically: active, online, accepting, below capacity."
    )
    open_ticket_count = serializers.SerializerMethodField(
        help_text="Number of open and pending tickets assigned to them."
    )

    class Meta:
        model = Agent
        fields = [
            "id",
            "name",
            "email",
            "role",
            "status",
            "department",
            "accepts_new_tickets",
            "max_concurrent_tickets",
            "open_ticket_count",
            "is_available",
            "specializations",
            "time_zone",
            "is_active",
            "is_service",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_is_available(self, agent: Agent) -> bool:
        return workload.is_available(agent)

    def get_open_ticket_count(self, agent: Agent) -> int:
        return workload.open_ticket_count(agent)


class AgentPageSerializer(PageSerializer):
    agents = AgentSerializer(many=True)


class InvitationSerializer(serializers.Serializer[Any]):
    invitation_url = serializers.CharField(help_text="Valid once; shown only now.")
    expires_at = serializers.DateTimeField()
    mailed = serializers.BooleanField(help_text="Whether it was also mailed to the person.")


class CreatedAgentSerializer(AgentSerializer):
    invitation_url = serializers.CharField(
        allow_null=True, help_text="Without a given password: the link with which the person chooses one, shown once."
    )

    class Meta(AgentSerializer.Meta):
        fields = [*AgentSerializer.Meta.fields, "invitation_url"]
        read_only_fields = fields


def _password(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class PresenceSerializer(serializers.Serializer[Any]):
    """The agent's own status."""

    status = serializers.ChoiceField(Agent.Status.choices, required=False)
    accepts_new_tickets = serializers.BooleanField(required=False)
    time_zone = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Time zone of the pages, such as Europe/Berlin; empty: the installation's.",
    )


class AgentDataSerializer(PresenceSerializer):
    """The fields of an account; the service decides who may set which."""

    name = serializers.CharField(required=False, max_length=200)
    email = serializers.EmailField(required=False, max_length=254)
    role = serializers.ChoiceField(Agent.Role.choices, required=False)
    department = serializers.CharField(required=False, allow_blank=True, max_length=100)
    max_concurrent_tickets = serializers.IntegerField(
        required=False, min_value=0, max_value=1000, help_text="Their capacity: open and pending tickets at a time."
    )
    specializations = BoundedListField(
        child=serializers.CharField(max_length=50),
        required=False,
        max_length=MAX_SPECIALIZATIONS,
        help_text="Tags and languages.",
    )


class NewAgentSerializer(AgentDataSerializer):
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Agent.Role.choices, default=Agent.Role.AGENT)
    password = _password(required=False, help_text="If omitted, an invitation is created.")
    is_service = serializers.BooleanField(
        default=False, help_text="A program: it has no password, and uses the API with its keys."
    )


class AgentChangesSerializer(AgentDataSerializer):
    """Changes of an account; with `updated_at` (or If-Match) only if nobody else has changed it since."""

    updated_at = serializers.DateTimeField(required=False, help_text="The account's `updated_at` when you read it.")


class CredentialsSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    otp = serializers.CharField(
        max_length=32, default="", allow_blank=True, help_text="The second factor's code, or a recovery code."
    )


class TokenSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField([("bearer", "bearer")])
    agent = AgentSerializer()


class LogoutSerializer(serializers.Serializer[Any]):
    everywhere = serializers.BooleanField(
        default=False, help_text="Ends all tokens and sessions of the account, not only this one."
    )


class NewPasswordSerializer(serializers.Serializer[Any]):
    password = _password()


class OwnPasswordSerializer(serializers.Serializer[Any]):
    current_password = _password()
    new_password = _password()


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    created_by = serializers.SerializerMethodField(help_text="The name of the agent who created it.")

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scope",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "created_at",
            "created_by",
        ]
        read_only_fields = fields

    def get_created_by(self, key: ApiKey) -> str | None:
        return key.created_by.name if key.created_by else None


class ApiKeyListSerializer(PageSerializer):
    keys = ApiKeySerializer(many=True)


class MadeApiKeySerializer(ApiKeySerializer):
    secret = serializers.CharField(
        help_text="The value for X-API-Key. Shown only this once; only its digest is stored."
    )

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "secret"]
        read_only_fields = fields


class NewApiKeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, help_text="What the key is for.")
    scope = serializers.ChoiceField(ApiKey.Scope.choices, default=ApiKey.Scope.READ)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
