"""Scores and labels, counted: all that is needed to estimate performance where labels are not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.tables import as_numbers, as_text, floats

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from gradatim.instruments.tables import Block

# Bins of equal width in log-odds around the threshold, which is an edge: scores near 0 are told apart too.
BINS, WIDTH = 400, 0.06
CUT = BINS // 2
GROUPS = 64
MAX_SEGMENTS = 100
ALL = ""


class Scores:
    """Counts of scores, labelled rows and positive labels: for all rows, by segment, by window.

    Args:
        prediction: column of the predicted probability of the positive class.
        label: column of the label; None, or absent from a file, where there is none.
        segments: columns whose values split the rows.
        threshold: a score at or above it predicts positive; between 0 and 1.
        positive: the label's value that counts as positive; None takes 1 or true.
        labelled: the file has the label column.
    """

    def __init__(
        self,
        prediction: str,
        label: str | None,
        segments: Sequence[str] = (),
        positive: str | None = None,
        *,
        threshold: float = 0.5,
        labelled: bool = True,
    ) -> None:
        import numpy as np

        self.prediction, self.segments, self.positive = prediction, tuple(segments), positive
        self.label = label if labelled else None
        self.threshold = threshold
        self.total = 0.0
        self.needs = tuple(dict.fromkeys([prediction, *([self.label] if self.label else []), *segments]))
        self.tallies: dict[str, dict[str, NDArray[np.int64]]] = {ALL: {"": np.zeros((3, BINS), np.int64)}}
        self.by_window: NDArray[np.int64] = np.zeros((0, 3, BINS), np.int64)
        self.missing = 0
        self.dropped_segments: set[str] = set()
        self.groups: dict[str, NDArray[np.float64]] = {}

    def score(self, block: Block) -> NDArray[np.float64]:
        """The predicted probability of each row; NaN where missing.

        Raises:
            InputError: values that are no probability.
        """
        import numpy as np

        numbers = as_numbers(block.column(self.prediction))
        with np.errstate(invalid="ignore"):
            wrong = (numbers.values < 0) | (numbers.values > 1)
        problems = []
        if numbers.unparsed:
            problems.append(f"{numbers.unparsed:,} values are no numbers")
        if wrong.any():
            least, most = np.nanmin(numbers.values), np.nanmax(numbers.values)
            problems.append(f"{int(wrong.sum()):,} values lie outside 0 to 1 (from {least:g} to {most:g})")
        if problems:
            raise InputError(
                f'column "{self.prediction}" is not a predicted probability',
                problems,
                why="performance without labels is estimated from the probability of the positive class",
                next="leave --prediction out, or name the column of the probability",
            )
        return numbers.values

    def add(self, block: Block, window: NDArray[np.int64] | None) -> None:
        """Count a block."""
        import numpy as np

        score = self.score(block)
        told = np.isfinite(score)
        self.missing += int(len(told) - told.sum())
        self.total += float(score[told].sum())
        place = self._place(np.where(told, score, 0.0))
        label = self._labels(block) if self.label else np.full(len(score), np.nan)
        parts = (told, told & np.isfinite(label), told & (label == 1.0))
        whole = self.tallies[ALL][""]
        for i, part in enumerate(parts):
            whole[i] += np.bincount(place[part], minlength=BINS)
        if window is not None:
            wide = int(window.max(initial=-1)) + 1
            if len(self.by_window) < wide:
                self.by_window = np.concatenate(
                    [self.by_window, np.zeros((wide - len(self.by_window), 3, BINS), np.int64)]
                )
            for i, part in enumerate(parts):
                part = part & (window >= 0)
                flat = np.bincount(window[part] * BINS + place[part], minlength=len(self.by_window) * BINS)
                self.by_window[:, i] += flat.reshape(-1, BINS)
        for segment in self.segments:
            self._add_segment(segment, block.column(segment), place, parts)

    def _place(self, score: NDArray[np.float64]) -> NDArray[np.int64]:
        import numpy as np

        with np.errstate(divide="ignore"):
            odds = np.log(score) - np.log1p(-score)
        cut = float(np.log(self.threshold) - np.log1p(-self.threshold))
        place: NDArray[np.int64] = np.clip(np.floor((odds - cut) / WIDTH) + CUT, 0, BINS - 1).astype(np.int64)
        return place

    def _add_segment(
        self, segment: str, values: pa.Array, place: NDArray[np.int64], parts: Sequence[NDArray[np.bool_]]
    ) -> None:
        import numpy as np

        compute = load("pyarrow.compute", "work", "The drift report")
        coded = compute.dictionary_encode(compute.fill_null(as_text(values), "(missing)"))
        pyarrow = load("pyarrow", "work", "The drift report")
        codes = floats(coded.indices.cast(pyarrow.float64())).astype(np.int64)
        names = coded.dictionary.to_pylist()
        counts = self.tallies.setdefault(segment, {})
        common = np.argsort(np.bincount(codes, minlength=len(names)))[::-1]
        for code in common.tolist():
            name = names[code]
            if name not in counts:
                if len(counts) >= MAX_SEGMENTS:
                    self.dropped_segments.add(segment)
                    continue
                counts[name] = np.zeros((3, BINS), np.int64)
        slot = np.full(len(names), -1, np.int64)
        kept = [i for i, name in enumerate(names) if name in counts]
        slot[kept] = np.arange(len(kept))
        at = slot[codes]
        for i, part in enumerate(parts):
            part = part & (at >= 0)
            flat = np.bincount(at[part] * BINS + place[part], minlength=len(kept) * BINS).reshape(-1, BINS)
            for row, j in zip(flat, kept, strict=True):
                counts[names[j]][i] += row

    def note(self, name: str, group: NDArray[np.int64], used: Any, score: NDArray[np.float64]) -> None:
        """Rows and sum of scores by coarse group of a column, for the hint at causes."""
        import numpy as np

        scores = score[used]
        told = np.isfinite(scores)
        if not told.all():
            group, scores = group[told], scores[told]
        sums = self.groups.setdefault(name, np.zeros((2, GROUPS)))
        sums[0] += np.bincount(group, minlength=GROUPS)
        sums[1] += np.bincount(group, weights=scores, minlength=GROUPS)

    def _labels(self, block: Block) -> NDArray[np.float64]:
        """1 for positive, 0 for negative, NaN where there is no label yet.

        Raises:
            InputError: the label is not binary and no positive value was named.
        """
        import numpy as np

        assert self.label is not None
        column = block.column(self.label)
        if self.positive is not None:
            compute = load("pyarrow.compute", "work", "The drift report")
            hit = compute.equal(as_text(column), self.positive)
            pyarrow = load("pyarrow", "work", "The drift report")
            return floats(hit.cast(pyarrow.float64()))
        words = {"true": "1", "false": "0"}
        pyarrow = load("pyarrow", "work", "The drift report")
        if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
            compute = load("pyarrow.compute", "work", "The drift report")
            column = compute.utf8_lower(column)
            for word, digit in words.items():
                column = compute.replace_substring_regex(column, f"^{word}$", digit)
        numbers = as_numbers(column)
        told = np.isfinite(numbers.values)
        other = told & (numbers.values != 0) & (numbers.values != 1)
        if numbers.unparsed or other.any():
            raise InputError(
                f'column "{self.label}" is not a binary label',
                [f"{numbers.unparsed + int(other.sum()):,} values are neither 0, 1, true nor false"],
                next="name the value that counts as positive: --positive VALUE",
            )
        return numbers.values

    def as_dict(self) -> dict[str, Any]:
        """What a profile keeps of the reference."""
        return {
            "prediction": self.prediction,
            "label": self.label,
            "positive": self.positive,
            "threshold": self.threshold,
            "total": self.total,
            "tallies": {
                segment: {value: counts.tolist() for value, counts in values.items()}
                for segment, values in self.tallies.items()
            },
            "groups": {name: sums.tolist() for name, sums in self.groups.items()},
        }


def restored(data: dict[str, Any]) -> Scores:
    """The reference's scores from a profile.

    Raises:
        InputError: they are damaged.
    """
    import numpy as np

    try:
        scores = Scores(
            data["prediction"], data["label"], positive=data["positive"], threshold=float(data["threshold"])
        )
        scores.total = float(data["total"])
        scores.tallies = {
            segment: {value: np.asarray(c, np.int64).reshape(3, BINS) for value, c in values.items()}
            for segment, values in data["tallies"].items()
        }
        scores.groups = {name: np.asarray(s, float).reshape(2, GROUPS) for name, s in data["groups"].items()}
        scores.segments = tuple(name for name in scores.tallies if name != ALL)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError("the profile's scores are damaged", [str(error)]) from None
    return scores


def add_calibrations(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The scores of several profiles together; segments that are not in all of them are left out.

    Raises:
        InputError: they are of different predictions or labels.
    """
    import numpy as np

    first = parts[0]
    same = ("prediction", "label", "positive", "threshold")
    if any(p.get(name) != first.get(name) for p in parts for name in same):
        raise InputError("these profiles are of different predictions, labels or thresholds")
    all_scores = [restored(part) for part in parts]
    whole = all_scores[0]
    shared = set.intersection(*(set(scores.tallies) for scores in all_scores))
    whole.tallies = {name: values for name, values in whole.tallies.items() if name in shared}
    whole.total = sum(scores.total for scores in all_scores)
    for other in all_scores[1:]:
        for segment, values in whole.tallies.items():
            for value, counts in other.tallies[segment].items():
                values[value] = values.get(value, np.zeros((3, BINS), np.int64)) + counts
    # Groups follow the bins of one profile and cannot be added where those differ.
    whole.groups = {}
    return whole.as_dict()
