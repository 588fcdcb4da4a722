"""Tables: what is read, what is refused, and that every refusal names all problems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments import tables
from gradatim.instruments.tables import csv as csv_module


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_values_are_typed(tmp_path: Path, delimiter: str) -> None:
    text = "a,b,t,f\n1,x,2024-03-31T01:30:00,true\n2.5,y,2024-03-31 03:30:00Z,false\n,z,,true\n"
    frame = tables.read(write(tmp_path, "t.csv", text.replace(",", delimiter)))
    assert frame["a"].to_list() == [1.0, 2.5, None]
    assert frame["b"].to_list() == ["x", "y", "z"]
    assert frame["t"].dtype == pl.Datetime("us", "UTC")
    assert frame["f"].to_list() == [True, False, True]


def test_one_other_word_keeps_a_column_text_and_quotes_are_understood(tmp_path: Path) -> None:
    rows = "".join(f'{i},"a, ""b"""\n' for i in range(20))
    frame = tables.read(write(tmp_path, "m.csv", f"m,q\n{rows}bad,x\n"))
    assert frame["m"].dtype == pl.String
    assert frame["q"][0] == 'a, "b"'


REFUSED = {
    "empty.csv": (b"", "0 bytes"),
    "duplicate.csv": (b"a,b,a,b\n1,2,3,4\n", 'column name "a" occurs 2 times, at 1, 3'),
    "headless.csv": (b"1,2\n3,4\n", "all numbers"),
    "blank.csv": (b"\n1,2\n", "blank"),
    "zero.csv": (b"a,b\n\x00,1\n", "zero bytes"),
    "gzip.csv": (b"\x1f\x8b\x08\x00", "gunzip"),
    "sheet.csv": (b"PK\x03\x04....", "spreadsheet"),
    "latin.csv": ("é,b\n1,2\n".encode("latin-1"), "byte 0xe9 at offset 0"),
    "cut.parquet": (b"PAR1" + b"x" * 100, "footer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    content, reason = REFUSED[name]
    with pytest.raises(InputError) as caught:
        tables.open_table(write(tmp_path, name, content))
    assert reason in caught.value.describe()


def test_all_duplicate_names_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        tables.open_table(write(tmp_path, "d.csv", "a,b,a,b\n1,2,3,4\n"))
    assert len(caught.value.problems) == 2


def test_header_only_ragged_and_missing_columns(tmp_path: Path) -> None:
    header = write(tmp_path, "h.csv", "a,b\n")
    with pytest.raises(InputError, match="no rows"):
        tables.read(header)
    assert tables.read(header, allow_empty=True).height == 0
    with pytest.raises(InputError) as caught:
        tables.read(write(tmp_path, "r.csv", "a,b\n1,2\n1,2,3\n"))
    assert "line 3: 3 fields, the header has 2" in caught.value.problems
    with pytest.raises(InputError) as caught:
        tables.read(write(tmp_path, "m.csv", "a,b\n1,2\n"), ["a", "q", "z"])
    assert len(caught.value.problems) == 2


def test_encodings_are_told_or_marked(tmp_path: Path) -> None:
    latin = write(tmp_path, "l.csv", "ä,b\né,2\n".encode("cp1252"))
    assert tables.read(latin, encoding="cp1252").columns == ["ä", "b"]
    marked = write(tmp_path, "u.csv", "ä,b\né,2\n".encode("utf-16"))
    assert tables.read(marked)["ä"].to_list() == ["é"]
    assert tables.read(write(tmp_path, "bom.csv", b"\xef\xbb\xbfa,b\n1,2\n")).columns == ["a", "b"]
    with pytest.raises(InputError, match="no encoding"):
        tables.open_table(latin, encoding="nope")
    late = write(tmp_path, "late.csv", b"a,b\n" + b"1,2\n" * 400_000 + b"\xff,3\n")
    with pytest.raises(InputError, match="cannot be read"):
        tables.read(late)


def test_a_transcoded_copy_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_module.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = write(tmp_path, "l.csv", "ä,b\né,2\n".encode("cp1252"))
    table = tables.open_table(path, encoding="cp1252")
    assert len(list((tmp_path / "temporary").iterdir())) == 1
    del table
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_damaged_page_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"x": ["a", "b"] * 200, "y": np.arange(400) % 7}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[30:60] = b"\xff" * 30
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="not a whole Parquet file"):
        tables.read(path)


def test_parquet_types_become_numbers_times_or_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table(
            {
                "i": pa.array([1, None, 3], pa.int32()),
                "d": pa.array(["u", "v", "u"]).dictionary_encode(),
                "t": pa.array([0, 86_400_000, None], pa.timestamp("ms")),
                "n": pa.array([[1], [2], [3]]),
                "b": pa.array([True, None, False]),
            }
        ),
        path,
    )
    table = tables.open_table(path)
    assert table.columns == ("i", "d", "t", "b") and "nested" in table.notes[0]
    (block,) = table.blocks()
    assert [tables.infer(block.column(c)) for c in table.columns] == ["number", "text", "time", "boolean"]
    numbers = tables.as_numbers(block.column("i"))
    assert numbers.missing == 1 and np.array_equal(numbers.values, [1, np.nan, 3], equal_nan=True)
    assert tables.as_epoch_s(block.column("t")).values[1] == 86400.0
    assert tables.as_text(block.column("b")).to_pylist() == ["true", None, "false"]


def test_floats_are_those_of_the_slice(tmp_path: Path) -> None:
    array = pa.array([1.0, None, 3.0, None, 5.0] * 5).slice(3, 12)
    assert np.array_equal(tables.floats(array), array.to_numpy(zero_copy_only=False), equal_nan=True)


def test_words_for_nothing_are_missing_and_others_unreadable() -> None:
    numbers = tables.as_numbers(pa.array(["1", "NA", " 2 ", "nan", "", "oops", None]))
    assert (numbers.missing, numbers.unparsed) == (4, 1)
    times = tables.as_epoch_s(pa.array(["2024-01-02", "2024-01-02T00:00:01+01:00", "soon"]))
    assert times.values[:2].tolist() == [1704153600.0, 1704150001.0] and times.unparsed == 1


def test_a_large_csv_comes_in_blocks_and_its_sample_is_spread(tmp_path: Path) -> None:
    rows = 700_000
    path = write(tmp_path, "big.csv", "i,x\n" + "".join(f"{i},{i % 7}.25\n" for i in range(rows)))
    table = tables.open_table(path)
    blocks = [block.rows for block in table.blocks(["i"])]
    assert sum(blocks) == rows and max(blocks) <= 200_000
    sample = tables.as_numbers(table.sample("i")).values
    assert sample.min() < 0.05 * rows and sample.max() > 0.95 * rows


def test_a_delimiter_that_is_not_looked_for_is_named(tmp_path: Path) -> None:
    spaced = tmp_path / "spaced.csv"
    spaced.write_text("popul votes age\n0 7 36\n190 1 20\n31 7 24\n")
    with pytest.raises(InputError) as told:
        tables.open_table(spaced)
    assert "splits every line alike" in told.value.problems[0]
    assert tables.open_table(spaced, delimiter=" ").columns == ("popul", "votes", "age")
    spaced.write_text("words of one column\nthree words here\nonly two\nand these are four\n")
    assert tables.open_table(spaced).columns == ("words of one column",)


def test_a_comment_above_the_header_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stocks.csv"
    file.write_text("# Data source: somewhere\nday,x\n1,2\n")
    with pytest.raises(InputError) as told:
        tables.open_table(file)
    assert "comment" in told.value.problems[0]


def test_a_sample_of_a_wide_file_is_of_the_column_that_is_asked_for(tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    names = [f"c{i}" for i in range(3000)]
    wide.write_text(
        "\n".join([",".join(names), *(",".join(f"{r}.{i}" for i in range(3000)) for r in range(9))])
    )
    assert tables.open_table(wide).sample("c2999").to_pylist()[:2] == ["0.2999", "1.2999"]


def test_a_decimal_comma_of_a_spreadsheet_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    rows = "".join(f"{i};{i},5;1.{i:03d},25;a,b;x\r\n" for i in range(40))
    path.write_bytes("\ufeffn;half;thousands;pair;Größe\r\n".encode() + rows.encode())
    table = tables.open_table(path)
    kinds = {name: tables.infer(table.sample(name)) for name in table.columns}
    assert kinds == {"n": "number", "half": "number", "thousands": "number", "pair": "text", "Größe": "text"}
    (block,) = table.blocks(["half", "thousands"])
    assert tables.as_numbers(block.column("half")).values[:2].tolist() == [0.5, 1.5]
    assert tables.as_numbers(block.column("thousands")).values[7] == 1007.25
    assert any("decimal points" in note and "half" in note for note in table.notes)
    plain = tmp_path / "plain.csv"
    plain.write_text('a,b\n"1,234",2\n"2,500",3\n')
    grouped = tables.open_table(plain)
    assert tables.as_numbers(grouped.sample("a")).values.tolist() == [1234.0, 2500.0], (
        "with a comma between values, it is no decimal point: it groups digits"
    )
    assert any("group digits" in note for note in grouped.notes)
