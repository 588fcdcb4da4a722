"""Reading a person's CSV and Parquet files: hostile-file-safe, in bounded memory, never changing them.

`read` gives a whole small table as a polars frame with inferred types; `open_table` gives a `Table` whose blocks
stream. Every defect of a file is an `InputError` that names all of them.
"""

from gradatim.instruments.tables.digest import digest
from gradatim.instruments.tables.frame import read
from gradatim.instruments.tables.table import Block, Table, open_table
from gradatim.instruments.tables.values import (
    NULL_WORDS,
    Kind,
    as_epoch_s,
    as_numbers,
    as_text,
    floats,
    infer,
    time_hint,
    unit,
)
from gradatim.instruments.tables.written import one_number

__all__ = [
    "NULL_WORDS",
    "Block",
    "Kind",
    "Table",
    "as_epoch_s",
    "as_numbers",
    "as_text",
    "digest",
    "floats",
    "infer",
    "one_number",
    "open_table",
    "read",
    "time_hint",
    "unit",
]
