"""The whole comparison: reference file or profile against current file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, UnknownName
from gradatim.instruments.drift import collect
from gradatim.instruments.drift.calibration import Scores, restored
from gradatim.instruments.drift.compare import compare, decide, gone, smallest_visible
from gradatim.instruments.drift.finding import ColumnResult
from gradatim.instruments.drift.hint import Carrier, carriers, mean_change, together
from gradatim.instruments.drift.performance import METRICS, Group, assess
from gradatim.instruments.drift.persistence import over_time
from gradatim.instruments.drift.profile import ColumnProfile, Profile
from gradatim.instruments.drift.settings import Settings
from gradatim.instruments.drift.windows import Windows, inflation

if TYPE_CHECKING:
    from gradatim.instruments.drift.examples import Examples
    from gradatim.instruments.tables import Table


MAX_COMPARED = 5000


@dataclass(frozen=True)
class Request:
    """What is compared and how.

    Attributes:
        columns: only these; empty takes all.
        ignore: not these.
        categorical, text: columns whose kind is told.
        time, window_s: column of times and length of a window; persistence is looked at when both are there.
        prediction, label, positive, threshold, metric, segments: performance, when there is a prediction.
    """

    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    time: str | None = None
    window_s: float = 86400.0
    prediction: str | None = None
    label: str | None = None
    positive: str | None = None
    threshold: float = 0.5
    metric: str = "roc_auc"
    segments: tuple[str, ...] = ()


@dataclass
class Analysis:
    """What was found, before it is put into words."""

    reference: Profile
    current: collect.Side
    results: list[ColumnResult]
    tests: int
    smallest_visible_sd: float
    settings: Settings
    request: Request
    groups: list[Group] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)
    prediction_change: float | None = None
    hints: list[str] = field(default_factory=list)
    new_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    examples: Examples | None = None

    def in_state(self, *states: str) -> list[ColumnResult]:
        """Columns in these states, the largest effect first."""
        return sorted((r for r in self.results if r.state in states), key=lambda r: -r.weight)


def profile_of(
    table: Table,
    request: Request,
    *,
    digest: str,
    like: Profile | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Profile, Windows | None]:
    """Read a reference.

    Args:
        table: the file.
        request: which columns; time and prediction where they are asked for.
        digest: of the file.
        like: take kinds and bins from this profile, so that both can be merged without error.
        progress: told the rows so far.

    Raises:
        InputError: a column that was asked for is not there, no rows; all problems at once.
    """
    check_columns(table, request, reference=True)
    undecided: dict[str, Callable[[], ColumnProfile]] = {}
    if like is not None:
        there = set(table.columns)
        names = [name for name in like.columns if name in there]
        columns = collect.blank_current({name: like.columns[name] for name in names})
    else:
        columns = {name: ColumnProfile(name, "empty") for name in _names(table, request)}
        undecided = {
            name: partial(
                collect.blank_column,
                table,
                name,
                categorical=request.categorical,
                text=request.text,
            )
            for name in columns
        }
    time = request.time if request.time in table.columns else None
    windows = Windows(time, request.window_s) if time else None
    scores = _scores(table, request)
    side = collect.Side(columns, windows=windows, scores=scores, undecided=undecided)
    collect.fill(side, table, known=like.columns if like is not None else None, progress=progress)
    usable = 0
    if windows is not None:
        for column in columns.values():
            _, counts = windows.table(column.name)
            column.inflation = inflation(counts)
        usable = sum(rows >= 50 for rows in windows.rows)
    return (
        Profile(
            side.rows,
            columns,
            [
                {
                    "name": table.path.name,
                    "digest": digest,
                    "rows": side.rows,
                    "bytes": table.path.stat().st_size,
                }
            ],
            scores.as_dict() if scores is not None else None,
            usable,
        ),
        windows,
    )


def analyse(
    reference: Profile,
    table: Table,
    request: Request,
    settings: Settings,
    *,
    seed: int = 1,
    windows: Windows | None = None,
    progress: Callable[[int], None] | None = None,
) -> Analysis:
    """Compare a current file with a reference.

    Args:
        reference: of `profile_of`, or loaded.
        table: the current file, read once.
        request: the same as for the reference.
        settings: the limits.
        seed: of the bootstrap.
        windows: the reference's own windows where they are known: its natural variation.
        progress: told the rows so far.

    Raises:
        InputError: a column that was asked for is not there, no rows; all problems at once.
    """
    import numpy as np

    wanted = _wanted(reference, request)
    check_columns(table, request, reference=False)
    now = Windows(request.time, request.window_s) if request.time else None
    scores = _scores(table, request)
    before = _reference_scores(reference, request)
    there = set(table.columns)
    present = {name: column for name, column in wanted.items() if name in there}
    side = collect.Side(collect.blank_current(present), windows=now, scores=scores)
    collect.fill(side, table, known=present, progress=progress)

    # Values near the limit of a float overflow in a mean or a square; what is not finite then decides nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        results = [
            compare(column, side.columns[name], settings) if name in present else gone(column)
            for name, column in wanted.items()
        ]
    tests = decide(results, settings)
    if now is not None:
        for result in results:
            if result.name in present:
                _persist(result, wanted[result.name], now, windows, settings, tests)
    visible = [
        smallest_visible(
            column.known / column.inflation,
            side.columns[name].known / column.inflation,
            tests,
            settings.alpha,
        )
        for name, column in present.items()
        if column.kind != "empty" and column.known and side.columns[name].known
    ]
    made = Analysis(
        reference,
        side,
        results,
        tests,
        max(visible, default=float("inf")),
        settings,
        request,
        new_columns=[
            name
            for name in table.columns
            if name not in reference.columns and name not in _special(request) and not request.columns
        ],
        notes=list(table.notes),
    )
    if scores is not None and before is not None:
        rng = np.random.default_rng(seed)
        made.groups = assess(before, scores, settings, metric=request.metric, rng=rng)
        made.carriers = carriers(before, scores, results)
        made.prediction_change = mean_change(before, scores)
        made.notes += [
            f'segment column "{name}" has more values than are told apart; the first 100 are'
            for name in sorted(scores.dropped_segments)
        ]
    made.hints = together(results)
    return made


def _persist(
    result: ColumnResult,
    column: Any,
    now: Windows,
    before: Windows | None,
    settings: Settings,
    tests: int,
) -> None:
    """Look at a column over time and let that decide between lasting, past and unseen changes."""
    seen = over_time(result, column, now, before, settings, tests)
    result.persistence = seen
    if seen is None or result.state == "not compared":
        return
    if seen.lasts:
        result.state = "drift"
    elif seen.episodes and result.state in {"same", "small", "drift"}:
        structural = {
            "unreadable",
            "infinite",
            "new category",
            "vanished category",
            "above range",
            "below range",
        }
        lasting = [f for f in result.real(settings.alpha) if f.large and f.what in structural]
        result.state = "drift" if lasting and result.state == "drift" else "episode"


def _special(request: Request) -> set[str]:
    """Columns that have a role of their own and are not compared as features: labels come late, times move on."""
    return {name for name in (request.label,) if name is not None}


def _names(table: Table, request: Request) -> list[str]:
    chosen = request.columns or table.columns
    if len(chosen) > MAX_COMPARED:
        raise InputError(
            f"{table.path} has {len(chosen):,} columns",
            [
                f"at most {MAX_COMPARED:,} are compared in one report: more tests would hide all but huge changes"
            ],
            next="name those that matter: --column NAME --column NAME, or compare the file in parts",
        )
    out = {*request.ignore, *_special(request)}
    return [name for name in chosen if name not in out]


def _wanted(reference: Profile, request: Request) -> dict[str, Any]:
    missing = [name for name in request.columns if name not in reference.columns]
    if missing:
        raise UnknownName("column of the reference", missing[0], reference.columns)
    out = {*request.ignore, *_special(request)}
    chosen = request.columns or tuple(reference.columns)
    wanted = {name: reference.columns[name] for name in chosen if name not in out}
    if not wanted:
        raise InputError("no column is left to compare", next="name some with --column, or drop --ignore")
    return wanted


def check_columns(table: Table, request: Request, *, reference: bool) -> None:
    """Every column that was asked for is there.

    Raises:
        InputError: some are not; all are named.
    """
    needed: list[tuple[str, str]] = [("--segment", name) for name in request.segments]
    if request.prediction:
        needed.append(("--prediction", request.prediction))
    if reference:
        needed += [("--column", name) for name in request.columns]
        needed += [("--ignore", name) for name in request.ignore]
        needed += [("--categorical", name) for name in request.categorical]
        needed += [("--text", name) for name in request.text]
        needed += [("--label", request.label)] if request.label else []
    elif request.time:
        needed.append(("--time", request.time))
    there = set(table.columns)
    problems = [_absent(option, name, table) for option, name in needed if name not in there]
    if request.metric not in METRICS:
        problems.append(f"--metric {request.metric}: one of {', '.join(METRICS)}")
    if problems:
        raise InputError(f"{table.path} lacks columns that were asked for", problems)


def _absent(option: str, name: str, table: Table) -> str:
    import difflib

    near = difflib.get_close_matches(name, table.columns, n=1, cutoff=0.6)
    return f'{option} "{name}": no such column' + (f', did you mean "{near[0]}"?' if near else "")


def _scores(table: Table, request: Request) -> Scores | None:
    if request.prediction is None:
        return None
    return Scores(
        request.prediction,
        request.label,
        request.segments,
        request.positive,
        threshold=request.threshold,
        labelled=request.label in table.columns,
    )


def _reference_scores(reference: Profile, request: Request) -> Scores | None:
    """The reference's scores, checked against what is asked for.

    Raises:
        InputError: the profile was made without, or with another prediction, label or threshold.
    """
    if request.prediction is None:
        return None
    if reference.calibration is None:
        raise InputError(
            "the profile has no scores",
            [f"it was saved without --prediction {request.prediction}"],
            next="save it again with --prediction and --label",
        )
    scores = restored(reference.calibration)
    asked: Sequence[tuple[str, object, object]] = (
        ("--prediction", request.prediction, scores.prediction),
        ("--threshold", request.threshold, scores.threshold),
        ("--positive", request.positive, scores.positive),
    )
    problems = [f"{option} {new}: the profile has {old}" for option, new, old in asked if new != old]
    if request.label and request.label != scores.label:
        problems.append(f"--label {request.label}: the profile has {scores.label}")
    absent = [name for name in request.segments if name not in scores.tallies]
    problems += [f"--segment {name}: the profile does not have it" for name in absent]
    if problems:
        raise InputError("the profile was made for another question", problems)
    return scores


def digest_of(path: Path) -> str:
    """The digest of a file, as the report names it."""
    from gradatim.instruments.tables import digest

    return digest(path)
