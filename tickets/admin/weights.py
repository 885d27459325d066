"""The score weights: their history, and the form on which a manager tries and saves others."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from agents.common.admin_base import AdminRequest, ReadOnlyAdmin
from agents.permissions import Capability, may
from tickets.models import WeightSet
from tickets.ranking import weights
from tickets.ranking.weights_preview import preview, simulate
from tickets.services import save_weights
from tickets.simulation.result_table import shown
from tickets.simulation.waiting_times import MEASURES

HELP = {
    "customer_value": "× ln(1 + lifetime value / 250)",
    "churn_risk": "× churn risk²",
    "sentiment": "× how far the sentiment is below neutral (0 to 0.5)",
    "difficulty": "× difficulty (0 to 1)",
    "topic_alert": "where a topic alert matches",
}


class WeightsForm(forms.Form):
    """All weights in days of seniority, and the reason for the change."""

    def __init__(self, data: Any, current: weights.Weights) -> None:
        super().__init__(data)
        for name in weights.PRIORITIES:
            self.fields[f"priority_{name}"] = _number(f"{name.title()} priority", current.priority[name], "points")
        for name in weights.SINGLE:
            self.fields[name] = _number(name.replace("_", " ").capitalize(), getattr(current, name), HELP[name])
        self.fields["reason"] = forms.CharField(
            required=False, max_length=500, help_text="Shown in the history.", widget=forms.TextInput({"size": 60})
        )

    def wanted(self) -> weights.Weights:
        """The typed weights. Raises `ValidationError`."""
        given = self.cleaned_data
        body: dict[str, Any] = {name: given[name] for name in weights.SINGLE}
        body["priority"] = {name: given[f"priority_{name}"] for name in weights.PRIORITIES}
        return weights.parse_weights(body)


def _number(label: str, initial: float, help_text: str) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        initial=initial,
        min_value=weights.LOW,
        max_value=weights.HIGH,
        help_text=help_text,
        widget=forms.NumberInput({"step": "any"}),
    )


@admin.register(WeightSet)
class WeightSetAdmin(ReadOnlyAdmin):
    """The history of weights; the newest row is active. Weights are tried and saved on a separate page."""

    list_display = ("id", "author", "reason", "created_at", "progress", "values_in_words")
    list_select_related = ("author",)
    ordering = ("-id",)
    change_list_template = "admin/quimbi/weights_history.html"

    @admin.display(description="ranked")
    def progress(self, row: WeightSet) -> str:
        return "all" if row.ranked_at else f"{row.ranked:,} of {row.to_rank:,}"

    @admin.display(description="weights")
    def values_in_words(self, row: WeightSet) -> str:
        single = ", ".join(f"{name.replace('_', ' ')} {row.weights[name]:g}" for name in weights.SINGLE)
        priority = ", ".join(f"{name} {row.weights['priority'][name]:g}" for name in weights.PRIORITIES)
        return f"{priority}; {single}"

    def get_urls(self) -> list[URLPattern]:
        tune = path("tune/", self.admin_site.admin_view(self.tune), name="tickets_weightset_tune")
        return [tune, *super().get_urls()]

    def tune(self, request: AdminRequest) -> HttpResponse:
        """The form: *Try* previews the typed weights, *Save* activates them, *Reset* restores the defaults."""
        if not may(request.user, Capability.WEIGHTS):
            raise PermissionDenied("Changing the score weights requires the role manager.")
        current = weights.current_weights()
        form = WeightsForm(request.POST or None, current)
        moves, waits = None, None
        if request.method == "POST":
            if "reset" in request.POST:
                return self._save(request, weights.DEFAULT_WEIGHTS, "Reset to the defaults.")
            wanted = self._wanted(form)
            if wanted is not None and "save" in request.POST:
                return self._save(request, wanted, form.cleaned_data["reason"])
            if wanted is not None:
                moves, waits = preview(request.user, current, wanted), simulate(current, wanted)
        context = {
            **self.admin_site.each_context(request),
            "title": "Score weights",
            "opts": self.opts,
            "form": form,
            "moves": moves,
            "waits": [(r.label, [shown(r.measure(name)) for name in MEASURES]) for r in waits.results]
            if waits
            else None,
            "notes": waits.notes if waits else (),
            "measures": MEASURES.values(),
            "state": weights.in_force(),
        }
        return TemplateResponse(request, "admin/quimbi/weights.html", context)

    def _wanted(self, form: WeightsForm) -> weights.Weights | None:
        if not form.is_valid():
            return None
        try:
            return form.wanted()
        except ValidationError as error:
            form.add_error(None, error.messages)
            return None

    def _save(self, request: AdminRequest, wanted: weights.Weights, reason: str) -> HttpResponse:
        before = weights.in_force()
        saved = save_weights(request.user, wanted, reason)
        if saved is None or (before is not None and saved.pk == before.pk):
            messages.info(request, "These weights are already in force; nothing was changed.")
        else:
            messages.success(request, f"Saved. {saved.to_rank:,} tickets are being ranked again in the background.")
        return HttpResponseRedirect(reverse("admin:tickets_weightset_changelist"))
