"""What a whole CSV file tells of how its values are written, and no single value could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.tables.dates import slashed_order, unslashed
from gradatim.instruments.tables.values import NULL_WORDS, UNPARSED_SHARE, infer, unit

if TYPE_CHECKING:
    from gradatim.instruments.tables.dates import Order

SEEN = 20_000
"""Values of a column that are looked at."""
SHOWN = 8
GROUPED = r"\d,\d{3}"


class Habits(NamedTuple):
    """How a file writes.

    Args:
        commas: columns with a decimal comma.
        slashed: columns of dates with slashes, and which part comes first.
        notes: what was taken for what, a sentence each.
    """

    commas: tuple[str, ...]
    slashed: dict[str, Order]
    notes: list[str]

    def taken_out(self, frame: Any) -> Any:
        """Some rows, their numbers with a decimal point and their dates as year-month-day."""
        polars = load("polars", "work", "Reading CSV")
        made = []
        if held := [name for name in self.commas if name in frame.columns]:
            text = polars.col(held).str.replace_all(".", "", literal=True)
            made.append(text.str.replace(",", ".", literal=True))
        made += [unslashed(polars.col(n), order) for n, order in self.slashed.items() if n in frame.columns]
        return frame.with_columns(made) if made else frame


def habits(sample: Any, delimiter: str) -> Habits:
    """Read them off a sample, a column of strings for each of the file's.

    A decimal comma is looked for only where the values stand between semicolons: a spreadsheet writes them so because
    of it.
    """
    commas: list[str] = []
    slashed: dict[str, Order] = {}
    units: dict[str, list[str]] = {}
    grouped: list[str] = []
    notes: list[str] = []
    for name in sample.columns:
        values = sample.get_column(name).head(SEEN)
        if delimiter == ";" and _comma_numbers(values):
            commas.append(name)
            continue
        order = slashed_order(values)
        if order in ("day first", "month first"):
            slashed[name] = order
            notes.append(
                f'dates in "{name}" have the {order.split()[0]} first: some part of them is above 12'
            )
        elif found := unit(values.to_arrow()):
            units.setdefault(found, []).append(name)
        if values.str.contains(GROUPED).any() and infer(values.to_arrow()) == "number":
            grouped.append(name)
    if grouped:
        notes.append(f"commas group digits, as in 1,234 for 1234, in: {', '.join(grouped[:SHOWN])}")
    if commas:
        notes.append(f"commas are decimal points, as in 1.234,5, in: {', '.join(commas[:SHOWN])}")
    for found, names in units.items():
        read = f"as written, {found}" if found == "percent" or found.startswith("in ") else f"in {found}"
        notes.append(f"values have their unit beside them, and are read {read}: {', '.join(names[:SHOWN])}")
    return Habits(tuple(commas), slashed, notes)


def _comma_numbers(column: Any) -> bool:
    """Whether nine in ten values of a sample are whole numbers or have a decimal comma, and some have one."""
    text = column.drop_nulls().str.strip_chars()
    told = text.filter(~text.is_in(list(NULL_WORDS)))
    fits = told.str.contains(
        r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?(?:\s*[%a-zA-Zµμ/€][a-zA-Zµμ/ ]{0,15})?$"
    )
    return len(told) > 0 and fits.sum() >= (1 - UNPARSED_SHARE) * len(told) and told.str.contains(",").any()
