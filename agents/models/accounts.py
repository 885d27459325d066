"""The accounts of agents and service accounts."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from agents.common.ids import new_id
from agents.common.time_zones import validate_zone
from agents.roles import Capability, Role, allows


class AgentManager(BaseUserManager["Agent"]):
    """Find accounts by address, ignoring case."""

    # The service that creates accounts. `AgentsConfig.ready` sets it, since models do not import services.
    create_agent: ClassVar[Callable[..., "Agent"]]

    def get_by_natural_key(self, username: str | None) -> "Agent":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Agent":
        agent = self.model(email=email.strip().lower(), **fields)
        agent.set_password(password)
        agent.full_clean(exclude=["password"])
        agent.save(using=self._db)
        return agent

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Agent":
        """Create the first admin by the service, with a validated password. Django's `createsuperuser` calls this."""
        validate_password(password or "", Agent(email=email, name=fields.get("name", "")))
        return AgentManager.create_agent(None, email=email, password=password, **{"role": Agent.Role.ADMIN, **fields})


class Agent(AbstractBaseUser):
    """A person or a service account (`is_service`) that works on tickets. Permissions follow from the role."""

    Role = Role

    class Status(models.TextChoices):
        ONLINE = "online", _("Online")
        BUSY = "busy", _("Busy")
        AWAY = "away", _("Away")
        OFFLINE = "offline", _("Offline")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("email address", max_length=254, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.AGENT)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OFFLINE)
    department = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField("active", default=True)
    is_service = models.BooleanField(
        "service account",
        default=False,
        help_text="A program, not a person; tickets are never assigned to it automatically.",
    )
    accepts_new_tickets = models.BooleanField(default=True)
    max_concurrent_tickets = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(0), MaxValueValidator(1000)]
    )
    specializations = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Tags and languages, separated by commas.",
    )
    time_zone = models.CharField(  # noqa: DJ001  null: not known yet; empty: the installation's zone
        max_length=64,
        null=True,
        blank=True,
        validators=[validate_zone],
        help_text="Time zone of the times shown to this person, such as Europe/Berlin; empty for the installation's.",
    )
    token_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Tokens contain it; raising it invalidates all of them at once."
    )
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[AgentManager] = AgentManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("email"), name="agent_email_without_case")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """The hash that a session must match: it includes the token version, so that raising that ends sessions."""
        salt = "agents.models.Agent.session"
        return salted_hmac(salt, f"{self.password}{self.token_version}", secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_staff(self) -> bool:
        """Whether the account may open the admin."""
        return self.is_active and not self.is_service and allows(self.role, Capability.ADMIN_SITE)

    @property
    def is_superuser(self) -> bool:
        return self.role == self.Role.ADMIN and not self.is_service

    # Django's admin calls these; the backend answers from the role (agents/backends.py).
    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return any(backend.has_perm(self, perm, obj) for backend in _backends("has_perm"))

    def has_perms(self, perm_list: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(backend.has_module_perms(self, app_label) for backend in _backends("has_module_perms"))


def _backends(question: str) -> list[Any]:
    """The authentication backends that answer permission questions."""
    return [backend for backend in auth.get_backends() if hasattr(backend, question)]
