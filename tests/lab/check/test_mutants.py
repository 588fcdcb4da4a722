"""Mutants of the grader, over made-up matrices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gradatim.lab.check.matrix import Cell, Draw
from gradatim.lab.check.mutants import proof
from gradatim.lab.check.run import Players

PLAYERS = Players("senior", [], ["mid"], ["idle"], ["paperwork"], ["careless"], ["late"], ["silent"])


def lab(*causes: str) -> Any:
    return SimpleNamespace(spec=SimpleNamespace(graded=dict.fromkeys(causes, "text")))


def draw(seed: int, **players: dict[str, int]) -> Draw:
    everyone = {
        n: players.get(n, players["rest"])
        for n in ("senior", "mid", "idle", "paperwork", "careless", "late", "silent")
    }
    cells = {n: Cell(sum(c.values()), c, 0, n, ()) for n, c in everyone.items()}
    return Draw(seed, "family", "variant", False, cells, 0.0)


def test_each_part_has_a_reference_that_loses_only_by_it() -> None:
    """Dropping or inverting either cause puts somebody beside or above the senior."""
    draws = [
        draw(
            1,
            senior={"answers": 10, "silence": 5},
            rest={"answers": 900, "silence": 5},
            silent={"answers": 10, "silence": 300},
        )
    ]
    result = proof(draws, PLAYERS, lab("answers", "silence"))
    # Alone, each cause still notices: whoever loses only by the other is level with the senior.
    assert result["ok"] and result["kill_rate"] == 1.0 and result["survivors"] == []


def test_a_part_by_which_nobody_loses_is_told() -> None:
    draws = [draw(s, senior={"answers": 10, "pages": 0}, rest={"answers": 900, "pages": 0}) for s in (1, 2)]
    result = proof(draws, PLAYERS, lab("answers", "pages"))
    assert not result["ok"]
    assert any("pages dropped: no reference loses anything by it" in s for s in result["survivors"])


def test_a_part_that_never_decides_is_told() -> None:
    """Everyone who pays a dollar for a page loses a hundred by answers: dropping pages changes no order."""
    draws = [draw(1, senior={"answers": 10, "pages": 0}, rest={"answers": 900, "pages": 1})]
    result = proof(draws, PLAYERS, lab("answers", "pages"))
    assert any("pages dropped: other parts outweigh it" in s for s in result["survivors"])
    assert not any(s.startswith("answers inverted") for s in result["survivors"])
    assert "survive" in result["detail"]
