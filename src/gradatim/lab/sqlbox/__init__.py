"""SQL over the rows that are visible now, and over nothing else."""

from .box import Growing, Keys, QueryResult, SqlBox, close_shared, run_query, shared_box
from .tables import Columns, Tables, with_clock

__all__ = [
    "Columns",
    "Growing",
    "Keys",
    "QueryResult",
    "SqlBox",
    "Tables",
    "close_shared",
    "run_query",
    "shared_box",
    "with_clock",
]
