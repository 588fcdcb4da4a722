"""The files judged as Kayenta judges them, with the two things it lets pass named beside its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gradatim.core.errors import InputError
from gradatim.instruments.canary.compare import Action, Comparison, Side, judge_sides, read_side
from gradatim.instruments.canary.judge import mixed_level, mixed_text
from gradatim.instruments.canary.kayenta.judge import ERROR, HIGH, LOW, NODATA_FAIL, Judged, judge
from gradatim.instruments.canary.kayenta.score import Score, score
from gradatim.instruments.canary.kayenta.settings import Configuration, Rule, configuration
from gradatim.instruments.canary.metric import CanaryMetric
from gradatim.instruments.experiment.rows import NUMBER, open_data
from gradatim.instruments.slo.document import read_documents

if TYPE_CHECKING:
    from gradatim.instruments.canary.compare import Request
    from gradatim.instruments.canary.kayenta.mannwhitney import Values


MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Compatible:
    """Kayenta's answer.

    Args:
        results: per metric.
        score: its score and classification; None where it was left out for its cost.
        no_data: metrics without a point on one side.
        flagged: mixed shifts in metrics that it passes, one sentence each.
    """

    results: list[Judged]
    score: Score | None
    no_data: list[str]
    flagged: list[str]


def load_configuration(path: Path, pass_score: float, marginal_score: float) -> Configuration:
    """Read a CanaryConfig, JSON or YAML.

    Raises:
        InputError: not readable, not JSON or YAML, or not such a configuration; all problems at once.
    """
    documents = read_documents(path)
    if len(documents) > 1:
        raise InputError(f"{path.name} holds several YAML documents", ["a canary configuration is one"])
    document = documents[0].value
    return configuration(document, pass_score, marginal_score)


def from_metrics(metrics: Sequence[CanaryMetric], pass_score: float, marginal_score: float) -> Configuration:
    """A configuration with Kayenta's defaults: one group, every metric in it."""
    return Configuration(
        tuple(Rule(m.column, direction=m.worse) for m in metrics), {}, pass_score, marginal_score
    )


def compare_configured(
    baseline: Path,
    canary: Path,
    config: Configuration,
    request: Request,
    delimiter: str | None,
    encoding: str | None,
) -> Comparison:
    """The comparison of a configuration's metrics; one that is in neither file has no data.

    Raises:
        InputError: a file cannot be used.
    """
    tables = [open_data(path, delimiter, encoding) for path in (baseline, canary)]
    problems = [
        f'{role} {column}: {t.path.name} has no column "{column}"'
        for role, column in (("--slice", request.slice), ("--time", request.time))
        for t in tables
        if column is not None and column not in t.columns
    ]
    if problems:
        raise InputError("these files do not answer that question", problems)
    metrics = [CanaryMetric(r.name, r.direction, request.tolerance) for r in config.rules]  # type: ignore[arg-type]
    sides = [read_side(table, metrics, request) for table in tables]
    return judge_sides(sides[0], sides[1], metrics, request)


def compatible(found: Comparison, config: Configuration, *, whatever_it_costs: bool) -> Compatible:
    """Kayenta's judgement of the same points.

    Args:
        found: our comparison, which has the points.
        config: the rules.
        whatever_it_costs: with more than 100,000 points on a side its root search takes many seconds a metric, so
            it is left out unless its answer is the verdict.
    """
    no_data = [rule.name for rule in config.rules if not _has_points(found, rule.name)]
    if not whatever_it_costs and max(found.rows) > MOST_POINTS:
        return Compatible([], None, no_data, [])
    results = [
        judge(rule, _values(found.baseline, rule.name), _values(found.canary, rule.name))
        for rule in config.rules
    ]
    passed = {r.rule.name for r in results if r.label not in (HIGH, LOW)}
    flagged = [
        f"{j.metric.column} passes there, but {mixed_text(j)}"
        for j in found.whole
        if j.metric.column in passed and j.p_mixed_adjusted < mixed_level(found.request.rule, j.points.least)
    ]
    answer = score(results, config.weights, config.pass_score, config.marginal_score)
    return Compatible(results, answer, no_data, flagged)


def decide_compatible(found: Comparison, answer: Compatible) -> None:
    """Replace the comparison's verdict by Kayenta's; missing data and errors are inconclusive all the same."""
    total = answer.score
    assert total is not None
    said = f"Kayenta's score is {total.total:g} ({total.classification})"
    reasons = [total.reason] if total.reason else []
    reasons += [
        r.reason
        for r in answer.results
        if r.label in (HIGH, LOW, NODATA_FAIL) and r.reason not in total.reason
    ]
    broken = [f"{r.rule.name}: {r.reason}" for r in answer.results if r.label == ERROR]
    missing = [f"{name} has no data on one side, and no data is no pass" for name in answer.no_data]
    harmed = any(r.label in (HIGH, LOW, NODATA_FAIL) for r in answer.results if not r.rule.muted)
    action: Action
    if total.classification == "Fail" and (harmed or not (missing or broken)):
        action, head, why = "roll back", f"Roll back: {said}", [*reasons, *missing, *broken]
    elif missing or broken:
        first, *rest = [*missing, *broken]
        action, head, why = (
            "inconclusive",
            f"Inconclusive: {first}",
            [*rest, f"{said}, which is not followed here"],
        )
    elif total.classification == "Marginal":
        action, head, why = "inconclusive", f"Inconclusive: {said}", reasons
    else:
        action, head, why = "promote", f"Promote: {said}", reasons
    found.action, found.headline, found.why = action, head, [*why, *(f"beware: {f}" for f in answer.flagged)]


def _values(side: Side, name: str) -> Values:
    import numpy as np

    column = NUMBER + name
    if column not in side.frame.columns:
        return np.array([])
    values: Values = side.frame[column].fill_null(float("nan")).to_numpy()
    return values


def _has_points(found: Comparison, name: str) -> bool:
    import numpy as np

    return all(bool((~np.isnan(_values(side, name))).any()) for side in (found.baseline, found.canary))
