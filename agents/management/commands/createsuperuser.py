"""`manage.py createsuperuser`: the first admin of an installation, made as every other account is: validated and audited."""

import os
from typing import Any

from django.contrib.auth.management.commands.createsuperuser import Command as DjangoCommand
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError


class Command(DjangoCommand):
    help = (
        "Creates an admin account. Without prompts: createsuperuser --noinput --email … --name …, with the password in "
        "the environment variable DJANGO_SUPERUSER_PASSWORD."
    )

    def handle(self, *args: Any, **options: Any) -> str | None:
        if not options["interactive"] and not os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
            raise CommandError("Set DJANGO_SUPERUSER_PASSWORD: nobody could sign in to an account without a password.")
        try:
            return super().handle(*args, **options)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
