"""Dates as people and tools write them, as ISO 8601: 02.03.2026, 2026/03/02, 2 Mar 2026, Mar 2, 2026 9:05 PM.

With points the day comes first, wherever that form is in use. With slashes it may be the day or the month: that is
read only where some date of the column tells (a first part above 12, or a second), and never guessed.
"""

from __future__ import annotations

from typing import Any, Literal

from gradatim.core.groups import load

Order = Literal["day first", "month first", "either", "neither", ""]

_CLOCK = (
    r"(?:[T,\s]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?:Z|UTC|GMT)?\s*([+-]\d{2}:?\d{2})?\s*(?:\([^)]*\))?\s*$"
)
_ZONED = r"(?:Z|UTC|GMT)"
_WEEKDAY = r"^\s*(?:[A-Za-z]{3,9},?\s+)?"
_FORMS = (
    # pattern, and which group is year, month, day
    (r"^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})", (3, 2, 1)),
    (r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", (1, 2, 3)),
    (_WEEKDAY + r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ,]+(\d{4})", (3, 2, 1)),
    (_WEEKDAY + r"([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})", (3, 1, 2)),
)
LOOKS_DATED = (
    r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4}"
    r"|(?:[A-Za-z]{3,9},?\s+)?(?:\d{1,2}[- ][A-Za-z]{3,9}\.?[- ,]+\d{4}|[A-Za-z]{3,9}\.?\s+\d{1,2},?\s+\d{4}))"
    r"(?:[T,\s]|$)"
)
SLASHED = r"^\s*\d{1,2}/\d{1,2}/\d{4}(?:[T,\s]|$)"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def as_iso(text: Any) -> Any:
    """Dates of these forms as `2026-03-02 21:05:00+01:00`; null for anything else."""
    polars = load("polars", "work", "Reading tables")
    found = polars.Series(text.name, [None] * len(text), dtype=polars.String)
    for pattern, order in _FORMS:
        groups = text.str.extract_groups(pattern + _CLOCK).struct.unnest()
        parts = [groups.get_column(str(i)) for i in range(1, 9)]
        year, month, day = (parts[i - 1] for i in order)
        low = month.str.slice(0, 3).str.to_lowercase()
        named = low.replace_strict(
            {name: f"{i:02d}" for i, name in enumerate(_MONTHS, 1)}, default=None, return_dtype=polars.String
        )
        month = polars.select(polars.coalesce(named, _digits(month))).to_series()
        hour, minute, second, half, offset = parts[3:]
        utc = text.str.contains(r"\d\s*" + _ZONED + r"\b") & offset.is_null()
        stamp = (
            year
            + "-"
            + month
            + "-"
            + day.str.zfill(2)
            + " "
            + _hour(hour, half)
            + ":"
            + minute.fill_null("00")
            + ":"
            + second.fill_null("00")
            + offset.fill_null("")
            + utc.replace_strict({True: "+00:00", False: ""}, return_dtype=polars.String)
        )
        found = found.zip_with(found.is_not_null(), stamp)
        if found.null_count() == text.null_count():
            break
    return found


def _digits(month: Any) -> Any:
    """A month in digits, two of them; null for a word."""
    return month.str.extract(r"^(\d{1,2})$").str.zfill(2)


def _hour(hour: Any, half: Any) -> Any:
    """The hour of 24, two digits, `00` where there is no clock; null where 13 PM or the like stands there."""
    polars = load("polars", "work", "Reading tables")
    frame = polars.DataFrame(
        {
            "h": hour.cast(polars.Int64, strict=False).fill_null(0),
            "half": half.str.slice(0, 1).str.to_lowercase(),
        }
    )
    h, pm = polars.col("h"), polars.col("half")
    good = pm.is_null() | h.is_between(1, 12)
    value = polars.when(pm.is_null()).then(h).otherwise(h % 12 + polars.when(pm == "p").then(12).otherwise(0))
    return frame.select(
        polars.when(good).then(value.cast(polars.String).str.zfill(2)).alias("hour")
    ).to_series()


def slashed_order(text: Any) -> Order:
    """What the slashed dates of a column tell of their order: "" where fewer than nine in ten values are such."""
    polars = load("polars", "work", "Reading tables")
    told = text.drop_nulls()
    told = told.filter(told.str.strip_chars() != "")
    dated = told.filter(told.str.contains(SLASHED))
    if not len(dated) or len(dated) < 0.9 * len(told):
        return ""
    parts = dated.str.extract_groups(r"^\s*(\d{1,2})/(\d{1,2})/").struct.unnest().cast(polars.Int64)
    first, second = (bool((parts.get_column(name) > 12).any()) for name in ("1", "2"))
    if first and second:
        return "neither"
    return "day first" if first else "month first" if second else "either"


def unslashed(text: Any, order: Order) -> Any:
    """An expression: slashed dates as year-month-day, what follows as it stands."""
    return text.str.replace(
        r"^\s*(\d{1,2})/(\d{1,2})/(\d{4})", "$3-$2-$1" if order == "day first" else "$3-$1-$2"
    )


def hint(text: Any) -> str:
    """What to do about values that are no times, for the end of a message; "" where nothing more is known."""
    order = slashed_order(text)
    if order == "either":
        example = next((v for v in text.to_list() if v), "")
        return f'; "{example[:20]}" has two readings, day or month first: write 2026-03-02'
    if order == "neither":
        return "; some have the day first and some the month: write 2026-03-02"
    return ""
