"""Base classes of the admin: services do the writes, refusals appear on the form, and lists count up to a limit."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from agents.common.errors import Conflict
from agents.common.ids import uuid_or_none

if TYPE_CHECKING:
    from agents.models import Agent

    _ModelAdmin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin, _ModelForm, _Paginator = admin.ModelAdmin, forms.ModelForm, Paginator

Refusal = ValidationError | PermissionDenied | Conflict | ObjectDoesNotExist
REFUSALS = (ValidationError, PermissionDenied, Conflict, ObjectDoesNotExist)


class AdminRequest(HttpRequest):
    """A request that the admin site let in: its user is an agent."""

    user: "Agent"
    writing: bool  # True once a service has been called
    refusal: Refusal  # the error that the service raised


# --- Lists -------------------------------------------------------------------------------------------------------------
class BoundedPaginator(_Paginator):
    """A paginator that counts up to `LIMIT` rows: an exact count reads the whole table."""

    LIMIT = 10_000

    @cached_property
    def found(self) -> int:
        """The number of rows, at most the limit plus one."""
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by()[: self.LIMIT + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.found, self.LIMIT)

    @property
    def is_many(self) -> bool:
        return self.found > self.LIMIT


class TextFilter(admin.SimpleListFilter):
    """A filter with a text field, for columns whose list of values would be slow or long."""

    template = "admin/quimbi/text_filter.html"
    hint = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # Django hides a filter without lookups

    def choices(self, changelist: Any) -> Iterator[Any]:
        others = changelist.get_filters_params(changelist.params)
        others.pop(self.parameter_name, None)
        search = [("q", changelist.query)] if changelist.query else []
        kept = [(name, value) for name, values in others.items() for value in values]
        yield {
            "selected": bool(self.value()),
            "query_string": changelist.get_query_string(remove=[self.parameter_name or ""]),
            "others": kept + search,
            "display": self.value() or "",
        }


def distinct_values(model: type[Model], column: str) -> list[str]:
    """The distinct values of an indexed column, one index look-up each: DISTINCT would read all rows."""
    table, name = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
    sql = f"""
        WITH RECURSIVE found AS (
            (SELECT {name} AS value FROM {table} ORDER BY {name} LIMIT 1)
            UNION ALL
            SELECT (SELECT {name} FROM {table} WHERE {name} > found.value ORDER BY {name} LIMIT 1)
              FROM found WHERE found.value IS NOT NULL)
        SELECT value FROM found WHERE value IS NOT NULL
    """  # noqa: S608  only quoted table and column names of the model
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def badge(kind: str, label: str) -> SafeString:
    """A state of a record as a coloured word; `kind` chooses the colour (static/admin_quimbi/admin.css)."""
    return format_html('<span class="badge badge-{}">{}</span>', kind, label)


# --- Forms -------------------------------------------------------------------------------------------------------------
class LinesField(forms.CharField):
    """A list, edited as one value per line."""

    def __init__(self, **kwargs: Any) -> None:
        rows = kwargs.pop("rows", 3)
        super().__init__(
            **{"required": False, "max_length": 10_000, "strip": False}
            | kwargs
            | {"widget": forms.Textarea({"rows": rows, "cols": 60})}
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        text = "\n".join(value) if isinstance(value, list | tuple) else value or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class ServiceForm(_ModelForm):
    """A form whose values a service writes. Its errors are shown at the field, and nothing typed is lost.

    An edit form contains the values that it showed, so that `changed_data` is what this person changed, not what somebody else
    changed meanwhile; only that is written.
    """

    request: ClassVar[AdminRequest]  # set on the subclass that `ServiceAdmin.get_form` makes for each request
    aliases: ClassVar[dict[str, str]] = {}  # service field name: form field name, where they differ
    unseen: ClassVar[frozenset[str]] = frozenset()  # fields whose stored value is never shown

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name, field in self.fields.items():
                field.show_hidden_initial = name not in self.unseen

    def changed_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}

    def _post_clean(self) -> None:
        # The services check constraints and report the field, not the constraint.
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        self._forget_broken_choices()
        refusal = getattr(self.request, "refusal", None)
        if refusal is not None:
            self.show_refusal(refusal)

    def _forget_broken_choices(self) -> None:
        """Remove invalid ids from the data: Django's autocomplete fails on them."""
        broken = [
            name
            for name, field in self.fields.items()
            if isinstance(field, forms.ModelChoiceField)
            and uuid_or_none(self.data.get(self.add_prefix(name), "")) is None
        ]
        if broken:
            self.data = cast(QueryDict, self.data).copy()
            for name in broken:
                self.data[self.add_prefix(name)] = ""

    def show_refusal(self, refusal: Refusal) -> None:
        if isinstance(refusal, ValidationError) and hasattr(refusal, "error_dict"):
            for name, texts in refusal.message_dict.items():
                field = self.aliases.get(name, name)
                for text in texts:
                    self.add_error(field if field in self.fields else None, text)
        elif isinstance(refusal, ObjectDoesNotExist):
            self.add_error(None, "This record no longer exists.")
        else:
            for text in sentences(refusal):
                self.add_error(None, text)


def sentences(refusal: Refusal) -> list[str]:
    """The messages of a refusal."""
    if isinstance(refusal, ValidationError):
        return list(refusal.messages)
    if isinstance(refusal, Conflict):
        return [refusal.sentence]
    return [str(refusal) or "Your role does not allow this."]


# --- Pages -------------------------------------------------------------------------------------------------------------
class ServiceAdmin(_ModelAdmin):
    """An admin whose records services write. It deletes nothing."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # facets would run a COUNT for each choice of each filter
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200
    MOST_AT_ONCE = 500
    MOST_REFUSALS = 20  # distinct errors of a bulk change that are shown; further ones are counted

    def get_urls(self) -> list[URLPattern]:
        return [route for route in super().get_urls() if not (route.name or "").endswith("_delete")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseRedirect(request.path)  # PostgreSQL rejects NUL characters, so nothing stored can match
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The initial values of a link, without invalid ids."""
        given = super().get_changeform_initial_data(request)
        keys = {field.name for field in self.opts.fields if field.is_relation}
        return {name: value for name, value in given.items() if name not in keys or uuid_or_none(value)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request = request  # type: ignore[attr-defined]  # a class made for this request
        return form

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Model:
        """Call the service and return the record. Raises what the service raises."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        show = super().changeform_view
        try:
            return show(request, object_id, form_url, extra_context)
        except REFUSALS as error:
            if request.method != "POST":
                raise
            asked = cast(AdminRequest, request)
            if getattr(asked, "writing", False):
                # The transaction was rolled back; show the form again with the service's error.
                asked.refusal = error
                return show(request, object_id, form_url, extra_context)
            if object_id is None or not isinstance(error, PermissionDenied):
                raise
            messages.error(request, "You can view this record but not change it; nothing was saved.")
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing: `save_related` gives the service the record together with its lines."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        asked = cast(AdminRequest, request)
        asked.writing = True
        saved = self.write(asked, form, list(formsets), change)
        form.instance.pk = saved.pk
        form.instance._state.adding = False
        form.instance.refresh_from_db()

    # The audit log records changes from every interface; Django's admin log would only have those made here.
    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:agents_auditentry_changelist") + f"?q={quote(object_id)}")

    def for_each(self, request: HttpRequest, records: "QuerySet[Any]", act: Callable[[Any], bool], done: str) -> None:
        """Call a service for each chosen record in its own transaction, and report the count and each refusal.

        `act` takes a key and returns whether it changed anything; `done` is a participle as in "3 tickets closed".
        """
        keys = list(records.order_by("pk").values_list("pk", flat=True)[: self.MOST_AT_ONCE + 1])
        if len(keys) > self.MOST_AT_ONCE:
            messages.error(request, f"Choose at most {self.MOST_AT_ONCE} at a time; nothing was saved.")
            return
        changed, refused = 0, dict[str, int]()
        for key in keys:
            try:
                changed += act(key)
            except REFUSALS as refusal:
                for text in sentences(refusal):
                    refused[text] = refused.get(text, 0) + 1
        self._tell(request, len(keys), changed, refused, done)

    def _tell(self, request: HttpRequest, chosen: int, changed: int, refused: dict[str, int], done: str) -> None:
        for text, times in list(refused.items())[: self.MOST_REFUSALS]:
            messages.error(request, text if times == 1 else f"{text} ({times} times)")
        if untold := sum(list(refused.values())[self.MOST_REFUSALS :]):
            messages.error(request, f"And {untold} more were refused for similar reasons.")
        same = chosen - changed - sum(refused.values())
        name = self.opts.verbose_name if changed == 1 else self.opts.verbose_name_plural
        tail = f"; {same} already up to date" if same > 0 else ""
        if changed or same > 0:
            messages.success(request, f"{changed} {name} {done}{tail}.")


class ReadOnlyAdmin(ServiceAdmin):
    """An admin of records that only the program writes."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def pick(form: Any, names: Iterable[str]) -> dict[str, Any]:
    """The cleaned values of the fields that the form has."""
    return {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
