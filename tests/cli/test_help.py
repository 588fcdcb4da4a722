"""Help: quick, complete, with an example that can be copied."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gradatim.cli.entry import main
from gradatim.cli.entry import root as root_command

HEAVY = (
    "numba",
    "numpy",
    "rich",
    "duckdb",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "pydantic",
    "jinja2",
    "asyncio",
)


def commands(
    command: click.Command = root_command, name: str = "gradatim"
) -> Iterator[tuple[str, click.Command]]:
    """Every command and group by its whole name."""
    yield name, command
    if isinstance(command, click.Group):
        ctx = click.Context(command, info_name=name)
        for inner in command.list_commands(ctx):
            there = command.get_command(ctx, inner)
            assert there is not None, f"{name} {inner} is listed but cannot be loaded"
            yield from commands(there, f"{name} {inner}")


COMMANDS = dict(commands())


def test_the_commands_are_the_promised_ones() -> None:
    leaves = {name for name, command in COMMANDS.items() if not isinstance(command, click.Group)}
    exam = {"start", "show", "next", "submit", "verdict", "issue", "verify"}
    labs = {"list", "show", "start", "play", "submit", "score", "replay", "whatif", "check", "new"}
    path = {"show", "next", "skill", "estimates", "rubric", "lint", "packs", "ladder import", "ladder export"}
    plan = {"show", "forecast", "keep", "calendar", "questions", "set", "prerequisites", "record"}
    evidence = {
        "list",
        "show",
        "add",
        "redact",
        "withdraw",
        "ask",
        "attest",
        "attach",
        "map",
        "check",
        "import",
        "badge",
    }
    assert leaves == {
        "gradatim doctor",
        "gradatim bench serving",
        "gradatim bench queue",
        "gradatim bench drift",
        "gradatim work drift",
        "gradatim work experiment",
        "gradatim work canary",
        "gradatim work slo",
        "gradatim work incident",
        "gradatim work capacity",
        "gradatim work reports",
        "gradatim work schema",
        *(f"gradatim lab {name}" for name in labs | {"tournament"}),
        *(f"gradatim exam {name}" for name in exam),
        *(f"gradatim path {name}" for name in path),
        *(f"gradatim plan {name}" for name in plan | {"withdraw", "rate"}),
        *(f"gradatim evidence {name}" for name in evidence),
        *(f"gradatim data {name}" for name in ("export", "delete")),
        "gradatim demo",
        *(f"gradatim packet {name}" for name in ("preview", "build", "verify", "badge", "resume")),
        *(
            f"gradatim review {name}"
            for name in ("anchors", "calibrate", "open", "rate", "compare", "attach")
        ),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_help_exits_zero_with_an_example_of_that_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*name.split()[1:], "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    examples = re.findall(r"^  (gradatim.*)$", out.partition("Examples:")[2], re.M)
    assert any(example.startswith(name) for example in examples)


@pytest.mark.parametrize(("name", "command"), COMMANDS.items())
def test_every_example_parses(
    name: str, command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_policy.py").write_text("def policy(obs, query): ...\n")
    (tmp_path / "log.json").write_text("{}")
    for name in (
        "attest-E-012.html",
        "attest-E-012-answer.json",
        "packet.html",
        "packet-rating.json",
        "items.csv",
        "items.jsonl",
    ):
        (tmp_path / name).touch()
    for example in getattr(command, "examples", []):
        for word in shlex.split(example):
            if re.fullmatch(r"[\w.-]+\.(csv|parquet|json|jsonl|yaml|txt|png|jwt)", word):
                (tmp_path / word).touch()
        found, ctx, words = (
            root_command,
            click.Context(root_command, info_name="gradatim"),
            shlex.split(example)[1:],
        )
        while isinstance(found, click.Group) and words and not words[0].startswith("-"):
            inner = found.get_command(ctx, words.pop(0))
            assert inner is not None, example
            found = inner
        found.make_context(name, words, parent=ctx)


@pytest.mark.parametrize(
    "name", [n for n, c in COMMANDS.items() if not isinstance(c, click.Group)] + ["gradatim"]
)
def test_every_command_has_json(name: str) -> None:
    options = {flag for parameter in COMMANDS[name].params for flag in parameter.opts}
    assert "--json" in options


@pytest.mark.parametrize(
    "words", [["--help"], ["lab", "--help"], ["bench", "queue", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys, json; from gradatim.cli import main; code = main(sys.argv[1:]);"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    loaded = {module.split(".")[0] for module in modules}
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))
    assert "click" in loaded


def test_every_command_has_a_section_in_the_documentation(root: Path) -> None:
    text = (root / "docs" / "commands.md").read_text(encoding="utf-8")
    sections = {
        match[1]: match[2]
        for match in re.finditer(r"^## `(gradatim[^`]*)`$(.*?)(?=^## |\Z)", text, re.M | re.S)
    }
    wanted = {
        name
        for name, command in COMMANDS.items()
        if name == "gradatim" or not isinstance(command, click.Group)
    }
    assert set(sections) == wanted
    for name, section in sections.items():
        assert re.search(rf"^    {name}\b|^{name}\b", section, re.M), f"no example of {name} in its section"


def test_every_option_is_in_the_documentation(root: Path) -> None:
    text = (root / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        section = re.search(rf"^## `{name}`$(.*?)(?=^## |\Z)", text, re.M | re.S)
        for parameter in command.params:
            for flag in parameter.opts:
                if flag.startswith("--") and flag != "--json":
                    assert section and f"`{flag}" in section[1], f"{name}: {flag} is not described"
