"""What the exam commands print for a person."""

from __future__ import annotations

from typing import Any

import click

from gradatim.cli.output import dollars, table


def print_exam(e: dict[str, Any]) -> None:
    """One exam: where it stands, or its verdict."""
    who = "" if e["player"] == "learner" else f", played by {e['player']}"
    click.echo(f"exam {e['id']} of {e['lab_id']} {e['lab_version']}: {e['status']}, {e['grade']}{who}")
    if e["predicted"]:
        p = e["predicted"]
        click.echo(f"  you expected:  {p['skill']:.2f}   ({p['lo']:.2f} to {p['hi']:.2f})")
    if e["issue"]:
        _print_issue(e["issue"])
    if e["status"] == "drawing":
        click.echo(
            f"  drawing:       {e['drawing']['done']} of {e['drawing']['total'] or '?'} reference runs"
        )
    elif e["status"] == "failed":
        click.echo(f"  why:           {e['drawing'].get('why', '')}")
    elif e["verdict"] is None:
        click.echo(f"  worked:        {e['worked']} of {e['n']}, to be handed in by {e['expires_at']}")
        rows = [(i["number"], i["state"], i["clock"] or "", i["attempt_id"] or "") for i in e["instances"]]
        table(["", "instance", "clock", "attempt"], rows, right=[0])
    else:
        _print_verdict(e)
    for number, why in e.get("policy_failed", {}).items():
        click.echo(f"  the policy failed on instance {number} and counts as idle from there: {why}")
    click.echo(f"next:  {_next(e)}")


def print_list(found: list[dict[str, Any]]) -> None:
    """All exams."""
    if not found:
        click.echo("no exam yet")
        click.echo("next:  gradatim exam start incident-response")
        return
    rows = [
        (
            e["id"],
            e["lab_id"],
            e["created_at"],
            e["status"],
            e["verdict"]["grade"] if e["verdict"] else e["grade"],
            f"{e['worked']} of {e['n']}" if e["n"] else "-",
            "-" if e["verdict"] is None else f"{e['verdict']['skill']:.2f} {e['verdict']['status']}",
        )
        for e in found
    ]
    table(["exam", "lab", "issued", "state", "grade", "worked", "skill"], rows)
    click.echo(f"next:  {found[0]['command']}")


def print_verification(found: dict[str, Any]) -> None:
    """What `exam verify` found."""
    rows = [
        (
            "ok" if e["ok"] else "FAIL",
            e["exam"],
            e["status"],
            e["outcomes_recomputed"],
            e["replaced"],
            "; ".join(e["problems"]),
        )
        for e in found["exams"]
    ]
    if rows:
        table(["", "exam", "state", "outcomes recomputed", "drawn again", "problems"], rows, right=[3, 4])
    else:
        click.echo("no exam yet")
    for problem in found["ledger"]:
        click.echo(f"ledger: {problem}")
    click.echo("ledger: whole" if not found["ledger"] else "ledger: broken")


def _print_issue(issue: dict[str, Any]) -> None:
    click.echo(
        f"  issued by:     {issue['reviewer']} at {issue['issued_at']}, holds until {issue['expires_at']}"
    )
    if issue["minutes_to_submit"] is not None:
        late = ", too late for the grade" if issue["late"] else ""
        click.echo(f"  issue to submit: {issue['minutes_to_submit']:.0f} minutes{late}")


def _print_verdict(e: dict[str, Any]) -> None:
    v, est = e["verdict"], e["verdict"]["estimate"]
    click.echo(
        f"  verdict:       {v['status']}, skill {v['skill']:.2f} (pass from {v['pass_mark']:.2f}), {v['grade']}"
    )
    click.echo(
        f"  estimate:      {est['skill']:.2f}   ({est['skill_low']:.2f} to {est['skill_high']:.2f} in nine of ten, "
        f"from {est['n']} instances, pulled towards what is usual)"
    )
    if "prediction_held" in v:
        click.echo(f"  your interval: {'held the skill' if v['prediction_held'] else 'missed the skill'}")
    click.echo("  Three to five instances catch a trick; they do not tell a senior from a mid.")
    rows = [
        (
            i["number"],
            "healthy" if i["healthy"] else "faulty",
            i["family_title"],
            dollars(i["loss_usd"]),
            dollars(i["senior_usd"]),
            dollars(i["stakes_usd"]),
            f"{i['regret']:.2f}",
            i["attempt_id"],
        )
        for i in e["instances"]
    ]
    columns = ["", "it was", "what", "lost", "senior", "at stake", "regret", "attempt"]
    table(columns, rows, right=[0, 3, 4, 5, 6])


def _next(e: dict[str, Any]) -> str:
    if e["status"] == "submitted":
        return f"gradatim exam verify {e['id']}"
    return str(e["command"])
