"""Each weight halved and doubled: how much does the order depend on it?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from tickets.simulation.formula import Weights
from tickets.simulation.policies import Policy, smart

W = TypeVar("W", bound=Weights)

FACTORS = {"halved": 0.5, "doubled": 2.0}
BASE = "smart"
_WEIGHTS = {
    "customer_value": "customer value",
    "value_scale": "value scale",
    "churn_risk": "churn risk",
    "sentiment": "sentiment",
    "difficulty": "difficulty",
}


def changed(weights: W) -> Iterator[tuple[str, str, W]]:
    """Each changed weight, the change, and the weights with that one change. A weight of 0 is left out.

    The topic alert's weight is left out: the simulation has no alerts.
    """
    for how, factor in FACTORS.items():
        for name, points in weights.priority.items():
            if points:
                yield f"priority {name}", how, replace(weights, priority={**weights.priority, name: points * factor})
        for field, label in _WEIGHTS.items():
            if getattr(weights, field):
                yield label, how, replace(weights, **{field: getattr(weights, field) * factor})


def variants(weights: Weights) -> list[Policy]:
    """The smart order as it is, first, and with each weight halved and doubled: to be compared by `compare`."""
    policies = [smart(weights, BASE, "As they are")]
    for label, how, other in changed(weights):
        policies.append(smart(other, f"{label} {how}", f"{label[0].upper()}{label[1:]} {how}"))
    return policies
