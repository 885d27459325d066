"""The OpenAPI document, and generated requests that check the API against it."""

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agents.models import Agent
from agents.services import create_key
from agents.sign_in.authentication import issue_token
from tickets.tests.factories import make_customer, make_order, make_ticket
from tickets.topic_alerts.services import create_alert

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
schema = schemathesis.pytest.from_fixture("documented")


@pytest.fixture
def known(lead: Agent, service: Agent) -> dict[str, Any]:
    """Records for path parameters, because a generated id would only get a 404."""
    customer = make_customer("John Doe", email="john@example.com", churn=0.4, value="20.00")
    make_order(customer, number="4711", lines=[])
    return {
        "ticket_id": make_ticket(customer, tags=["vip"], assigned_to=lead).pk,
        "customer_id": customer.pk,
        "alert_id": create_alert(lead, "parcel").pk,
        "number": "4711",
        "agent_id": service.pk,
        "key_id": create_key(None, service.pk, name="Shop")[0].pk,
    }


@pytest.fixture
def documented(known: dict[str, Any]) -> Any:
    """The served document, with records for its operations."""
    # A request's end closes the connection, and with it the test's transaction; Django's own client does the same.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@pytest.mark.django_db
def test_every_response_conforms_to_the_openapi_document(case: Any, lead: Agent, known: dict[str, Any]) -> None:
    """No generated request gets a 5xx, or a status, type or body that the document does not name."""
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = str(known[name])
    lead.refresh_from_db()  # an example may have signed it out
    case.call_and_validate(headers={"Authorization": f"Bearer {issue_token(lead)}"}, checks=CHECKS)


@pytest.mark.django_db
def test_openapi_document_has_main_routes_parameters_and_error_statuses() -> None:
    document = Client().get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/api/tickets", "/api/tickets/{ticket_id}", "/api/orders/{number}", "/api/agents/login"} <= set(
        document["paths"]
    )
    parameters = {p["name"]: p for p in document["paths"]["/api/tickets"]["get"]["parameters"]}
    assert {
        "status",
        "channel",
        "limit",
        "page",
        "topic_alerts",
        "priority",
        "assigned_to",
        "customer_id",
        "tag",
    } <= set(parameters)
    assert parameters["limit"]["schema"]["maximum"] == 100
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            codes = set(operation["responses"])
            assert {"400", "401", "404"} <= codes or path.startswith("/health"), (path, method)
            assert operation.get("summary"), (path, method)
