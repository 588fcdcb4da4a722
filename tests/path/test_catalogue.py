"""The catalogue: the path that ships, and what a pack's author is told when something does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradatim.path
from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.core.errors import InputError, UnknownName
from gradatim.path import Catalogue, load

PACK = """
id = "small"
title = "A small path"
months = [1, 2]
difficulty = "easy"

[[modules]]
id = "one"
number = 1
title = "Module one"
short = "One"
weeks = [1, 2]

[[modules.skills]]
id = "first"
title = "The first skill"
short = "First"
statement = "Do the first thing, and do it well."
mid = "Does the first thing when asked to."
senior = "Does the first thing before it is asked."

[[modules.skills]]
id = "second"
title = "The second skill"
short = "Second"
statement = "Do the second thing, and do it well."
mid = "Does the second thing when asked to."
senior = "Does the second thing before it is asked."
after = ["first"]
"""


@pytest.fixture(scope="module")
def path() -> Catalogue:
    return load(FOLDER)


def pack(folder: Path, text: str = PACK, *, lab: str | None = None) -> Path:
    (folder / "path.toml").write_text(text)
    if lab is not None:
        (folder / "one" / "lab").mkdir(parents=True)
        (folder / "one" / "lab" / "lab.toml").write_text(lab)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder)
    assert caught.value.next
    return caught.value.problems


def test_the_exported_names_are_there() -> None:
    assert all(hasattr(gradatim.path, name) for name in gradatim.path.__all__)


def test_six_modules_of_five_skills(path: Catalogue) -> None:
    assert [m.number for m in path.modules] == [1, 2, 3, 4, 5, 6]
    assert [len(m.skills) for m in path.modules] == [5] * 6
    assert {m.number for m in path.modules if m.origin == "derived"} == {1, 3}
    assert [m.number for m in path.modules if m.ongoing] == [5]
    assert path.months == (12, 18)
    assert all(m.weeks == (4, 6) for m in path.modules)


def test_the_sourced_titles_are_kept(path: Catalogue) -> None:
    titles = {s.id: s.title for s in path.skills()}
    assert titles["monitoring-observability"] == "ML monitoring and observability patterns"
    assert titles["incident-response"] == "Incident response for ML systems"
    assert titles["rfcs-proposals"] == "Writing RFCs and architecture proposals"
    assert titles["one-on-one-mentoring"] == "1:1 mentoring junior and mid-level engineers"
    assert titles["relationship-building"] == "Building relationships with product and business teams"


def test_prerequisites_come_first(path: Catalogue) -> None:
    order = path.order()
    assert len(order) == 30
    for skill in path.skills():
        assert all(order.index(other) < order.index(skill.id) for other in skill.after)
    assert any(skill.after for skill in path.skills())
    assert any(not skill.after for skill in path.skills())


def test_no_two_skills_say_the_same(path: Catalogue) -> None:
    for field in ("statement", "mid", "senior"):
        texts = [getattr(s, field) for s in path.skills()]
        assert len(set(texts)) == 30
        assert all(t.endswith(".") for t in texts)


def test_the_labs_beside_the_path_are_found(path: Catalogue) -> None:
    assert "incident-response" in [lab.id for lab in path.labs_of("incident-response")]
    assert path.module_of("incident-response").number == 2
    shown = {s["id"]: s for m in path.as_dict()["modules"] for s in m["skills"]}
    assert [lab["id"] for lab in shown["incident-response"]["labs"]] == ["incident-response"]
    assert shown["ml-roi"]["labs"] == []


def test_an_unknown_skill_gets_the_nearest(path: Catalogue) -> None:
    with pytest.raises(UnknownName, match="incident-respons") as caught:
        path.skill("incident-respons")
    assert "incident-response" in caught.value.why


def test_any_pack_loads(tmp_path: Path) -> None:
    lab = 'id = "l"\ntitle = "L"\nmodule = "one"\nskills = ["second"]\nminutes = 10\nother = 1\n'
    small = load(pack(tmp_path, lab=lab))
    assert small.order() == ["first", "second"]
    assert [entry.id for entry in small.labs_of("second")] == ["l"]
    assert small.labs_of("first") == ()


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path) == ["path.toml: No such file or directory"]


def test_broken_files_are_all_named(tmp_path: Path) -> None:
    found = problems(pack(tmp_path, "id = \n", lab="also ="))
    assert len(found) == 2
    assert "path.toml" in found[0] and "lab.toml" in found[1]


def test_malformed_fields_are_all_named(tmp_path: Path) -> None:
    text = PACK.replace('id = "first"', 'id = "First!"').replace("weeks = [1, 2]", 'weeks = "four"')
    text = text.replace('difficulty = "easy"', 'difficulty = "easy"\ncolour = "red"')
    found = "\n".join(problems(pack(tmp_path, text)))
    assert "modules.0.skills.0.id" in found
    assert "modules.0.weeks" in found
    assert "colour" in found


def test_everything_that_does_not_fit_together_is_named_at_once(tmp_path: Path) -> None:
    text = PACK.replace('after = ["first"]', 'after = ["first", "nowhere"]').replace(
        "months = [1, 2]", "months = [3, 2]"
    )
    lab = 'id = "l"\ntitle = "L"\nmodule = "two"\nskills = ["third"]\nminutes = 10\n'
    assert problems(pack(tmp_path, text, lab=lab)) == [
        "months: 3 to 2 is not a range",
        "skill second: comes after nowhere, which is not there",
        "lab l: module two is not there",
        "lab l: skill third is not there",
    ]


def test_duplicates_are_named(tmp_path: Path) -> None:
    found = problems(pack(tmp_path, PACK.replace('"second"', '"first"').replace('after = ["first"]', "")))
    assert "skill id first: used more than once" in found


@pytest.mark.parametrize("after", [("first",), ("second",)])
def test_a_cycle_is_shown(tmp_path: Path, after: tuple[str]) -> None:
    text = PACK.replace(
        'senior = "Does the first thing before it is asked."',
        f'senior = "Does the first thing before it is asked."\nafter = ["{after[0]}"]',
    )
    expected = "first -> first" if after == ("first",) else "first -> second -> first"
    assert problems(pack(tmp_path, text)) == [f"skills wait for each other: {expected}"]
