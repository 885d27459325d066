"""`manage.py simulate_queue`: output, files, invalid arguments and exit codes."""

import errno
import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from tickets.management.commands import simulate_queue
from tickets.models import Ticket, WeightSet

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("simulate_queue", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


SMALL = ("--model", "--agents", "2", "--days", "3", "--seeds", "2")


def test_simulation_command_prints_table_and_progress() -> None:
    out, err = run(*SMALL)
    for words in ("Stated model: 2 agents", "First in, first out", "Smart order", "Points without age", "times less"):
        assert words in out
    assert "load of 98%" in out and "Smart, proposed" not in out
    assert "8/8" in err and "8/8" not in out


def test_simulation_command_output_is_reproducible() -> None:
    assert run(*SMALL)[0] == run(*SMALL)[0]
    assert run(*SMALL, "--load", "105%")[0] == run(*SMALL, "--load", "1.05")[0] != run(*SMALL)[0]


def test_simulation_without_history_falls_back_to_the_model_with_a_note() -> None:
    for arguments in (SMALL[1:], ("--replay", *SMALL[1:])):
        out, _ = run(*arguments)
        assert out.startswith("- Too little history to replay: 0 whole days") and "stated model" in out
    assert "Too little" not in run(*SMALL)[0]


def test_proposed_weights_are_compared_with_current_weights() -> None:
    out, _ = run(*SMALL, "--weights", '{"churn_risk": 50, "priority": {"urgent": 0}}')
    assert "Smart, proposed" in out
    today, other = (
        next(line for line in out.splitlines() if f"| {name} " in line) for name in ("Smart order", "Smart, proposed")
    )
    assert today.split("|")[2:] != other.split("|")[2:]


def test_simulation_uses_the_last_saved_weights() -> None:
    before, _ = run(*SMALL)
    WeightSet.objects.create(weights={"churn_risk": 0.0, "customer_value": 0.0}, formula=1)
    assert run(*SMALL)[0] != before


def test_simulation_command_writes_chart_figures_and_sensitivity(tmp_path: Path) -> None:
    svg, figures = tmp_path / "chart.svg", tmp_path / "figures.json"
    out, _ = run(*SMALL, "--sensitivity", "--svg", str(svg), "--json", str(figures))
    assert "Churn risk doubled" in out and "As they are" in out
    assert ET.fromstring(svg.read_text()).get("role") == "img"  # noqa: S314  our own
    found = json.loads(figures.read_text())
    assert len(found["policies"]) == 4 and len(found["sensitivity"]["policies"]) == 17


def test_simulation_command_writes_nothing_to_the_database() -> None:
    run(*SMALL)
    assert not Ticket.objects.exists() and not WeightSet.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--load", "much"), "--load takes a share"),
        (("--load", "nan"), "--load takes a share"),
        (("--load", "3"), "--load takes a share"),
        (("--agents", "0"), "--agents takes a whole number from 1 to 1,000"),
        (("--days", "1.5"), "--days takes a whole number"),
        (("--days", "9" * 5000), "--days takes a whole number"),
        (("--history", "3"), "--history takes a whole number from 14"),
        (("--seeds", "0"), "--seeds takes a whole number"),
        (("--weights", "{"), "--weights takes a JSON object"),
        (("--weights", "[" * 100_000), "--weights takes a JSON object"),
        (("--weights", "[1]"), "--weights takes a JSON object"),
        (("--weights", '{"churn_risk": 101}'), "churn_risk is a number from 0 to 100"),
        (("--weights", '{"churn_risk": NaN}'), "churn_risk is a number"),
        (("--weights", '{"luck": 1}'), "no weight luck"),
        (("--weights", '{"priority": {"top": 1}}'), "priority"),
        (("--svg", "/nowhere/chart.svg"), "--svg takes a file"),
        (("--json", "/"), "--json takes a file"),
        (("--svg", ""), "--svg takes a file"),
        (("--svg", "x" * 300 + "/y"), "--svg takes a file"),
        (("--replay",), "either --model or --replay"),
        (("--agents", "1000", "--days", "366"), "the most"),
        (("--agents", "1", "--days", "1", "--load", "0.01", "--seeds", "20"), "more days or more load"),
    ],
)
def test_invalid_simulation_argument_is_reported_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError) as failure:
        run("--model", *arguments)
    assert words in str(failure.value) and "\n" not in str(failure.value)


def test_unwritable_output_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CommandError, match="Could not write .*: No space left on device"):
        run(*SMALL, "--svg", str(tmp_path / "chart.svg"))


def test_ctrl_c_stops_the_simulation_with_exit_code_130(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate_queue, "compare", interrupted)
    err, svg = StringIO(), tmp_path / "chart.svg"
    with pytest.raises(SystemExit) as end:
        call_command("simulate_queue", *SMALL, "--svg", str(svg), stderr=err)
    assert end.value.code == 130 and "Stopped; there are no figures" in err.getvalue()
    assert not svg.exists()
