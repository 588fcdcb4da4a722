"""The use cases: start a lab, act, submit, debrief. The only thing that the faces call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.app.app import App

__all__ = ["App"]


def __getattr__(name: str) -> Any:
    if name == "App":
        from gradatim.app.app import App

        return App
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
