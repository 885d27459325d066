"""JSON as the API writes it: decimals as numbers, times in UTC with a Z."""

from decimal import Decimal
from typing import Any

import orjson


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple | set):
        return list(value)
    if isinstance(value, dict):
        return dict(value)
    return str(value)
