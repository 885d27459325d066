"""Filters of `GET /api/customers` and `GET /api/events`: the exact error message for each invalid value."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tickets.tests.factories import make_customer

NUMBER = "A valid integer is required."


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("customers?q=", {"q": ["This field may not be blank."]}),
        ("customers?q=x", {"q": ["q takes a word of 2 characters or more."]}),
        ("customers?q=a%00b", {"q": ["q must not contain NUL characters."]}),
        ("customers?q=" + "x" * 201, {"q": ["q takes at most 10 words and 200 characters."]}),
        ("customers?q=a+b+c+d+e+f+g+h+i+j+k", {"q": ["q takes at most 10 words and 200 characters."]}),
        ("customers?page=0", {"page": ["Ensure this value is greater than or equal to 1."]}),
        ("customers?q=&limit=x", {"limit": [NUMBER], "q": ["This field may not be blank."]}),
        ("events?since=", {"since": [NUMBER]}),
        ("events?since=x", {"since": [NUMBER]}),
        ("events?since=1.5", {"since": [NUMBER]}),
        ("events?since=-1", {"since": ["Ensure this value is greater than or equal to 0."]}),
        ("events?since=9223372036854775808", {
            "since": ["Ensure this value is less than or equal to 9223372036854775807."]
        }),
    ],
)  # fmt: skip
def test_invalid_filter_value_is_400_with_the_fields_error_message(
    api: APIClient, path: str, errors: dict[str, list[str]]
) -> None:
    answer = api.get(f"/api/{path}")
    assert answer.status_code == 400
    assert answer.json()["errors"] == errors
    assert list(answer.json()["errors"]) == list(errors)


@pytest.mark.parametrize("query", ["", "?unknown=x", "?q[]=nobody"])
def test_unknown_query_parameter_does_not_filter_customers(api: APIClient, query: str) -> None:
    make_customer("Ann Archer")
    assert api.get(f"/api/customers{query}").json()["total"] == 1


@pytest.mark.parametrize(("words", "found"), [("arch", 1), ("ann+archer", 1), ("ann+baker", 0)])
def test_customer_search_matches_every_word(api: APIClient, words: str, found: int) -> None:
    make_customer("Ann Archer")
    make_customer("Bob Baker")
    assert api.get(f"/api/customers?q={words}").json()["total"] == found


def test_events_endpoint_ignores_the_limit_parameter(api: APIClient) -> None:
    assert api.get("/api/events?limit=x").json() == {"events": [], "sequence": 0}


@pytest.mark.parametrize(("path", "names"), [("/api/customers", {"q", "limit", "page"}), ("/api/events", {"since"})])
def test_schema_documents_every_query_parameter(client: Any, path: str, names: set[str]) -> None:
    operation = json.loads(client.get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").content)["paths"][
        path
    ]["get"]
    assert {one["name"] for one in operation["parameters"] if one["in"] == "query"} == names
