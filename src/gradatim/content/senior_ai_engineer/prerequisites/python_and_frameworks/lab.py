"""The task `task-python-and-frameworks`: answers on drawn data and at the edges, and CPU time beside the starter's."""

# ruff: noqa: E501 (tables of words and sentences stay on a line)
from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from gradatim.core.streams import Stream
from gradatim.lab.task import form as forms
from gradatim.lab.task.bench import Bench
from gradatim.lab.task.outcome import Tally

HERE = Path(__file__).parent
FIT_TIMES, PREDICT_TIMES = 5, 4
ROWS, COLUMNS, ASKED, RUNS = 160, 5, 320, 3
MOST_REDRAWN = 60
KERNELS = {
    "gauss": "exp(-D / (2 h²)), where D is the sum of the squared differences of the columns.",
    "laplace": "exp(-D / h), where D is the sum of the absolute differences of the columns.",
    "parabola": "1 - D / h², and 0 where that is below 0, where D is the mean of the squared differences of the columns.",
}
BUGS = {
    "batch-columns": "The rows to answer were scaled by their own means and spreads, not by those of the training.",
    "own-row": "Each row helped to guess itself when the bandwidth was chosen, so the narrowest looked best.",
    "last-row": "The last known row was left out of every answer.",
    "plain-mean": "The weighted sum was divided by the number of rows, not by the sum of the weights.",
}
EDGES = {
    "constant-column": "A column with one value only was divided by its spread of zero.",
    "no-weight": "A row far from everything has no weight anywhere, and was divided by zero.",
}
SPREADS = {
    "deviation": "the population standard deviation of its values",
    "absolute": "the mean absolute difference of its values from their mean",
    "range": "half of its range, the greatest value less the least",
}
CRITERIA = ("squared", "absolute")
APART = {"deviation": 1.0, "absolute": 1.155, "range": 0.577}
"""Distances of scaled rows beside those scaled by the deviation, for uniform columns."""
TIMES_WORDS = {5: "fifth", 4: "quarter"}
_tables_of: dict[tuple[str, int], list[tuple[list[list[float]], list[float]]]] = {}
"""The timed data of the last form and key: whoever is compared on one draw meets the same."""
_starter_s: dict[str, tuple[float, float]] = {}
"""CPU seconds of a form's starter, measured once in a process: the same figure for all that is compared with it."""
_starter_told: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
"""What the timed run of the last form and key found wrong with the starter: so it is not run again beside itself."""


class Regression:
    """The form and the trial."""

    def form(self, seed: int) -> dict[str, Any]:
        """Names, what is asked (kernel, spread, criterion, bandwidths), the defect and the edge: drawn by the seed."""
        s = Stream(seed, "task-python-and-frameworks/form")
        kernel, bug, edge = s.choice(tuple(KERNELS), 1), s.choice(tuple(BUGS), 2), s.choice(tuple(EDGES), 3)
        fit, predict = s.choice(
            (("fit", "answer"), ("train", "predict"), ("learn", "estimate"), ("build", "score")), 4
        )
        spread = s.choice(tuple(SPREADS), 6)
        # Columns are uniform: what they are divided by sets how far rows are from each other.
        low = (0.7 if kernel == "parabola" else 0.2) * APART[spread]
        form = {
            "kernel": kernel, "kernel_told": KERNELS[kernel], "bug": bug, "edge": edge, "fit": fit, "predict": predict,
            "bandwidths": tuple(round(low * f * (1 + 0.1 * s.uniform(5, f)), 3) for f in (1, 3, 9)),
            "spread": spread, "spread_told": SPREADS[spread], "criterion": s.choice(CRITERIA, 7),
            "bug_told": BUGS[bug], "edge_told": EDGES[edge], "fit_words": TIMES_WORDS[FIT_TIMES],
            "predict_words": TIMES_WORDS[PREDICT_TIMES], "draws": 10, "pass_mark": 0.85,
            "truth": [bug, edge, BUGS[bug], EDGES[edge]],
        }  # fmt: skip
        # For references that begin from the script as it was, with its defect mended, or its edge too.
        form["original"] = _script(form)
        form["mended"] = _script({**form, "bug": ""})
        form["right"] = _script({**form, "bug": "", "edge": ""})
        return form

    def bench(self, form: Mapping[str, Any], files: Mapping[str, str]) -> Bench:
        """The one file."""
        return Bench(files)

    def trial(
        self, form: dict[str, Any], key: int, files: Mapping[str, str], bench: Bench, tally: Tally, draws: int
    ) -> None:
        """Speed is measured once and counts on every draw; answers and edges are drawn anew."""
        s = Stream(key, "task-python-and-frameworks/draw")
        astray: list[str] = []
        slow = self._speed(form, s, bench, tally, astray)
        for i in range(draws):
            tally.draw()
            for words in slow:
                tally.miss("speed", words)
            for words in astray:
                tally.miss("bandwidth", words)
            self._answers(form, s, 10 + i, bench, tally)
            self._edges(form, s, 100 + i, bench, tally)

    # ------------------------------------------------------------------ right
    def _answers(self, form: dict[str, Any], s: Stream, i: int, bench: Bench, tally: Tally) -> None:
        X, y = _data(s, i, s.integer(14, 30, i, 1), s.integer(2, 4, i, 2))
        # Another batch than the training's, with other means.
        asked = [[v + 0.7 for v in row] for row in _data(s, i + 5000, 9, len(X[0]))[0]]
        right = _fit(form, X, y)
        model = bench.call("regression", form["fit"], X, y)
        if model.failure is not None or not isinstance(model.value, dict):
            words = (
                f"`{form['fit']}` failed: {model.failure.text}"
                if model.failure
                else f"`{form['fit']}` gives no dict"
            )
            tally.miss("predictions", words)
            tally.miss("bandwidth", words)
            return
        if not _close([model.value.get("bandwidth")], [right["bandwidth"]]):
            tally.miss("bandwidth", "another bandwidth is the best")
        self._compare(
            form, "predictions", "answers", bench, tally, model.value, asked, _predict(form, right, asked)
        )

    def _edges(self, form: dict[str, Any], s: Stream, i: int, bench: Bench, tally: Tally) -> None:
        X, y = _data(s, i, 12, 3)
        flat = [[row[0], 0.1 * s.integer(1, 9, i, 3), row[2]] for row in X]
        flat = [[a, flat[0][1], c] for a, _, c in flat]
        far = [[1e4, -1e4, 1e4], X[0]]
        for words, rows, answers, asked in (
            ("no row to answer", X, y, []),
            ("one row to answer", X, y, [X[3]]),
            ("one row to train on", X[:1], y[:1], X[:2]),
            ("a column with one value only", flat, y, [*flat[:2], X[1]]),
            ("rows far from everything", X, y, far),
        ):
            right = _fit(form, rows, answers)
            model = bench.call("regression", form["fit"], rows, answers)
            if model.failure is not None or not isinstance(model.value, dict):
                failed = model.failure.text if model.failure else "no dict"
                tally.miss("edges", f"{words}: `{form['fit']}` failed: {failed}")
                continue
            # The bandwidth is judged by itself: here the one that was chosen is taken as it is.
            chosen = model.value.get("bandwidth")
            if isinstance(chosen, int | float) and any(_close([chosen], [b]) for b in form["bandwidths"]):
                right["bandwidth"] = chosen
            self._compare(
                form, "edges", words, bench, tally, model.value, asked, _predict(form, right, asked)
            )

    @staticmethod
    def _compare(
        form: Mapping[str, Any],
        cause: str,
        words: str,
        bench: Bench,
        tally: Tally,
        model: Any,
        asked: Any,
        right: Any,
    ) -> None:
        answer = bench.call("regression", form["predict"], model, asked)
        if answer.failure is not None:
            tally.miss(cause, f"{words}: `{form['predict']}` failed: {answer.failure.text}")
        else:
            tally.check(cause, _close(answer.value, right), f"{words}: not what the brief says")

    # ------------------------------------------------------------------ fast
    def _speed(
        self, form: dict[str, Any], s: Stream, bench: Bench, tally: Tally, astray: list[str]
    ) -> list[str]:
        """Why it is not fast enough; nothing if it is. `astray` gets what was chosen wrongly meanwhile."""
        problems: list[str] = []
        original, unchanged = form["original"], bench.files == {"regression.py": form["original"]}
        told = _starter_told.get((original, s.key))
        known = _starter_s.get(original)
        if known is None or (unchanged and told is None):
            told = ([], [])
            with Bench({"regression.py": original}) as given:
                found = self._timed(form, s, given, *told)
            known = _starter_s.setdefault(original, found)
            _starter_told.clear()
            _starter_told[original, s.key] = told
        if unchanged and told is not None:
            # Beside itself it is as fast as it was; what it answers was compared when it was measured.
            fit_s, predict_s = known
            problems += told[0]
            astray += told[1]
        else:
            fit_s, predict_s = self._timed(form, s, bench, problems, astray)
        if problems:
            return problems
        ratios = {
            form["fit"]: (known[0] / fit_s, FIT_TIMES),
            form["predict"]: (known[1] / predict_s, PREDICT_TIMES),
        }
        for name, (ratio, least) in ratios.items():
            tally.measured[f"{name}_times_faster"] = round(ratio, 1)
            if ratio < least:
                problems.append(f"`{name}` is not {least} times as fast as it was")
        return problems

    def _timed(
        self, form: dict[str, Any], s: Stream, bench: Bench, problems: list[str], astray: list[str]
    ) -> tuple[float, float]:
        """Median CPU seconds of training and of answering, on other data each time; the first run only warms up."""
        fits, predicts = [], []
        tables = [_data(s, 900, 6, COLUMNS), *_tables(form, s)]
        for run, (X, y) in enumerate(tables):
            # The warm-up is small: it loads numpy and nothing more.
            asked = _data(s, 950 + run, ASKED if run else 3, COLUMNS)[0]
            fit_s, model = _took(bench, form["fit"], X, y)
            if model.failure is not None:
                problems.append(f"`{form['fit']}` failed on {len(X)} rows: {model.failure.text}")
                return 1.0, 1.0
            predict_s, answer = _took(bench, form["predict"], model.value, asked)
            if answer.failure is not None:
                problems.append(f"`{form['predict']}` failed on {len(asked)} rows: {answer.failure.text}")
                return 1.0, 1.0
            if run:
                fits.append(fit_s)
                predicts.append(predict_s)
                right = _fit(form, X, y)
                chosen = model.value.get("bandwidth") if isinstance(model.value, dict) else None
                # A training that leaves the search out is fast for nothing.
                if not _close([chosen], [right["bandwidth"]]):
                    astray.append(
                        f"`{form['fit']}`, when it was timed, chose another bandwidth than the best"
                    )
                    right["bandwidth"] = chosen if chosen in form["bandwidths"] else right["bandwidth"]
                if not _close(answer.value, _predict(form, right, asked)):
                    problems.append("what was timed gives other answers than the brief says")
        return max(median(fits), 1e-6), max(median(predicts), 1e-6)


def _tables(form: Mapping[str, Any], s: Stream) -> list[tuple[list[list[float]], list[float]]]:
    """Data of the timed runs. Their best bandwidths are not all the same one, so none of them can be guessed for all."""
    known = _tables_of.get((form["original"], s.key))
    if known is not None:
        return known
    made = [_data(s, 901 + run, ROWS, COLUMNS) for run in range(RUNS)]
    best = {_fit(form, X, y)["bandwidth"] for X, y in made}
    tried = 0
    while len(best) == 1 and tried < MOST_REDRAWN:
        tried += 1
        made[-1] = _data(s, 2000 + tried, ROWS, COLUMNS)
        best |= {_fit(form, *made[-1])["bandwidth"]}
    _tables_of.clear()
    _tables_of[form["original"], s.key] = made
    return made


def _took(bench: Bench, function: str, *args: Any) -> tuple[float, Any]:
    """CPU seconds of a call, and its answer; wall seconds where the system does not tell a process's CPU time."""
    begun = time.perf_counter()
    answer = bench.call("regression", function, *args, timed=True)
    return answer.cpu_s or time.perf_counter() - begun, answer


def _script(form: Mapping[str, Any]) -> str:
    return forms.text((HERE / "starter" / "regression.py.j2").read_text(encoding="utf-8"), form)


def _data(s: Stream, n: int, rows: int, columns: int) -> tuple[list[list[float]], list[float]]:
    """Rows on scales of their own, and answers that depend on them with noise."""
    import numpy as np

    chance = np.random.Generator(np.random.PCG64(s.bits(n, rows, columns)))
    X = np.round(chance.uniform(-2, 2, (rows, columns)) * (1.0 + np.arange(columns)), 4)
    # More noise than signal, so that a wide bandwidth is often the best one.
    y = np.round(2 + 0.3 * X[:, 0] - 0.1 * X[:, -1] + chance.uniform(-2.5, 2.5, rows), 4)
    made: tuple[list[list[float]], list[float]] = (X.tolist(), y.tolist())
    return made


# ---------------------------------------------------------------------- what is right
def _weights(form: Mapping[str, Any], A: Any, B: Any, h: float) -> Any:
    import numpy as np

    steps = A[:, None, :] - B[None, :, :]
    if form["kernel"] == "gauss":
        return np.exp(-(steps**2).sum(axis=2) / (2 * h * h))
    if form["kernel"] == "laplace":
        return np.exp(-np.abs(steps).sum(axis=2) / h)
    return np.maximum(0.0, 1 - (steps**2).mean(axis=2) / (h * h))


def _mean(W: Any, y: Any, otherwise: Any) -> Any:
    import numpy as np

    total = W.sum(axis=1)
    return np.where(total > 0, (W @ y) / np.where(total > 0, total, 1.0), otherwise)


def _scale(X: Any, model: Mapping[str, Any]) -> Any:
    import numpy as np

    return np.where(model["flat"], 0.0, (np.asarray(X, dtype=float) - model["means"]) / model["spreads"])


def _spread(form: Mapping[str, Any], table: Any) -> Any:
    import numpy as np

    if form["spread"] == "deviation":
        return table.std(axis=0)
    return (
        np.abs(table - table.mean(axis=0)).mean(axis=0)
        if form["spread"] == "absolute"
        else np.ptp(table, axis=0) / 2
    )


def _fit(form: Mapping[str, Any], X: Sequence[Sequence[float]], y: Sequence[float]) -> dict[str, Any]:
    import numpy as np

    table, target = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    flat = np.ptp(table, axis=0) == 0
    model: dict[str, Any] = {
        "means": table.mean(axis=0), "flat": flat, "spreads": np.where(flat, 1.0, _spread(form, table)), "y": target
    }  # fmt: skip
    model["rows"] = _scale(table, model)
    errors = []
    for h in form["bandwidths"]:
        W = _weights(form, model["rows"], model["rows"], h)
        np.fill_diagonal(W, 0.0)
        others = (target.sum() - target) / max(len(target) - 1, 1) if len(target) > 1 else target
        off = np.abs(target - _mean(W, target, others))
        errors.append(float((off**2 if form["criterion"] == "squared" else off).sum()))
    model["bandwidth"] = form["bandwidths"][errors.index(min(errors))]
    return model


def _predict(form: Mapping[str, Any], model: Mapping[str, Any], X: Sequence[Sequence[float]]) -> list[float]:
    if not X:
        return []
    W = _weights(form, _scale(X, model), model["rows"], model["bandwidth"])
    made: list[float] = _mean(W, model["y"], model["y"].mean()).tolist()
    return made


def _close(found: Any, right: Sequence[float]) -> bool:
    if not isinstance(found, list) or len(found) != len(right):
        return False
    return all(
        isinstance(a, int | float)
        and not isinstance(a, bool)
        and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
        for a, b in zip(found, right, strict=True)
    )


TASK = Regression()
