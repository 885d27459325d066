"""`manage.py demo` loads the demo shop and fits its customer profiles."""

from typing import Any

import pytest
from django.core.management import call_command

from intelligence.models import CustomerProfile, ShopModel
from tickets.management.commands.demo import Command as Records
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the demo shop's records by one order, because the shop itself has its own tests."""

    def load(self: Records, *args: Any, **options: Any) -> None:
        make_order(make_customer())

    monkeypatch.setattr(Records, "handle", load)


def test_demo_command_fits_shop_model_and_customer_profiles(small_shop: None) -> None:
    call_command("demo", verbosity=0)
    assert ShopModel.objects.count() == 1 and CustomerProfile.objects.count() == 1


def test_demo_command_keeps_a_fitted_shop(small_shop: None) -> None:
    for _ in range(2):
        call_command("demo", if_empty=True, verbosity=0)
    assert ShopModel.objects.count() == 1 and CustomerProfile.objects.count() == 1


def test_demo_command_if_empty_leaves_existing_records_to_the_worker(
    small_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ticket()
    monkeypatch.setattr("intelligence.management.commands.read_messages.read_ticket", pytest.fail)
    monkeypatch.setattr("intelligence.services.profiles.fit_shop", pytest.fail)
    call_command("demo", if_empty=True, verbosity=0)


def test_demo_command_fits_no_model_for_an_empty_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "handle", lambda self, *args, **options: None)
    call_command("demo", verbosity=0)
    assert not ShopModel.objects.exists()
