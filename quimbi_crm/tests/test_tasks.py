"""Housekeeping: what is no longer needed goes, what is needed stays."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from agents.models import EndedToken
from quimbi_crm.tasks import prune


@pytest.mark.django_db
def test_ended_tokens_are_forgotten_when_they_have_expired() -> None:
    now = timezone.now()
    EndedToken.objects.create(jti="expired", expires_at=now - timedelta(seconds=1))
    EndedToken.objects.create(jti="held", expires_at=now + timedelta(hours=1))
    async_to_sync(prune.func)(0)
    assert list(EndedToken.objects.values_list("jti", flat=True)) == ["held"]
