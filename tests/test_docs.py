"""The documentation: everything has its place in it, and what it says of names, links and commands holds."""

from __future__ import annotations

import json
import re
import shlex
import struct
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from gradatim.cli.entry import root as root_command

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
SOURCES = sorted((ROOT / "src" / "gradatim").rglob("*.py"))
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```\s*$", re.M | re.S)
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
MOST_KB_OF_A_PICTURE = 250


def text(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the toc extension makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+?)\s*$", prose(page), re.M):
        plain = unicodedata.normalize("NFKD", re.sub(r"[`*]", "", heading)).encode("ascii", "ignore").decode()
        found.add(re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower()))
    return found


def leaves(command: click.Command = root_command, name: str = "gradatim") -> Iterator[str]:
    """Every command by its whole name."""
    if not isinstance(command, click.Group) or name == "gradatim":
        yield name
    if isinstance(command, click.Group):
        ctx = click.Context(command, info_name=name)
        for inner in command.list_commands(ctx):
            found = command.get_command(ctx, inner)
            assert found is not None
            yield from leaves(found, f"{name} {inner}")


# ---------------------------------------------------------------------------------------------- places
def test_every_command_has_a_heading() -> None:
    headings = set(re.findall(r"^## `(gradatim[^`]*)`", text("docs/commands.md"), re.M))
    assert headings == set(leaves())


def shown_field(name: str, schema: dict[str, Any], required: bool) -> str:
    """A field of an action as the table writes it."""
    one = schema["anyOf"][0] if "anyOf" in schema else schema
    words = one.get("enum", [])
    if words:
        said = ", ".join(words) if len(words) <= 6 else f"one of {len(words)} words"
        shown = f"`{name}`: {said}"
    elif "minimum" in one:
        shown = f"`{name}` {one['minimum']:g} to {one['maximum']:g}"
    else:
        shown = f"`{name}` " + {"array": "list", "string": "text", "boolean": "true or false"}[one["type"]]
    shown += " or null" if one is not schema else ""
    if required:
        return shown
    default = schema.get("default")
    return f"{shown} (default {default if isinstance(default, str) else json.dumps(default)})"


def action_rows() -> list[str]:
    """The table of actions, from the actions."""
    from gradatim.sim.actions import ACTIONS

    rows = []
    for kind, action in ACTIONS.items():
        schema = action.model_json_schema()
        fields = [
            shown_field(name, field, name in schema.get("required", []))
            for name, field in schema["properties"].items()
            if name != "kind"
        ]
        service = "yes" if action.changes_service else "no"
        rows.append(f"| `{kind}` | {'; '.join(fields) or 'none'} | {action.delay_s:g} s | {service} |")
    return rows


def test_every_action_has_its_row() -> None:
    table = text("docs/api.md").partition("### Actions")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `.*$", table, re.M) == action_rows()


def test_every_proof_is_explained_and_can_be_mended() -> None:
    told = re.findall(r'tell\("(\d+ [^"]+)"', text("src/gradatim/lab/check/run.py"))
    assert [int(name.split()[0]) for name in told] == list(range(1, 11))
    design, recipe = text("docs/design/scoring-and-check.md"), text("docs/dev/adding-a-lab.md")
    for name in told:
        assert f"| **{name}** |" in design, name
    mended = re.findall(r"^\| (\d+) ", recipe, re.M)
    assert mended == [name.split()[0] for name in told]


def test_every_lab_has_a_page_that_names_what_is_graded() -> None:
    labs = sorted((ROOT / "src" / "gradatim" / "content").rglob("lab.toml"))
    assert labs
    for toml in labs:
        spec = tomllib.loads(toml.read_text(encoding="utf-8"))
        if spec["kind"] == "task":
            # Tasks share a page: what is graded differs, how it is judged does not.
            assert f"`{spec['id']}`" in text("docs/path/prerequisites.md")
            continue
        page = text(f"docs/labs/{spec['id']}.md")
        rows = set(re.findall(r"^\| `(\w+)` \|", page, re.M))
        assert rows >= set(spec["graded"]), spec["id"]
        assert all(f"`{family}`" in page for family in (*spec["families"], spec["quiet"])), spec["id"]
        assert "## Check table" in page


def test_every_amount_that_the_brief_names_is_the_page_s() -> None:
    """A price told twice is told alike."""
    for toml in (ROOT / "src" / "gradatim" / "content").rglob("lab.toml"):
        spec = tomllib.loads(toml.read_text(encoding="utf-8"))
        if spec["kind"] == "task":
            continue  # no money in it
        page = text(f"docs/labs/{spec['id']}.md")
        for cause, sentence in spec["graded"].items():
            row = re.search(rf"^\| `{cause}` \| (.*) \|$", page, re.M)
            assert row is not None
            assert set(re.findall(r"\$\d+", sentence)) <= set(re.findall(r"\$\d+", row[1])), cause


def test_every_variant_is_on_the_page_of_its_lab() -> None:
    from gradatim.sim.faults import FAMILIES

    page = text("docs/labs/incident-response.md")
    families = tomllib.loads(
        text("src/gradatim/content/senior_ai_engineer/reliability/incident_response/lab.toml")
    )["families"]
    for family in families:
        assert all(f"`{variant}`" in page for variant in FAMILIES[family].variants), family  # type: ignore[attr-defined]


def test_every_environment_variable_has_a_place() -> None:
    used = {
        name
        for path in SOURCES
        for name in re.findall(r"\bGRADATIM_[A-Z]+\b", path.read_text(encoding="utf-8"))
    }
    assert used >= {"GRADATIM_HOME", "GRADATIM_CACHE"}
    readme = text("README.md")
    assert [name for name in sorted(used) if f"`{name}`" not in readme] == []


def test_every_api_path_has_a_row() -> None:
    routes = set()
    for path in ("labs", "attempts", "exams", "learner"):
        source = text(f"src/gradatim/web/api/{path}.py").replace("{exam_id}", "{attempt_id}")
        routes |= {
            (method.upper(), "/api" + where)
            for method, where in re.findall(r'@router\.(get|post)\(\s*"([^"]+)"', source)
        }
    assert len(routes) > 15
    table = text("docs/api.md")
    told = {
        (method, where.replace("{id}", "{attempt_id}"))
        for method, where in re.findall(r"`(GET|POST) (/api[^`]*)`", table)
    }
    assert told == routes


def test_every_page_is_in_the_navigation() -> None:
    named: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, str):
            named.append(node)
        for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(inner)

    walk(yaml.safe_load(text("mkdocs.yml"))["nav"])
    assert len(named) == len(set(named))
    assert set(named) == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def test_every_design_page_is_in_the_index_and_has_an_invariant_and_a_crash() -> None:
    index = text("docs/design/README.md")
    for page in (DOCS / "design").glob("*.md"):
        if page.name == "README.md":
            continue
        assert f"({page.name})" in index, page.name
        body = page.read_text(encoding="utf-8")
        assert re.search(r"\*\*[^*]{30,}\*\*", body), f"{page.name}: no invariant in bold"
        assert "crash" in body, f"{page.name}: what happens at a crash?"


def test_the_recipes_are_all_reached() -> None:
    recipes = {page.name for page in (DOCS / "dev").glob("adding-*.md")}
    assert len(recipes) >= 6
    for entry in ("docs/dev/README.md", "CONTRIBUTING.md"):
        assert {Path(target).name for _, target in LINK.findall(text(entry))} >= recipes
    for name in recipes:
        assert "**Proof:**" in text(f"docs/dev/{name}").rstrip().split("\n")[-1], (
            f"{name} ends with its proof"
        )
    assert text("CONTRIBUTING.md").split("\n")[2] == "## I want to …"


# ---------------------------------------------------------------------------------------------- what is said holds
@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for picture, target in LINK.findall(prose(page)):
        if target.startswith(("https://", "mailto:")):
            continue
        where, _, anchor = target.partition("#")
        goal = (page.parent / where).resolve() if where else page
        if not goal.is_file() or not goal.is_relative_to(ROOT):
            wrong.append(target)
        elif picture and goal.suffix not in {".png", ".svg"}:
            wrong.append(f"{target}: not a picture")
        elif anchor and anchor not in anchors(goal):
            wrong.append(f"{target}: no such heading")
        elif page.is_relative_to(DOCS) and not goal.is_relative_to(DOCS):
            wrong.append(f"{target}: leaves docs/, so the built site would not have it")
    assert wrong == []


def commands_in(page: Path) -> list[str]:
    """Command lines of `console` blocks that call gradatim, from its name on."""
    blocks = [body for name, body in FENCE.findall(page.read_text(encoding="utf-8")) if name == "console"]
    return re.findall(r"^\s*\$ (?:\.venv/bin/)?(gradatim\b.*)", "\n".join(blocks), re.M)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_commands_in_console_blocks_parse(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_policy.py").write_text("def policy(obs, query): ...\n")
    for line in commands_in(page):
        for word in shlex.split(line):
            if re.fullmatch(r"[\w.-]+\.(csv|parquet|json|jsonl|yaml|txt)", word):
                (tmp_path / word).touch()
        command, name, words = root_command, "gradatim", shlex.split(line)[1:]
        ctx = click.Context(root_command, info_name=name)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            inner = command.get_command(ctx, name)
            assert inner is not None, f"{line}: no command {name}"
            command = inner
        command.make_context(name, words, parent=ctx)


def test_console_blocks_are_found() -> None:
    assert len(commands_in(ROOT / "README.md")) >= 3
    assert len(commands_in(DOCS / "tour.md")) >= 4


def test_inline_commands_exist() -> None:
    """`gradatim lab …` in running text names a command, too."""
    known = set(leaves()) | {"gradatim lab", "gradatim bench", "gradatim path", "gradatim plan"}
    wrong = []
    for page in PAGES:
        for line in re.findall(r"`(gradatim(?: [^`\n]*)?)`", prose(page)):
            words = []
            for word in line.split():
                if not re.fullmatch(r"[a-z]+", word):
                    break
                words.append(word)
            if not any(" ".join(words[:n]) in known for n in (3, 2)) and len(words) > 1:
                wrong.append(f"{page.name}: {line}")
    # The recipe for a command invents one.
    assert [w for w in wrong if "gradatim words" not in w] == []


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md"])
def test_the_shown_policy_is_ten_lines_and_its_actions_are_valid(page: str) -> None:
    from gradatim.sim.actions import parse_action

    (source,) = (body for language, body in FENCE.findall(text(page)) if language == "python")
    assert len([line for line in source.split("\n") if line.strip()]) <= 11
    space: dict[str, Any] = {}
    exec(source, space)
    sent = []
    for t_s, attempts in ((2000.0, 1.0), (2030.0, 4.0), (2300.0, 1.1), (2330.0, 1.0)):
        reply = space["policy"]({"t_s": t_s, "metrics": {"gateway.attempts_per_request": attempts}}, None)
        sent += [parse_action(action).kind for action in reply["actions"]]
    assert sent == ["set_retry_budget", "shed", "ramp"]


def test_the_seed_that_is_shown_is_a_shift_of_the_kind_that_is_told() -> None:
    from gradatim.lab import catalogue

    shown = {int(n) for page in ("README.md", "docs/tour.md") for n in re.findall(r"seed (\d+)", text(page))}
    assert len(shown) == 1
    live = catalogue.lab("incident-response").live
    (seed,) = shown
    assert live.scenario(seed, live.family_of(seed)).variant == "everyone-retries"


def test_the_metrics_that_the_documentation_names_exist() -> None:
    metric = re.compile(r'"((?:gateway|predict|features|clients|slo)\.[a-z0-9_]+)"')
    telemetry = [path for path in SOURCES if path.parent.name == "telemetry"]
    sources = "".join(path.read_text(encoding="utf-8") for path in telemetry)
    pages = [page for page in PAGES if page.parent.name != "dev"]
    named = {name for page in pages for name in metric.findall(page.read_text(encoding="utf-8"))}
    assert named
    assert [name for name in sorted(named) if f'"{name}"' not in sources] == []


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_code_blocks_in_json_are_json(page: Path) -> None:
    for language, body in FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "json":
            json.loads(body)
        if language == "python":
            compile(
                re.sub(r"^ {4}", "", body, flags=re.M) if body.startswith("    ") else body, str(page), "exec"
            )


def test_source_paths_that_the_documentation_names_exist() -> None:
    wrong = []
    for page in PAGES:
        for name in re.findall(r"`((?:src|tests|tools|docs|requirements)/[\w./-]+)`", prose(page)):
            invented = page.parent.name == "dev" and not (ROOT / name).exists()
            if not (ROOT / name).exists() and not (
                invented and re.search(r"(words|slow_hosts|queue-sizing)", name)
            ):
                wrong.append(f"{page.name}: {name}")
    assert wrong == []


# ---------------------------------------------------------------------------------------------- first sight
def test_the_readme_has_the_two_commands_a_picture_and_no_shouting() -> None:
    readme = text("README.md")
    block = next(body for language, body in FENCE.findall(readme) if language == "sh")
    assert [line.split("#")[0].strip() for line in block.strip().split("\n")] == ["make start", "make test"]
    assert readme.index("docs/images/incident-room.png") < readme.index("## Start")
    first = readme.split("\n\n")[1].replace("\n", " ")
    assert len(re.findall(r"[.!?](?: |$)", first)) == 3, "what it is, in three sentences"
    shouting = "powerful|seamless|cutting-edge|world-class|blazing|revolutionary|effortless|amazing"
    loud = re.findall(rf"\b({shouting})\b|!(?= |\n)", readme)
    assert loud == []


def test_pictures_are_small_and_of_the_promised_size() -> None:
    picture = DOCS / "images" / "incident-room.png"
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1440, 900)
    for path in (DOCS / "images").iterdir():
        assert path.stat().st_size < MOST_KB_OF_A_PICTURE * 1000, path.name


def test_the_site_loads_nothing_from_elsewhere() -> None:
    config = yaml.safe_load(text("mkdocs.yml"))
    assert config["theme"]["font"] is False
    assert not {"extra_css", "extra_javascript"} & set(config)
    assert config["validation"]["links"]["anchors"] == "warn"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "mkdocs.yml"], ids=[*PAGE_IDS, "mkdocs.yml"])
def test_no_path_of_one_machine_and_no_registry(page: Path) -> None:
    slash = "/"
    machine = [slash + name + slash for name in ("root", "work", "home", "Users", "tmp")]
    banned = [*machine, "pypi." + "org", "--index" + "-url"]
    body = page.read_text(encoding="utf-8")
    assert [word for word in banned if word in body] == []
