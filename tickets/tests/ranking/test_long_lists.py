"""Lists in request bodies are counted before their elements are validated."""

from collections.abc import Callable
from unittest import mock

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

import agents.api.serializers
import tickets.api.new_tickets
import tickets.api.serializers
from agents.api.serializers import BoundedListField
from agents.models import Agent

MODULES = (agents.api.serializers, tickets.api.new_tickets, tickets.api.serializers)


def test_every_list_field_with_max_length_is_a_bounded_list_field() -> None:
    serializer_classes = {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, serializers.Serializer)
    }
    lists = [
        (one, name, field)
        for one in serializer_classes
        for name, field in one._declared_fields.items()
        if isinstance(field, serializers.ListField) and field.max_length is not None
    ]
    assert len(lists) >= 12
    assert not [(one, name) for one, name, field in lists if not isinstance(field, BoundedListField)]


@pytest.mark.parametrize("length", [3, 3000])
def test_elements_of_a_too_long_list_are_not_validated(length: int) -> None:
    field = BoundedListField(child=serializers.CharField(), max_length=2)
    with (
        mock.patch.object(serializers.CharField, "run_validation") as read,
        pytest.raises(serializers.ValidationError, match="no more than 2 elements"),
    ):
        field.run_validation([None] * length)
    read.assert_not_called()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "name", "element"),
    [("/api/tickets", "tags", "a"), ("/api/customers", "phones", ""), ("/api/agents", "specializations", "a")],
)
def test_too_long_list_is_400_with_one_error_message(
    admin: Agent, client_of: Callable[[Agent], APIClient], path: str, name: str, element: str
) -> None:
    answer = client_of(admin).post(path, {name: [element] * 3000}, format="json")
    assert answer.status_code == 400
    assert len(answer.json()["errors"][name]) == 1 and "no more than" in answer.json()["errors"][name][0]
