"""Evidence: what an item is, how it is captured, and how a named person attests it."""

from __future__ import annotations

from .item import ASSISTANCE, GRADES, KINDS, Item, parse_item
from .record import Record, records
from .text import visible

__all__ = ["ASSISTANCE", "GRADES", "KINDS", "Item", "Record", "parse_item", "records", "visible"]
