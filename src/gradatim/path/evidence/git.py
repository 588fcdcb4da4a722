"""Own share of a range of commits, from authorship and Co-authored-by trailers."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError

from .text import visible

MOST_COMMITS = 20_000
TIMEOUT_S = 120
# A repository can be hostile: its own configuration may name programs that git would start.
_TAME = [
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false",
    "-c", "core.pager=cat", "-c", "diff.external=", "-c", "core.quotePath=false", "-c", "color.ui=false",
    "-c", "protocol.allow=never",
]  # fmt: skip
_FORMAT = "%H%x00%ae%x00%an%x00%aI%x00%P%x00%(trailers:key=Co-authored-by,valueonly=true,separator=%x02)%x00"
_TRAILER = re.compile(r"^\s*(?P<name>[^<]*?)\s*<(?P<mail>[^<>\s]+)>\s*$")
# Written by tools, not by people.
_GENERATED = re.compile(
    r"(^|/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Cargo\.lock|go\.sum|Gemfile\.lock"
    r"|composer\.lock)$|(^|/)(vendor|node_modules|third_party)/|\.min\.(js|css)$"
)


@dataclass(frozen=True)
class Commit:
    """One commit: who wrote it, and how many lines it changed."""

    id: str
    authors: tuple[tuple[str, str], ...]  # (mail, name); the author first, then co-authors
    date: datetime.date
    lines: int
    files: frozenset[str]
    merge: bool


@dataclass(frozen=True)
class Shares:
    """What a range of commits says of who did it.

    Attributes:
        own: the person's part, by changed lines; a commit is divided evenly among its authors.
        by_commits: the same with every commit counted alike.
        others: part of each other person, by name.
    """

    own: float
    by_commits: float
    others: dict[str, float]
    commits: int
    merges: int
    lines: int
    files: int
    started: datetime.date
    ended: datetime.date
    first: str
    last: str
    digest: str

    def as_source(self, what: str) -> dict[str, Any]:
        """The `source` of an evidence item."""
        return {
            "type": "git", "range": what, "commits": self.commits, "merges_not_counted": self.merges,
            "lines": self.lines, "files": self.files, "first": self.first, "last": self.last,
            "digest": self.digest, "measured_share": round(self.own, 4),
            "measured_share_by_commits": round(self.by_commits, 4),
        }  # fmt: skip


def shares(repository: Path, what: str, mine: Sequence[str]) -> Shares:
    """Who did a range of commits.

    Merges count for nobody; lines of lock files and vendored folders are not counted. Lines measure typing,
    not thinking: the person states their own share, and this one is shown beside it.

    Args:
        what: a revision range, such as "v1.2..main".
        mine: the person's mail addresses; case does not matter.

    Raises:
        InputError: no repository, no such range, no commit in it, or none by that person.
    """
    commits = read(repository, what)
    counted = [c for c in commits if not c.merge]
    own_mails = {m.strip().casefold() for m in mine}
    if not counted:
        raise _refused(what, ["there is no commit in it that is not a merge"])
    by_lines, by_commits = _divide(counted, weighted=True), _divide(counted, weighted=False)
    if not own_mails & set(by_commits):
        known = ", ".join(sorted(by_commits)[:8])
        raise _refused(
            what, [f"none of its commits is by {', '.join(sorted(own_mails)) or 'you'}", f"authors: {known}"]
        )
    total = sum(by_lines.values())
    names = {mail: name for c in counted for mail, name in c.authors}
    others: dict[str, float] = {}
    for mail, part in by_lines.items():
        if mail not in own_mails and total:
            label = names[mail] or mail
            others[label] = others.get(label, 0.0) + part / total
    days = [c.date for c in counted]
    ids = [c.id for c in counted]
    return Shares(
        own=sum(by_lines.get(m, 0.0) for m in own_mails) / total if total else 0.0,
        by_commits=sum(by_commits.get(m, 0.0) for m in own_mails) / len(counted),
        others=dict(sorted(others.items(), key=lambda x: (-x[1], x[0]))),
        commits=len(counted),
        merges=len(commits) - len(counted),
        lines=sum(c.lines for c in counted),
        files=len(frozenset[str]().union(*(c.files for c in counted))),
        started=min(days),
        ended=max(days),
        first=ids[-1],
        last=ids[0],
        digest="blake2b-256:" + hashlib.blake2b("\n".join(sorted(ids)).encode(), digest_size=32).hexdigest(),
    )


def read(repository: Path, what: str) -> list[Commit]:
    """The commits of a range, newest first.

    Raises:
        InputError: as `shares`.
    """
    if not repository.is_dir():
        raise _refused(what, [f"{visible(str(repository), lines=False)} is not a folder"])
    if what.startswith("-") or "\0" in what or not what.strip():
        raise _refused(what, ["a range is written like v1.2..main or HEAD~20..HEAD"])
    # A file name may hold any character but NUL: no other mark is safe unless nobody can know it.
    mark = secrets.token_hex(16)
    text = _git(
        repository, what, "log", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-mailmap",
        f"--max-count={MOST_COMMITS + 1}", f"--format={mark}{_FORMAT}", "--end-of-options", what, "--",
    )  # fmt: skip
    found = [_commit(block) for block in text.split(mark)[1:]]
    if len(found) > MOST_COMMITS:
        raise _refused(what, [f"more than {MOST_COMMITS:,} commits; name a narrower range"])
    if not found:
        raise _refused(what, ["there is no commit in it"])
    if cut := _cut(repository, what) & {c.id for c in found}:
        # Its parents are not here, so every line of the whole tree would count as that commit's.
        raise _refused(
            what,
            [
                f"this clone is shallow: history ends at {min(cut)[:10]}, and what that commit changed is not here",
                "git fetch --unshallow brings the rest, or name a range that begins after it",
            ],
        )
    return found


def _cut(repository: Path, what: str) -> set[str]:
    """The commits at which a shallow clone ends; none in a whole one."""
    place = _git(repository, what, "rev-parse", "--git-path", "shallow").strip()
    try:
        return set((repository / place).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(what, [f"where this clone ends cannot be read: {error}"[:200]]) from None


def own_mail(repository: Path) -> str | None:
    """`user.email` as git knows it there; None when it is not set."""
    try:
        return _git(repository, "", "config", "--get", "user.email").strip() or None
    except InputError:
        return None


def _commit(block: str) -> Commit:
    commit, mail, name, when, parents, trailers, *stats = block.split("\0")
    authors = {mail.strip().casefold(): visible(" ".join(name.split()), lines=False)[:120]}
    for trailer in trailers.split("\x02"):
        if match := _TRAILER.match(trailer):
            authors.setdefault(match["mail"].casefold(), visible(match["name"], lines=False)[:120])
    lines, files = 0, set()
    for row in stats:
        added, deleted, file, *_ = *row.lstrip("\n").split("\t", 2), "", ""
        if file and not _GENERATED.search(file):
            files.add(file)
            lines += sum(int(n) for n in (added, deleted) if n.isdigit())  # "-" is a binary file
    day = datetime.datetime.fromisoformat(when).date()
    return Commit(commit, tuple(authors.items()), day, lines, frozenset(files), " " in parents.strip())


def _divide(commits: Sequence[Commit], *, weighted: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    for commit in commits:
        weight = commit.lines if weighted else 1
        for mail, _ in commit.authors:
            found[mail] = found.get(mail, 0.0) + weight / len(commit.authors)
    return found


def _git(repository: Path, what: str, *words: str) -> str:
    import os

    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C.UTF-8",
    }
    try:
        done = subprocess.run(
            ["git", *_TAME, *words], cwd=repository, env=environment, capture_output=True, timeout=TIMEOUT_S
        )
    except FileNotFoundError:
        raise _refused(what, ["git is not installed"]) from None
    except subprocess.TimeoutExpired:
        raise _refused(what, [f"git took longer than {TIMEOUT_S} s; name a narrower range"]) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _refused(what, [visible(line, lines=False)[:200] for line in said[:2]] or ["git failed"])
    return done.stdout.decode("utf-8", "backslashreplace")


def _refused(what: str, problems: list[str]) -> InputError:
    shown = visible(what, lines=False)[:80]
    return InputError(
        f'the range "{shown}" cannot be taken as evidence', problems,
        next="gradatim evidence add --git . --range v1.2..main --title … --link D5:4",
    )  # fmt: skip
