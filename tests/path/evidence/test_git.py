"""Own share from a real repository, also a hostile one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gradatim.core.errors import InputError
from gradatim.path.evidence import git

ME, OTHER = "me@example.org", "other@example.org"


def run(repo: Path, *words: str, mail: str = ME, name: str = "Me") -> None:
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("EMAIL", mail), ("NAME", name))
    }
    dates = {"GIT_AUTHOR_DATE": "2026-03-01T10:00:00+0100", "GIT_COMMITTER_DATE": "2026-03-01T10:00:00+0100"}
    environment = {**os.environ, **who, **dates, "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", *words], cwd=repo, env=environment, check=True, capture_output=True)


def commit(repo: Path, file: str, lines: int, message: str, *, mail: str = ME, name: str = "Me") -> None:
    path = repo / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "line\n" * lines)
    run(repo, "add", "-A")
    run(repo, "commit", "-m", message, mail=mail, name=name)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = tmp_path / "a repo"
    made.mkdir()
    run(made, "init", "-b", "main")
    return made


def test_shares_follow_lines_authors_and_trailers(repo: Path) -> None:
    commit(repo, "a.py", 60, "mine")
    commit(repo, "b.py", 20, "together\n\nCo-authored-by: Other Person <Other@Example.org>")
    commit(repo, "c.py", 20, "theirs", mail=OTHER, name="Other Person")
    found = git.shares(repo, "HEAD", ["ME@example.org"])
    assert (found.commits, found.lines, found.files, found.merges) == (3, 100, 3, 0)
    assert found.own == pytest.approx(0.7)
    assert found.by_commits == pytest.approx(0.5)
    assert found.others == {"Other Person": pytest.approx(0.3)}
    assert found.started.isoformat() == "2026-03-01"
    assert found.digest.startswith("blake2b-256:")
    part = git.shares(repo, "HEAD~1..HEAD", [OTHER])
    assert (part.own, part.commits) == (1.0, 1)
    assert part.digest != found.digest


def test_generated_files_and_merges_count_for_nobody(repo: Path) -> None:
    commit(repo, "a.py", 10, "mine")
    commit(repo, "package-lock.json", 5000, "lock", mail=OTHER)
    commit(repo, "vendor/x.js", 5000, "vendored", mail=OTHER)
    run(repo, "checkout", "-b", "side", "HEAD~2")
    commit(repo, "d.py", 10, "side", mail=OTHER)
    run(repo, "checkout", "main")
    run(repo, "merge", "--no-ff", "-m", "merge", "side", mail=OTHER)
    found = git.shares(repo, "HEAD", [ME])
    assert (found.own, found.merges, found.lines) == (0.5, 1, 20)


def test_hostile_names_change_nothing(repo: Path) -> None:
    hostile = "we\x01ird\nname\t\u202e<script>.py"
    commit(
        repo,
        hostile,
        30,
        "mine\n\nCo-authored-by: no mail here\nCo-authored-by: <>\nCo-authored-by: \x02 <\x02@x>",
    )
    commit(repo, "z.py", 10, "theirs", mail=OTHER, name="Evil\u202e <b>Name</b>")
    found = git.shares(repo, "HEAD", [ME])
    assert found.files == 2
    assert found.own == pytest.approx(
        0.75, abs=0.38
    )  # the odd trailer may count as one author, never as more
    assert all("\u202e" not in name for name in found.others)


def test_the_repository_cannot_make_git_run_a_program(repo: Path, tmp_path: Path) -> None:
    commit(repo, "a.py", 3, "mine")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "diff.external",
        "core.pager",
        "gpg.program",
        "diff.evil.textconv",
        "core.sshCommand",
    ):
        run(repo, "config", key, str(trap))
    run(repo, "config", "log.showSignature", "true")
    (repo / ".git" / "info").mkdir(exist_ok=True)
    (repo / ".git" / "info" / "attributes").write_text("*.py diff=evil\n")
    assert git.shares(repo, "HEAD", [ME]).lines == 3
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("what", "says"),
    [("--output=/tmp/written", "written like"), ("nowhere..HEAD", "nowhere"), ("HEAD..HEAD", "no commit"),
     ("", "written like"), ("-p", "written like")],
)  # fmt: skip
def test_a_bad_range_is_refused(repo: Path, what: str, says: str) -> None:
    commit(repo, "a.py", 3, "mine")
    with pytest.raises(InputError) as error:
        git.shares(repo, what, [ME])
    assert says in " ".join(error.value.problems)


def test_who_has_no_commit_in_it_is_told_who_has(repo: Path, tmp_path: Path) -> None:
    commit(repo, "a.py", 3, "mine")
    with pytest.raises(InputError) as error:
        git.shares(repo, "HEAD", ["nobody@example.org"])
    assert ME in " ".join(error.value.problems)
    with pytest.raises(InputError, match="range"):
        git.shares(tmp_path / "nothing", "HEAD", [ME])
    with pytest.raises(InputError) as error:
        git.shares(tmp_path, "HEAD", [ME])
    assert "not a git repository" in " ".join(error.value.problems)


def test_a_shallow_clone_gives_no_lines_to_the_commit_at_its_end(repo: Path, tmp_path: Path) -> None:
    for n in range(3):
        commit(repo, f"{n}.py", 10, f"step {n}", mail=OTHER)
    commit(repo, "mine.py", 1, "mine")
    cut = tmp_path / "cut"
    subprocess.run(["git", "clone", "-q", "--depth", "2", repo.as_uri(), str(cut)], check=True)
    with pytest.raises(InputError) as told:
        git.shares(cut, "HEAD", [ME])
    assert "shallow" in told.value.problems[0] and "--unshallow" in told.value.problems[1]
    assert git.shares(cut, "HEAD~1..HEAD", [ME]).lines == 1
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=cut, check=True)
    assert git.shares(cut, "HEAD", [ME]).own == pytest.approx(1 / 31)
