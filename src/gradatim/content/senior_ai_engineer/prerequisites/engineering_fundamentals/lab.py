"""The task `task-engineering-fundamentals`: tests meet a defect, mutants and correct versions; code meets drawn inputs.

The versions under test stay on this side: the learner's tests call functions that are answered here, so they see
what a version does and nothing of its text.
"""

# ruff: noqa: E501 (tables of words and sentences stay on a line)
from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gradatim.core.streams import Stream
from gradatim.lab.task import form as forms
from gradatim.lab.task.bench import Bench
from gradatim.lab.task.outcome import Tally

Functions = dict[str, Callable[..., Any]]
HERE = Path(__file__).parent
ROLES = ("merge", "covered", "by_bucket", "gap", "cost")
ASKED = ("touch", "block", "free", "origin", "least_gap", "tie")
# what, unit, then the names of the five functions: one of each is drawn
WORLDS = (
    ("machine time, in minutes", "minute", "merged unified", "busy_minutes in_use", "busy_by_slot use_by_slot", "longest_idle widest_idle", "bill invoice"),
    ("opening hours, in hours", "hour", "union opened", "open_hours hours_open", "open_by_day hours_by_day", "longest_closed longest_break", "wages pay"),
    ("labelled audio, in frames", "frame", "joined fused", "labelled frames_done", "labelled_by_chunk frames_by_chunk", "longest_unlabelled longest_blank", "fee price"),
    ("network outages, in seconds", "second", "combined outages", "down seconds_down", "down_by_window loss_by_window", "longest_up longest_calm", "penalty credit"),
    ("genome regions, in bases", "base", "flattened regions", "bases_in depth", "bases_by_tile depth_by_tile", "widest_hole longest_gap", "reads_cost run_cost"),
    ("bookings of a room, in minutes", "minute", "tidied occupied", "taken minutes_taken", "taken_by_part load_by_part", "longest_free best_slot", "rent charge"),
)  # fmt: skip
BLOCKS, FREE, OFFSETS, LEAST_GAPS = range(12, 40), range(12), range(1, 10), range(1, 4)
# flaw: (the function it is in, told after the verdict, what the report says)
FLAWS = {
    "inner-cuts": ("merge", "A span inside a longer one cut the longer one short.", "totals are sometimes too small."),
    "counts-twice": ("covered", "Spans that overlap were counted twice.", "a total came out larger than the time there is."),
    "toward-zero": ("by_bucket", "Starts before the first bucket were rounded toward it.", "a few rows per report are off, most are right."),
    "first-bucket": ("by_bucket", "A span over several buckets went wholly into its first.", "one row of a report was larger than possible."),
    "last-only": ("by_bucket", "Of two spans in a bucket only the last was counted.", "some rows of a report are too small."),
    "latest-gap": ("gap", "Of gaps of equal length the wrong one was taken.", "one answer differs between two systems, and both look sensible."),
    "gap-of-raw": ("gap", "Gaps were looked for between spans that had not been merged.", "a stretch was reported as free that was not."),
    "rounds-total": ("cost", "Blocks were rounded on the total, not on each span.", "an amount is a little too small."),
    "cost-of-raw": ("cost", "Spans that overlap were charged twice.", "an amount is too large."),
}  # fmt: skip
MORE = (
    "touch",
    "keeps-order",
    "takes-backwards",
    "keeps-empty",
    "below-low",
    "above-high",
    "bucket-after",
    "whole-blocks",
)


LOOKED_AT_AGAIN = 4


class Engineering:
    """The form and the trial."""

    def form(self, seed: int) -> dict[str, Any]:
        """Names, what is asked (touching, offset, ties, least gap, block, free units) and the defect: drawn by the seed."""
        s = Stream(seed, "task-engineering-fundamentals/form")
        what, unit, *words = s.choice(WORLDS, 1)
        names = [s.choice(w.split(), 10, i) for i, w in enumerate(words)]
        flaw = s.choice(tuple(FLAWS), 2)
        role, told, report = FLAWS[flaw]
        form: dict[str, Any] = {
            "what": what, "unit": unit, **dict(zip(ROLES, names, strict=True)), "touch": s.uniform(3) < 0.5,
            "block": s.choice(BLOCKS, 4), "free": s.choice(FREE, 5), "origin": s.choice(OFFSETS, 6),
            "least_gap": s.choice(LEAST_GAPS, 7), "tie": s.choice(("earliest", "latest"), 8), "flaw": flaw, "told": told, "report": report,
            "where": names[ROLES.index(role)], "defect_group": role, "draws": 12, "pass_mark": 0.85,
            "truth": [flaw, told],
        }  # fmt: skip
        right, wrong = version(form, "references/senior"), version(form, "starter")
        args = _telling(form, Stream(seed, "task-engineering-fundamentals/example"), right, wrong, role)
        call = ", ".join(json.dumps(a) for a in args)
        form["example_call"] = f"spans.{form[role]}({call})"
        form["example_args"] = repr(args)
        form["example_right"] = repr(_value(right, form[role], args)[1])
        # For references that begin from the module as it was, mended or not.
        form["original"], form["mended"] = (
            _text(_values(form), "starter"),
            _text(_values(form, ""), "starter"),
        )
        return form

    def bench(self, form: Mapping[str, Any], files: Mapping[str, str]) -> Bench:
        """The tests, over a module that is answered here."""
        tests = {n: t for n, t in files.items() if n != "spans.py"}
        return Bench(tests, stubs={"spans": [form[role] for role in ROLES]})

    def trial(
        self, form: dict[str, Any], key: int, files: Mapping[str, str], bench: Bench, tally: Tally, draws: int
    ) -> None:
        """Tests on the defect, on one mutant and one correct version a draw; the module on drawn inputs."""
        s = Stream(key, "task-engineering-fundamentals/draw")
        original = version(form, "starter")
        right = [version(form, f"references/{name}") for name in ("senior", "second", "third")]
        others = [f for f in (*FLAWS, *MORE) if f != form["flaw"]]
        chosen = s.shuffled(others, 1)[:draws]
        mutants = [version(form, "starter", flaw) for flaw in chosen]
        with Bench(files) as own:
            green = self._passes(own, None) and any(self._passes(bench, one) for one in right)
            finds = green and not self._passes(bench, original)
            caught = [green and not self._passes(bench, one) for one in mutants]
            fair = [self._passes(bench, right[i % len(right)]) for i in range(len(mutants))]
            failed = [(one, False) for one, found in zip(mutants, caught, strict=True) if found]
            failed += [(original, False)] if finds else []
            passed = [(right[i % len(right)], True) for i, holds in enumerate(fair) if holds]
            again = [*s.shuffled(failed, 2)[:LOOKED_AT_AGAIN], *s.shuffled(passed, 3)[: LOOKED_AT_AGAIN // 2]]
            if not self._steady(form, files, again):
                green = finds = False
                caught = fair = [False] * len(mutants)
                reason = "the tests say something else of the same module in a new process: they remember"
            else:
                reason = ""
            for i in range(len(mutants)):
                tally.draw()
                self._module(form, s, i, own, original, right[0], tally)
                for cause, holds, words in (
                    ("defect", finds, _why_not(green, "the tests pass on the module as it was given")),
                    (
                        "mutants",
                        caught[i],
                        _why_not(green, "the tests pass on a version with one thing wrong"),
                    ),
                    ("alternatives", fair[i], "a test fails on a version that does what the brief says"),
                ):
                    tally.check(cause, holds, reason or words)

    def _steady(
        self, form: dict[str, Any], files: Mapping[str, str], said: Sequence[tuple[Functions, bool]]
    ) -> bool:
        """Whether tests come to the same verdict on some versions, each in a process that has seen no other.

        One process runs all versions, since a new one for each is slow. What tests find with a memory of the others
        (their order, or what most of them gave) they cannot find again here.
        """
        for functions, passed in said:
            with self.bench(form, files) as alone:
                if self._passes(alone, functions) != passed:
                    return False
        return True

    @staticmethod
    def _passes(bench: Bench, functions: Functions | None) -> bool:
        """Whether every test passes; over a version of ours, or over the module in the folder."""

        def asked(port: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
            if functions is None or method not in functions or kwargs:
                return {
                    "raise": "TypeError",
                    "message": "the functions take what the brief says, in that order",
                }
            good, value = _value(functions, method, args)
            return {"result": value} if good else {"raise": value[0], "message": value[1]}

        process = bench.process
        if process is None:
            return False
        bench.fresh()
        names = process.names("test_spans", "test_", asked)
        if names.failure is not None:
            return False
        return all(bench.call("test_spans", name, asked=asked).failure is None for name in names.value)

    def _module(
        self,
        form: dict[str, Any],
        s: Stream,
        i: int,
        own: Bench,
        original: Functions,
        right: Functions,
        tally: Tally,
    ) -> None:
        """The learner's module on inputs where the defect shows, and on others of every function."""
        entity = Stream(s.key, f"inputs/{i}")
        telling = _telling(form, entity, right, original, form["defect_group"])
        cases = [(form["defect_group"], telling)]
        cases += [(role, _inputs(role, entity, 500 + n)) for n in range(2) for role in ROLES]
        cases.append(("merge", [[[3, 1]]]))
        for role, args in cases:
            name = form[role]
            answer = own.call("spans", name, *args)
            wanted = _value(right, name, args)
            if answer.failure is None:
                holds = wanted == (True, answer.value)
            else:
                holds = not wanted[0] and wanted[1][0] in answer.failure.kinds
            if not holds:
                shows = not _same(_value(original, name, args), wanted)
                words = f"`{name}` gives something else than the brief says"
                if answer.failure is not None:
                    words = f"`{name}` failed: {answer.failure.text}"
                tally.miss("mended" if shows else "unbroken", words)


def _why_not(green: bool, otherwise: str) -> str:
    return otherwise if green else "the tests fail on your own module, or on every version that is right"


def version(form: Mapping[str, Any], folder: str, flaw: str | None = None) -> Functions:
    """The five functions of a version that ships: a template, filled in and run here."""
    return _version(_values(form, flaw), folder)


def _values(form: Mapping[str, Any], flaw: str | None = None) -> str:
    names = {k: form[k] for k in (*ROLES, *ASKED, "what", "unit", "defect_group")}
    return json.dumps({**names, "flaw": form["flaw"] if flaw is None else flaw}, sort_keys=True)


def _text(values: str, folder: str) -> str:
    return forms.text((HERE / folder / "spans.py.j2").read_text(encoding="utf-8"), json.loads(values))


@cache
def _version(values: str, folder: str) -> Functions:
    module: dict[str, Any] = {}
    exec(compile(_text(values, folder), "spans.py", "exec", dont_inherit=True), module)
    return {n: f for n, f in module.items() if callable(f)}


def _value(functions: Functions, name: str, args: Sequence[Any]) -> tuple[bool, Any]:
    """(True, value as JSON has it) or (False, (name of the exception, its words))."""
    try:
        if any(_largest(a) > 100_000 for a in args):
            raise ValueError("too large for a test of this module")
        return True, json.loads(json.dumps(functions[name](*json.loads(json.dumps(list(args))))))
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        ZeroDivisionError,
        OverflowError,
    ) as error:
        return False, (type(error).__name__, str(error)[:200])


def _same(left: tuple[bool, Any], right: tuple[bool, Any]) -> bool:
    """The same value, or the same kind of exception."""
    if left[0] != right[0]:
        return False
    return bool(left[1] == right[1] if left[0] else left[1][0] == right[1][0])


def _largest(value: Any) -> float:
    """The largest number in an argument: what a test may ask of a version is bounded."""
    if isinstance(value, list):
        return max(map(_largest, value), default=0)
    return abs(value) if isinstance(value, int | float) else 0


def _inputs(role: str, s: Stream, n: int) -> list[Any]:
    """Drawn arguments of a function."""
    spans = []
    for k in range(s.integer(0 if n % 7 else 1, 9, n, 0)):
        start = s.integer(-40, 60, n, 1, k)
        spans.append([start, start + s.integer(0, 18, n, 2, k)])
    if spans and s.uniform(n, 5) < 0.5:
        spans.append([spans[0][1], spans[0][1] + s.integer(1, 9, n, 6)])  # touches
    if role == "covered":
        low = s.integer(-45, 40, n, 3)
        return [spans, low, low + s.integer(0, 50, n, 4)]
    if role == "by_bucket":
        return [spans, s.integer(2, 14, n, 3)]
    return [spans, s.integer(1, 9, n, 3)] if role == "cost" else [spans]


def _telling(form: Mapping[str, Any], s: Stream, right: Functions, wrong: Functions, role: str) -> list[Any]:
    """Arguments on which a wrong version differs from a right one."""
    for n in range(1000):
        args = _inputs(role, s, 1000 + n)
        if not _same(_value(right, form[role], args), _value(wrong, form[role], args)):
            return args
    raise RuntimeError(f"no input tells {form['flaw']} from what is right")


TASK = Engineering()
