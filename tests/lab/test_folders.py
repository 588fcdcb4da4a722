"""Which labs there are, and the digest of what decides their outcomes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gradatim.core.errors import InputError, UnknownName
from gradatim.lab import catalogue, folders


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    made = tmp_path / "incident_response"
    shutil.copytree(folders.folder("incident-response"), made, ignore=shutil.ignore_patterns("__pycache__"))
    return made


def digest(folder: Path) -> str:
    """The digest as another process would compute it."""
    return folders.version_digest.__wrapped__(folder)


def test_an_unknown_lab_gives_the_nearest() -> None:
    assert "incident-response" in folders.labs()
    with pytest.raises(UnknownName) as e:
        folders.folder("incidentresponse")
    assert e.value.why == 'did you mean "incident-response"?' and e.value.next == "gradatim lab list"
    with pytest.raises(UnknownName):
        catalogue.lab("")


def test_the_digest_changes_with_whatever_decides(copy: Path) -> None:
    seen = {digest(copy)}
    assert digest(copy) in seen, "and with nothing else"
    for name in ("loss.py", "lab.toml", "references/senior.py", "hints.toml"):
        file = copy / name
        file.write_bytes(file.read_bytes() + b"\n# one line more\n")
        seen.add(digest(copy))
    (copy / "extra.json").write_text("{}")
    seen.add(digest(copy))
    (copy / "extra.json").rename(copy / "other.json")
    seen.add(digest(copy))
    (copy / "other.json").unlink()
    assert len(seen) == 7
    assert digest(copy) in seen, "without the file it is as before it came"


def test_the_digest_does_not_change_with_what_only_explains(copy: Path) -> None:
    before = digest(copy)
    (copy / "brief.md").write_text("another brief")
    (copy / "__pycache__").mkdir(exist_ok=True)
    (copy / "__pycache__" / "x.py").write_text("1")
    assert digest(copy) == before


def test_the_digest_does_not_depend_on_where_the_lab_lies(copy: Path) -> None:
    assert digest(copy) == digest(folders.folder("incident-response"))


def test_a_lab_opens_from_anywhere_with_its_own_code(copy: Path) -> None:
    code = (copy / "loss.py").read_text()
    (copy / "loss.py").write_text(code.replace("CREDIT_USD = 25.0", "CREDIT_USD = 77.0"))
    here, there = catalogue.open_lab(copy), catalogue.lab("incident-response")
    assert here.digest != there.digest
    assert here.module.loss.CREDIT_USD == 77.0 and there.module.loss.CREDIT_USD == 25.0


def test_a_folder_without_code_is_no_lab(copy: Path) -> None:
    (copy / "lab.py").unlink()
    with pytest.raises(InputError, match=r"lab\.py is missing"):
        catalogue.open_lab(copy)
