"""Which columns and segments carry the change: a hint where to look first, never a proof of cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradatim.instruments.drift.calibration import Scores
    from gradatim.instruments.drift.finding import ColumnResult


@dataclass(frozen=True)
class Carrier:
    """A column or segment value and the part of the change of the mean prediction that goes with it."""

    name: str
    effect: float
    text: str

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "change_of_mean_prediction": self.effect, "text": self.text}


def mean_change(reference: Scores, current: Scores) -> float:
    """Change of the mean prediction."""
    from gradatim.instruments.drift.calibration import ALL

    before, after = (s.total / max(1, int(s.tallies[ALL][""][0].sum())) for s in (reference, current))
    return after - before


def carriers(reference: Scores, current: Scores, results: list[ColumnResult]) -> list[Carrier]:
    """Columns by how far their own shift alone would move the mean prediction.

    The reference's mean prediction in each group of a column is weighted with the current shares of the groups:
    what is expected if only this column's distribution had changed. Columns that move together share the credit.
    """
    import numpy as np

    changed = {r.name for r in results if r.state in {"drift", "episode", "small"}}
    found = []
    for name, before in reference.groups.items():
        after = current.groups.get(name)
        if after is None or name not in changed or not before[0].sum() or not after[0].sum():
            continue
        mean = np.divide(before[1], before[0], out=np.full(len(before[0]), np.nan), where=before[0] > 0)
        whole = before[1].sum() / before[0].sum()
        mean[np.isnan(mean)] = whole  # a group the reference never saw says nothing
        effect = float(((after[0] / after[0].sum() - before[0] / before[0].sum()) * mean).sum())
        found.append(
            Carrier(
                name, effect, f"the shift of {name} alone would move the mean prediction by {effect:+.3f}"
            )
        )
    return sorted(found, key=lambda c: -abs(c.effect))[:8]


def together(results: list[ColumnResult]) -> list[str]:
    """Columns that went missing by the same share at once: most likely one source upstream."""
    missing: dict[int, list[str]] = {}
    for result in results:
        rise = result.measures.get("missing_share_current", 0) - result.measures.get(
            "missing_share_reference", 0
        )
        if result.state == "drift" and rise >= 0.005:
            missing.setdefault(round(rise * 1000), []).append(result.name)
    since: dict[float, list[str]] = {}
    for result in results:
        if result.persistence is not None and result.persistence.since_s is not None:
            since.setdefault(result.persistence.since_s, []).append(result.name)
    said = [
        f"{len(names)} columns lost the same {share / 1000:.1%} of their values: look for one source "
        f"that they share ({', '.join(names[:6])}{' …' if len(names) > 6 else ''})"
        for share, names in sorted(missing.items(), reverse=True)
        if len(names) > 1
    ]
    from gradatim.instruments.drift.persistence import when

    said += [
        f"{len(names)} columns changed in the same window, {when(start)}: look at what was deployed or loaded then "
        f"({', '.join(names[:6])}{' …' if len(names) > 6 else ''})"
        for start, names in sorted(since.items())
        if len(names) > 1
    ]
    return said
