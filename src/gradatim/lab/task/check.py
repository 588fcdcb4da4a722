"""The proofs of a task: the same ten as of a live lab, in the same order; those that cannot apply say why."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from gradatim.core.streams import Stream
from gradatim.lab.parallel import each
from gradatim.lab.task.bench import Bench
from gradatim.lab.task.lab import Task, draw_key, open_task
from gradatim.lab.task.outcome import by_cause, skill

Result = dict[str, Any]
Draws = list[dict[str, int]]
FIRST_SEED, CI_FORMS, FULL_FORMS, CI_ABLATED = 9_000, 8, 24, 2
EXAMS = 200
PROBE = """
import builtins, gc, os, sys

def look():
    seen = [" ".join(sys.argv), " ".join(f"{k}={v}" for k, v in os.environ.items()), " ".join(sys.path), os.getcwd()]
    for top in ("/", "/scratch", "/packages", "/tmp", "/root", "/home", ".."):
        for folder, folders, names in os.walk(top):
            folders[:] = [f for f in folders if f not in ("lib", "lib64", "usr", "numpy", "numpy.libs", "proc")][:50]
            seen.append(folder)
            for name in names[:200]:
                seen.append(name)
                if name.endswith((".py", ".toml", ".j2", ".json", ".md")):
                    try:
                        with open(os.path.join(folder, name)) as file:
                            seen.append(file.read(100_000))
                    except (OSError, UnicodeDecodeError):
                        pass
    frame = sys._getframe()
    while frame is not None:
        seen.append(repr({k: v for k, v in frame.f_locals.items() if k != "seen"})[:20_000])
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            seen.extend(v[:500] for v in list(thing.values()) if type(v) is str and len(v) > 20)
    return [text for text in seen if any(word in text for word in WORDS)][:20], len(seen)
"""


class Row(NamedTuple):
    """One form with what its references missed, draw by draw."""

    seed: int
    form: str
    cells: dict[str, Draws]

    def lost(self, name: str) -> list[int]:
        """Points on each draw."""
        return [sum(d.values()) for d in self.cells[name]]

    def skill(self, name: str) -> float:
        """On the scale of this form's draws."""
        return skill(sum(self.lost(name)), sum(self.lost("starter")))


def check_task(
    task: Task, *, ci: bool = False, progress: Callable[[str], None] | None = None, workers: int | None = None
) -> Result:
    """Run all proofs: {proof: {ok, detail, ...}} with lab, version, ok, matrix and times beside them."""
    started, begun = time.perf_counter(), os.times()
    forms = CI_FORMS if ci else FULL_FORMS
    rows = matrix(task, forms, CI_ABLATED if ci else forms, workers, progress)
    rates = pass_rates(task, rows)
    proofs: dict[str, Result] = {}

    def tell(name: str, result: Result) -> None:
        proofs[name] = result
        if progress is not None:
            progress(f"{name}: {'ok' if result['ok'] else 'NOT OK'}, {result['detail']}")

    tell("1 metadata", metadata(task))
    tell("2 same seed, same hash", determinism(task, rows))
    tell(
        "3 a quiet instance costs nothing",
        _not_here("every form has something to mend; nothing runs by itself"),
    )
    tell("4 pass rates", rates)
    tell("5 careless loses", careless(task, rows))
    tell("6 no truth leaks", no_leaks(task, rows[: 3 if ci else 8]))
    tell("7 grader mutants", mutants(task, rows))
    tell(
        "8 exams have the margin",
        _not_here(f"one submission meets {task.spec.draws} hidden draws; none is rejected"),
    )
    tell("9 the senior is strong", strong(task, rows))
    tell("10 nothing transplants", transplants(task, rows, 6 if ci else 20))
    return {
        "lab": task.id,
        "version": task.spec.version,
        "digest": task.digest,
        "kind": "task",
        "ci": ci,
        "ok": all(r["ok"] for r in proofs.values()),
        **proofs,
        "matrix": summary(task, rows, rates),
        "instances": len(rows),
        "cpu_s": round(sum(os.times()[:4]) - sum(begun[:4]), 1),
        "wall_s": round(time.perf_counter() - started, 1),
    }


# ---------------------------------------------------------------------- the matrix
def matrix(
    task: Task, forms: int, ablated: int, workers: int | None, progress: Callable[[str], None] | None
) -> list[Row]:
    """Every reference on every form, one form a task; ablations on the first `ablated` forms."""
    names = [r.name for r in task.spec.reference]
    few = [r.name for r in task.spec.reference if r.kind != "ablation"]
    jobs = [(task.folder, FIRST_SEED + i, names if i < ablated else few) for i in range(forms)]

    def told(done: int) -> None:
        if progress is not None:
            progress(f"references tried on {done} of {forms} forms")

    return each(_row, jobs, workers=workers, done=told)


def _row(folder: Path, seed: int, names: list[str]) -> Row:
    instance = open_task(folder).instance(seed)
    key = draw_key(seed, "lab check")
    cells = {name: instance.tried(instance.reference(name), key).draws for name in names}
    return Row(seed, instance.fingerprint, cells)


def _senior_hash(folder: Path, seed: int) -> str:
    """The hash of the senior's submission: called in a process of its own."""
    instance = open_task(folder).instance(seed)
    return instance.judge(instance.submission(instance.reference("senior"))).hash


def _of(task: Task, *kinds: str) -> list[str]:
    return [r.name for r in task.spec.reference if r.kind in kinds]


# ---------------------------------------------------------------------- the proofs
def metadata(task: Task) -> Result:
    """1: the brief names each graded outcome and never what is planted; a debrief and limits are there."""
    problems = []
    for seed in range(FIRST_SEED, FIRST_SEED + 6):
        instance = task.instance(seed)
        text = instance.brief.lower()
        problems += [
            f"the brief does not name {c}"
            for c in task.spec.graded
            if f"**{c.replace('_', ' ')}**" not in text
        ]
        problems += [
            f"the brief does not name the file {f}" for f in task.spec.files if f.lower() not in text
        ]
        problems += [f"the brief says {w!r}" for w in instance.form["truth"] if _has(text, w)]
        if f"{task.spec.pass_mark:g}" not in text:
            problems.append("the brief does not say the pass mark")
        if len(instance.debrief) < 100:
            problems.append("the debrief says nothing")
    return _result(
        problems, f"{len(task.spec.graded)} graded outcomes; debrief and limits there; a task has no hints"
    )


def determinism(task: Task, rows: list[Row]) -> Result:
    """2: another process gives the same hash; another seed another one."""
    sample = [r.seed for r in rows[:3]]
    here = [_senior_hash(task.folder, s) for s in sample]
    again = each(_senior_hash, [(task.folder, s) for s in sample], workers=1, elsewhere=True)
    forms = len({r.form for r in rows})
    problems = [f"seed {s}: two hashes" for s, a, b in zip(sample, here, again, strict=True) if a != b]
    problems += (
        [f"only {forms} of {len(rows)} seeds differ"]
        if forms < len(rows) or len(set(here)) < len(here)
        else []
    )
    return _result(
        problems,
        f"{len(sample)} of {len(sample)} equal in another process; {forms} of {len(rows)} forms differ",
    )


def pass_rates(task: Task, rows: list[Row]) -> Result:
    """4: who passes over 200 exams: a form, and its draws drawn again with replacement."""
    s, mark = Stream(1, "lab-check/task"), task.spec.pass_mark
    rate: dict[str, float] = {}
    for ref in task.spec.reference:
        there = [r for r in rows if ref.name in r.cells]
        passed = 0
        for exam in range(EXAMS):
            row = s.choice(there, exam, 0)
            n = len(row.cells[ref.name])
            picked = [s.integer(0, n - 1, exam, 1, k) for k in range(n)]
            mine, zero = row.lost(ref.name), row.lost("starter")
            passed += skill(sum(mine[i] for i in picked), sum(zero[i] for i in picked)) >= mark
        rate[ref.name] = passed / EXAMS
    problems = [
        f"{n} passes {rate[n]:.0%}, needs 90 %" for n in _of(task, "senior", "second") if rate[n] < 0.9
    ]
    problems += [
        f"{n} passes {rate[n]:.0%}, at most 5 %"
        for n in _of(task, "skill_free", "gaming", "careless")
        if rate[n] > 0.05
    ]
    problems += [f"{n} passes {rate[n]:.0%}, at most 30 %" for n in _of(task, "mid") if rate[n] > 0.3]
    # The starter is the zero of the scale, so nobody without skill may lose less.
    least = mean(sum(r.lost("starter")) for r in rows)
    problems += [
        f"{n} loses less than the starter"
        for n in _of(task, "skill_free")
        if mean(sum(r.lost(n)) for r in rows) < least
    ]
    best = max(rate[n] for n in _of(task, "skill_free", "gaming"))
    told = ", ".join(f"{n} {rate[n]:.0%}" for n in _of(task, "senior", "second", "mid"))
    return {**_result(problems, f"{told}; best without skill: {best:.0%}"), "pass_rate": rate}


def careless(task: Task, rows: list[Row]) -> Result:
    """5: the senior's with an extra loses on every form. `late` does not apply: a folder has no clock."""
    senior = _of(task, "senior")[0]
    problems = [
        f"{n} does not lose on seeds {bad[:5]}"
        for n in _of(task, "careless")
        if (bad := [r.seed for r in rows if sum(r.lost(n)) <= sum(r.lost(senior))])
    ]
    return _result(problems, f"on all {len(rows)} forms; late does not apply: a folder has no clock")


def no_leaks(task: Task, rows: list[Row]) -> Result:
    """6: what is planted is in no file that is given out, and nothing of the judge's in reach of learner code."""
    found = []
    words = [f"{task.folder.name}/lab.py", str(task.folder), "brief.md.j2", "class Tally", "def trial("]
    for row in rows:
        instance = task.instance(row.seed)
        truth = [str(w) for w in instance.form["truth"]]
        found += [f"{name}: {w!r}" for name, text in instance.starter.items() for w in truth if _has(text, w)]
        probe = PROBE + f"\nWORDS = {[*words, *(w for w in truth if len(w) > 12)]!r}\n"
        # The module itself and its own list of words are not a find.
        with Bench({"peek.py": probe}) as bench:
            answer = bench.call("peek", "look")
        if answer.failure is not None:
            found.append(f"the probe failed: {answer.failure.text}")
        else:
            hits, looked = answer.value
            found += [
                f"in the sandbox: {h[:80]!r}"
                for h in hits
                if "WORDS" not in h and h not in truth and h not in words
            ]
            found += ["the probe saw almost nothing: is it blind?"] if looked < 20 else []
    return _result(
        sorted(set(found)), f"nothing found on {len(rows)} forms, in the files given out or from inside"
    )


def mutants(task: Task, rows: list[Row]) -> Result:
    """7: a grader with one cause dropped, inverted or left alone lets somebody pass who may not."""
    weigh: dict[str, Callable[[str], int]] = {}
    for cause in task.spec.graded:
        weigh[f"{cause} dropped"] = lambda c, cause=cause: 0 if c == cause else 1  # type: ignore[misc]
        weigh[f"{cause} inverted"] = lambda c, cause=cause: -1 if c == cause else 1  # type: ignore[misc]
        weigh[f"{cause} alone"] = lambda c, cause=cause: 1 if c == cause else 0  # type: ignore[misc]
    out = _of(task, "skill_free", "gaming", "careless", "mid", "ablation")
    survivors = []
    for mutant, weight in weigh.items():
        if not _noticed(task, rows, out, weight):
            survivors.append(mutant)
    rate = 1 - len(survivors) / len(weigh)
    told = f"{len(weigh) - len(survivors)} of {len(weigh)} killed" + (
        f"; survive: {', '.join(survivors)}" if survivors else ""
    )
    return {"ok": rate >= 0.9, "kill_rate": rate, "survivors": survivors, "detail": told}


def _noticed(task: Task, rows: list[Row], out: list[str], weight: Callable[[str], int]) -> bool:
    for row in rows:

        def lost(name: str, row: Row = row) -> int:
            return sum(points * weight(c) for d in row.cells[name] for c, points in d.items())

        zero = lost("starter")
        if zero <= 0:
            return True  # handing in the starter would lose nothing
        if any(skill(lost(n), zero) >= task.spec.pass_mark for n in out if n in row.cells):
            return True
    return False


def strong(task: Task, rows: list[Row]) -> Result:
    """9: share of the way from the best skill-free player to losing nothing."""
    free = _of(task, "skill_free")
    top = mean(min(sum(r.lost(n)) for n in free) for r in rows)
    share = {
        n: (top - mean(sum(r.lost(n)) for r in rows)) / top if top else 0.0
        for n in _of(task, "senior", "second", "mid")
    }
    problems = [f"{n} {share[n]:.2f}, needs 0.75" for n in _of(task, "senior", "second") if share[n] < 0.75]
    problems += [
        f"{n} {share[n]:.2f}, outside 0.2 to 0.6" for n in _of(task, "mid") if not 0.2 <= share[n] <= 0.6
    ]
    told = ", ".join(f"{n} {v:.2f}" for n, v in share.items())
    return {
        **_result(problems, f"{told}; every reference runs in the sandbox as a learner's folder does"),
        "shares": share,
    }


def transplants(task: Task, rows: list[Row], pairs: int) -> Result:
    """10: the senior's folder of one form fails on another; a near copy of a shipped solution does not count."""
    s, problems, best = Stream(1, "lab-check/transplants"), list[str](), -1.0
    senior = _of(task, "senior")[0]
    for pair in range(pairs):
        at = task.instance(rows[pair % len(rows)].seed)
        other = task.instance(s.choice([r.seed for r in rows if r.seed != at.seed], pair))
        outcome = at.outcome(other.reference(senior), draw_key(at.seed, "lab check"))
        best = max(best, outcome.skill)
        if outcome.skill >= task.spec.pass_mark:
            problems.append(f"the senior's folder of seed {other.seed} passes on {at.seed}")
    for row in rows[:4]:
        instance = task.instance(row.seed)
        for name in _of(task, "senior", "second"):
            if instance.near(disguised(instance.reference(name))) != name:
                problems.append(
                    f"{name} with other names, comments and order is not recognised on seed {row.seed}"
                )
        near = [n for n in ("starter", *_of(task, "mid")) if instance.near(instance.reference(n))]
        problems += [f"{n} is taken for a shipped solution" for n in near]
    return _result(
        problems,
        f"{pairs} of {pairs} folders of other forms fail, best skill {best:.2f}; disguised copies are told",
    )


def disguised(files: Mapping[str, str]) -> dict[str, str]:
    """A copy that somebody tried to hide: names changed, comments and docstrings gone."""
    import ast

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return ast.copy_location(ast.Name(_other(node.id), node.ctx), node)

        def visit_arg(self, node: ast.arg) -> ast.AST:
            node.arg = _other(node.arg)
            return node

    made = {}
    for name, text in files.items():
        made[name] = text
        if name.endswith(".py"):
            tree = Renamed().visit(ast.parse(text))
            made[name] = "# mine\n" + ast.unparse(tree)
    return made


def _other(name: str) -> str:
    import builtins

    return name if hasattr(builtins, name) or name == "self" or len(name) == 1 else f"my_{name}"


def summary(task: Task, rows: list[Row], rates: Result) -> list[Result]:
    """One row a reference: points lost a draw, by cause, mean skill, pass rate."""
    made = []
    for ref in task.spec.reference:
        there = [r for r in rows if ref.name in r.cells]
        draws = [d for r in there for d in r.cells[ref.name]]
        made.append(
            {
                "reference": ref.name,
                "kind": ref.kind,
                "lost_per_draw": round(sum(sum(d.values()) for d in draws) / len(draws), 2),
                "by_cause": {c: round(v / len(draws), 2) for c, v in by_cause(draws).items()},
                "skill": round(mean(r.skill(ref.name) for r in there), 3),
                "pass_rate": rates["pass_rate"][ref.name],
            }
        )
    return made


def _result(problems: list[str], detail: str) -> Result:
    return {"ok": not problems, "detail": "; ".join(dict.fromkeys(problems)) or detail}


def _not_here(why: str) -> Result:
    return {"ok": True, "applies": False, "detail": f"does not apply: {why}"}


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![a-z0-9_]){re.escape(word.lower())}(?![a-z0-9_])", text.lower()) is not None
