"""`gradatim path`: the map with where you are on it, the next step, a skill, the rubric, and the linter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command, LazyGroup
from gradatim.cli.options import json_option
from gradatim.cli.output import emit, number, table
from gradatim.core.errors import InputError

# Shape and words, never colour alone.
STATES = {
    "no_lab": "·  no lab yet",
    "not_observed": "○  not observed",
    "practising": "◔  practising",
    "shown": "◑  shown in the lab",
    "shown_again": "◕  shown again later",
    "used": "●  used at work",
}
HERE = "gradatim.cli.path"


@click.group(
    cls=LazyGroup,
    commands_at={
        "show": f"{HERE}:show",
        "next": f"{HERE}:next_step",
        "skill": f"{HERE}:skill",
        "estimates": f"{HERE}:estimates",
        "rubric": f"{HERE}:rubric",
        "lint": f"{HERE}:lint",
        "packs": "gradatim.cli.packs:packs",
        "ladder": "gradatim.cli.packs:ladder",
    },
    invoke_without_command=True,
    examples=["gradatim path", "gradatim path next", "gradatim path skill incident-response"],
)
@json_option
@click.pass_context
def path(ctx: click.Context, as_json: bool) -> None:
    """Show the modules and skills with your state on each; the next step; a skill; the rubric.

    Without a command, as `gradatim path show`.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show, as_json=as_json)


@click.command(cls=Command, examples=["gradatim path show", "gradatim path show --json"])
@json_option
def show(as_json: bool) -> None:
    """Show every module and skill with its state, its estimate and its labs."""
    from gradatim.cli.service import open_app

    shown = open_app().path()
    emit(shown, as_json, lambda: print_map(shown))


@click.command(name="next", cls=Command, examples=["gradatim path next", "gradatim path next --json"])
@json_option
def next_step(as_json: bool) -> None:
    """Say the one next step, with its reason and its command."""
    from gradatim.cli.service import open_app

    step = open_app().next_step()
    emit(step, as_json, lambda: print_step(step))


@click.command(cls=Command, examples=["gradatim path skill incident-response"])
@click.argument("skill_id", metavar="SKILL")
@json_option
def skill(skill_id: str, as_json: bool) -> None:
    """Show a skill: mid against senior, labs, work command, reading, estimate, what is missing and why."""
    from gradatim.cli.service import open_app

    found = open_app().skill(skill_id)
    emit(found, as_json, lambda: print_skill(found))


@click.command(cls=Command, examples=["gradatim path estimates", "gradatim path estimates --json"])
@json_option
def estimates(as_json: bool) -> None:
    """Show every estimate with its interval, and how well you predicted your exams."""
    from gradatim.cli.service import open_app

    app = open_app()
    skills = [one for module in app.path()["modules"] for one in module["skills"] if one["estimate"]]
    found = {
        "skills": [{k: one[k] for k in ("id", "title", "state", "estimate")} for one in skills],
        "calibration": app.estimates.calibration(),
    }
    emit(found, as_json, lambda: print_estimates(found))


@click.command(cls=Command, examples=["gradatim path rubric", "gradatim path rubric D5"])
@click.argument("dimension", required=False)
@json_option
def rubric(dimension: str | None, as_json: bool) -> None:
    """Show what committees look for: all dimensions on a line each, or DIMENSION at its five levels."""
    from gradatim.cli.service import open_app

    app = open_app()
    if dimension is not None:
        app.learner.rubric.dimension(dimension)
    found = app.rubric()
    if dimension is None:
        emit(found, as_json, lambda: print_rubric(found))
        return
    one = next(d for d in found["dimensions"] if d["id"] == dimension)
    emit(one, as_json, lambda: print_dimension(one))


@click.command(cls=Command, examples=["gradatim path lint", "gradatim path lint --schema path"])
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
)
@click.option(
    "--schema", type=click.Choice(["path", "rubric"]), help="Print the JSON Schema of that file and leave."
)
@json_option
def lint(folder: Path | None, as_json: bool, schema: str | None = None) -> None:
    """Check a path pack: FOLDER with its path.toml and rubric.toml, or the path that is open.

    Every problem is printed at once; exit code 2 when there is one.
    """
    if schema is not None:
        import json

        from gradatim.path.lint import schema_of

        click.echo(json.dumps(schema_of(schema), indent=2))
        return
    from gradatim.cli.service import open_app
    from gradatim.path.lint import lint as check

    where = folder or open_app().packs.folder()
    report = check(where)
    if report.problems:
        raise InputError(
            "this pack is not whole",
            report.problems,
            where=str(where),
            next="mend it, then: gradatim path lint FOLDER",
        )
    counts = {k: v for k, v in report._asdict().items() if k != "problems"}
    text = ", ".join(f"{count} {name}" for name, count in counts.items())
    emit({"ok": True, **counts}, as_json, lambda: click.echo(f"whole: {text}"))


def print_map(shown: dict[str, Any]) -> None:
    """Every module with its skills, their state and the labs that are there."""
    for module in shown["modules"]:
        low, high = module["weeks"]
        click.echo(f"{module['number']}. {module['title']}  ({low}-{high} weeks)")
        rows = [
            (
                "  " + STATES.get(one["state"], one["state"]),
                one["title"],
                interval(one["estimate"]),
                ", ".join(lab["id"] for lab in one["labs"]),
            )
            for one in module["skills"]
        ]
        table(["  state", "skill", "estimate (80 % interval)", "labs"], rows)
        click.echo()
    click.echo("next:  gradatim path next")


def print_step(step: dict[str, Any]) -> None:
    """What to do now, why, how long it takes, and the command."""
    minutes = f"  ({step['minutes']} minutes)" if step.get("minutes") else ""
    click.echo(f"{step['title']}{minutes}")
    click.echo(f"  why:   {step['why']}")
    click.echo(f"  next:  {step['command']}")


def print_skill(found: dict[str, Any]) -> None:
    """A skill as its page has it."""
    click.echo(f"{found['title']}  ({found['module']['number']}. {found['module']['title']})")
    click.echo(f"  {found['statement']}")
    click.echo(f"  state:    {STATES[found['state']]}")
    click.echo(f"  estimate: {interval(found['estimate']) or 'none yet'}")
    click.echo(f"  mid:      {found['mid']}")
    click.echo(f"  senior:   {found['senior']}")
    click.echo(f"  labs:     {', '.join(lab['id'] for lab in found['labs']) or 'no lab yet'}")
    if found["work"]:
        there = "" if found["work"]["there"] else "  (not there yet)"
        click.echo(f"  at work:  {found['work']['command']}{there}")
    click.echo(f"  feeds:    {', '.join(f['id'] + ' ' + f['title'] for f in found['feeds'])}")
    click.echo("Still missing")
    for one in found["missing"]:
        click.echo(f"  - {one['what']}: {one['text']} Why: {one['why']}")
    click.echo("Reading")
    for one in found["reading"]:
        where = f", {one['where']}" if one["where"] else ""
        click.echo(f"  - {one['by']}: {one['title']} ({one['year']}){where}")


def print_estimates(found: dict[str, Any]) -> None:
    """The estimates, then bias, Brier score and how often the own intervals held."""
    if not found["skills"]:
        click.echo("No exam yet, so nothing is estimated.\nnext:  gradatim path next")
        return
    rows = [(STATES[one["state"]], one["title"], interval(one["estimate"])) for one in found["skills"]]
    table(["state", "skill", "estimate (80 % interval)"], rows)
    overall = found["calibration"]["overall"]
    if overall:
        click.echo(
            f"\nyour predictions: bias {overall['bias']:+.2f}, Brier {overall['brier']:.2f}, "
            f"{overall['within']:.2f} of your intervals held (0.80 is the aim), {overall['n']} exams"
        )


def print_rubric(found: dict[str, Any]) -> None:
    """The contrasts, the bar and the gates."""
    table(
        ["", "dimension", "mid", "senior", "not yet", "proof that counts"],
        [
            (d["id"], d["title"], *(d["contrast"][k] for k in ("mid", "senior", "not_yet", "proof")))
            for d in found["dimensions"]
        ],
    )
    bar = found["bar"]
    click.echo(
        f"\nbar:   mean at least {bar['mean']:g}, at least {bar['at_four']} of {bar['of']} at 4, none below "
        f"{bar['none_below']}; each 4 on {bar['independent_items']} independent items, {bar['work_items']} of them work"
    )
    click.echo(f"gates: {', '.join(g['title'].lower() for g in found['gates'])}")
    click.echo(f"next:  gradatim path rubric {found['dimensions'][0]['id']}")


def print_dimension(one: dict[str, Any]) -> None:
    """One dimension at its five levels."""
    click.echo(f"{one['id']} {one['title']}: {one['question']}")
    for level in one["levels"]:
        click.echo(f"\n{level['level']} {level['word']}: {level['statement']}")
        for signal in level["signals"]:
            click.echo(f"    - {signal}")
        click.echo(f"    example:  {level['example']}")
        click.echo(f"    not yet:  {level['counter_signal']}")
        click.echo(f"    evidence: {', '.join(level['evidence'])}")
    if one["self"]:
        click.echo(f"\nyou said: level {one['self'][-1]['level']} ({one['self'][-1]['at'][:10]})")


def interval(estimate: dict[str, Any] | None) -> str:
    """An estimate is never printed without its interval and what it rests on."""
    if estimate is None:
        return ""
    low, high = number(round(estimate["low"], 2)), number(round(estimate["high"], 2))
    plural = "" if estimate["n"] == 1 else "s"
    return f"{estimate['value']:.2f}, {low} to {high}, {estimate['n']} instance{plural}"
