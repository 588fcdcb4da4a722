"""lab.toml: every problem of a bad one at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gradatim.core.errors import InputError
from gradatim.lab import folders
from gradatim.lab.spec import load_hints, load_spec


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A lab folder that may be spoilt."""
    made = tmp_path / "lab"
    shutil.copytree(folders.folder("incident-response"), made, ignore=shutil.ignore_patterns("__pycache__"))
    return made


def spoil(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """Change lines of lab.toml; the problems that loading it then tells."""
    path = folder / "lab.toml"
    text = path.read_text()
    for pattern, new in changes:
        text, n = re.subn(pattern, new, text, count=1, flags=re.M)
        assert n == 1, pattern
    path.write_text(text)
    with pytest.raises(InputError) as e:
        load_spec(folder)
    assert e.value.where == str(path)
    return e.value.problems


def test_the_shipped_lab_loads(copy: Path) -> None:
    spec = load_spec(copy)
    assert spec.id == "incident-response" and spec.quiet not in spec.families
    assert set(spec.family_titles) >= set(spec.families)
    for ref in spec.reference:
        assert ref.file is None or (copy / "references" / ref.file).is_file(), ref.name
    assert [h.id for h in load_hints(copy)]


def test_all_problems_of_single_fields_at_once(copy: Path) -> None:
    problems = spoil(
        copy,
        (r"^id = .*$", 'id = "Not A Slug"'),
        (r"^version = .*$", 'version = "1"'),
        (r"^pass_mark = .*$", "pass_mark = 1.5"),
        (r"^minutes = .*$", 'minutes = "long"'),
        (r"^kind = .*$", 'kind = "dead"'),
        (r"^provenance = .*$", "surprise = 1"),
        (r"^usual_stakes_usd = .*$", "usual_stakes_usd = nan"),
    )
    told = {p.split(":")[0] for p in problems}
    assert told >= {
        "id",
        "version",
        "pass_mark",
        "minutes",
        "kind",
        "provenance",
        "surprise",
        "usual_stakes_usd",
    }


def test_all_contradictions_between_fields_at_once(copy: Path) -> None:
    (problem,) = spoil(
        copy,
        (r"^start_s = .*$", "start_s = 9000"),
        (r'^base = "senior"$', 'base = "nobody"'),
        (r'^kind = "mid"$', 'kind = "ablation"'),
        (r'^name = "blind"$', 'name = "lookup"'),
    )
    for part in ("start_s is not before", "no base named nobody", "of kind mid", "lookup appears twice"):
        assert part in problem, part


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('file = "a.py"\nbase = "senior"', "either file or base"),
        ("", "either file or base"),
        ('base = "senior"', "changes nothing"),
        ('base = "senior"\ndelay_s = -1', "greater than or equal to 0"),
    ],
)
def test_a_reference_has_one_source(copy: Path, lines: str, says: str) -> None:
    with (copy / "lab.toml").open("a") as f:
        f.write(f'\n[[reference]]\nname = "another"\nkind = "ablation"\ntext = "Does something."\n{lines}\n')
    with pytest.raises(InputError) as e:
        load_spec(copy)
    assert any(says in p for p in e.value.problems)


def test_what_is_no_lab(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(InputError, match="missing") as e:
        load_spec(tmp_path / "nowhere")
    assert e.value.next == "gradatim lab new ID"
    for junk in (b"id = ", b"\xff\xfe\x00", b"[[reference]\n"):
        (copy / "lab.toml").write_bytes(junk)
        with pytest.raises(InputError, match="cannot be read"):
            load_spec(copy)
    (copy / "lab.toml").write_bytes(b"")
    with pytest.raises(InputError) as e:
        load_spec(copy)
    assert len(e.value.problems) > 10


def test_hints(copy: Path) -> None:
    (copy / "hints.toml").write_text('[[hint]]\nid = "a-hint"\ntitle = "T"\ntext = "short"\ncost_usd = -1\n')
    with pytest.raises(InputError, match=r"hints\.toml"):
        load_hints(copy)
    (copy / "hints.toml").unlink()
    assert load_hints(copy) == ()
