"""The verdict of an analysis in words, and its figures as plain values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradatim.instruments.report import Verdict

if TYPE_CHECKING:
    from gradatim.instruments.drift.analysis import Analysis
    from gradatim.instruments.drift.finding import ColumnResult
    from gradatim.instruments.drift.performance import Group

NAMED = 6


def verdict(analysis: Analysis) -> Verdict:
    """Bad: a lasting change that matters. Not sure: too little data, or a change that is over. Good: neither."""
    drifted, past = analysis.in_state("drift"), analysis.in_state("episode")
    changed = [g for g in analysis.groups if g.changed]
    why = [
        *_performance_reasons(analysis),
        *(_column_reason(r, analysis.settings.alpha) for r in drifted[:NAMED]),
    ]
    if len(drifted) > NAMED:
        why.append(f"and {len(drifted) - NAMED} more columns, listed in the report")
    why += [_episode_reason(r) for r in past[:NAMED]]
    small = analysis.in_state("small")
    if small:
        named = ", ".join(r.name for r in small[:NAMED]) + (" …" if len(small) > NAMED else "")
        why.append(f"{len(small)} changed by a little, too little to matter: {named}")
    count = len(analysis.results)
    if drifted or changed:
        parts = []
        if changed:
            parts.append(_headline_performance(changed))
        if drifted:
            parts.append(
                f"{len(drifted)} of {_columns(count)} {'have' if len(drifted) > 1 else 'has'} drifted"
            )
        elif changed:
            parts.append("no input has drifted")
        if drifted and not changed and analysis.groups and analysis.groups[0].estimated:
            parts.append(f"estimated {_metric(analysis)} holds")
        return Verdict("bad", _sentence(parts), (*why, _sure(analysis)))
    if past:
        return Verdict(
            "unsure",
            f"{len(past)} of {_columns(count)} had drifted for a while and came back",
            (*why, _sure(analysis)),
        )
    blind = analysis.smallest_visible_sd > analysis.settings.must_see
    if blind:
        return Verdict(
            "unsure",
            "No drift is seen, but there are too few rows to rule it out"
            + (
                f": only a shift of {analysis.smallest_visible_sd:.2g} standard deviations or more would show"
                if math.isfinite(analysis.smallest_visible_sd)
                else ""
            ),
            (*why, _sure(analysis)),
        )
    if analysis.groups and analysis.groups[0].estimated is None:
        return Verdict(
            "unsure",
            f"No column of {count} has drifted, but performance could not be estimated",
            (analysis.groups[0].remark, *why, _sure(analysis)),
        )
    holds = f" and estimated {_metric(analysis)} holds" if analysis.groups else ""
    return Verdict(
        "good",
        f"None of {_columns(count)} moved by {analysis.settings.effect:g} standard deviations or its like{holds}",
        (*why, _sure(analysis)),
    )


def result(analysis: Analysis) -> dict[str, Any]:
    """The figures as plain values."""
    settings = analysis.settings
    return {
        "rows_reference": analysis.reference.rows,
        "rows_current": analysis.current.rows,
        "alpha": settings.alpha,
        "tests": analysis.tests,
        "smallest_visible_shift_sd": analysis.smallest_visible_sd,
        "limits": {
            "effect_sd": settings.effect,
            "js_distance": settings.js,
            "share": settings.share,
            "broken_share": settings.broken,
            "performance": settings.performance,
            "must_see_sd": settings.must_see,
        },
        "drifted": [r.name for r in analysis.in_state("drift")],
        "episodes": [r.name for r in analysis.in_state("episode")],
        "small_changes": [r.name for r in analysis.in_state("small")],
        "not_compared": [r.name for r in analysis.in_state("not compared")],
        "new_columns": analysis.new_columns,
        "performance": {
            "metric": analysis.request.metric,
            "threshold": analysis.request.threshold,
            "groups": [g.as_dict() for g in analysis.groups],
        }
        if analysis.groups
        else None,
        "prediction": {
            "change_of_mean": analysis.prediction_change,
            "carriers": [c.as_dict() for c in analysis.carriers],
        }
        if analysis.prediction_change is not None
        else None,
        "hints": analysis.hints,
        "notes": analysis.notes,
        "columns": [_column(r, analysis) for r in analysis.results],
        **({"examples": analysis.examples.as_dict()} if analysis.examples is not None else {}),
    }


def not_checked(analysis: Analysis) -> list[str]:
    """What the verdict does not cover."""
    said = []
    if analysis.request.time is None:
        said.append(
            "Whether a change lasts, and whether rows cluster: rows are taken as independent. "
            "Give --time COLUMN to see windows and to widen the noise by what the reference's own windows show."
        )
    elif analysis.reference.windows < 8:
        said.append(
            "The reference's natural variation between windows: it has fewer than 8 windows of 50 rows, "
            "so rows are taken as independent."
        )
    if analysis.request.prediction is None:
        said.append("Performance: give --prediction COLUMN and --label COLUMN to have it estimated.")
    else:
        if analysis.current.scores is None or not analysis.current.scores.label:
            said.append(
                "A change of the relation between inputs and label: without labels in the current file "
                "no method can see it."
            )
        said.append("Regression and multi-class predictions: only binary ones are estimated.")
    said.append(
        "Joint changes: columns are compared one by one, so a change of a correlation alone is not seen."
    )
    unnamed = [r.name for r in analysis.results if r.kind == "category" and r.remark]
    if unnamed:
        said.append(f"New values of {', '.join(unnamed[:NAMED])}: they have too many values to name all.")
    empty = [r.name for r in analysis.in_state("not compared")]
    if empty:
        said.append(f"Columns without a value in the reference: {', '.join(empty[:NAMED])}.")
    if analysis.new_columns:
        shown = ", ".join(analysis.new_columns[:NAMED])
        said.append(f"Columns that only the current file has: {shown}.")
    texts = [r.name for r in analysis.results if r.kind == "text"]
    if texts:
        said.append(f"What texts say: only the length of {', '.join(texts[:NAMED])} is compared.")
    return [*said, *(note[:1].upper() + note[1:] + "." for note in analysis.notes)]


def _column(r: ColumnResult, analysis: Analysis) -> dict[str, Any]:
    return {
        "name": r.name,
        "kind": r.kind,
        "state": r.state,
        "remark": r.remark,
        "effect_over_limit": r.weight,
        "findings": [
            {
                "what": f.what,
                "effect": f.effect,
                "limit": f.limit,
                "p": f.p,
                "p_adjusted": f.p_adjusted,
                "above_noise": f.p_adjusted < analysis.settings.alpha,
                "matters": f.large,
                "text": f.text,
            }
            for f in r.findings
        ],
        "measures": r.measures,
        "persistence": r.persistence.as_dict() if r.persistence else None,
    }


def _column_reason(r: ColumnResult, alpha: float) -> str:
    """A drifted column's largest finding, how sure it is, and since when it lasts."""
    real = [f for f in r.real(alpha) if f.large] or sorted(r.findings, key=lambda f: -f.weight)
    text = real[0].text if real else "changed in its last windows"
    since = ""
    if r.persistence is not None and r.persistence.since_s is not None:
        from gradatim.instruments.drift.persistence import when

        since = f"; lasting since {when(r.persistence.since_s)}"
    p = f" (p {_p(real[0].p_adjusted)} after correction)" if real and real[0].p_adjusted < alpha else ""
    return f"{r.name}: {text}{p}{since}"


def _episode_reason(r: ColumnResult) -> str:
    from gradatim.instruments.drift.persistence import when

    assert r.persistence is not None
    spans = ", ".join(f"{when(a)} to {when(b)}" for a, b in r.persistence.episodes[:3])
    seen, of = sum(r.persistence.flagged), len(r.persistence.flagged)
    return f"{r.name}: changed in {seen} of {of} windows ({spans}), not since"


def _performance_reasons(analysis: Analysis) -> list[str]:
    said = []
    for g in analysis.groups:
        where = f"{g.segment} = {g.value}: " if g.segment else ""
        said += [f"{where}{text}" for text in g.changed.values()]
    if analysis.groups and not analysis.groups[0].changed and analysis.groups[0].estimated:
        g, name = analysis.groups[0], analysis.request.metric
        if name in (g.estimated or {}) and g.reference and name in g.reference:
            now, before = g.estimated[name], g.reference[name]  # type: ignore[index]
            said.append(
                f"estimated {_metric(analysis)} {now.value:.3f} ({now.low:.3f} to {now.high:.3f}), "
                f"reference {before.value:.3f}"
            )
    return said[:10]


def _headline_performance(changed: list[Group]) -> str:
    first = changed[0]
    side = "realised" if "realised" in first.changed else next(iter(first.changed))
    where = f" in {first.segment} = {first.value}" if first.segment else ""
    more = f" and {len(changed) - 1} more groups" if len(changed) > 1 else ""
    if side == "calibration":
        return f"calibration has changed{where}{more}"
    text = first.changed[side].split(", reference")[0]
    return f"{text}{where}{more}"


def _sure(analysis: Analysis) -> str:
    seen = (
        f"a shift of {analysis.smallest_visible_sd:.2g} standard deviations is seen 4 times in 5"
        if math.isfinite(analysis.smallest_visible_sd)
        else "no column had values on both sides"
    )
    level = f"{100 * analysis.settings.alpha:g} %"
    return f"{analysis.tests:,} tests; on unchanged data at most {level} of reports raise an alarm; {seen}"


def _metric(analysis: Analysis) -> str:
    return analysis.request.metric.replace("_", " ").replace("roc auc", "ROC AUC")


def _columns(count: int) -> str:
    return f"{count:,} column{'s' if count != 1 else ''}"


def _sentence(parts: list[str]) -> str:
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _p(p: float) -> str:
    return "below 1e-12" if p < 1e-12 else f"{p:.2g}"
