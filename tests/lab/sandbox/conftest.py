"""Policies written by the test, and a check that no process and no folder of theirs is left."""

from __future__ import annotations

import contextlib
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatim.core.errors import PolicyError
from gradatim.lab.sandbox import Limits, PolicyProcess

# CPU is short and wall is long: the machine that runs the tests may be busy.
SHORT = Limits(load_cpu_s=10, step_cpu_s=0.3, step_wall_s=30)


class Bench:
    """Starts policies with temporary files below one folder, by which their processes are recognised."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[PolicyProcess] = []

    def policy(self, body: str, before: str = "") -> str:
        """A file whose policy does `body` and then answers well."""
        inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        answer = "    return {'actions': [], 'advance_s': 60}\n"
        return f"{textwrap.dedent(before)}\ndef policy(obs, query):\n{inner}\n{answer}"

    def start(self, text: str, limits: Limits = SHORT) -> PolicyProcess:
        """A started process for the text."""
        file = self.folder / "mine.py"
        file.write_text(text, encoding="utf-8")
        process = PolicyProcess(file, limits)
        self.started.append(process)
        process.start()
        return process

    def step(self, body: str, before: str = "", limits: Limits = SHORT) -> tuple[dict[str, Any], str]:
        """One step of a policy that does `body`: its answer and what it printed."""
        process = self.start(self.policy(body, before), limits)
        answer = process.step({}, lambda sql: {"rows": [[sql]]})
        return answer, process.output

    def error(self, body: str, before: str = "", limits: Limits = SHORT) -> PolicyError:
        """The error that one step of such a policy ends with."""
        with pytest.raises(PolicyError) as caught:
            self.step(body, before, limits)
        return caught.value

    def processes(self) -> list[int]:
        """Every process there is that a policy of this bench started: a fork keeps the command line."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str(self.folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    bench = Bench(tmp_path)
    yield bench
    for process in bench.started:
        process.close()
    assert bench.processes() == []
    assert list(temporary.iterdir()) == []
