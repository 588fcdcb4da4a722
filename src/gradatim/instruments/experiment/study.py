"""From a file and a question to findings: the whole reading of an experiment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.experiment.analyse import LEAST_UNITS, Method, Settings, analyse
from gradatim.instruments.experiment.anytime import TUNED_FOR_UNITS
from gradatim.instruments.experiment.decide import Worth, decide
from gradatim.instruments.experiment.findings import Findings
from gradatim.instruments.experiment.metric import Metric, parse_metric
from gradatim.instruments.experiment.novelty import novelty
from gradatim.instruments.experiment.overtime import looks
from gradatim.instruments.experiment.rows import open_data, read_rows
from gradatim.instruments.experiment.segments import by_segment
from gradatim.instruments.experiment.units import Layout, Units, collect
from gradatim.instruments.size import read_size
from gradatim.instruments.tables import as_text, unit

if TYPE_CHECKING:
    from gradatim.instruments.tables import Table

ARM_NAMES = ("arm", "variant", "group", "bucket", "variation")
UNIT_NAMES = (
    "unit",
    "user",
    "visitor",
    "customer",
    "account",
    "member",
    "client",
    "device",
    "subject",
    "person",
)
"""With or without `_id` at their end: columns that say what was randomised."""
ROWS = "none"
"""The unit that a person names where each row was randomised for itself."""
CONTROL_NAMES = ("control", "baseline", "a", "off", "0", "0.0", "false")


class Question(NamedTuple):
    """What is asked of the data, as the command line gives it.

    Args:
        metrics, guardrails: as `parse_metric` reads them.
        arm, control, treatment: the arm column and the two arms; None is looked for.
        unit, time, segments: columns.
        covariates: METRIC=COLUMN, for CUPED.
        shares: ARM=WEIGHT, the intended split; empty is equal.
        worth: the least effect worth having, "2%" or "0.5"; "" is none.
    """

    metrics: Sequence[str]
    guardrails: Sequence[str] = ()
    arm: str | None = None
    control: str | None = None
    treatment: str | None = None
    unit: str | None = None
    time: str | None = None
    segments: Sequence[str] = ()
    covariates: Sequence[str] = ()
    shares: Sequence[str] = ()
    worth: str = ""
    alpha: float = 0.05
    method: Method = "anytime"
    correction: str = "holm"
    tuned_for_units: float | None = None
    least_units: int = LEAST_UNITS
    planned_units: int | None = None


def study(
    path: Path, question: Question, delimiter: str | None = None, encoding: str | None = None
) -> Findings:
    """Read the file and answer the question.

    Raises:
        InputError: the question does not fit the file, or the file cannot be used; all problems at once.
    """
    table = open_data(path, delimiter, encoding)
    metrics, layout, worth, weights = asked(table, question)
    if question.unit is None:
        _refuse_repeated(table)
    rows = read_rows(table, layout.wanted(metrics))
    units = collect(rows.frame, layout, metrics)
    control, treatment = _arms(question, units)
    settings = Settings(
        control,
        treatment,
        _shares(weights, units),
        question.alpha,
        question.method,
        question.correction,
        question.tuned_for_units or question.planned_units or TUNED_FOR_UNITS,
        question.least_units,
        question.planned_units,
    )
    readout = analyse(units, settings)
    first = readout.goals[0]
    timed = layout.time is not None
    change = novelty(readout, rows.frame, layout) if timed else None
    return Findings(
        readout,
        decide(readout, worth=worth, novelty=change),
        looks(readout, first) if timed and not first.too_little else (),
        by_segment(readout, list(layout.segments)),
        change,
        rows.notes,
        layout.unit is not None,
        timed,
    )


def asked(table: Table, question: Question) -> tuple[list[Metric], Layout, Worth | None, dict[str, float]]:
    """The question, as far as the names of the columns answer it: metrics, columns, what is worth it, the split.

    Raises:
        InputError: the question does not fit the file; all problems at once.
    """
    columns = list(table.columns)
    problems: list[str] = []
    metrics = _metrics(question, columns, problems)
    arm = _arm(question.arm, columns, problems)
    unit = None if question.unit == ROWS and ROWS not in columns else question.unit
    for name, role in (
        (unit, "--unit"),
        (question.time, "--time"),
        *((s, "--segment") for s in question.segments),
    ):
        if name is not None and name not in columns:
            problems.append(f'{role} {name}: there is no column "{name}"')
    worth = _worth(question.worth, problems)
    _units(table, metrics, worth, problems)
    weights = _weights(question.shares, problems)
    if problems:
        raise InputError(
            f"{table.path.name} does not answer that question",
            problems,
            why="columns: "
            + ", ".join(f'"{c}"' for c in columns[:30])
            + (" ..." if len(columns) > 30 else ""),
        )
    layout = Layout(arm, unit, question.time, tuple(dict.fromkeys(question.segments)))
    return metrics, layout, worth, weights


def _refuse_repeated(table: Table) -> None:
    """A file with a user's rows more than once is read only once it is said whether users or rows were randomised.

    Raises:
        InputError: there is a column of users whose values repeat.
    """
    plain = {
        name.lower().replace(" ", "_").removesuffix("_id").removesuffix("id"): name for name in table.columns
    }
    column = next((plain[name] for name in UNIT_NAMES if name in plain), None)
    if column is None:
        return
    polars = load("polars", "work", "Reading tables")
    rows, parts = 0, []
    for block in table.blocks([column]):
        rows += block.rows
        parts.append(polars.Series(as_text(block.column(column))).drop_nulls().unique())
    units = polars.concat(parts).n_unique() if parts else 0
    if 0 < units < rows:
        raise InputError(
            "what was randomised is not clear",
            [f'"{column}" repeats: {rows:,} rows of {units:,}. Rows of one user are not independent.'],
            why="counted as units of their own they would make every interval too narrow",
            next=f"--unit {column}, which adds its rows up; or --unit {ROWS} where each row was randomised for itself",
        )


def _metrics(question: Question, columns: list[str], problems: list[str]) -> list[Metric]:
    found: list[Metric] = []
    for texts, guardrail in ((question.metrics, False), (question.guardrails, True)):
        for text in texts:
            try:
                found.append(parse_metric(text, columns, guardrail=guardrail))
            except ValueError as error:
                problems.append(str(error))
    if not question.metrics:
        problems.append("no goal: name at least one --metric COLUMN")
    names = [m.name for m in found]
    problems += [
        f'metric "{n}" is named {names.count(n)} times' for n in sorted({*names}) if names.count(n) > 1
    ]
    for text in question.covariates:
        name, _, column = text.rpartition("=")
        if not name or name not in names:
            problems.append(f"--cuped {text}: write METRIC=COLUMN with one of the metrics {', '.join(names)}")
        elif column not in columns:
            problems.append(f'--cuped {text}: there is no column "{column}"')
        elif column in found[names.index(name)].columns:
            problems.append(
                f"--cuped {text}: the metric cannot be its own covariate; it is measured before the start"
            )
        else:
            at = names.index(name)
            m = found[at]
            found[at] = Metric(
                m.name, m.numerator, m.denominator, m.aggregate, m.better, m.margin, m.relative_margin, column
            )
    return found


def _units(table: Table, metrics: list[Metric], worth: Worth | None, problems: list[str]) -> None:
    """Sizes in a metric's own unit do not go with values that carry units of their own."""
    for i, metric in enumerate(metrics):
        margin = metric.margin is not None and not metric.relative_margin
        if not margin and not (i == 0 and worth is not None and not worth.relative):
            continue
        told = next((u for c in metric.columns if c in table.columns and (u := unit(table.sample(c)))), "")
        if told:
            problems.append(
                f'"{metric.name}" has units beside its values and is read in {told.removeprefix("in ")}: '
                "give the size as a share, such as 2%"
            )


def _arm(named: str | None, columns: list[str], problems: list[str]) -> str:
    if named is not None:
        if named not in columns:
            problems.append(f'--arm {named}: there is no column "{named}"')
        return named
    for column in columns:
        if column.lower() in ARM_NAMES:
            return column
    problems.append("which column is the arm? Name it with --arm COLUMN")
    return ""


def _arms(question: Question, units: Units) -> tuple[str, str]:
    arms = list(units.counts)
    listed = ", ".join(f'"{a}" ({n:,} units)' for a, n in units.counts.items())
    problems = [
        f'{role} {name}: there is no arm "{name}"'
        for role, name in (("--control", question.control), ("--treatment", question.treatment))
        if name is not None and name not in arms
    ]
    control = question.control or next((a for a in arms if a.lower() in CONTROL_NAMES), None)
    if control is None:
        problems.append("which arm is the control? Name it with --control ARM")
    others = [a for a in arms if a != control]
    treatment = question.treatment or (others[0] if len(others) == 1 else None)
    if treatment is None and control in arms:
        problems.append(f"{len(others)} arms besides the control: name the one to judge with --treatment ARM")
    if treatment is not None and treatment == control:
        problems.append("control and treatment are the same arm")
    if problems or control is None or treatment is None:
        raise InputError("the arms are not clear", problems, why=f"arms: {listed}")
    return control, treatment


def _weights(texts: Sequence[str], problems: list[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = math.nan
        if not name or not (math.isfinite(weight) and weight > 0):
            problems.append(
                f"--split {text}: write ARM=WEIGHT with a positive weight, for instance control=9"
            )
        elif name in weights:
            problems.append(f'--split {text}: "{name}" has a weight already')
        else:
            weights[name] = weight
    return weights


def _shares(weights: dict[str, float], units: Units) -> dict[str, float]:
    """The intended weights of the arms that are there; an intended arm without a unit is a mismatch to be told."""
    if not weights:
        return dict.fromkeys(units.counts, 1.0)
    absent = [a for a in weights if a not in units.counts]
    unnamed = [a for a in units.counts if a not in weights]
    if absent or unnamed:
        raise InputError(
            "--split does not fit the arms",
            [f'"{a}" has a weight and no unit' for a in absent]
            + [f'"{a}" has units and no weight' for a in unnamed],
        )
    return weights


def _worth(text: str, problems: list[str]) -> Worth | None:
    if not text:
        return None
    size = read_size(text)
    if not size.value > 0:
        problems.append(f"--worth {text}: a positive number such as 2% (of the control) or 0.5")
        return None
    return Worth(*size)
