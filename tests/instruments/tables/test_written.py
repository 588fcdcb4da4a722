"""Numbers with units, and dates that are not ISO 8601: what is read, and what is never guessed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gradatim.instruments import tables
from gradatim.instruments.tables.written import unit_of

DAY = 86_400.0
MARCH_2 = 1_772_409_600.0  # 2026-03-02T00:00:00Z


def read(*values: str | None) -> list[float | None]:
    found = tables.as_numbers(pa.array(values, pa.string())).values.tolist()
    return [None if math.isnan(value) else value for value in found]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("850 ms", 0.85),
        ("1.5 mins", 90.0),
        ("3 µs", 3e-6),
        ("1.50 GiB", 1.5 * 1024**3),
        ("12 kB", 12_000.0),
        ("12.5%", 12.5),
        ("1.2 K", 1200.0),
        ("1.25 Mil", 1.25e6),
        ("75.2 req/s", 75.2),
        ("1.2K req/s", 1200.0),
        ("90 req/min", 1.5),
        ("60 rpm", 1.0),
        ("$1,234.50", 1234.5),
        ("12,345,678", 12_345_678.0),
        ("-3 ms", -0.003),
        ("8 MB/s", 8e6),
    ],
)
def test_a_value_with_its_unit_is_read_in_the_base_unit(written: str, number: float) -> None:
    (found,) = read(written)
    assert found == pytest.approx(number)
    assert tables.infer(pa.array([written] * 20)) == "number"


@pytest.mark.parametrize(
    "value", ["12A", "3 apples", "5 b", "1,23", "12.5.1", "v1.2", "10-K", "1,2345", "ms", "1e5x"]
)
def test_what_has_no_known_unit_stays_text(value: str) -> None:
    assert read(value) == [None]
    assert tables.infer(pa.array([value] * 20)) == "text"
    assert unit_of("apples") is None


def test_two_quantities_in_one_column_are_not_mixed() -> None:
    assert read("5 ms", "3 MB") == [None, None]
    assert read("5 ms", "3") == [None, 3.0], "a bare number beside one with a unit may be of any unit"
    assert read("5 ms", "0", "1 s") == [0.005, 0.0, 1.0], "zero is zero in every unit"
    assert read("850", "1.2 K", None, "NA") == [850.0, 1200.0, None, None]
    assert tables.as_numbers(pa.array(["5 ms", "3"])).unparsed == 1


def test_two_files_of_unlike_units_agree(tmp_path: Path) -> None:
    for name, rows in (("ms", "850 ms\n990 ms\n"), ("mixed", "850 ms\n0.99 s\n")):
        (tmp_path / f"{name}.csv").write_text(f"p99\n{rows}")
    found = [tables.read(tmp_path / f"{name}.csv")["p99"].to_list() for name in ("ms", "mixed")]
    assert found == [pytest.approx([0.85, 0.99])] * 2
    table = tables.open_table(tmp_path / "ms.csv")
    list(table.blocks())
    assert table.notes == ["values have their unit beside them, and are read in seconds: p99"]
    assert tables.unit(table.sample("p99")) == "seconds"


def test_names_with_a_unit_stay_what_they_are_as_text() -> None:
    arms = pa.array(["10%", "20%"])
    assert tables.as_text(arms).to_pylist() == ["10%", "20%"]


@pytest.mark.parametrize(
    ("written", "second"),
    [
        ("02.03.2026", 0),
        ("2.3.2026 9:05", 9 * 3600 + 300),
        ("2026/03/02 21:05:30", 21 * 3600 + 330),
        ("02-Mar-2026", 0),
        ("2 March 2026 10:00", 36_000),
        ("Mar 2, 2026 9:05 PM", 21 * 3600 + 300),
        ("Mon, 02 Mar 2026 12:00:00 +0100", 11 * 3600),
        ("Mon Mar 02 2026 12:00:00 GMT+0000", 12 * 3600),
        ("2026-03-02 12:00:00 UTC", 12 * 3600),
        ("2026-3-2 12:00", 12 * 3600),
        ("Mar 2, 2026 12:30 AM", 1800),
    ],
)
def test_a_date_of_another_form_is_the_same_moment(written: str, second: float) -> None:
    column = pa.array([written] * 3)
    assert tables.infer(column) == "time"
    found = tables.as_epoch_s(column)
    assert found.unparsed == 0 and found.values.tolist() == [MARCH_2 + second] * 3


@pytest.mark.parametrize(
    "value", ["31.02.2026", "02.13.2026", "Mar 2, 2026 13:00 PM", "32 Mar 2026", "1.2.3"]
)
def test_a_date_that_never_was_is_no_time(value: str) -> None:
    found = tables.as_epoch_s(pa.array([value, "02.03.2026"]))
    assert found.unparsed == 1 and np.isnan(found.values[0])


@pytest.mark.parametrize(("form", "order"), [("{0}/{1}/2026", "day"), ("{1}/{0}/2026", "month")])
def test_slashes_are_read_where_a_date_tells_their_order(tmp_path: Path, form: str, order: str) -> None:
    path = tmp_path / "d.csv"
    days = [form.format(day, 3) + " 6:00 AM" for day in range(2, 30)]
    path.write_text("when\n" + "\n".join(days) + "\n")
    table = tables.open_table(path)
    (block,) = table.blocks()
    found = tables.as_epoch_s(block.column("when")).values
    assert found.tolist() == [MARCH_2 + DAY * i + 6 * 3600 for i in range(28)]
    assert any(f"{order} first" in note for note in table.notes)


def test_slashes_that_do_not_tell_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("when\n3/2/2026\n3/3/2026\n")
    column = tables.open_table(path).sample("when")
    assert tables.infer(column) == "text" and tables.as_epoch_s(column).unparsed == 2
    assert '"3/2/2026" has two readings, day or month first: write 2026-03-02' in tables.time_hint(column)
    path.write_text("when\n3/22/2026\n23/3/2026\n")
    assert "some have the day first" in tables.time_hint(tables.open_table(path).sample("when"))


def test_a_line_for_spreadsheets_above_the_header_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    rows = "".join(f"2026-03-02 00:{i:02d}:00;{i},5 ms\r\n" for i in range(40))
    path.write_bytes(("\ufeffsep=;\r\nTime;p99\r\n" + rows).encode())
    frame = tables.read(path)
    assert frame.columns == ["Time", "p99"] and frame.height == 40
    assert frame["p99"][3] == pytest.approx(0.0035)
