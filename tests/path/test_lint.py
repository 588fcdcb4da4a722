"""Linting a pack: a whole one passes, and each thing an author can get wrong is named, all at once."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.path.lint import lint, schema_of

BAKERY = Path(__file__).parent / "bakery"


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the small pack with some text of its files replaced: (file, old, new)."""

    def edit(*changes: tuple[str, str, str]) -> Path:
        folder = tmp_path / "pack"
        shutil.copytree(BAKERY, folder)
        for name, old, new in changes:
            text = (folder / name).read_text()
            assert old in text, old
            (folder / name).write_text(text.replace(old, new, 1))
        return folder

    return edit


def test_the_path_that_ships_is_whole() -> None:
    report = lint(FOLDER)
    assert report.problems == []
    assert (report.modules, report.skills, report.dimensions) == (6, 30, 10)
    assert report.labs >= 1


def test_another_company_s_path_is_only_content() -> None:
    report = lint(BAKERY)
    assert report.problems == []
    assert (report.modules, report.skills, report.dimensions, report.labs) == (1, 2, 2, 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("path.toml", 'id = "proofing"', 'id = "kneading"'),
            "path.toml: skill id kneading: used more than once",
        ),
        (
            ("path.toml", 'after = ["kneading"]', 'after = ["proofing"]'),
            "path.toml: skills wait for each other: proofing -> proofing",
        ),
        (
            ("path.toml", 'mid = "Sets a timer for the time in the recipe."\n', ""),
            "path.toml: skill proofing: a senior statement without its mid counterpart",
        ),
        (
            ("path.toml", 'dimensions = ["PLAN"]\n', ""),
            "path.toml: skill proofing: feeds no dimension of the rubric",
        ),
        (
            ("path.toml", 'dimensions = ["PLAN"]', 'dimensions = ["PLAM"]'),
            "path.toml: skill proofing: dimension PLAM is not in the rubric",
        ),
        (
            ("path.toml", 'dimensions = ["PLAN"]', 'dimensions = ["HAND"]'),
            "rubric.toml: PLAN: no skill of the path feeds it",
        ),
        (
            ("path.toml", 'check = "record"', 'check = "task"'),
            "path.toml: prerequisites.own-loaf: Value error",
        ),
        (
            ("rubric.toml", 'counter_signal = "A loaf that only looks like level 4."\n', ""),
            "rubric.toml: dimensions.HAND.levels.4.counter_signal: Field required",
        ),
        (
            ("rubric.toml", 'signals = ["Seen on a weekday morning"]', "signals = []"),
            "rubric.toml: dimensions.HAND.levels.1.signals",
        ),
    ],
)
def test_each_defect_is_named(pack: Callable[..., Path], change: tuple[str, str, str], told: str) -> None:
    assert any(problem.startswith(told) for problem in lint(pack(change)).problems)


def test_everything_is_named_at_once_even_beside_a_malformed_field(pack: Callable[..., Path]) -> None:
    found = lint(
        pack(
            ("path.toml", "weeks = [1, 2]", 'weeks = "two"'),
            ("path.toml", 'id = "proofing"', 'id = "kneading"'),
            ("path.toml", "reading = [", "readings = ["),
            ("rubric.toml", "of = 2", "of = 7"),
        )
    ).problems
    assert any("modules.dough.weeks" in problem for problem in found)
    assert "path.toml: skill id kneading: used more than once" in found
    assert "path.toml: skill kneading: no reading" in found
    assert "rubric.toml: bar: of 7, but there are 2 dimensions" in found


def test_a_cycle_is_named_beside_a_malformed_field(pack: Callable[..., Path]) -> None:
    found = lint(
        pack(
            ("path.toml", "months = [3, 5]", "months = 3"),
            ("path.toml", 'dimensions = ["HAND"]', 'dimensions = ["HAND"]\nafter = ["proofing"]'),
        )
    ).problems
    assert "path.toml: skills wait for each other: kneading -> proofing -> kneading" in found


def test_broken_and_missing_files_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "path.toml").write_text("id = \n")
    found = lint(tmp_path).problems
    assert found[0].startswith("path.toml: ")
    assert found[1] == "rubric.toml: No such file or directory"


def test_a_lab_that_names_a_skill_that_is_not_there(pack: Callable[..., Path]) -> None:
    folder = pack()
    (folder / "dough" / "lab").mkdir(parents=True)
    (folder / "dough" / "lab" / "lab.toml").write_text(
        'id = "l"\ntitle = "L"\nmodule = "crust"\nskills = ["glazing"]\nminutes = 10\n'
    )
    assert lint(folder).problems == [
        "path.toml: lab l: module crust is not there",
        "path.toml: lab l: skill glazing is not there",
    ]


def test_a_path_without_prerequisites_begins_at_once(pack: Callable[..., Path]) -> None:
    from gradatim.path.prerequisites import overall

    folder = pack()
    text = (folder / "path.toml").read_text(encoding="utf-8")
    first, last = text.index("[[prerequisites]]"), text.index("[[modules]]")
    (folder / "path.toml").write_text(text[:first] + text[last:], encoding="utf-8")
    assert lint(folder).problems == []
    assert overall({}) == "ready"


@pytest.mark.parametrize("name", ["path", "rubric"])
def test_the_schema_takes_the_packs_that_are_whole_and_no_unknown_key(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    for folder in (FOLDER, BAKERY):
        data = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        assert list(check.iter_errors(data)) == []
        assert list(check.iter_errors({**data, "surprise": 1}))
