"""What one look at the machine found."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from gradatim.core.errors import GradatimError


class Finding(NamedTuple):
    """The result of one check.

    Attributes:
        check: what was looked at.
        state: "ok"; "warn": works, with less than there could be; "fail": must be mended.
        detail: what was found.
        next: the command that mends it; empty when there is nothing to do.
        figures: what was measured, each with its unit in the name.
    """

    check: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    next: str = ""
    figures: Mapping[str, float] = MappingProxyType({})


def failed(check: str, error: GradatimError) -> Finding:
    """An error of ours as a finding that must be mended."""
    detail = (
        error.what + (f" ({error.where})" if error.where else "") + (f": {error.why}" if error.why else "")
    )
    return Finding(check, "fail", detail, error.next)
