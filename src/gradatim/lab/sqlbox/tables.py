"""Columns in, in the form that DuckDB scans without a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[Any] | Sequence[Any]]
    Tables = Mapping[str, Columns]
else:
    Columns = Mapping
    Tables = Mapping


def with_clock(columns: Columns, epoch: np.datetime64) -> dict[str, NDArray[Any] | Sequence[Any]]:
    """The columns with a TIMESTAMP column `t` in front, made from `t_s`.

    Args:
        columns: must hold `t_s`, simulated seconds.
        epoch: the (fictional) date and time of second zero.
    """
    import numpy as np

    offset_us = np.round(np.asarray(columns["t_s"], dtype=np.float64) * 1e6).astype("timedelta64[us]")
    return {"t": epoch.astype("datetime64[us]") + offset_us, **columns}


def prepare(name: str, columns: Columns) -> dict[str, NDArray[Any]]:
    """Arrays of one length, text as objects; NaN and None become NULL.

    Fixed-width text becomes objects, because DuckDB 2 reads it as an ENUM, eight times slower.

    Raises:
        InputError: no columns, or columns of different lengths or shapes.
    """
    import numpy as np

    if not columns:
        raise InputError(f"table {name} has no columns")
    arrays = {column: _array(np, values) for column, values in columns.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        listed = ", ".join(f"{column} {array.shape}" for column, array in arrays.items())
        raise InputError(f"the columns of table {name} have different lengths", why=listed)
    return arrays


def _array(np: Any, given: NDArray[Any] | Sequence[Any]) -> NDArray[Any]:
    values: NDArray[Any] = given if isinstance(given, np.ndarray) else _from_list(np, given)
    if values.dtype.kind in "US":
        return values.astype(str).astype(object)
    if values.dtype.kind == "O":
        return _objects(np, values)
    if values.dtype.kind == "M":
        return values.astype("datetime64[us]")
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        return values.astype(np.float64)
    return values


def _from_list(np: Any, values: NDArray[Any] | Sequence[Any]) -> NDArray[Any]:
    array: NDArray[Any] = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _objects(np: Any, array: NDArray[Any]) -> NDArray[Any]:
    """Objects of one kind only: DuckDB guesses the type of an object column from a sample of its rows."""
    kinds = set(map(type, array)) - {type(None)}
    if not kinds or kinds <= {str, np.str_}:
        return array
    if kinds <= {bool, np.bool_} and None not in array:
        return array.astype(np.bool_)
    numbers = (int, float, np.integer, np.floating)
    if all(issubclass(kind, numbers) and kind is not bool for kind in kinds):
        if None not in array and all(issubclass(kind, int | np.integer) for kind in kinds):
            return array.astype(np.int64)
        return array.astype(np.float64)
    return _from_list(np, [None if value is None else str(value) for value in array])
