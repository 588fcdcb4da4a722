"""Columns as numbers, times or text: what a value is, decided from the values and not from the file's word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.tables.dates import LOOKS_DATED, as_iso, hint
from gradatim.instruments.tables.written import PATTERN, PLAIN, written_numbers

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Kind = Literal["number", "time", "text", "boolean", "empty"]

# Spellings of "no value" in a column of numbers or times. In a column of text they are text: NA is Namibia.
NULL_WORDS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "none", "#N/A", "NaT", "-", "?")
# A column is a number although this share of its values does not parse; what does not parse is counted.
UNPARSED_SHARE = 0.1


class Numbers(NamedTuple):
    """A column as float64: NaN where a value is missing or could not be parsed."""

    values: NDArray[np.float64]
    missing: int
    unparsed: int


def infer(sample: pa.Array) -> Kind:
    """The kind of a column from some of its values.

    Text is a number or a time where at least nine in ten of its values parse: numbers with their units, times in
    ISO 8601 or a form of `dates`.
    """
    types = load("pyarrow", "work", "Reading tables").types
    kind = sample.type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_null(kind) or sample.null_count == len(sample):
        return "empty"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_temporal(kind):
        return "number" if types.is_duration(kind) else "time"
    return _infer_text(sample)


def _infer_text(sample: pa.Array) -> Kind:
    polars = load("polars", "work", "Reading tables")
    text = polars.Series(as_text(sample)).drop_nulls()
    plain = text.cast(polars.Float64, strict=False)
    if not plain.null_count() and not plain.is_nan().any():
        return "number"
    told = text.filter(~text.str.strip_chars().is_in(list(NULL_WORDS)))
    if not len(told):
        return "empty"
    dated = int(told.str.contains(LOOKS_DATED).sum())
    for kind, cast in (("number", _numbers), ("time", _times)):
        if kind == "time" and dated < (1 - UNPARSED_SHARE) * len(told):
            continue
        parsed = cast(told)
        if parsed.null_count() <= UNPARSED_SHARE * len(told):
            return kind  # type: ignore[return-value]
    low = set(told.str.to_lowercase().unique().head(3))
    return "boolean" if low <= {"true", "false"} else "text"


def as_numbers(column: pa.Array) -> Numbers:
    """A column as float64. Text is parsed; infinite values stay infinite."""
    import numpy as np

    pyarrow = load("pyarrow", "work", "Reading tables")
    types, kind = pyarrow.types, column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_null(kind):
        return Numbers(np.full(len(column), np.nan), len(column), 0)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _parsed(column, _numbers)
    if types.is_floating(kind) and kind.bit_width == 64 and column.null_count == 0:
        return Numbers(floats(column), 0, 0)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        values = column.cast(pyarrow.float64(), safe=False)
        return Numbers(floats(values), column.null_count, 0)
    if types.is_duration(kind):
        values = column.cast(pyarrow.int64()).cast(pyarrow.float64(), safe=False)
        return Numbers(floats(values), column.null_count, 0)
    return Numbers(np.full(len(column), np.nan), column.null_count, len(column) - column.null_count)


def floats(column: pa.Array) -> NDArray[np.float64]:
    """A float64 array of Arrow as numpy's, NaN for null; no copy where nothing is null.

    `Array.to_numpy` would import pandas, which costs more CPU than reading fifty columns.
    """
    import numpy as np

    validity, data = column.buffers()
    if data is None:
        return np.full(len(column), np.nan)
    values = np.frombuffer(data, np.float64)[column.offset : column.offset + len(column)]
    if column.null_count and validity is not None:
        bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
        known = bits[column.offset : column.offset + len(column)].astype(bool)
        values = np.where(known, values, np.nan)
    return values


def as_epoch_s(column: pa.Array) -> Numbers:
    """A column of times as seconds since 1970 UTC; a time without a zone is taken as UTC, so days have 86,400 s."""
    import numpy as np

    pyarrow = load("pyarrow", "work", "Reading tables")
    types, kind = pyarrow.types, column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_date(kind):
        column = column.cast(pyarrow.timestamp("us"))
        kind = column.type
    if types.is_timestamp(kind):
        scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        whole = column.cast(pyarrow.int64()).cast(pyarrow.float64(), safe=False)
        return Numbers(floats(whole) / scale, column.null_count, 0)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _parsed(column, _times)
    if types.is_integer(kind) or types.is_floating(kind):
        # Epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by size (1990 to 2200).
        numbers = as_numbers(column)
        middle = float(np.nanmedian(numbers.values)) if numbers.missing < len(column) else 0.0
        unit = next((s for s in (1.0, 1e3, 1e6, 1e9) if 6e8 <= middle / s <= 7.3e9), None)
        if unit is not None:
            return Numbers(numbers.values / unit, numbers.missing, 0)
    return Numbers(np.full(len(column), np.nan), column.null_count, len(column) - column.null_count)


def as_text(column: pa.Array) -> pa.Array:
    """A column as strings; null stays null, booleans become "true" and "false"."""
    pyarrow = load("pyarrow", "work", "Reading tables")
    types, kind = pyarrow.types, column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return column
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return pyarrow.array([None if v is None else v.hex() for v in column.to_pylist()], pyarrow.string())
    return column.cast(pyarrow.string())


def _parsed(column: pa.Array, cast: Callable[[Any], Any]) -> Numbers:
    polars = load("polars", "work", "Reading tables")
    text = polars.Series(column)
    parsed = cast(text)
    failed = parsed.is_null() & text.is_not_null()
    unparsed = 0
    if failed.any():
        unparsed = int((~text.filter(failed).str.strip_chars().is_in(list(NULL_WORDS))).sum())
    missing = parsed.null_count() - unparsed
    return Numbers(parsed.cast(polars.Float64).to_numpy(), missing, unparsed)


def _numbers(text: Any) -> Any:
    """Strings as float64, null where they do not parse. The word nan parses as NaN: missing."""
    polars = load("polars", "work", "Reading tables")
    parsed = text.cast(polars.Float64, strict=False)
    if parsed.null_count() > text.null_count():
        parsed = text.str.strip_chars().cast(polars.Float64, strict=False)
        failed = parsed.is_null() & text.is_not_null()
        # Units beside some values and bare numbers beside others are no one quantity: those stay unread.
        if failed.any() and (told := written_numbers(_worth(text.filter(failed)))).values.is_not_null().any():
            bare = parsed.is_not_null() & (parsed != 0) & ~parsed.is_nan()
            if told.unit == PLAIN or not bare.fill_null(False).any():
                parsed = parsed.scatter(failed.arg_true(), told.values)
    return parsed.fill_nan(None)


def _worth(text: Any) -> Any:
    """The values, or nulls where hardly one of the first looks like a number: texts are not searched to the end."""
    polars = load("polars", "work", "Reading tables")
    first = text.head(200)
    if first.str.contains(PATTERN).sum() * 10 < len(first):
        return polars.Series(text.name, [None] * len(text), dtype=polars.String)
    return text


def unit(column: pa.Array) -> str:
    """In which unit a column of text is read, such as "seconds"; "" for plain numbers, and for no numbers."""
    polars = load("polars", "work", "Reading tables")
    types = load("pyarrow", "work", "Reading tables").types
    if not (
        types.is_string(column.type)
        or types.is_large_string(column.type)
        or types.is_string_view(column.type)
    ):
        return PLAIN
    text = polars.Series(column).drop_nulls()
    told = text.filter(text.cast(polars.Float64, strict=False).is_null())
    told = told.filter(~told.str.strip_chars().is_in(list(NULL_WORDS)))
    return written_numbers(told).unit if len(told) and infer(column) == "number" else PLAIN


def time_hint(column: pa.Array) -> str:
    """What to do about values that are no times, for the end of a message; "" where nothing more is known."""
    polars = load("polars", "work", "Reading tables")
    return hint(polars.Series(as_text(column)).cast(polars.String))


def _times(text: Any) -> Any:
    """Times with or without a zone as seconds since 1970 UTC."""
    polars = load("polars", "work", "Reading tables")
    seconds = _iso_times(text)
    failed = seconds.is_null() & text.is_not_null()
    if failed.any():
        rest = text.filter(failed)
        if rest.head(200).str.contains(LOOKS_DATED).any():
            seconds = seconds.scatter(failed.arg_true(), _iso_times(as_iso(rest)))
    return seconds.cast(polars.Float64)


def _iso_times(text: Any) -> Any:
    """ISO 8601 strings, with or without a zone, as seconds since 1970 UTC."""
    polars = load("polars", "work", "Reading tables")
    stamps = text.str.strip_chars()
    naive = stamps.str.to_datetime(
        time_unit="us", strict=False, ambiguous="earliest", format="%Y-%m-%d %H:%M:%S%.f"
    )
    for form in ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
        if naive.null_count() == stamps.null_count():
            break
        naive = naive.zip_with(
            naive.is_not_null(), stamps.str.to_datetime(form, time_unit="us", strict=False)
        )
    if naive.null_count() > stamps.null_count():
        zoned = stamps.str.replace("Z$", "+00:00")
        for form in ("%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%:z"):
            with_zone = zoned.str.to_datetime(form, time_unit="us", strict=False, time_zone="UTC")
            naive = naive.zip_with(naive.is_not_null(), with_zone.dt.replace_time_zone(None))
    if naive.null_count() > stamps.null_count():
        day = stamps.str.to_date("%Y-%m-%d", strict=False).cast(polars.Datetime("us"))
        naive = naive.zip_with(naive.is_not_null(), day)
    return naive.dt.epoch("us").cast(polars.Float64) / 1e6
