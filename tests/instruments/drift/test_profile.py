"""The saved reference: whole, mergeable, and no row in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments import drift
from gradatim.instruments.drift import Profile, Request, Settings
from gradatim.instruments.tables import open_table


def profile(folder: Path, name: str, x: np.ndarray, like: Profile | None = None) -> Profile:
    path = folder / f"{name}.parquet"
    letters = np.array(list("abc"))[(np.abs(x) * 10).astype(int) % 3]
    pq.write_table(pa.table({"x": x, "c": letters}), path)
    return drift.profile_of(open_table(path), Request(), digest=name, like=like)[0]


def test_a_profile_comes_back_as_it_was(tmp_path: Path) -> None:
    made = profile(tmp_path, "a", np.random.default_rng(1).normal(size=5000))
    drift.save(made, tmp_path / "p.json")
    assert drift.load(tmp_path / "p.json").as_dict() == made.as_dict()
    assert (tmp_path / "p.json").stat().st_size < 50_000


def test_merging_on_the_same_bins_is_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=4000), rng.normal(1, 2, 3000)
    first = profile(tmp_path, "a", x)
    both = drift.merge([first, profile(tmp_path, "b", y, like=first)], ["a", "b"])
    whole = profile(tmp_path, "c", np.concatenate([x, y]), like=first)
    for name in ("x", "c"):
        merged, direct = both.columns[name].as_dict(), whole.columns[name].as_dict()
        # Sums of the narrow cells are not used, and not kept alike.
        merged.pop("sums", None)
        direct.pop("sums", None)
        # Which values are noted as frequent is seen block by block; how often they occur is in the counts.
        merged.pop("spikes", None)
        direct.pop("spikes", None)
        assert merged == direct
    assert both.rows == 7000 and both.columns["x"].slack == 0


def test_merging_on_other_bins_keeps_its_error_and_stays_within_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=20_000), rng.lognormal(0, 2, 20_000)
    first = profile(tmp_path, "a", x)
    both = drift.merge([first, profile(tmp_path, "b", y)], ["a", "b"]).columns["x"]
    whole = profile(tmp_path, "c", np.concatenate([x, y]), like=first).columns["x"]
    assert both.counts is not None and whole.counts is not None
    off = np.abs(np.cumsum(both.counts) - np.cumsum(whole.counts)).max()
    assert 0 < off <= both.slack < 0.02 * 40_000


def test_a_merged_reference_raises_no_false_alarm(tmp_path: Path) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        parts = [profile(tmp_path, f"p{i}", rng.normal(size=20_000) ** 3) for i in range(3)]
        merged = drift.merge(parts, ["a", "b", "c"])
        profile(tmp_path, "now", rng.normal(size=60_000) ** 3)
        found = drift.analyse(merged, open_table(tmp_path / "now.parquet"), Request(), Settings())
        assert found.in_state("drift", "small") == []


def test_the_same_file_twice_and_other_columns_are_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(4).normal(size=500)
    one = profile(tmp_path, "a", x)
    with pytest.raises(InputError) as caught:
        drift.merge([one, one], ["a.json", "a.json"])
    assert "both made from" in caught.value.problems[0]
    pq.write_table(pa.table({"q": x}), tmp_path / "q.parquet")
    other = drift.profile_of(open_table(tmp_path / "q.parquet"), Request(), digest="q")[0]
    with pytest.raises(InputError) as caught:
        drift.merge([one, other], ["a", "q"])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.pop("format"), "not a drift profile"),
        (lambda d: d.update(columns=[]), "no columns"),
        (lambda d: d["columns"][0]["counts"].pop(), "counts do not fit"),
        (lambda d: d["columns"][0].update(rows=-1), "rows is -1"),
        (lambda d: d["columns"][0].update(missing=7), "are counted"),
        (lambda d: d["columns"][0]["grid"].update(coarse=[3, 2]), "must ascend"),
    ],
)
def test_a_damaged_profile_is_refused(tmp_path: Path, change: object, reason: str) -> None:
    made = profile(tmp_path, "a", np.random.default_rng(5).normal(size=500)).as_dict()
    change(made)  # type: ignore[operator]
    (tmp_path / "p.json").write_text(json.dumps(made))
    with pytest.raises(InputError) as caught:
        drift.load(tmp_path / "p.json")
    assert reason in caught.value.describe()
