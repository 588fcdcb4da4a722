"""Ladders in the forms that companies write them, and what each becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.core.errors import InputError
from gradatim.path import load as load_path
from gradatim.path import rubric
from gradatim.path.ladder import Ladder, as_csv, as_yaml, pack_files, read
from gradatim.path.ladder.ladder import place
from gradatim.path.lint import lint

SHIPPED = rubric.load(FOLDER)
BAKERY = Path(__file__).parents[1] / "bakery"

LONG = """Level,Competency,Description
Junior,Technical depth,Writes code that works under the guidance of others
Mid,Technical depth,Designs components on their own
Senior,Technical depth,Designs systems with their failure modes
Staff,Technical depth,Sets the direction of several systems
Mid,Mentoring,Helps newcomers find their way
Senior,Mentoring,Grows named people by reviews
Senior,Mentoring,Closes gaps of the team
Mid,Delivery,Plans their own project and reports slips
Senior,Delivery,Plans work that crosses teams
"""
LEVELS_ACROSS = """Competency;L3;L4;L5
Communication;Says what they do;Is clear to the team;Aligns people without authority
Operations;;Answers for their own component;Owns the SLOs and leads incidents
"""
DIMENSIONS_ACROSS = """level	Communication	Operations
Mid	Is clear to the team	Answers for a component
Senior	Aligns people without authority	Owns the SLOs and leads incidents
"""
TREE = """
title: Our ladder
levels: [Engineer II, Senior, Staff]
dimensions:
  Delivery:
    Engineer II: Plans their own project and reports slips
    Senior: [Plans work that crosses teams, Retires risk early]
  People & culture:
    Engineer II: Helps others when they ask
    Senior: {statement: Grows people by name, example: Two people reached mid level with them}
"""
BY_LEVEL = """
levels:
  - name: Mid
    expectations: {Delivery: Plans their own project, Communication: Is clear to the team}
  - name: Senior
    expectations: {Delivery: Plans work that crosses teams, Communication: Aligns people without authority}
"""
ROWS = """
- {level: Mid, dimension: Delivery, statement: Plans their own project}
- {level: Senior, dimension: Delivery, statement: Plans work that crosses teams}
"""


def pack(ladder: Ladder, folder: Path) -> rubric.Rubric:
    """The pack of a ladder, written and linted."""
    folder.mkdir(exist_ok=True)
    for name, text in pack_files(ladder, FOLDER, SHIPPED)[0].items():
        (folder / name).write_text(text, encoding="utf-8")
    assert lint(folder).problems == []
    load_path(folder)
    return rubric.load(folder)


@pytest.mark.parametrize(
    ("text", "name", "said", "placed", "ids"),
    [
        (LONG, "ladder.csv", {}, {"Junior": 1, "Mid": 2, "Senior": 4, "Staff": 5},
         ["TECHNICAL", "MENTORING", "DELIVERY"]),
        (LEVELS_ACROSS, "l.csv", {"mid": "l4", "senior": "L5"}, {"L3": 1, "L4": 2, "L5": 4},
         ["COMMUNICATION", "OPERATIONS"]),
        (DIMENSIONS_ACROSS, "l.tsv", {}, {"Mid": 2, "Senior": 4}, ["COMMUNICATION", "OPERATIONS"]),
        (TREE, "l.yaml", {"mid": "Engineer II"}, {"Engineer II": 2, "Senior": 4, "Staff": 5}, ["DELIVERY", "PEOPLE"]),
        (BY_LEVEL, "l.yml", {}, {"Mid": 2, "Senior": 4}, ["DELIVERY", "COMMUNICATION"]),
        (ROWS, "l.yaml", {}, {"Mid": 2, "Senior": 4}, ["DELIVERY"]),
    ],
)  # fmt: skip
def test_the_common_shapes_become_packs_that_pass_the_linter(
    tmp_path: Path, text: str, name: str, said: dict[str, str], placed: dict[str, int], ids: list[str]
) -> None:
    ladder = read(text.encode(), name, **said)
    assert dict(ladder.placed) == placed
    made = pack(ladder, tmp_path / "pack")
    assert [d.id for d in made.dimensions] == ids
    assert made.bar.of == len(ids)
    for side, dimension in zip(ladder.sides, made.dimensions, strict=True):
        for level, rung in side.rungs.items():
            shown = dimension.level(placed[level]).statement
            assert " ".join(rung.statement.split()) in shown
    path = load_path(tmp_path / "pack")
    fed = {one for skill in path.skills() for one in skill.dimensions}
    assert fed == set(ids)


def test_a_spreadsheet_in_utf_16_and_quoted_lines_are_read(tmp_path: Path) -> None:
    text = 'dimension,Mid,Senior\n"Craft, and care","Writes\n- tests\n- notes","Keeps tests fast, and says why"\n'
    ladder = read(text.encode("utf-16"), "a.csv")
    made = pack(ladder, tmp_path / "p").dimensions[0]
    assert made.title == "Craft, and care"
    assert made.level(2).signals == ("Writes", "tests", "notes")


def test_several_lines_for_one_place_are_its_signals(tmp_path: Path) -> None:
    made = pack(read(LONG.encode(), "a.csv"), tmp_path / "p").dimension("MENTORING")
    assert made.level(4).signals == ("Grows named people by reviews", "Closes gaps of the team")


def test_what_the_ladder_does_not_say_is_marked_and_told(tmp_path: Path) -> None:
    ladder = read(LONG.encode(), "a.csv")
    made = pack(ladder, tmp_path / "p").dimension("DELIVERY")
    assert "Filled in at import" in made.level(3).statement
    assert "Filled in at import" not in made.level(4).statement
    notes = pack_files(ladder, FOLDER, SHIPPED)[1]
    assert any("levels 3 are filled in" in note for note in notes)
    assert any(note.startswith("MENTORING is fed by the skills of D9") for note in notes)
    assert any(note.startswith("DELIVERY is fed by the skills of D6") for note in notes)


def test_covers_decides_which_skills_feed_a_dimension(tmp_path: Path) -> None:
    text = """dimension,covers,Mid,Senior
Craft,D3 D4,Does it as it is described,Chooses what is worth doing
People,D9,Helps newcomers find their way,Grows named people by reviews
"""
    ladder = read(text.encode(), "a.csv")
    assert ladder.covers == {"CRAFT": ("D3", "D4"), "PEOPLE": ("D9",)}
    pack(ladder, tmp_path / "p")
    before = {s.id: set(s.dimensions) for s in load_path(FOLDER).skills()}
    for skill in load_path(tmp_path / "p").skills():
        assert not {"D3", "D4"} & before[skill.id] or "CRAFT" in skill.dimensions
        assert "D9" not in before[skill.id] or "PEOPLE" in skill.dimensions
    with pytest.raises(InputError, match="cannot become") as refused:
        pack_files(read(text.replace("D9", "D99").encode(), "a.csv"), FOLDER, SHIPPED)
    assert "D99" in refused.value.problems[0]


@pytest.mark.parametrize("source", [SHIPPED, rubric.load(BAKERY)], ids=["shipped", "bakery"])
def test_a_rubric_goes_out_and_comes_in_again(source: rubric.Rubric, tmp_path: Path) -> None:
    base = FOLDER if source is SHIPPED else BAKERY
    for name, text in (("r.yaml", as_yaml(source)), ("r.csv", as_csv(source))):
        files, _ = pack_files(read(text.encode(), name), base, source)
        folder = tmp_path / name
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
        assert lint(folder).problems == []
        again = rubric.load(folder)
        assert [d.levels for d in again.dimensions] == [d.levels for d in source.dimensions]
        assert [(d.id, d.title, d.question) for d in again.dimensions] == [
            (d.id, d.title, d.question) for d in source.dimensions
        ]
        assert again.bar == source.bar and again.gates == source.gates
        assert load_path(folder).modules == load_path(base).modules
        if name == "r.yaml":
            assert again.dimensions == source.dimensions


@pytest.mark.parametrize(
    ("levels", "said", "placed", "left_out"),
    [
        (["a", "b", "c", "d", "e"], {}, [1, 2, 3, 4, 5], 0),
        (["L5", "L4", "L3", "L2", "L1"], {}, [5, 4, 3, 2, 1], 0),
        (["Principal", "Staff", "Senior", "Mid", "Junior"], {}, [None, 5, 4, 2, 1], 1),
        (
            ["IC1", "IC2", "IC3", "IC4", "IC5", "IC6"],
            {"mid": "IC2", "senior": "IC4"},
            [1, 2, 3, 4, 5, None],
            1,
        ),
        (["Mid", "Senior I", "Senior II"], {"senior": "Senior II"}, [2, 3, 4], 0),
    ],
)
def test_levels_find_their_place(
    levels: list[str], said: dict[str, str], placed: list[int | None], left_out: int
) -> None:
    found, out, problems = place(levels, **said)
    assert problems == []
    assert [found.get(name) for name in levels] == placed
    assert len(out) == left_out


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("", "a.csv", ["a line of column names"]),
        ("level,dimension\nMid,Craft\n", "a.csv", ["no ladder"]),
        ("level,dimension,statement\nMid,Craft,\n,Craft,Does it well\nSenior,,Does it\n", "a.csv",
         ["line 2: statement: empty", "line 3: level: empty", "line 4: dimension: empty"]),
        ("level,dimension,statement\nL1,Craft,Does it\nL2,Craft,Does more\n", "a.csv", ["--mid and --senior"]),
        ("dimension,Mid,Senior\nCraft,Does it,\nCare,,Minds it\n", "a.csv",
         ["Craft: nothing is said at Senior", "Care: nothing is said at Mid"]),
        ("dimension,Mid,Senior\nCraft,,\nCare,Minds it,\n", "a.csv", ["line 2: nothing is said of Craft"]),
        ("dimension,Mid,Senior\nCare,Minds it,\n", "a.csv", ["Care: nothing is said at Senior"]),
        ("dimension,Mid,Mid\nCraft,a,b\n", "a.csv", ["'Mid' stands there twice"]),
        ("dimension,Mid,Senior\nCraft,a,b,c\n", "a.csv", ["line 2: 4 cells under 3 columns"]),
        ('dimension,Mid,Senior\nCraft,"a,b\n', "a.csv", ["line 2"]),
        ("dimension,weight,Mid,Senior\nCraft,much,Does it,Does more\nCare,-1,Does it,Does more\n", "a.csv",
         ["line 2: weight: 'much'", "line 3: weight: -1"]),
        ("level,dimension,statement,evidence\nMid,Craft,Does it,luck\n", "a.csv", ["evidence: luck is none of"]),
        ("level,dimension,statement\nMid,Craft,Does it\nMid,Craft,Does it\nSenior,Craft,More\n", "a.csv",
         ["line 3: Craft at Mid says the same"]),
        ("a: &x [1]\nb: *x\n", "a.yaml", ["aliases are not read"]),
        ("Craft: {Mid: a}\nCraft: {Mid: b}\n", "a.yaml", ["'Craft' stands there twice"]),
        ("Craft: {Mid: [[1]], Senior: {statement: {a: b}}}\n", "a.yaml", ["dimension Craft: statement: not a text"]),
        ("levels: {Mid: 2, Senior: 2}\ndimensions: {Craft: {Mid: a, Senior: b}}\n", "a.yaml",
         ["two are placed at 2", "none is placed at 4"]),
        ("- 1\n- 2\n", "a.yaml", ["row 1: dimension: missing", "row 2: level: missing"]),
        ("!!python/object/apply:os.system [ls]", "a.yaml", ["not YAML"]),
        ("[" * 3000, "a.yaml", ["not YAML"]),
        ("42", "a.yaml", ["neither a table"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said_at_once(text: str, name: str, says: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        read(text.encode(), name)
    told = "\n".join(refused.value.problems)
    for one in says:
        assert one in told
    assert refused.value.where == name


def test_bytes_that_are_no_text_and_names_of_others_are_harmless() -> None:
    with pytest.raises(InputError, match="no ladder"):
        read(b"\xff\x00\xfe", "a.csv")
    hostile = "dimension,Mid,Senior\nCra\u202eft,Does it <script>,Does \u200b\u202e more\n"
    ladder = read(hostile.encode(), "../../\u202ea.csv")
    assert ladder.id == "u202ea"
    files: dict[str, Any] = pack_files(ladder, FOLDER, SHIPPED)[0]
    assert "\u202e" not in files["rubric.toml"]
