"""`gradatim doctor`: is this machine ready, and if not, which command mends it."""

from __future__ import annotations

from gradatim.cli.doctor.command import doctor

__all__ = ["doctor"]
