"""What a panel of reviewers adds to a packet: levels, agreement, and what another panel would decide."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.path.packet.support import Rules
from gradatim.path.packet.verdict import bar_met
from gradatim.path.review.agreement import agreement
from gradatim.path.review.panel import another_panel, panel_levels
from gradatim.path.review.rating import Rating

FEWEST = 2
"""A panel is at least two people: one reviewer's word is shown, and decides nothing here."""


def panel(
    rules: Rules, ratings: Sequence[Rating], supported: Mapping[str, int], *, seed: str
) -> dict[str, Any] | None:
    """The panel's part of a packet; None when nobody has rated.

    Args:
        supported: what the items carry; the panel lowers it and never raises it.
        seed: names the stream that the interval and the chance are drawn from, so that a verifier draws the same.
    """
    import numpy as np

    if not ratings:
        return None
    rng = np.random.default_rng(
        int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=16).digest(), "little")
    )
    raters = [r.rater() for r in ratings]
    means, levels = panel_levels(raters)
    units = {d: [{str(i): r.levels[d] for i, r in enumerate(ratings)}] for d in rules.dimensions}
    counts = len(ratings) >= FEWEST

    def decide(found: Mapping[str, int]) -> bool:
        return bar_met(rules, {d: min(found[d], supported[d]) for d in rules.dimensions})

    return {
        "raters": [
            {
                "name": r.reviewer, "role": r.role, "rated_at": r.rated_at, "levels": dict(r.levels),
                "words": dict(r.words), "packet": r.packet,
                "severity": {"value": round(x.severity.value, 4), "se": round(x.severity.se, 4), "n": x.severity.n},
            }
            for r, x in zip(ratings, raters, strict=True)
        ],
        "means": {d: round(m, 4) for d, m in means.items()},
        "levels": levels,
        "decides": counts,
        "kappa": _rounded(agreement(units, rng, of="kappa").as_dict()) if counts else None,
        "alpha": _rounded(agreement(units, rng, of="alpha").as_dict()) if counts else None,
        "another": _rounded(another_panel(raters, decide, rng)) if counts else None,
    }  # fmt: skip


def _rounded(found: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}
