"""`gradatim work drift merge`: saved references, added up."""

from __future__ import annotations

from pathlib import Path

import click

from gradatim.cli.command import Command
from gradatim.cli.options import json_option
from gradatim.cli.work.options import DATA, NEW_FILE, refuse_existing


@click.command(cls=Command, examples=["gradatim work drift merge all.json may.json june.json"])
@click.argument("target", type=NEW_FILE, metavar="NEW")
@click.argument("profiles", nargs=-1, required=True, type=DATA, metavar="PROFILE...")
@click.option("--force", is_flag=True, help="Overwrite NEW.")
@json_option
def merge(target: Path, profiles: tuple[Path, ...], *, force: bool, as_json: bool) -> None:
    """Add saved profiles up: months to a quarter, shards to a whole.

    Exact where they have the same bins (saved with --like); else the error is kept and taken off every verdict.
    """
    refuse_existing([target], force=force)
    from gradatim.cli.output import emit
    from gradatim.instruments import drift as instrument

    whole = instrument.merge([instrument.load(path) for path in profiles], [path.name for path in profiles])
    instrument.save(whole, target)
    slack = max((c.slack / c.known for c in whole.columns.values() if c.known), default=0.0)
    facts = {
        "profile": str(target),
        "rows": whole.rows,
        "columns": len(whole.columns),
        "largest_slack_share": slack,
    }

    def human() -> None:
        click.echo(f"{len(profiles)} profiles, {whole.rows:,} rows, {len(whole.columns)} columns in {target}")
        if slack:
            click.echo(f"their bins differ: up to {slack:.2%} of rows may stand on the wrong side of an edge")

    emit(facts, as_json, human)
