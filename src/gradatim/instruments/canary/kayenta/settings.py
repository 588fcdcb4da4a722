"""Kayenta's canary configuration: the part that decides how a metric is judged.

Shape and defaults: the CanaryConfig object in Kayenta's public documentation (docs/canary-config.md), and for the
defaults that it does not name the behaviour of NetflixACAJudge. Queries and templates are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradatim.core.errors import InputError

PASS_SCORE, MARGINAL_SCORE = 95.0, 75.0
CONFIDENCE, TOLERANCE = 0.98, 0.25
_CHOICES: dict[str, tuple[str, ...]] = {
    "direction": ("increase", "decrease", "either"),
    "nanStrategy": ("remove", "replace"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How one metric is judged. The names are Kayenta's, in our spelling.

    Args:
        direction: which change fails: increase, decrease, either.
        nan_strategy: remove missing values, or replace them by 0.
        critical: a failure of this metric fails the canary.
        must_have_data: no data fails the metric (unless it is critical, which fails the canary anyway).
        muted: judged and shown, but not scored.
        remove_outliers, outlier_factor: fences at this many interquartile ranges.
        measure: effect size, "meanRatio" or "cles".
        allowed: (decrease, increase) of the effect size that fails the metric.
        critical_at: (decrease, increase) that makes a critical metric's failure fail the canary.
    """

    name: str
    groups: tuple[str, ...] = ("metrics",)
    direction: str = "either"
    nan_strategy: str = "remove"
    critical: bool = False
    must_have_data: bool = False
    muted: bool = False
    remove_outliers: bool = False
    outlier_factor: float = 3.0
    measure: str = "meanRatio"
    allowed: tuple[float, float] = (1.0, 1.0)
    critical_at: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The metrics in their order, the groups' weights (percent), and the two scores."""

    rules: tuple[Rule, ...]
    weights: Mapping[str, float]
    pass_score: float = PASS_SCORE
    marginal_score: float = MARGINAL_SCORE


def configuration(
    document: Any, pass_score: float = PASS_SCORE, marginal_score: float = MARGINAL_SCORE
) -> Configuration:
    """A CanaryConfig document as a configuration.

    Raises:
        InputError: every defect of the document, at once.
    """
    problems: list[str] = []
    if not isinstance(document, dict):
        raise InputError("the canary configuration is not an object", ["the top level must be a mapping"])
    metrics = document.get("metrics")
    rules: list[Rule] = []
    if not isinstance(metrics, list) or not metrics:
        problems.append("metrics: must be a list with at least one metric")
    else:
        for i, metric in enumerate(metrics):
            rules += _rule(metric, f"metrics[{i}]", problems)
    names = [rule.name for rule in rules]
    problems += [
        f'metrics: "{n}" stands there {names.count(n)} times' for n in sorted({*names}) if names.count(n) > 1
    ]
    weights = _weights(document.get("classifier"), problems)
    if problems:
        raise InputError("the canary configuration cannot be used", problems)
    return Configuration(tuple(rules), weights, pass_score, marginal_score)


def _rule(metric: Any, where: str, problems: list[str]) -> list[Rule]:
    if not isinstance(metric, dict) or not isinstance(metric.get("name"), str) or not metric["name"]:
        problems.append(f"{where}: must be an object with a name")
        return []
    groups = metric.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(g, str) for g in groups):
        problems.append(f"{where}.groups: must be a list of names")
        groups = []
    canary = metric.get("analysisConfigurations", {})
    canary = canary.get("canary", {}) if isinstance(canary, dict) else None
    if not isinstance(canary, dict):
        problems.append(f"{where}.analysisConfigurations.canary: must be an object")
        return []
    read = _Reader(canary, f"{where}.analysisConfigurations.canary", problems)
    effect = read.inside("effectSize")
    measure = effect.choice("measure", ("meanRatio", "cles"), "meanRatio")
    neutral = 0.5 if measure == "cles" else 1.0
    outliers = read.inside("outliers")
    rule = Rule(
        metric["name"],
        tuple(groups),
        read.choice("direction", _CHOICES["direction"], "either"),
        read.choice("nanStrategy", _CHOICES["nanStrategy"], "remove"),
        read.flag("critical"),
        read.flag("mustHaveData"),
        read.flag("muted"),
        outliers.choice("strategy", ("keep", "remove"), "keep") == "remove",
        outliers.number("outlierFactor", 3.0),
        measure,
        (effect.number("allowedDecrease", neutral), effect.number("allowedIncrease", neutral)),
        (effect.number("criticalDecrease", neutral), effect.number("criticalIncrease", neutral)),
    )
    return [rule]


def _weights(classifier: Any, problems: list[str]) -> dict[str, float]:
    given = classifier.get("groupWeights") if isinstance(classifier, dict) else None
    if given is None:
        return {}
    if not isinstance(given, dict):
        problems.append("classifier.groupWeights: must be an object of group to percent")
        return {}
    for group, weight in given.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 100:
            problems.append(f"classifier.groupWeights.{group}: must be a number from 0 to 100")
    numbers = {str(g): float(w) for g, w in given.items() if isinstance(w, int | float)}
    if sum(numbers.values()) > 100 + 1e-9:
        problems.append(f"classifier.groupWeights: add up to {sum(numbers.values()):g}, more than 100")
    return numbers


@dataclass(frozen=True, slots=True)
class _Reader:
    """Typed reading of one object; every defect is collected."""

    values: dict[str, Any]
    where: str
    problems: list[str]

    def inside(self, name: str) -> _Reader:
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            self.problems.append(f"{self.where}.{name}: must be an object")
            value = {}
        return _Reader(value, f"{self.where}.{name}", self.problems)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.values.get(name, default)
        if value not in choices:
            self.problems.append(f"{self.where}.{name}: {value!r} is none of {', '.join(choices)}")
            return default
        return str(value)

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            self.problems.append(f"{self.where}.{name}: must be true or false")
            return False
        return value

    def number(self, name: str, default: float) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            self.problems.append(f"{self.where}.{name}: must be a number, 0 or more")
            return default
        return float(value)
