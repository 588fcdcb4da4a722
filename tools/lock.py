"""Write requirements/*.txt, one hashed lock file a group, from pyproject.toml: `make lock`.

Everything is resolved together first, so that a package has the same version in every lock file. The
versions already locked are kept where they still fit; `--upgrade` takes the newest. A lock file starts
with a digest of what pyproject.toml declares for its group, so that a test can tell when it is stale.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
BUILD = ["editables"]  # hatchling needs it for an editable install
UV = ["uv"]
UNLOCKED = {"badges"}  # `make badge` alone installs it, into an environment of its own


def declared() -> dict[str, list[str]]:
    """What pyproject.toml declares for each lock file, sorted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    core = project["project"]["dependencies"]
    groups = {"core": sorted(core)}
    for group, packages in project["project"]["optional-dependencies"].items():
        if group in UNLOCKED:
            continue
        groups[group] = sorted([*core, *packages])
    groups["build"] = sorted([*project["build-system"]["requires"], *BUILD])
    groups["uv"] = sorted(UV)
    return groups


def digest(packages: list[str]) -> str:
    """The line of a lock file that says what it was made from."""
    return "# declared: " + hashlib.blake2b(json.dumps(packages).encode(), digest_size=10).hexdigest()


def compile_lock(packages: list[str], output: Path, *options: str) -> None:
    """Resolve `packages` for every platform and Python 3.11 or newer into `output`, without any host."""
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--generate-hashes"]
    command += ["--custom-compile-command", "make lock", *options, "--output-file", str(output), "-"]
    subprocess.run(
        command, input="\n".join(packages), text=True, check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )


def pins(text: str) -> dict[str, str]:
    """The pinned requirement lines of a lock file, with their markers and without their hashes."""
    lines = (line.removesuffix("\\").strip() for line in text.splitlines())
    return {line: line for line in lines if "==" in line and not line.startswith(("#", "--"))}


def main() -> None:
    upgrade = "--upgrade" in sys.argv[1:]
    groups = declared()
    with tempfile.TemporaryDirectory() as folder:
        together = Path(folder) / "together.txt"
        if not upgrade:
            kept: dict[str, str] = {}
            for group in groups:
                lock = REQUIREMENTS / f"{group}.txt"
                kept |= pins(lock.read_text(encoding="utf-8")) if lock.exists() else {}
            together.write_text("\n".join(kept) + "\n", encoding="utf-8")
        compile_lock(sorted({p for packages in groups.values() for p in packages}), together)
        for group, packages in groups.items():
            lock = REQUIREMENTS / f"{group}.txt"
            compile_lock(packages, lock, "--constraints", str(together))
            text = lock.read_text(encoding="utf-8")
            lock.write_text(f"{digest(packages)}\n{text}", encoding="utf-8")
            print(f"requirements/{lock.name}: {len(pins(text))} packages")


if __name__ == "__main__":
    main()
