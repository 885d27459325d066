"""What the three imports have in common: fields, what must be known, names for choices, and from rows to a record."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.core.exceptions import ValidationError

from tickets.imports.columns import Columns, Field
from tickets.imports.file_records import Record
from tickets.imports.import_errors import ImportProblem, Refused
from tickets.imports.systems.known_systems import System
from tickets.imports.values import Reader, folded
from tickets.services import State

Row = dict[str, Any]
T = TypeVar("T")
MAX_DETAILS = 50  # details reported for one record; further ones are counted
DETAIL_LENGTH = 300


class Result(NamedTuple):
    """The result of one record: its state or error, and the details that a service left out or noticed."""

    state: State | None
    error: ValidationError | None = None
    details: Sequence[str] = ()


class Detail(NamedTuple):
    """A detail of a record that was left out or changed, and its row within the record (from 0)."""

    text: str
    row: int = 0


class Recipe(ABC):
    """How records of one kind are built from rows and saved."""

    kind: ClassVar[str]
    id_field: ClassVar[str] = "customer_external_id"  # the field with the id of the customer
    fields: ClassVar[tuple[Field, ...]]
    # Fields needed before a row can be read; one field of each group is enough.
    required: tuple[tuple[str, ...], ...]
    # field: {stored value: names for it in other systems}
    choices: ClassVar[dict[str, dict[str, tuple[str, ...]]]] = {}
    # Consecutive rows with the same value in this field are one record.
    together: str | None = None
    # Other help desks whose exports are supported, and the keys that are read within a record's lists.
    systems: ClassVar[tuple[System, ...]] = ()
    entries: ClassVar[dict[str, frozenset[str]]] = {}

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.system: System | None = None
        self.found = Columns({}, {})
        self.id_prefix = ""
        self._details: list[Detail] = []

    def prefixed(self, text: str) -> str:
        """An id or number with `--id-prefix` in front, as it is stored; "" stays."""
        return f"{self.id_prefix}{text}" if text else ""

    def leave_out(self, text: str, row: int = 0) -> None:
        """Report a detail of the record that `build` is making; the record is imported without it."""
        self._details.append(Detail(text, row))

    def optional(self, name: str, read: Callable[[], T], otherwise: T, row: int = 0) -> T:
        """Read an optional detail; returns `otherwise` and reports it if it cannot be read."""
        try:
            return read()
        except Refused as refusal:
            self.leave_out(f"{name}: {refusal}", row)
        except ValidationError as error:
            self.leave_out(f"{name}: {' '.join(error.messages)}", row)
        return otherwise

    def take_details(self) -> list[Detail]:
        """Return the details reported since the last call, and reset them."""
        details, self._details = self._details, []
        return bounded_details(details)

    @classmethod
    def fields_of(cls, system: System | None) -> tuple[Field, ...]:
        """The fields, with their names in an export of that system."""
        return cls.fields

    @classmethod
    def spellings(
        cls, given: dict[str, dict[str, str]], system: dict[str, dict[str, tuple[str, ...]]] | None = None
    ) -> dict[str, dict[str, str]]:
        """Per field {folded spelling: stored value}: `--map-value`, the system's, then the program's. Raises `ImportProblem`."""
        for name, values in given.items():
            if name not in cls.choices:
                listed = ", ".join(cls.choices) or "none"
                raise ImportProblem(f"--map-value: {name} has no list of values; those that have one: {listed}.")
            for ours in values.values():
                if ours not in cls.choices[name]:
                    raise ImportProblem(
                        f"--map-value: {name} is one of {', '.join(cls.choices[name])}, not {ours or 'empty'}."
                    )
        spellings = {}
        for name, allowed in cls.choices.items():
            known = {folded(ours): ours for ours in allowed}
            for table in (allowed, (system or {}).get(name, {})):
                known |= {folded(theirs): ours for ours, others in table.items() for theirs in others}
            spellings[name] = known | {folded(theirs): ours for theirs, ours in given.get(name, {}).items()}
        return spellings

    @classmethod
    def adapt(cls, records: Iterator[Record], adapted: dict[str, Any]) -> Iterator[Record]:
        """Add the program's fields to JSON records whose shape a single path cannot describe.

        `adapted` receives these fields: they exist even if no sampled record has them.
        """
        return records

    def pass_by(self, rows: Sequence[Row]) -> None:
        """Called for every record in the file's order, also those of an earlier run."""
        return None

    @classmethod
    def more_places(cls, header: Sequence[str]) -> dict[str, int]:
        """Columns of a table that are read besides those of the fields."""
        return {}

    def remarks(self) -> list[str]:
        """Remarks about all records, printed once at the end."""
        return []

    @abstractmethod
    def build(self, rows: Sequence[Row]) -> Any:
        """The arguments for the service. Raises `Refused`."""

    @abstractmethod
    def save(self, items: list[Any]) -> list[Result]:
        """Save the records; returns each result, in their order."""


def bounded_details(details: Sequence[Detail]) -> list[Detail]:
    """At most `MAX_DETAILS` details, each cut to `DETAIL_LENGTH`."""
    bounded = [Detail(text[:DETAIL_LENGTH], row) for text, row in details[:MAX_DETAILS]]
    if len(details) > MAX_DETAILS:
        bounded.append(Detail(f"{len(details) - MAX_DETAILS:,} more details of this record were left out."))
    return bounded


def states(outcomes: Iterable[Any]) -> list[Result]:
    """The services' outcomes as far as an import uses them; an outcome may have `details`."""
    return [Result(None if o.error else o.state, o.error, getattr(o, "details", ())) for o in outcomes]
