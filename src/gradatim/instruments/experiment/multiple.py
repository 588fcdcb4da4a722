"""Several tests at once: p values that may be read together."""

from __future__ import annotations

from collections.abc import Sequence

CORRECTIONS = {
    "holm": "Holm 1979: the chance of one false alarm among all the tests is at most alpha",
    "bh": "Benjamini and Hochberg 1995: of the alarms raised, at most a share alpha is false on average",
    "none": "no correction: each test has its own chance alpha of a false alarm",
}


def adjust(p_values: Sequence[float], correction: str = "holm", tests: int | None = None) -> list[float]:
    """Adjusted p values, in the order given.

    Args:
        p_values: raw.
        correction: a key of CORRECTIONS.
        tests: how many tests there were, where some are not listed (other arms, for instance).
    """
    m = max(tests or 0, len(p_values))
    if correction == "none":
        return list(p_values)
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    if correction == "holm":
        running = 0.0
        for rank, i in enumerate(order):
            running = max(running, min(1.0, (m - rank) * p_values[i]))
            adjusted[i] = running
        return adjusted
    running = 1.0
    for rank in range(len(order) - 1, -1, -1):
        i = order[rank]
        running = min(running, m / (rank + 1) * p_values[i])
        adjusted[i] = running
    return adjusted
