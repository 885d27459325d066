"""Serialize JSON as the API does: decimals as numbers, times in UTC with a Z."""

from decimal import Decimal
from typing import Any

import orjson


def dumps(data: Any, *, indent: bool = False) -> bytes:
    option = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(data, default=_plain, option=option)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple | set):
        return list(value)
    if isinstance(value, dict):
        return dict(value)
    return str(value)
