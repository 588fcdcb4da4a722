"""Numbers as tools write them for people: 850 ms, 1.5 GiB, 12.5 %, 1.2K req/s, 1,234.50, $3.

Each value is read for itself into the base unit of its family, so that two files agree whatever units they chose:
seconds, bytes, bits, events per second, percent as written. A column of two families is not read at all.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

from gradatim.core.groups import load

PLAIN = ""
PATTERN = (
    r"^\s*([$€£¥]?)\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+)\s*"
    r"([%a-zA-Zµμ/€£][a-zA-Zµμ/ ]{0,15})?\s*$"
)
_TIMES = {
    **dict.fromkeys(("ns", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "µs", "μs", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds", "millisecond"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("day", "days"), 86400.0),
    **dict.fromkeys(("week", "weeks"), 604800.0),
}
_COUNTS = {"k": 1e3, "K": 1e3, "M": 1e6, "Mil": 1e6, "G": 1e9, "Bil": 1e9, "T": 1e12, "Tri": 1e12}
_RATES = {
    "rps": 1.0,
    "qps": 1.0,
    "reqps": 1.0,
    "ops": 1.0,
    "iops": 1.0,
    "rpm": 1 / 60,
    "cps": 1.0,
    "cpm": 1 / 60,
}
_PERIODS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
}
_BYTES = re.compile(r"(?:([kKMGTP])(i?))?(B|Bytes?|bytes?|b|bits?)(/s|ps)?")
_RATE = re.compile(r"(k|K|M|Mil|G|Bil|T)? ?([a-z]{1,10})? ?/ ?([a-z]{1,6})")
_POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def one_number(word: str) -> float:
    """One value with its unit, in the base unit; NaN for anything else.

    >>> one_number("850 ms")
    0.85
    """
    found = re.fullmatch(PATTERN, word)
    known = unit_of(found[3] or "") if found else None
    return float(found[2].replace(",", "")) * known[1] if found and known else math.nan


class Read(NamedTuple):
    """Values as float64 in the base unit (null where they are no such number), and which unit that is."""

    values: Any
    unit: str


@lru_cache(maxsize=4096)
def unit_of(word: str) -> tuple[str, float] | None:
    """Family and factor of a unit as written; None for a word that is none.

    >>> unit_of("KiB")
    ('bytes', 1024.0)
    """
    word = " ".join(word.split())
    if word == "":
        return PLAIN, 1.0
    if word == "%":
        return "percent", 1.0
    if word in _TIMES:
        return "seconds", _TIMES[word]
    if word in _COUNTS:
        return PLAIN, _COUNTS[word]
    if word in _RATES:
        return "per second", _RATES[word]
    if found := _BYTES.fullmatch(word.replace(" ", "")):
        prefix, binary, what, per = found.groups()
        family = "bytes" if what[0] == "B" or what.startswith("byte") else "bits"
        factor = (1024.0 if binary else 1000.0) ** _POWERS.get(prefix or "", 0)
        # A lone "b" is a letter more often than a bit.
        return None if word == "b" else (family + (" per second" if per else ""), factor)
    if (found := _RATE.fullmatch(word)) and found[3] in _PERIODS:
        return "per second", _COUNTS.get(found[1] or "", 1.0) / _PERIODS[found[3]]
    if word in ("€", "£", "USD", "EUR", "GBP"):
        return f"in {word}", 1.0
    return None


def written_numbers(text: Any) -> Read:
    """Strings with grouped digits, units or a currency as numbers; all null where the units are of two families.

    A value without a unit goes with any other only where it is zero, or where the others have a mere factor (1.2K).
    """
    polars = load("polars", "work", "Reading tables")
    frame = text.str.extract_groups(PATTERN).struct.unnest()
    money, digits, word = (frame.get_column(name).fill_null("") for name in ("1", "2", "3"))
    number = digits.str.replace_all(",", "", literal=True).cast(polars.Float64, strict=False)
    nothing = polars.Series(text.name, [None] * len(text), dtype=polars.Float64)
    told = number.is_not_null()
    pairs = polars.DataFrame({"money": money, "word": word.str.strip_chars()}).filter(told).unique()
    families: dict[str, float] = {}
    factors: dict[str, float] = {}
    for currency, unit in pairs.iter_rows():
        known = unit_of(unit)
        if known is None:
            continue
        family = f"in {currency}" if currency else known[0]
        families.setdefault(family, 1.0)
        factors[unit] = known[1]
    factor = word.str.strip_chars().replace_strict(factors, default=None, return_dtype=polars.Float64)
    values = number * factor
    bare = (word == "") & (money == "") & (values != 0)
    named = [family for family in families if family != PLAIN]
    if len(named) > 1 or (named and bool(bare.fill_null(False).any())):
        return Read(nothing, PLAIN)
    if named and PLAIN in families and bool(word.str.strip_chars().is_in(list(_COUNTS)).any()):
        return Read(nothing, PLAIN)
    return Read(values.alias(text.name), named[0] if named else PLAIN)
