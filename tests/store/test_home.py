from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradatim.core.errors import StateError
from gradatim.store import home_folder
from gradatim.store.home import usable_folder


def test_the_variable_names_the_folder_and_it_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "a" / "b"))
    home = home_folder()
    assert home == tmp_path / "a" / "b"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("given", [None, "", "  "])
def test_without_it_the_platform_decides(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if given is None:
        monkeypatch.delenv("GRADATIM_HOME", raising=False)
    else:
        monkeypatch.setenv("GRADATIM_HOME", given)
    home = home_folder()
    assert home.name == "gradatim"
    assert home.is_relative_to(tmp_path)


def test_a_relative_path_and_a_tilde_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GRADATIM_HOME", "here")
    assert home_folder() == tmp_path / "here"
    monkeypatch.setenv("GRADATIM_HOME", "~/there")
    assert home_folder() == tmp_path / "there"


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_in_the_way_is_said_and_kept(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StateError) as error:
        usable_folder(tmp_path / "file" / below)
    assert "GRADATIM_HOME" in error.value.next
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_said() -> None:
    """As an ordinary user even when the tests run as root, whom permissions do not bind."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from gradatim.store.home import usable_folder\n"
        "from gradatim.core.errors import StateError\n"
        "os.chdir('/')\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: usable_folder(Path(sys.argv[1]))\n"
        "except StateError as error: print(error.what)\n"
    )
    # Not under pytest's own folder, which is shut to other users.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shut = Path(folder) / "shut"
        shut.mkdir(mode=0o555)
        for home, said in [
            (shut, "the home folder cannot be written"),
            (shut / "x", "the home folder cannot be made"),
        ]:
            run = subprocess.run(
                [sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True
            )
            assert run.stdout.strip() == said


def test_finding_the_home_imports_no_database() -> None:
    code = (
        "import sys, gradatim.store as s; s.home_folder\n"
        "print('sqlalchemy' in sys.modules, hasattr(s, 'Store'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


def test_the_package_exports_what_it_says() -> None:
    import gradatim.store as package

    assert all(hasattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError):
        package.__getattr__("nothing")
