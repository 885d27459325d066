"""Reads the TOML files of this folder into dataclasses; a mistake in a file is an error that names its place."""

import dataclasses
import tomllib
from collections.abc import Collection, Iterable, Set
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from tickets.demo.conversations.text_filling import find_slots

FOLDER = Path(__file__).parent
Shape = TypeVar("Shape")


class TextError(ValueError):
    """A file of texts is not valid. The message says where, what is wrong, and what is expected."""


def read_file(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The content of `name`.toml. Raises `TextError` if the file is missing or not TOML."""
    path = folder / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TextError(f"{path.name} cannot be read: {error}") from error


def build(shape: type[Shape], table: object, where: str) -> Shape:
    """Build the dataclass `shape` from a TOML table with the same keys. Raises `TextError`.

    Fields may be str, int, float, bool, Literal, a tuple or dict of these, a dataclass, or an optional one of these (TOML has no
    null: the key is omitted).
    """
    if not isinstance(table, dict):
        raise TextError(f"{where}: takes a table, not {table!r}.")
    kinds = get_type_hints(shape)
    fields = dataclasses.fields(shape)  # type: ignore[arg-type]  # `shape` is a dataclass
    required = {field.name for field in fields if field.default is dataclasses.MISSING}
    if unknown := sorted(set(table) - set(kinds)):
        raise TextError(f"{where}: unknown key {', '.join(unknown)}. Keys are {', '.join(kinds)}.")
    if missing := sorted(required - set(table)):
        raise TextError(f"{where}: the key {', '.join(missing)} is missing.")
    return shape(**{key: _value(kinds[key], value, f"{where}, {key}") for key, value in table.items()})


def check_slots(texts: Iterable[str], known: Set[str], where: str) -> None:
    """Raises `TextError` for a text with an unknown slot or an unmatched brace."""
    for text in texts:
        try:
            unknown = sorted(find_slots(text) - known)
        except ValueError as error:
            raise TextError(f"{where}: {error}: {text!r}") from error
        if unknown:
            raise TextError(
                f"{where}: unknown placeholder {', '.join(f'{{{name}}}' for name in unknown)} in {text!r}. "
                f"Placeholders are {', '.join(sorted(known))}."
            )


def require_known(values: Iterable[str], known: Collection[str], where: str) -> None:
    """Raises `TextError` for a value that is not in `known`."""
    for value in values:
        _require(value in known, f"one of {', '.join(sorted(known))}", value, where)


def _value(kind: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _value(inner[0], value, where)
    if origin is Literal:
        require_known([value], inner, where)
        return value
    if origin is tuple:
        return _tuple(inner, value, where)
    if origin is dict:
        _require(isinstance(value, dict), "a table", value, where)
        return {key: _value(inner[1], entry, f"{where}, {key}") for key, entry in value.items()}
    if dataclasses.is_dataclass(kind):
        return build(kind, value, where)  # type: ignore[arg-type]  # `kind` is a class
    if kind is float and type(value) is int:
        return float(value)
    _require(type(value) is kind, kind.__name__, value, where)
    return value


def _tuple(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    _require(isinstance(value, list), "an array", value, where)
    kinds = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
    _require(len(kinds) == len(value), f"{len(kinds)} values", value, where)
    return tuple(
        _value(kind, entry, f"{where}, number {number}")
        for number, (kind, entry) in enumerate(zip(kinds, value, strict=True), start=1)
    )


def _require(fits: bool, wanted: str, value: object, where: str) -> None:
    if not fits:
        raise TextError(f"{where}: takes {wanted}, not {value!r}.")
