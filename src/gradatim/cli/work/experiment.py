"""`gradatim work experiment`: plan an experiment, or read one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradatim.cli.options import Finite
from gradatim.cli.work.checked import Checked, refused, there
from gradatim.cli.work.options import DATA, DELIMITER, ENCODING, command_line, finish, report_options
from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.instruments.experiment.plan import Design
    from gradatim.instruments.experiment.study import Question

SHARE = Finite(1e-6, 0.5)
POSITIVE = Finite(1e-12, 1e15)
NUMBER = Finite(-1e15, 1e15)
READING, PLANNING = "reads DATA", "with --plan"
PLAN_ONLY = (
    "baseline",
    "mean",
    "sd",
    "mde",
    "units_per_arm",
    "units_per_day",
    "power",
    "ratio",
    "one_sided",
    "formula",
    "looks",
    "bound",
    "comparisons",
    "rows_per_unit",
    "icc",
    "cuped_correlation",
)
READ_ONLY = (
    "metrics",
    "guardrails",
    "arm",
    "control",
    "treatment",
    "unit",
    "time",
    "segments",
    "covariates",
    "split",
    "worth",
    "method",
    "correction",
    "tuned_for_units",
    "least_units",
    "planned_units",
    "delimiter",
    "encoding",
)


def _one_of_the_two(options: dict[str, Any]) -> None:
    """A file is read, or a plan is made; options of the other kind are named, never ignored."""
    data, plan = options["data"], options["plan"]
    ctx = click.get_current_context()
    problems = []
    if plan and data is not None:
        problems.append("DATA is not read with --plan: leave one of them out")
    if not plan and data is None:
        problems.append("a file is needed: gradatim work experiment DATA --metric COLUMN, or --plan")
    wrong = READ_ONLY if plan else PLAN_ONLY
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name in wrong:
            flag = parameter.opts[0]
            problems.append(f"{flag} belongs to {'reading a file, not to --plan' if plan else '--plan'}")
    if problems:
        raise InputError(refused("gradatim work experiment"), problems)


def _plan_alone(options: dict[str, Any]) -> None:
    if options["plan"]:
        _design(options)


def _look_at_columns(options: dict[str, Any]) -> None:
    """Whether the file has the columns that are named, and the metrics can be read."""
    data = options["data"]
    if options["plan"] or not there(data):
        return
    from gradatim.instruments.experiment.rows import open_data
    from gradatim.instruments.experiment.study import asked

    asked(open_data(data, options["delimiter"], options["encoding"]), _question(options))


def _question(options: dict[str, Any]) -> Question:
    from gradatim.instruments.experiment.study import Question

    other = {"split": "shares"}
    names = [*READ_ONLY[: READ_ONLY.index("delimiter")], "alpha"]
    return Question(**{other.get(name, name): options[name] for name in names})


def _design(options: dict[str, Any]) -> Design:
    """The plan's question from the options; every contradiction at once."""
    from gradatim.instruments.experiment.plan import Design, Outcome
    from gradatim.instruments.experiment.power import MEAN_FORMULAS, PROPORTION_FORMULAS, Criterion

    problems: list[str] = []
    rate, mean = options["baseline"], options["mean"]
    if (rate is None) == (mean is None):
        problems.append("name the outcome: --baseline P for a rate, or --mean M with --sd S, not both")
    if rate is None and mean is not None and options["sd"] is None:
        problems.append("--mean needs --sd, the standard deviation per row")
    if rate is not None and options["sd"] is not None:
        problems.append("--sd belongs to --mean: a rate's standard deviation follows from it")
    if (options["mde"] is None) == (options["units_per_arm"] is None):
        problems.append("name --mde SIZE (gives the units) or --units-per-arm N (gives the effect), not both")
    base = rate if rate is not None else mean
    lift = _lift(options["mde"], base, problems)
    if lift is not None and rate is not None and not 0 < rate + lift < 1:
        problems.append(
            f"--mde {options['mde']}: {rate:g} with that effect is {rate + lift:.4g}, outside 0 to 1"
        )
    formulas = MEAN_FORMULAS if rate is None else PROPORTION_FORMULAS
    formula = options["formula"] or ("t" if rate is None else "pooled")
    if formula not in formulas:
        problems.append(f"--formula {formula}: one of {', '.join(formulas)}")
    if options["icc"] > 0 and options["rows_per_unit"] == 1:
        problems.append("--icc needs --rows-per-unit")
    if problems:
        raise InputError(
            "the plan is not clear", problems, next="gradatim work experiment --plan --baseline 0.20 --mde 5%"
        )
    criterion = Criterion(
        options["alpha"] / options["comparisons"],
        options["power"],
        1 if options["one_sided"] else 2,
        options["ratio"],
    )
    return Design(
        Outcome(float(base or 0.0), options["sd"]),
        criterion,
        formula,
        lift,
        options["units_per_arm"],
        options["units_per_day"],
        options["rows_per_unit"],
        options["icc"],
        options["cuped_correlation"],
        options["looks"],
        options["bound"],
    )


def _lift(text: str | None, base: float | None, problems: list[str]) -> float | None:
    """The absolute effect of `--mde`: a number, or a percentage of the control."""
    if text is None:
        return None
    from gradatim.instruments.size import read_size

    size, relative = read_size(text)
    if math.isnan(size) or size == 0:
        problems.append(f"--mde {text}: a number other than 0, such as 0.05 or 5%")
        return None
    if not relative:
        return size
    if not base:
        problems.append("--mde in percent needs a control's rate or mean other than 0")
        return None
    return size * abs(base)


@click.command(
    cls=Checked,
    checks=[_one_of_the_two, _plan_alone],
    files=[_look_at_columns],
    examples=[
        "gradatim work experiment visits.csv --arm variant --control control --metric converted --unit user_id",
        "gradatim work experiment visits.csv --metric revenue --guardrail latency_ms:down:2% --html report.html",
        "gradatim work experiment --plan --baseline 0.20 --mde 0.05 --units-per-day 300",
        "gradatim work experiment --plan --mean 40 --sd 55 --mde 2% --looks 5",
    ],
)
@click.argument("data", type=DATA, required=False)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="M",
    help="A goal: COLUMN, A/B or sum(COLUMN); :down if less is better.",
)
@click.option(
    "--guardrail",
    "guardrails",
    multiple=True,
    metavar="M",
    help="COLUMN:up|down:MARGIN, shown not to be worse by MARGIN (2% or 0.5).",
)
@click.option("--arm", metavar="COLUMN", help="Which arm a row is in. Default: arm, variant, group, bucket.")
@click.option(
    "--control", metavar="ARM", help="The arm compared against. Default: control, baseline, a, off."
)
@click.option("--treatment", metavar="ARM", help="The arm judged, where there are several.")
@click.option(
    "--unit",
    metavar="COLUMN",
    help="What was randomised, for instance user_id; its rows are added up. none: each row for itself.",
)
@click.option("--time", metavar="COLUMN", help="When a row happened: the effect over time, and novelty.")
@click.option(
    "--segment", "segments", multiple=True, metavar="COLUMN", help="Parts of the population; may be repeated."
)
@click.option(
    "--cuped", "covariates", multiple=True, metavar="METRIC=COLUMN", help="A covariate from before the start."
)
@click.option("--split", multiple=True, metavar="ARM=WEIGHT", help="The intended split. Default: equal.")
@click.option(
    "--worth", default="", metavar="SIZE", help="The least effect of the first goal worth having: 2% or 0.5."
)
@click.option(
    "--planned-units",
    type=click.IntRange(4),
    default=None,
    metavar="N",
    help="Where it ends, both arms together.",
)
@click.option(
    "--method",
    type=click.Choice(["anytime", "fixed"]),
    default="anytime",
    help="Which interval decides. Default: anytime.",
)
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh", "none"]),
    default="holm",
    help="Across goals. Default: holm.",
)
@click.option("--alpha", type=SHARE, default=0.05, metavar="A", help="Level. Default: 0.05.")
@click.option(
    "--tuned-for-units",
    type=Finite(10, 1e12),
    default=None,
    metavar="N",
    help="Where the anytime interval is tightest. Default: --planned-units, or 5000.",
)
@click.option(
    "--min-units",
    "least_units",
    type=click.IntRange(2),
    default=100,
    metavar="N",
    help="Per arm, below which nothing is judged. Default: 100.",
)
@click.option("--delimiter", type=DELIMITER, metavar="C", help="Of a CSV. Default: found.")
@click.option("--encoding", type=ENCODING, metavar="NAME", help="Of a CSV. Default: UTF-8.")
@click.option("--plan", is_flag=True, help="Size an experiment instead of reading one.")
@click.option(
    "--baseline",
    type=Finite(1e-9, 1 - 1e-9),
    default=None,
    metavar="P",
    help="Plan: the control's rate, 0 to 1.",
)
@click.option("--mean", type=NUMBER, default=None, metavar="M", help="Plan: the control's mean, with --sd.")
@click.option("--sd", type=POSITIVE, default=None, metavar="S", help="Plan: standard deviation per row.")
@click.option(
    "--mde", default=None, metavar="SIZE", help="Plan: the effect to be seen: 0.05, or 5% of the control."
)
@click.option(
    "--units-per-arm",
    type=Finite(2, 1e15),
    default=None,
    metavar="N",
    help="Plan: control units there are; gives the effect.",
)
@click.option(
    "--units-per-day",
    type=POSITIVE,
    default=None,
    metavar="N",
    help="Plan: both arms together; gives the duration.",
)
@click.option("--power", type=Finite(0.5, 0.9999), default=0.8, metavar="P", help="Plan: default 0.8.")
@click.option(
    "--ratio",
    type=Finite(0.001, 1000),
    default=1.0,
    metavar="R",
    help="Plan: treatment units per control unit.",
)
@click.option("--one-sided", is_flag=True, help="Plan: a one-sided test.")
@click.option(
    "--formula",
    default=None,
    metavar="F",
    help="Plan: pooled, baseline, unpooled, arcsine; t, normal. Default: pooled, t.",
)
@click.option(
    "--looks",
    type=click.IntRange(1, 50),
    default=1,
    metavar="K",
    help="Plan: looks of a group-sequential design.",
)
@click.option(
    "--bound",
    type=click.Choice(["pocock", "obrien-fleming"]),
    default="obrien-fleming",
    help="Plan: its shape.",
)
@click.option(
    "--comparisons",
    type=click.IntRange(1, 1000),
    default=1,
    metavar="N",
    help="Plan: metrics × treatments; alpha is divided (Bonferroni).",
)
@click.option(
    "--rows-per-unit", type=Finite(1, 1e9), default=1.0, metavar="M", help="Plan: rows that a unit brings."
)
@click.option(
    "--icc", type=Finite(0, 1), default=0.0, metavar="R", help="Plan: correlation of rows of one unit."
)
@click.option(
    "--cuped-correlation",
    type=Finite(0, 0.999),
    default=0.0,
    metavar="R",
    help="Plan: of metric and covariate.",
)
@report_options
def experiment(
    data: Path | None, plan: bool, html: Path | None, as_json: bool, record: bool, force: bool, **options: Any
) -> None:
    """Read an experiment, or size one with --plan.

    Checks the split first, then every metric with intervals that stay valid however often they are looked at,
    and says ship, stop or keep running, and why.
    """
    if plan or data is None:
        from gradatim.instruments.experiment.plan import plan as size
        from gradatim.instruments.experiment.planreport import build_plan

        design = _design(options)
        report = build_plan(design, size(design), command_line())
    else:
        from gradatim.instruments.experiment.report import build
        from gradatim.instruments.experiment.study import study
        from gradatim.instruments.report import Input

        found = study(data, _question(options), options["delimiter"], options["encoding"])
        report = build(found, command_line(), [Input.of(data, found.readout.units.rows)])
    finish(report, html=html, as_json=as_json, record=record)
