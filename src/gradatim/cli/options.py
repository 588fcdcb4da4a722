"""Parameter types and options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Seed(click.ParamType[int]):
    """An integer from 0 to 2**128 - 1, decimal or 0x-hexadecimal."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            seed = int(str(value), 0)
        except ValueError:
            self.fail(f"{value!r} is not an integer", param, ctx)
        if not 0 <= seed < 1 << 128:
            self.fail(f"{value} is outside 0 .. 2**128 - 1", param, ctx)
        return seed


class Finite(click.ParamType[float]):
    """A finite number between two bounds, both included.

    Args:
        low: the least value.
        high: the greatest value.
    """

    name = "number"

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a number", param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        if not self.low <= number <= self.high:
            self.fail(f"{value} is out of range: at least {self.low:g}, at most {self.high:g}", param, ctx)
        return number


SEED = Seed()
PORT = click.IntRange(0, 65535)
FILE = click.Path(exists=True, dir_okay=False, readable=True, resolve_path=True, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)
FILE_OR_FOLDER = click.Path(exists=True, readable=True, resolve_path=True, path_type=Path)


def json_option(command: F) -> F:
    """`--json`: one JSON document on stdout, every figure named with its unit."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document, units in the names."
    )(command)


def seed_option(command: F) -> F:
    """`--seed N`, any integer of up to 128 bits."""
    return click.option(
        "--seed", type=SEED, default=None, metavar="N", help="0 .. 2**128 - 1. Default: drawn at random."
    )(command)


def family_option(command: F) -> F:
    """`--family F`, one of the lab's fault families."""
    return click.option(
        "--family",
        default=None,
        metavar="F",
        help="A family of the lab; `lab show LAB` lists them. Default: drawn by the seed.",
    )(command)
