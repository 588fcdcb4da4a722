"""The ten proofs, in the order of the design. Each says ok or not, and what was found."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import mean
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.money import micro, usd
from gradatim.core.streams import Stream
from gradatim.lab.check import exams, leaks, matrix, mutants
from gradatim.lab.check.matrix import Draw
from gradatim.lab.parallel import Crew
from gradatim.lab.score import regret, skill
from gradatim.lab.spec import Reference

if TYPE_CHECKING:
    from gradatim.lab.lab import Lab

Result = dict[str, Any]
QUIET_SHARE = 0.01
NEAR = 0.05
"""Of the usual stakes: where nothing is to be won, a strong player loses no more than this above the oracle."""
ENOUGH = 10
"""Seeds a family from which on a mid is judged in every family; with fewer, over all of them together."""


class Players(NamedTuple):
    """References by what they are for."""

    senior: str
    seconds: list[str]
    mids: list[str]
    free: list[str]
    gaming: list[str]
    careless: list[str]
    late: list[str]
    ablations: list[str]


def players(refs: tuple[Reference, ...]) -> Players:
    """Sort the references of a lab."""

    def of(*kinds: str) -> list[str]:
        return [r.name for r in refs if r.kind in kinds]

    return Players(
        of("senior")[0],
        of("second"),
        of("mid"),
        of("skill_free", "computed"),
        of("gaming"),
        of("careless"),
        of("late"),
        of("ablation"),
    )


def check(
    lab: Lab,
    *,
    ci: bool = False,
    seeds: int | None = None,
    progress: Callable[[str], None] | None = None,
    workers: int | None = None,
) -> Result:
    """Run all proofs: {proof: {ok, detail, ...}} with lab, version, ok, matrix and times beside them.

    Args:
        ci: the short check: few instances, and fewer of them where a proof plays again.
        seeds: so many of each family, instead of twenty or of what `ci` takes.
    """
    started, begun = time.perf_counter(), os.times()
    few = ci and seeds is None
    pairs = matrix.ci_pairs(lab) if few else matrix.seeds_for(lab, seeds or matrix.FULL_SEEDS)
    p = players(lab.spec.reference)
    proofs: dict[str, Result] = {}

    def tell(name: str, result: Result) -> None:
        proofs[name] = result
        if progress is not None:
            progress(f"{name}: {'ok' if result['ok'] else 'NOT OK'}, {result['detail']}")

    with Crew(workers) as crew:
        draws = matrix.compute(lab.folder, pairs, crew=crew, progress=progress)
        tell("1 metadata", metadata(lab))
        tell("2 same seed, same hash", determinism(lab, draws, p, workers, few=ci))
        tell("3 a quiet shift costs nothing", quiet(lab, crew, few=ci))
        table = exams.table([_losses(d) for d in draws], p.senior, p.free, micro(lab.spec.usual_stakes_usd))
        resampled = exams.resample(table, [d.healthy for d in draws], p.senior, lab.spec.pass_mark)
        tell("4 pass rates", pass_rates(lab, resampled, p))
        tell("5 careless and late lose", careless(draws, p))
        tell("6 no truth leaks", no_leaks(lab, draws, crew, few=ci))
        tell("7 grader mutants", mutants.proof(draws, p, lab))
        tell("8 exams have the margin", margin(resampled))
        tell("9 the senior is strong", strong(lab, draws, p))
        tell("10 nothing transplants", transplants(lab, draws, table, p, crew, few=ci))
    return {
        "lab": lab.id,
        "version": lab.spec.version,
        "digest": lab.digest,
        "ci": ci,
        "ok": all(r["ok"] for r in proofs.values()),
        **proofs,
        "matrix": summary(draws, table, resampled),
        "instances": len(draws),
        "cpu_s": round(sum(os.times()[:4]) - sum(begun[:4]), 1),
        "wall_s": round(time.perf_counter() - started, 1),
    }


def _losses(d: Draw) -> dict[str, int]:
    return {n: c.loss for n, c in d.cells.items()}


def metadata(lab: Lab) -> Result:
    """1: the brief names each graded outcome and never the fault; hints, debrief, limits are there."""
    brief = lab.text("brief.md").lower()
    problems = [
        f"the brief does not name {c}: {t.split(':')[0]}"
        for c, t in lab.spec.graded.items()
        if c.replace("_", " ").split()[0].rstrip("s") not in brief
    ]
    problems += [f"the brief names {f}" for f in lab.spec.families if f in brief]
    problems += ["no hints.toml"] if not lab.hints else []
    problems += [f"{f} is missing" for f in ("brief.md", "debrief.md.j2") if not (lab.folder / f).is_file()]
    return {
        "ok": not problems,
        "detail": "; ".join(problems) or f"{len(lab.spec.graded)} graded outcomes, {len(lab.hints)} hints",
    }


def determinism(lab: Lab, draws: list[Draw], p: Players, workers: int | None, *, few: bool) -> Result:
    """2: the senior gives the same hash in another process, played from a learner's; another seed another one."""
    sample = list({_slow(lab, d) if few else d.family: d for d in draws}.values())
    tasks = [(lab.folder, d.seed, d.family, p.senior) for d in sample]
    with Crew(1 if few else workers, elsewhere=True) as fresh:
        again = fresh.each(matrix.isolated, tasks)
    other = [
        f"{d.family} seed {d.seed}: another hash in another process"
        for d, h in zip(sample, again, strict=True)
        if d.cells[p.senior].hash != h
    ]
    hashes = {d.cells[p.senior].hash for d in draws}
    return {
        "ok": not other and len(hashes) == len(draws),
        "detail": "; ".join(
            [
                *other,
                f"{len(sample) - len(other)} of {len(sample)} equal in another process, the policy in its own",
            ]
        )
        + f"; {len(hashes)} of {len(draws)} seeds differ",
    }


def quiet(lab: Lab, crew: Crew, *, few: bool) -> Result:
    """3: idle on a quiet instance loses at most one per cent of the usual stakes."""
    draws = matrix.compute(
        lab.folder, [(s, lab.spec.quiet) for s in range(1 if few else 3)], ["idle"], crew=crew
    )
    worst = max(d.cells["idle"].loss for d in draws)
    return {
        "ok": worst <= micro(QUIET_SHARE * lab.spec.usual_stakes_usd),
        "detail": f"idle loses at most ${usd(worst):,.2f}",
    }


def pass_rates(lab: Lab, e: exams.Exams, p: Players) -> Result:
    """4: who passes over 200 exams."""
    problems = [
        f"{n} passes {e.pass_rate[n]:.0%}, needs 90 %" for n in (p.senior, *p.seconds) if e.pass_rate[n] < 0.9
    ]
    problems += [
        f"{n} passes {e.pass_rate[n]:.0%}, at most 5 %"
        for n in (*p.free, *p.gaming, *p.careless)
        if e.pass_rate[n] > 0.05
    ]
    if lab.spec.kind != "live":
        problems += [f"{n} passes {e.pass_rate[n]:.0%}, at most 30 %" for n in p.mids if e.pass_rate[n] > 0.3]
    if e.drawn < 200:
        problems.append(f"only {e.drawn} exams could be drawn")
    best = max(e.pass_rate[n] for n in (*p.free, *p.gaming))
    return {
        "ok": not problems,
        "pass_rate": e.pass_rate,
        "auc_exam": e.auc,
        "auc_fifteen_instances": e.auc_pooled,
        "detail": "; ".join(problems)
        or f"{rates(e, [p.senior, *p.seconds])}; mid: {rates(e, p.mids)}; best without skill: {best:.0%}",
    }


def rates(e: exams.Exams, names: list[str]) -> str:
    """Pass rates as text."""
    return ", ".join(f"{n} {e.pass_rate[n]:.0%}" for n in names)


def careless(draws: list[Draw], p: Players) -> Result:
    """5: the senior's log with an extra, or late, loses more wherever there was something to do."""
    problems = []
    for n in (*p.careless, *p.late):
        rows = [d for d in draws if not d.healthy or n in p.careless]
        bad = [d.seed for d in rows if d.cells[n].loss <= d.cells[p.senior].loss]
        if bad:
            problems.append(f"{n} does not lose on seeds {bad[:5]}")
    for n in p.ablations:
        gain = mean(d.cells[n].loss - d.cells[p.senior].loss for d in draws)
        if gain <= 0:
            problems.append(f"{n} does not lose on average")
    return {"ok": not problems, "detail": "; ".join(problems) or f"on all {len(draws)} draws"}


def no_leaks(lab: Lab, draws: list[Draw], crew: Crew, *, few: bool) -> Result:
    """6: see `leaks`; one instance of every variant, or one of either pace."""
    sample = {_slow(lab, d) if few else d.variant: d for d in draws}.values()
    tasks = [(lab.folder, d.seed, d.family) for d in sample]
    found = [x for found_in in crew.each(leaks.search_in, tasks) for x in found_in]
    return {"ok": not found, "detail": "; ".join(found[:5]) or f"nothing found on {len(sample)} instances"}


def _slow(lab: Lab, d: Draw) -> bool:
    return bool(lab.live.scenario(d.seed, d.family).slow)


def margin(e: exams.Exams) -> Result:
    """8: every exam was drawn with the margin; the rejection rate is told."""
    total = e.drawn + e.rejected
    rate = e.rejected / total if total else 1.0
    return {
        "ok": e.drawn > 0 and rate < 0.9,
        "rejection_rate": rate,
        "detail": f"{e.drawn} exams, {rate:.0%} of draws rejected",
    }


def strong(lab: Lab, draws: list[Draw], p: Players) -> Result:
    """9: share of the way from the best single skill-free policy to the oracle, by family."""
    best = min(p.free, key=lambda n: mean(d.cells[n].loss for d in draws))
    near = micro(NEAR * lab.spec.usual_stakes_usd)
    problems, told = [], []
    rows = {f: [d for d in draws if d.family == f] for f in sorted({d.family for d in draws})}
    for family, some in rows.items():
        share = {n: _share(some, n, best, near) for n in (p.senior, *p.mids)}
        told.append(f"{family}: " + ", ".join(f"{n} {v:.2f}" for n, v in share.items()))
        if share[p.senior] < 0.75:
            problems.append(f"{family}: senior {share[p.senior]:.2f}, needs 0.75")
    sick = {f: some for f, some in rows.items() if not all(d.healthy for d in some)}
    if min(map(len, rows.values())) < ENOUGH:
        sick = {"all families with faults": [d for some in sick.values() for d in some]}
    for family, some in sick.items():
        for n in p.mids:
            share_of = _share(some, n, best, near)
            if not 0.2 <= share_of <= 0.6:
                problems.append(f"{family}: {n} {share_of:.2f}, outside 0.2 to 0.6")
    return {
        "ok": not problems,
        "detail": "; ".join(problems) or "; ".join(told),
        "shares": told,
        "best_skill_free": best,
    }


def _share(rows: list[Draw], name: str, best: str, near: int) -> float:
    """How far `name` goes from the best skill-free policy to the oracle; 1 where nobody has far to go."""
    top, low, mine = (mean(d.cells[n].loss for d in rows) for n in (best, "oracle", name))
    if top - low <= near:
        return 1.0 if mine - low <= near else 0.0
    return (top - mine) / (top - low)


def transplants(lab: Lab, draws: list[Draw], t: exams.Table, p: Players, crew: Crew, *, few: bool) -> Result:
    """10: exams sat with the senior's logs of other instances do not pass; at least twenty pairs, or one exam."""
    s = Stream(1, "lab-check/transplants")
    sick = [i for i, d in enumerate(draws) if not d.healthy]
    well = [i for i, d in enumerate(draws) if d.healthy]
    paces = [lab.live.scenario(d.seed, d.family).pace for d in draws]
    sets: list[list[int]] = []
    tasks: list[tuple[Any, ...]] = []
    while len(tasks) < (3 if few else 20):
        rows = exams.draw(s, len(sets), sick, well)
        for k, row in enumerate(rows):
            # A log of hours cannot be handed in on a shift of days, nor the other way round.
            others = [i for i in range(len(draws)) if i != row and paces[i] == paces[row]]
            source = draws[s.choice(others, len(sets), k, 7)]
            tasks.append((lab.folder, draws[row].seed, draws[row].family, source.cells[p.senior].steps))
        sets.append(rows)
    losses = iter(crew.each(matrix.loss_of, tasks))
    skills = [
        skill(
            [regret(next(losses), t.at[row]) for row in rows],
            {f: [t.regrets[f][i] for i in rows] for f in t.free},
        )
        for rows in sets
    ]
    passed = sum(x >= lab.spec.pass_mark for x in skills)
    return {
        "ok": not passed,
        "skills": [round(x, 2) for x in skills],
        "detail": f"{len(skills) - passed} of {len(skills)} exams fail on {len(tasks)} transplanted logs, "
        f"best skill {max(skills):.2f}",
    }


def summary(draws: list[Draw], t: exams.Table, e: exams.Exams) -> list[Result]:
    """One row a reference: mean loss, mean regret by health, pass rate."""
    return [
        {
            "reference": n,
            "loss_usd": usd(round(mean(d.cells[n].loss for d in draws))),
            "regret_sick": _mean([r for r, d in zip(t.regrets[n], draws, strict=True) if not d.healthy]),
            "regret_healthy": _mean([r for r, d in zip(t.regrets[n], draws, strict=True) if d.healthy]),
            "pass_rate": e.pass_rate[n],
        }
        for n in draws[0].cells
    ]


def _mean(values: list[float]) -> float | None:
    return round(mean(values), 4) if values else None
