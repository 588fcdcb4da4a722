"""`lab tournament`: policies on many fresh instances, with intervals, and a table a paper can print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command
from gradatim.cli.options import FILE, json_option, seed_option
from gradatim.cli.output import Line, dollars, emit, table
from gradatim.cli.service import open_world

LATEX = {
    "\\": r"\textbackslash{}", "$": r"\$", "&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "−": "$-$",
}  # fmt: skip
KINDS = {"policy": "policy", "senior": "senior", "skill_free": "no skill", "computed": "no skill, computed"}


@click.command(
    cls=Command,
    examples=[
        "gradatim lab tournament incident-response my_policy.py --instances 20 --seed 7",
        "gradatim lab tournament incident-response my_policy.py --markdown",
    ],
)
@click.argument("lab")
@click.argument("policies", nargs=-1, required=True, type=FILE, metavar="POLICY...")
@click.option("--instances", type=click.IntRange(3, 5000), default=20, show_default=True, help="How many.")
@seed_option
@click.option("--workers", type=click.IntRange(1, 256), help="Processes. Default: one a core.")
@click.option("--latex", is_flag=True, help="Print the table in LaTeX.")
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@json_option
def tournament(
    lab: str,
    policies: tuple[Path, ...],
    instances: int,
    seed: int | None,
    workers: int | None,
    latex: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Let policies play the same fresh instances, beside the senior and the policies without skill.

    Regret 0 is the senior, 1 the usual policy without skill. Intervals hold 95 % and are resampled by
    instance, paired across players; below eight instances they are the whole range. A policy that fails counts
    as idle from there on, and its error is named. Each runs in its own limited process.
    """
    from gradatim.app.tournament import tournament as play

    app = open_world(quiet=as_json)
    with Line() as line:
        result = play(
            app,
            lab,
            policies,
            instances=instances,
            seed=seed,
            workers=workers,
            progress=lambda done, total: line.say(f"instances played: {done} of {total}"),
        )

    def human() -> None:
        if latex:
            click.echo(as_latex(result))
        elif markdown:
            click.echo(as_markdown(result))
        else:
            print_result(result)

    emit(result, as_json, human)


def print_result(result: dict[str, Any]) -> None:
    """The players, the differences between policies, and what failed."""
    click.echo(
        f"{result['lab']} {result['version']}: {result['instances']} instances, {result['healthy']} of them healthy, "
        f"seed {result['seed']}"
    )
    rows = [
        (
            p["player"],
            KINDS[p["kind"]],
            dollars(p["mean_loss_usd"]),
            _with_interval(p, "mean_regret"),
            _ratio(p["mean_regret_faulty"]),
            _ratio(p["mean_regret_healthy"]),
            _ratio(p["skill"]),
            _share(p["exam_pass_rate"]),
            p["failed"] or "",
        )
        for p in result["players"]
    ]
    columns = [
        "player",
        "",
        "mean loss",
        "mean regret",
        "faulty",
        "healthy",
        "skill",
        "exams passed",
        "failed",
    ]
    table(columns, rows, right=range(2, 9))
    for d in result["differences"]:
        click.echo(f"{d['policy']} less {d['less']}: regret {_with_interval(d, 'mean_regret')}")
    for p in result["players"]:
        for error in p["errors"]:
            click.echo(f"{p['player']} failed: {error}")


def as_markdown(result: dict[str, Any]) -> str:
    """The table in Markdown."""
    lines = ["| player | mean loss | mean regret | skill | exams passed |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {' | '.join(cells)} |" for cells in _cells(result)]
    return "\n".join([*lines, "", _caption(result)])


def as_latex(result: dict[str, Any]) -> str:
    """The table in LaTeX, for the package booktabs."""
    body = [" & ".join(_latex(cell) for cell in cells) + r" \\" for cells in _cells(result)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            r"\begin{tabular}{lrrrr}",
            r"\toprule",
            r"Player & Mean loss & Mean regret & Skill & Exams passed \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\caption{{{_latex(_caption(result))}}}",
            r"\end{table}",
        ]
    )


def _cells(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """Policies and the senior, and the best three without skill."""
    free = [p for p in result["players"] if p["kind"] in ("skill_free", "computed")][:3]
    shown = [p for p in result["players"] if p["kind"] in ("policy", "senior") or p in free]
    return [
        (
            p["player"] + (f" (failed on {p['failed']})" if p["failed"] else ""),
            dollars(p["mean_loss_usd"]),
            _with_interval(p, "mean_regret"),
            _ratio(p["skill"]),
            _share(p["exam_pass_rate"]),
        )
        for p in shown
    ]


def _caption(result: dict[str, Any]) -> str:
    bounds = (
        "range over instances" if result["instances"] < 8 else "95% bootstrap interval by instance, paired"
    )
    return (
        f"{result['lab']} {result['version']} ({result['digest'][:8]}), {result['instances']} instances "
        f"({result['healthy']} healthy), seed {result['seed']}. Regret 0 is the senior reference, 1 the usual policy "
        f"without skill; in brackets: {bounds}. The three best policies without skill are shown."
    )


def _with_interval(p: dict[str, Any], name: str) -> str:
    return f"{p[name]:.2f} [{p[f'{name}_low']:.2f}, {p[f'{name}_high']:.2f}]"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _latex(text: str) -> str:
    for plain, written in LATEX.items():
        text = text.replace(plain, written)
    return text
