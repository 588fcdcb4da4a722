"""Every shipped lab proves itself: the ten proofs on the draws of `lab check --ci`."""

from __future__ import annotations

import pytest

from gradatim.lab import catalogue, folders
from gradatim.lab.check import check

PROOFS = {
    "1 metadata", "2 same seed, same hash", "3 a quiet shift costs nothing", "4 pass rates",
    "5 careless and late lose", "6 no truth leaks", "7 grader mutants", "8 exams have the margin",
    "9 the senior is strong", "10 nothing transplants",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lab_id", sorted(folders.labs()))
def test_all_ten_proofs_hold(lab_id: str) -> None:
    result = check(catalogue.lab(lab_id), ci=True, workers=1)
    found = {name: p for name, p in result.items() if isinstance(p, dict) and "ok" in p}
    assert set(found) == PROOFS
    assert {name: p["detail"] for name, p in found.items() if not p["ok"]} == {}
    assert result["instances"] >= 8
