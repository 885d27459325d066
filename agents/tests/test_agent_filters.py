"""Filters of `GET /api/agents`: the exact error for each invalid value, and the documented parameters."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent

ClientOf = Callable[[Agent], APIClient]
CHOICE = '"{}" is not a valid choice.'
BOOLEAN = "Must be a valid boolean."
NUMBER = "A valid integer is required."


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("status=asleep", {"status": [CHOICE.format("asleep")]}),
        ("status=", {"status": [CHOICE.format("")]}),
        ("status=ONLINE", {"status": [CHOICE.format("ONLINE")]}),
        ("status=100%25", {"status": [CHOICE.format("100%")]}),
        ("role=owner", {"role": [CHOICE.format("owner")]}),
        ("is_active=perhaps", {"is_active": [BOOLEAN]}),
        ("is_active=", {"is_active": [BOOLEAN]}),
        ("is_active=null", {"is_active": [BOOLEAN]}),
        ("available_only=2", {"available_only": [BOOLEAN]}),
        ("q=", {"q": ["This field may not be blank."]}),
        ("q=x", {"q": ["Ensure this field has at least 2 characters."]}),
        ("q=" + "x" * 101, {"q": ["Ensure this field has no more than 100 characters."]}),
        ("q=a%00b", {"q": ["Null characters are not allowed."]}),
        ("limit=0", {"limit": ["Ensure this value is greater than or equal to 1."]}),
        ("limit=x&status=asleep&q=x", {
            "limit": [NUMBER],
            "status": [CHOICE.format("asleep")],
            "q": ["Ensure this field has at least 2 characters."],
        }),
        ("status=online&status=asleep", {"status": [CHOICE.format("asleep")]}),
    ],
)  # fmt: skip
def test_invalid_filter_value_returns_400_with_field_errors(
    agent: Agent, client_of: ClientOf, query: str, errors: dict[str, list[str]]
) -> None:
    answer = client_of(agent).get(f"/api/agents?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"] == errors
    assert list(answer.json()["errors"]) == list(errors)


def test_detail_names_the_first_invalid_parameter_and_its_error(agent: Agent, client_of: ClientOf) -> None:
    answer = client_of(agent).get("/api/agents?q=x&is_active=perhaps")
    assert answer.json()["detail"] == f"is_active: {BOOLEAN}"


@pytest.mark.parametrize("value", ["true", "True", "1", "yes", "on"])
def test_is_active_filter_accepts_rest_framework_boolean_values(
    agent: Agent, make_agent: Callable[..., Agent], client_of: ClientOf, value: str
) -> None:
    make_agent(name="Gone", is_active=False)
    rows = client_of(agent).get(f"/api/agents?is_active={value}").json()["agents"]
    assert [row["id"] for row in rows] == [str(agent.pk)]


@pytest.mark.parametrize("query", ["unknown=x", "status[]=asleep", "available_only=false"])
def test_unknown_parameter_and_default_value_do_not_filter(agent: Agent, client_of: ClientOf, query: str) -> None:
    assert client_of(agent).get(f"/api/agents?{query}").json()["total"] == 1


def test_last_value_of_a_repeated_parameter_is_used(agent: Agent, client_of: ClientOf) -> None:
    agent.status = Agent.Status.AWAY
    agent.save()
    assert client_of(agent).get("/api/agents?status=asleep&status=away").json()["total"] == 1


def test_schema_documents_every_parameter_of_the_agent_list(client: Any) -> None:
    operation = json.loads(client.get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").content)["paths"][
        "/api/agents"
    ]["get"]
    documented = {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
    assert set(documented) == {"status", "role", "is_active", "available_only", "q", "limit", "page"}
    assert documented["q"] == {"type": "string", "minLength": 2, "maxLength": 100}
    assert documented["available_only"] == {"type": "boolean", "default": False}
