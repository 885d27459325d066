"""Which column of a file is which field: by the header's names, by `--map`, and `--set` for what the file leaves empty."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.common.patterns import compile_unicode
from tickets.imports.import_errors import ImportProblem
from tickets.imports.values import folded

MAX_DEPTH = 3


@dataclass(frozen=True)
class Field:
    """A field that an import knows: its name on the command line, its description, and its names in other systems (folded)."""

    name: str
    help: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """Where each field is found in a row (column index of a table, path in a JSON object), and the values set for all rows."""

    places: dict[str, Any]
    fixed: dict[str, str]
    mapped: frozenset[str] = frozenset()

    def is_mapped(self, name: str) -> bool:
        """Whether the field's place was given by `--map`, or its value by `--set`."""
        return name in self.mapped or name in self.fixed

    def has(self, name: str) -> bool:
        return name in self.places or name in self.fixed

    def reader(self) -> Callable[[Any], dict[str, Any]]:
        """A function from a row's content to its fields; fields that the row lacks are left out."""
        take = _take_cells if all(isinstance(place, int) for place in self.places.values()) else _take_paths
        places, fixed = list(self.places.items()), self.fixed

        def read(content: Any) -> dict[str, Any]:
            return {**fixed, **take(content, places)}

        return read


def _take_cells(cells: Sequence[str], places: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: text for name, place in places if (text := cells[place].strip())}


def _take_paths(record: dict[str, Any], places: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, path in places:
        value: Any = record
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and value != "":
            found[name] = value
    return found


def parse_pairs(options: Iterable[str], name: str) -> dict[str, str]:
    """`a=X,b=Y` as a dictionary; a comma splits only before a field's name and `=`. Raises `ImportProblem`."""
    pairs = {}
    for option in options:
        for part in compile_unicode(r",(?=\s*\w+=)").split(option):
            field, separator, value = part.partition("=")
            if not separator:
                raise ImportProblem(f"--{name} takes field=value; “{part[:60]}” has no =.")
            pairs[field.strip()] = value.strip()
    return pairs


def parse_values(options: Iterable[str]) -> dict[str, dict[str, str]]:
    """`status:solved=closed,new=open` as {status: {solved: closed, new: open}}. Raises `ImportProblem`."""
    tables: dict[str, dict[str, str]] = {}
    for option in options:
        field, separator, rest = option.partition(":")
        if not separator:
            raise ImportProblem(f"--map-value takes field:theirs=ours; “{option[:60]}” has no colon.")
        for part in _pairs(rest):
            theirs, equals, ours = part.rpartition("=")
            if not equals or not theirs.strip():
                raise ImportProblem(f"--map-value takes field:theirs=ours; “{part[:60]}” is not theirs=ours.")
            tables.setdefault(field.strip(), {})[theirs.strip()] = ours.strip()
    return tables


def _pairs(text: str) -> list[str]:
    """The parts between commas; a part without `=` belongs to the part before, whose value contains a comma."""
    pairs: list[str] = []
    begun = ""
    for part in text.split(","):
        begun += part
        if "=" in part:
            pairs.append(begun)
            begun = ""
        else:
            begun += ","
    return [*pairs, begun.removesuffix(",")] if begun else pairs


def resolve(
    fields: Sequence[Field],
    columns: Sequence[str],
    *,
    mapped: dict[str, str],
    fixed: dict[str, str],
    find: Callable[[str], Any],
) -> Columns:
    """Map fields to places. `find` maps a column's name to its place and raises `ImportProblem` for an unknown one."""
    names = [field.name for field in fields]
    for option, given in (("map", mapped), ("set", fixed)):
        for name in given:
            if name not in names:
                raise ImportProblem(
                    f"--{option}: there is no field {name}{_close(name, names)}; the fields are {', '.join(names)}."
                )
    places = {name: find(column) for name, column in mapped.items() if column}
    taken = {column for column in mapped.values() if column}
    by_name: dict[str, str] = {}
    for column in columns:
        if column not in taken:
            by_name.setdefault(folded(column), column)
    for field in fields:
        if field.name in mapped:
            continue
        for alias in (field.name, *field.aliases):
            if (known := by_name.get(folded(alias))) is not None:
                places[field.name] = find(known)
                break
    return Columns(places, {name: value for name, value in fixed.items() if value}, frozenset(mapped))


def _close(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def find_in_header(header: Sequence[str]) -> Callable[[str], int]:
    """A column's index by its name: exactly, else ignoring case, blanks and punctuation."""

    def find(column: str) -> int:
        same = [i for i, name in enumerate(header) if name == column]
        same = same or [i for i, name in enumerate(header) if folded(name) == folded(column)]
        if not same:
            raise ImportProblem(
                f"--map: there is no column {column}{_close(column, header)}; the columns are {', '.join(header)}."
            )
        if len(same) > 1:
            raise ImportProblem(
                f"The column {column} occurs {len(same)} times in the header; give one of them another name."
            )
        return same[0]

    return find


def find_by_number(column: str) -> int:
    """A column's index by its number, starting at 1."""
    if not compile_unicode(r"[1-9][0-9]{0,3}").fullmatch(column):
        raise ImportProblem(f"--map: without a header columns have numbers from 1; “{column}” is none.")
    return int(column) - 1


def find_path(columns: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """A JSON object's value by its keys, separated by dots."""
    known = {path: tuple(path.split(".")) for path in columns}
    loose = {folded(path): path for path in reversed(columns)}
    parents = {path[:i] for path in known.values() for i in range(1, len(path))}

    def find(column: str) -> tuple[str, ...]:
        path = column if column in known else loose.get(folded(column), column)
        if path in known:
            return known[path]
        if tuple(column.split(".")) in parents:
            return tuple(column.split("."))
        raise ImportProblem(
            f"--map: no object has {column}{_close(column, columns)}; the keys are {', '.join(columns)}."
        )

    return find


def paths_of(objects: Iterable[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The paths of keys with a value, in order of appearance, and the paths that are always empty.

    Always-empty ones must not be found by name: Gorgias has an unused `external_id` beside the `id` that counts.
    """
    paths: dict[str, bool] = {}
    for record in objects:
        _collect(record, "", paths, 1)
    said = [path for path, filled in paths.items() if filled]
    return said, [path for path, filled in paths.items() if not filled]


def _collect(record: dict[str, Any], prefix: str, paths: dict[str, bool], depth: int) -> None:
    for key, value in record.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            _collect(value, f"{path}.", paths, depth + 1)
        else:
            paths[path] = paths.get(path, False) or value not in (None, "", [])


def demand(columns: Columns, required: Sequence[tuple[str, ...]], known: Sequence[str]) -> None:
    """Raises `ImportProblem` if the file lacks a column for a required field; of each group one column is enough."""
    missing = [group for group in required if not any(columns.has(name) for name in group)]
    if missing:
        named = "; ".join(" or ".join(group) for group in missing)
        listed = f" The columns are {', '.join(known)}." if known else ""
        raise ImportProblem(
            f"No column for {named}: name it with --map {missing[0][0]}=COLUMN, or --set a value for all.{listed}"
        )


def first_of(record: dict[str, Any], *names: str) -> Any:
    """The first of the names under which a nested JSON object has a value; dots separate levels."""
    for name in names:
        value: Any = record
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and value != "":
            return value
    return None
