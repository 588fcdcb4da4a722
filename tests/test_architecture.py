"""The shape of the whole: houses, exported names, lock files, and what may be in no file."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HOUSES = ["core", "sim", "instruments", "lab", "store", "path", "content", "app", "web", "cli"]
LOCKS = ["core", "test", "bench", "docs", "fit", "work", "packet", "agents", "build", "uv"]


@pytest.fixture(scope="module")
def lock_tool(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lock_tool", root / "tools" / "lock.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_layers_hold(root: Path) -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_forbidden_import_would_be_seen(root: Path, tmp_path: Path) -> None:
    """The contract names every house: a new one cannot escape it."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    named = {house.strip().removeprefix("gradatim.") for layer in layers for house in layer.split("|")}
    there = {
        p.name for p in (root / "src" / "gradatim").iterdir() if p.is_dir() and (p / "__init__.py").exists()
    }
    assert named == there == set(HOUSES)


@pytest.mark.parametrize("house", ["", *HOUSES])
def test_exported_names_exist_and_are_sorted(house: str) -> None:
    module = importlib.import_module(f"gradatim.{house}".rstrip("."))
    exported = getattr(module, "__all__", None)
    if exported is None:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        assert not any(
            isinstance(node, ast.ImportFrom) and node.module != "__future__" for node in tree.body
        ), "a package that imports names says in __all__ which of them are meant"
        return
    assert len(set(exported)) == len(exported)
    for name in exported:
        assert getattr(module, name) is not None


def test_importing_gradatim_imports_nothing_heavy() -> None:
    houses = ", ".join(f"gradatim.{house}" for house in ("core", "app", "store", "web", "cli"))
    program = f"import sys, {houses}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"numba", "numpy", "duckdb", "fastapi", "sqlalchemy", "rich"})


@pytest.mark.parametrize("group", LOCKS)
def test_lock_file_is_made_from_what_pyproject_declares(
    group: str, root: Path, lock_tool: ModuleType
) -> None:
    declared = lock_tool.declared()
    assert set(declared) == set(LOCKS)
    first = (root / "requirements" / f"{group}.txt").read_text(encoding="utf-8").split("\n")[0]
    assert first == lock_tool.digest(declared[group]), "pyproject.toml has changed since: make lock"


@pytest.mark.parametrize("group", LOCKS)
def test_lock_file_pins_and_hashes_every_package_and_names_no_host(
    group: str, root: Path, lock_tool: ModuleType
) -> None:
    from packaging.requirements import Requirement

    text = (root / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--", text, re.M), "no option lines: index, find-links, trusted-host"
    blocks = re.findall(r"^[a-z0-9].*(?:\n    .*)*", text, re.M)
    versions: dict[str, list[str]] = {}
    for block in blocks:
        pin = Requirement(block.split(" \\")[0])
        assert str(pin.specifier).startswith("=="), block
        assert "--hash=sha256:" in block, block
        versions.setdefault(pin.name, []).append(str(pin.specifier).removeprefix("=="))
    for line in lock_tool.declared()[group]:
        wanted = Requirement(line)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert name in versions, f"{wanted.name} is declared and not locked"
        assert all(wanted.specifier.contains(v) for v in versions[name]), line


def test_a_package_has_one_version_in_all_lock_files(root: Path) -> None:
    pins: dict[str, set[str]] = {}
    for group in LOCKS:
        text = (root / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
        for name, rest in re.findall(r"^([a-z0-9._-]+)==([^\\\n]+)", text, re.M):
            version, _, marker = (part.strip() for part in rest.partition(";"))
            pins.setdefault(name + (f" {marker}" if "python" in marker else ""), set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


def test_core_is_light(root: Path) -> None:
    text = (root / "requirements" / "core.txt").read_text(encoding="utf-8")
    heavy = {
        "matplotlib",
        "typst",
        "statsmodels",
        "river",
        "scikit-learn",
        "scipy",
        "pandas",
        "polars",
        "pytest",
    }
    assert heavy.isdisjoint(re.findall(r"^([a-z0-9._-]+)==", text, re.M))


def test_ci_runs_what_a_person_runs(root: Path) -> None:
    assert (root / ".ci" / "run").read_text().rstrip().endswith("exec make test")
    test_target = re.search(r"^test:.*(?:\n\t.*)*", (root / "Makefile").read_text(), re.M)
    assert test_target is not None
    assert test_target[0].rstrip().split("\n")[-1].startswith("\t@$(BIN)/python -m pytest")


def test_every_make_target_is_in_its_help(root: Path) -> None:
    text = (root / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.M)
    explained = set(re.findall(r"^([a-z]+):.*## \S", text, re.M))
    assert set(phony.split()) == explained


def test_no_tracked_file_names_a_machine_or_a_registry(
    tracked: Callable[..., list[Path]], root: Path
) -> None:
    """Paths of one machine, registry hosts and credentials belong in no file."""
    # Assembled, so that this file does not match itself.
    slash = "/"
    patterns = [
        slash + "root" + slash,
        slash + "work" + slash,
        slash + "home" + slash + r"\w+" + slash,
        slash + "Users" + slash + r"\w+" + slash,
        slash + "tmp" + slash + r"\w+" + slash,
        "index" + "-url *=",
        "extra-" + "index",
        r"\bpypi\." + r"(org|python)\b",
        r"files\." + "pythonhosted",
        "registry" + r"\.npmjs",
    ]
    wrong = []
    found = re.compile("|".join(patterns))
    for path in tracked():
        if "vendor" in path.parts or path.suffix in {".png", ".parquet", ".npz", ".woff2", ".ico"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
            if match := found.search(line):
                wrong.append(f"{path.relative_to(root)}:{number}: {match[0]}")
    assert wrong == []


def test_no_stub_no_skip(tracked: Callable[..., list[Path]], root: Path) -> None:
    words = re.compile(
        "|".join(
            ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", r"pytest\.skip", r"mark\.(skip|xfail)"]
        )
    )
    wrong = [
        f"{path.relative_to(root)}: {match[0]}"
        for path in tracked("*.py", "*.js", "*.html", "*.toml")
        if "vendor" not in path.parts and (match := words.search(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


def test_files_are_short(tracked: Callable[..., list[Path]], root: Path) -> None:
    """Past 500 lines there is a second noun inside, unless the reason stands here."""
    players = "src/gradatim/content/senior_ai_engineer/reliability/incident_response/references"
    one_noun = {
        "src/gradatim/sim/serving/kernel.py": "the event loop is one compiled function",
        f"{players}/senior.py": "a policy is one file by contract, and this one plays two kinds of shift",
        f"{players}/gradual.py": "as senior.py",
    }
    long = {
        str(path.relative_to(root))
        for path in tracked("*.py")
        if len(path.read_text(encoding="utf-8").split("\n")) > 500
    }
    assert long == set(one_noun)


def test_the_sources_import_no_wall_clock_below_the_faces(
    tracked: Callable[..., list[Path]], root: Path
) -> None:
    """The outcome is a function of lab, seed and submission: no clock, no chance without the seed."""
    banned = re.compile(
        r"\b(time\.time|datetime\.now|random\.random|np\.random\.(default_rng|rand|seed)|secrets\.)\b"
    )
    wrong = [
        f"{path.relative_to(root)}: {match[0]}"
        for path in tracked("src/gradatim/core/*.py", "src/gradatim/sim/*.py", "src/gradatim/lab/*.py")
        if "bench" not in path.name
        and "sandbox" not in path.parts
        and (match := banned.search(path.read_text()))
    ]
    assert wrong == []
