"""Values out, as JSON has them."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

MAX_TEXT_CHARS = 10_000
_EXACT = 2**53  # beyond it a JavaScript number is not the integer any more


def jsonable(value: Any) -> Any:
    """One cell as a JSON value.

    NaN and infinities become null, integers past 2^53 text, decimals numbers, times ISO 8601 text, intervals
    seconds, blobs hexadecimal text; long text is cut.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT_CHARS else value[:MAX_TEXT_CHARS] + " …"
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return jsonable(float(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray | memoryview):
        return "0x" + bytes(value[: MAX_TEXT_CHARS // 2]).hex()
    if isinstance(value, dict):
        return {str(jsonable(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return str(value)[:MAX_TEXT_CHARS]
