"""`lab new`: a copy that is whole, its own, and judged like the lab it came from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradatim.app.scaffold import TEMPLATE, new_lab
from gradatim.core.errors import InputError, StateError, UnknownName
from gradatim.lab import folders
from gradatim.lab.catalogue import open_lab
from gradatim.lab.spec import load_spec

New = Callable[..., dict[str, Any]]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A content pack with the path and no lab."""
    made = tmp_path / "a_pack"
    made.mkdir()
    shutil.copy(folders.packs()["senior_ai_engineer"] / "path.toml", made)
    return made


@pytest.fixture
def new(pack: Path) -> New:
    return lambda lab_id, **options: new_lab(lab_id, pack=pack, **options)


def test_the_copy_is_whole_and_its_own(new: New, pack: Path) -> None:
    made = new("queue-sizing", module="business-impact")
    folder = pack / "business_impact" / "queue_sizing"
    assert made["folder"] == str(folder)
    template = folders.folder(TEMPLATE)
    assert made["files"] == sorted(
        p.relative_to(template).as_posix()
        for p in template.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    )
    spec = load_spec(folder)
    assert (spec.id, spec.title, spec.module) == ("queue-sizing", "Queue sizing", "business-impact")
    assert spec.skills == ("problem-translation",)
    code = "".join(p.read_text() for p in folder.glob("*.py"))
    assert "incident_response" not in code and "IncidentResponse" not in code
    assert "class QueueSizing" in code


def test_what_decides_is_what_the_proved_lab_has(new: New) -> None:
    """Names put back, every file is the template's: its check proves this one too."""
    folder, template = Path(new("queue-sizing")["folder"]), folders.folder(TEMPLATE)
    for file in template.rglob("*.py"):
        copied = (folder / file.relative_to(template)).read_text()
        assert copied.replace("QueueSizing", "IncidentResponse") == file.read_text()
    own, first = load_spec(folder), load_spec(template)
    renamed = {"id": first.id, "title": first.title, "version": first.version}
    assert own.model_copy(update=renamed) == first


def test_the_copy_plays(new: New) -> None:
    from gradatim.lab.reference import Bench

    made = open_lab(Path(new("queue-sizing")["folder"]))
    idle = Bench(made.instance(3)).play("idle")
    first = Bench(open_lab(folders.folder(TEMPLATE)).instance(3)).play("idle")
    assert idle.outcome.loss_micro == first.outcome.loss_micro
    assert made.digest != open_lab(folders.folder(TEMPLATE)).digest


@pytest.mark.parametrize("lab_id", ["", "Queue", "queue_sizing", "9lives", "../up", "a" * 80, TEMPLATE])
def test_an_id_that_cannot_be_used(lab_id: str, new: New, pack: Path) -> None:
    before = sorted(pack.rglob("*"))
    with pytest.raises(InputError) as raised:
        new(lab_id, module="no-module")
    assert len(raised.value.problems) == 2
    assert sorted(pack.rglob("*")) == before


def test_twice(new: New, pack: Path) -> None:
    new("queue-sizing")
    before = sorted(pack.rglob("*"))
    with pytest.raises(InputError, match="cannot be made"):
        new("queue-sizing")
    assert sorted(pack.rglob("*")) == before


def test_like_nothing(new: New) -> None:
    with pytest.raises(UnknownName, match="no lab named"):
        new("queue-sizing", like="incident-respons")


def test_a_pack_that_cannot_be_written(new: New, pack: Path) -> None:
    (pack / "production_ml_reliability").write_text("a file where the module's folder would be")
    with pytest.raises(StateError, match="cannot be written"):
        new("queue-sizing")
    assert (pack / "production_ml_reliability").is_file()
