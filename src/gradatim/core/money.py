"""Money is counted in whole micro-dollars, so that sums are exact in any order."""

from __future__ import annotations

MICRO = 1_000_000


def micro(usd: float) -> int:
    """Dollars to micro-dollars, rounded half to even."""
    return round(usd * MICRO)


def usd(micro_usd: int) -> float:
    """Micro-dollars to dollars."""
    return micro_usd / MICRO


def dollars(micro_usd: int) -> str:
    """As a person writes it: $1,234 or −$0.52 (cents only below ten dollars)."""
    value = abs(micro_usd) / MICRO
    text = f"${value:,.0f}" if value >= 10 or value == 0 else f"${value:,.2f}"
    return f"−{text}" if micro_usd < 0 else text
