"""The overview as HTML and as files: who sees it, what is asked for wrongly, hostile names, and how many queries it takes."""

import pytest
from django.test import Client

from agents.models import Agent
from agents.tests.browsing import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(lead: Agent) -> Client:
    return browser(lead)


def test_an_empty_shop(client: Client) -> None:
    page = client.get("/overview")
    assert page.status_code == 200
    assert "Nothing is open now." in page.content.decode()
