"""An analysis as a report: performance first, then what changed, how it looks, when, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradatim.instruments import report as reports
from gradatim.instruments.drift import words
from gradatim.instruments.report import Html, Input, Report, Section

if TYPE_CHECKING:
    from gradatim.instruments.drift.analysis import Analysis
    from gradatim.instruments.drift.examples import Examples
    from gradatim.instruments.drift.finding import ColumnResult

PICTURES = 12
LISTED = 400
STATES = {
    "drift": ("bad", "drifted"),
    "episode": ("warn", "came back"),
    "small": ("quiet", "small, real"),
    "same": ("good", "same"),
    "not compared": ("quiet", "not compared"),
}


def report(analysis: Analysis, command: str, inputs: list[Input], *, pictures: bool) -> Report:
    """Put an analysis into a report.

    Args:
        analysis: what was found.
        command: the command line.
        inputs: the files.
        pictures: draw the sections too; without, only verdict and figures (no matplotlib is loaded).
    """
    made = Report(
        f"Drift of {inputs[-1].name} against {inputs[0].name}",
        command,
        words.verdict(analysis),
        [],
        words.not_checked(analysis),
        inputs,
        words.result(analysis),
    )
    if pictures:
        made.sections = _sections(analysis)
    return made


def _sections(analysis: Analysis) -> list[Section]:
    from gradatim.instruments.drift import plots

    sections = []
    if analysis.groups:
        sections.append(Section("Performance", _performance(analysis)))
    sections.append(Section("How far each column moved", _figures(analysis) + plots.overview(analysis)))
    where = _where(analysis)
    if where:
        sections.append(Section("Where to look first", where))
    changed = [
        r for r in analysis.in_state("drift", "episode", "small") if r.name in analysis.current.columns
    ]
    drawn = [
        plots.distribution(r, analysis.reference.columns[r.name], analysis.current.columns[r.name])
        for r in changed[:PICTURES]
        if analysis.current.columns[r.name].known and analysis.reference.columns[r.name].known
    ]
    if drawn:
        sections.append(Section("Then and now", reports.columns(drawn)))
    timed = [r for r in [*changed, *analysis.in_state("same")] if r.persistence is not None][:MOST_OVER_TIME]
    if timed:
        sections.append(Section("When", plots.over_time(analysis, timed)))
    if analysis.examples is not None:
        sections.append(Section("Example rows", _examples(analysis.examples)))
    sections.append(Section("Every column", _every(analysis)))
    return sections


MOST_OVER_TIME = 24


def _figures(analysis: Analysis) -> str:
    drifted = len(analysis.in_state("drift"))
    seen = analysis.smallest_visible_sd
    return reports.figures(
        [
            (
                "drifted",
                f"{drifted} of {len(analysis.results):,}",
                "columns: beyond noise and beyond the limit",
            ),
            ("small", len(analysis.in_state("small")), "real, but below the limit"),
            (
                "rows",
                f"{analysis.current.rows:,}",
                f"current; {analysis.reference.rows:,} in the reference",
            ),
            (
                "visible shift",
                f"{seen:.2g} sd" if seen < float("inf") else "none",
                "seen 4 times in 5 in the column with fewest values",
            ),
        ]
    )


def _performance(analysis: Analysis) -> str:
    from gradatim.instruments.drift import plots

    whole, metric = analysis.groups[0], analysis.request.metric
    name = metric.replace("_", " ").replace("roc auc", "ROC AUC")
    body = ""
    pairs = []
    for side in ("estimated", "realised", "reference"):
        found = getattr(whole, side)
        if found and metric in found:
            e = found[metric]
            remark = {
                "estimated": f"without labels, {e.low:.3f} to {e.high:.3f}, {whole.rows:,} rows",
                "realised": f"{whole.labelled:,} labelled rows, {e.low:.3f} to {e.high:.3f}",
                "reference": f"{e.low:.3f} to {e.high:.3f}",
            }[side]
            pairs.append((f"{side} {name}", f"{e.value:.3f}", remark))
    if whole.gap is not None:
        gap = whole.gap
        remark = f"realised minus expected share of positives, {gap.low:+.3f} to {gap.high:+.3f}"
        pairs.append(("calibration gap", f"{gap.value:+.3f}", remark))
    body += (
        reports.figures(pairs)
        if pairs
        else reports.paragraph(whole.remark[:1].upper() + whole.remark[1:] + ".")
    )
    if any(g.estimated and metric in g.estimated for g in analysis.groups):
        body += plots.performance(analysis)
    rows = []
    for g in analysis.groups:
        label = f"{g.segment} = {g.value}" if g.segment else "all rows"
        state = reports.state("bad", "changed") if g.changed else reports.state("good", "holds")
        if not g.estimated:
            state = reports.state("quiet", "not estimated")
        said = "; ".join(g.changed.values()) or g.remark
        rows.append((label, f"{g.rows:,}", f"{g.labelled:,}", state, said))
    body += reports.table(["rows", "scored", "labelled", "state", "what changed"], rows, right=(1, 2))
    return body + reports.paragraph(
        "Estimated: the reference's scores are calibrated to frequencies (isotonic regression), and each current "
        "score counts as that many expected positives. This sees what changed inputs do to performance; it cannot "
        "see that inputs mean something else now. The calibration gap can, where there are labels."
    )


def _where(analysis: Analysis) -> str:
    body = reports.listing(analysis.hints) if analysis.hints else ""
    if analysis.carriers and analysis.prediction_change is not None:
        body += reports.paragraph(
            f"The mean prediction moved by {analysis.prediction_change:+.4f}. How far each changed column's shift "
            "alone would have moved it; columns that move together share the credit:"
        )
        body += reports.table(
            ["column", "change of the mean prediction"],
            [(c.name, f"{c.effect:+.4f}") for c in analysis.carriers],
            right=(1,),
        )
    return body


def _every(analysis: Analysis) -> str:
    order = ["drift", "episode", "small", "not compared", "same"]
    ordered = sorted(analysis.results, key=lambda r: (order.index(r.state), -r.weight, r.name))
    body = reports.table(
        [
            "column",
            "kind",
            "state",
            "Wasserstein / sd",
            "JS",
            "PSI",
            "KS",
            "missing",
            "p, corrected",
            "finding",
        ],
        [_row(r) for r in ordered[:LISTED]],
        right=(3, 4, 5, 6, 7, 8),
    )
    if len(ordered) > LISTED:
        body += reports.paragraph(f"The first {LISTED} of {len(ordered):,} columns; --json has all.")
    return body + reports.paragraph(
        "JS is the Jensen-Shannon distance with sampling noise taken off. PSI is over tenths of the reference; "
        "unchanged data stay below the noise figure in --json 95 times in 100. The p-value is Holm-corrected over "
        "every test of this report."
    )


def _row(r: ColumnResult) -> tuple[object, ...]:
    kind, word = STATES[r.state]
    m = r.measures
    first = min(r.findings, key=lambda f: (f.p_adjusted, -f.weight), default=None)
    missing = (
        f"{m.get('missing_share_reference', 0):.1%} → {m.get('missing_share_current', 0):.1%}" if m else ""
    )
    return (
        r.name,
        r.kind,
        reports.state(kind, word),  # type: ignore[arg-type]
        _number(m.get("wasserstein_sd")),
        _number(m.get("js_distance_beyond_noise")),
        _number(m.get("psi")),
        _number(m.get("ks")),
        missing,
        "" if first is None else "< 1e-12" if first.p_adjusted < 1e-12 else f"{first.p_adjusted:.2g}",
        Html("") if first is None or r.state == "same" else first.text,
    )


def _examples(shown: Examples) -> str:
    body = reports.paragraph(f"Asked for with --rows. {shown.why[:1].upper()}{shown.why[1:]}.")
    if not shown.rows:
        return body
    rows = [
        (f"{number:,}", *("" if value is None else value for value in row))
        for number, row in zip(shown.numbers, shown.rows, strict=True)
    ]
    return body + reports.table(["row", *shown.columns], rows, right=(0,))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
