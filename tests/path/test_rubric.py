"""The rubric that ships, and what an author or a team is told when a file of theirs does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.core.errors import InputError, UnknownName
from gradatim.path import rubric
from gradatim.path.rubric import Rubric

BAKERY = Path(__file__).parent / "bakery"


@pytest.fixture(scope="module")
def shipped() -> Rubric:
    return rubric.load(FOLDER)


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the small rubric with some text replaced."""

    def edit(*changes: tuple[str, str]) -> Path:
        text = (BAKERY / "rubric.toml").read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "rubric.toml").write_text(text)
        return tmp_path

    return edit


def problems(folder: Path, overlay: Path | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        rubric.load(folder, overlay)
    assert caught.value.next
    return caught.value.problems


def test_ten_dimensions_at_five_levels(shipped: Rubric) -> None:
    assert [d.id for d in shipped.dimensions] == [f"D{i}" for i in range(1, 11)]
    assert all([one.level for one in d.levels] == [1, 2, 3, 4, 5] for d in shipped.dimensions)
    assert shipped.dimension("D5").level(4).word == "senior"


def test_the_bar_and_the_gates_are_those_of_the_path(shipped: Rubric) -> None:
    bar = shipped.bar
    assert (bar.mean, bar.at_four, bar.of, bar.none_below) == (3.5, 7, 10, 3)
    assert (bar.independent_items, bar.work_items) == (2, 1)
    assert [g.title for g in shipped.gates] == [
        "Sustained",
        "Repeated",
        "Already done",
        "Own share clear",
        "How as well as what",
        "Legible to an outsider",
    ]


def test_the_contrasts_are_kept_word_for_word(shipped: Rubric) -> None:
    assert shipped.dimension("D1").contrast.model_dump() == {
        "mid": "owns a framed project",
        "senior": "turns a vague ask into options, non-goals, milestones; owns a half-year outcome",
        "not_yet": "waits for a spec",
        "proof": "framing with rejected options",
    }
    assert shipped.dimension("D10").contrast.proof == "a gate that blocked a release"


def test_no_two_levels_say_the_same_and_all_are_sentences(shipped: Rubric) -> None:
    levels = [one for d in shipped.dimensions for one in d.levels]
    for field in ("statement", "example", "counter_signal"):
        texts = [getattr(one, field) for one in levels]
        assert len(set(texts)) == 50
        assert all(text.endswith(".") for text in texts)
    signals = [signal for one in levels for signal in one.signals]
    assert len(set(signals)) == len(signals) == 150


def test_a_lab_alone_never_carries_level_four(shipped: Rubric) -> None:
    for dimension in shipped.dimensions:
        for level in dimension.levels[3:]:
            assert "lab" not in level.evidence
            assert "work" in level.evidence


def test_a_rubric_of_another_company_loads() -> None:
    small = rubric.load(BAKERY)
    assert [d.id for d in small.dimensions] == ["HAND", "PLAN"]
    assert small.weight("HAND") == 2.0
    assert small.weight("PLAN") == 1.0


def test_unknown_names_get_the_nearest(shipped: Rubric) -> None:
    with pytest.raises(UnknownName):
        shipped.dimension("D11")
    with pytest.raises(InputError, match="no level 6"):
        shipped.dimension("D1").level(6)


def test_every_defect_is_named_at_once_with_its_place(edited: Callable[..., Path]) -> None:
    found = problems(
        edited(
            ("mean = 3.0", 'mean = "high"'),
            ('example = "A loaf of level 2, sliced and weighed."', ""),
            ('evidence = ["work"]', 'evidence = ["rumour"]'),
            ('title = "Plan"', 'title = "Plan"\ncolour = "red"'),
        )
    )
    assert len(found) == 4
    text = "\n".join(found)
    assert "bar.mean" in text
    assert "dimensions.HAND.levels.2.example: Field required" in text
    assert "dimensions.HAND.levels.1.evidence.0" in text
    assert "dimensions.PLAN.colour" in text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("of = 2", "of = 3"), "bar: of 3, but there are 2 dimensions"),
        (("at_four = 1", "at_four = 3"), "bar: 3 at level 4 of 2 cannot be reached"),
        (("HAND = 2.0", "FOOT = 2.0"), "weights: FOOT is no dimension"),
        (("HAND = 2.0", "HAND = 0.0"), "weights: HAND is 0, not above 0"),
        (('id = "PLAN"', 'id = "HAND"'), "dimension HAND: used more than once"),
        (("level = 5", "level = 4"), "dimensions.HAND: Value error, levels 1 to 5, each once and in order"),
    ],
)
def test_what_does_not_fit_is_named(edited: Callable[..., Path], change: tuple[str, str], told: str) -> None:
    assert told in problems(edited(change))


def test_a_team_overlays_bar_and_weights_only(tmp_path: Path) -> None:
    overlay = tmp_path / "ours.toml"
    overlay.write_text("[bar]\nmean = 3.8\n[weights]\nD5 = 2.0\n")
    ours = rubric.load(FOLDER, overlay)
    assert ours.bar.mean == 3.8
    assert ours.bar.at_four == 7
    assert (ours.weight("D5"), ours.weight("D1")) == (2.0, 1.0)
    overlay.write_text('title = "easier"\n[bar]\nmean = 9\n')
    assert problems(FOLDER, overlay) == [f"{overlay}: title cannot be overlaid"]


def test_missing_and_broken_files_say_so(tmp_path: Path) -> None:
    assert problems(tmp_path) == ["rubric.toml: No such file or directory"]
    (tmp_path / "rubric.toml").write_text("id = \n")
    assert "rubric.toml" in problems(tmp_path)[0]
