"""Run an import in a test, and read what it rejected and stored."""

import csv
import io
from pathlib import Path

from django.core.management import call_command

from tickets.models import Customer

PEOPLE = "external_id,name,email,phone,created_at\n7,Ada Lovelace,Ada@Example.com,+14155550123,2024-05-01\n8,Grace,,,\n"


def run(kind: str, file: Path, *arguments: str) -> str:
    out = io.StringIO()
    call_command(f"import_{kind}", str(file), *arguments, stdout=out, stderr=out)
    return out.getvalue()


def rejects(file: Path) -> list[list[str]]:
    with Path(f"{file}.rejected.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as opened:
        return list(csv.reader(opened))


def people() -> list[tuple[str | None, str, str | None]]:
    return list(Customer.objects.order_by("external_id").values_list("external_id", "name", "email"))


BOTH = [("7", "Ada Lovelace", "ada@example.com"), ("8", "Grace", None)]
