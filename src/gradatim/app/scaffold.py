"""`lab new`: begin a lab as a copy of one that passes its check, under a name of its own.

A lab that measures something needs a world, a loss, a senior and a dozen players who must lose. A copy has
all of them and passes `lab check` from its first minute; its author then changes one thing at a time, and
sees in the check what each change does.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError, StateError

TEMPLATE = "incident-response"
PACK = "senior_ai_engineer"
SLUG = re.compile(r"[a-z][a-z0-9-]{1,60}")


def new_lab(
    lab_id: str, *, module: str | None = None, like: str = TEMPLATE, pack: Path | None = None
) -> dict[str, Any]:
    """Make the folder of a new lab in a content pack. All of it is there, or none.

    Args:
        lab_id: lower-case words with hyphens.
        module: the module of the path it belongs to; None for that of the lab it is made from.
        like: the lab that it is a copy of.
        pack: the folder of the content pack; None for the path's own.

    Returns:
        {lab, title, module, skills, folder, files: [path below the folder]}.

    Raises:
        InputError: the id cannot be used, or the module is not on the path; all problems at once.
        UnknownName: there is no lab to be like.
        StateError: the pack cannot be written.
    """
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    source = folders.folder(like)
    root = pack or folders.packs()[PACK]
    spec = load_spec(source)
    chosen = module or spec.module
    skills = _skills(root, chosen)
    target = root / _module_folder(root, chosen) / lab_id.replace("-", "_")
    problems = []
    if not SLUG.fullmatch(lab_id):
        problems.append(f'"{lab_id}": an id is lower-case words with hyphens, like "{TEMPLATE}"')
    elif lab_id in folders.labs() or target.exists():
        problems.append(f'"{lab_id}": there is a lab of that id already')
    if skills is None:
        problems.append(f'"{chosen}": no module of the path; they are {", ".join(_modules(root))}')
    if problems or skills is None:
        raise InputError("this lab cannot be made", problems, next="gradatim lab new --help")
    title = lab_id.replace("-", " ").capitalize()
    kept = list(spec.skills) if chosen == spec.module else skills[:1]
    changes = {"id": lab_id, "version": "0.1.0", "title": title, "module": chosen, "skills": kept}
    try:
        target.parent.mkdir(exist_ok=True)
        (target.parent / "__init__.py").touch()
        with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as draft:
            made = Path(draft) / "lab"
            shutil.copytree(source, made, ignore=shutil.ignore_patterns("__pycache__"))
            _rename(made, changes, _class(spec.id), _class(lab_id))
            load_spec(made)
            made.rename(target)
    except OSError as error:
        raise StateError(
            "the lab cannot be written", where=str(target), why=error.strerror or str(error),
            next="make a checkout of gradatim that you can write, then: make setup",
        ) from error  # fmt: skip
    folders.labs.cache_clear()
    files = sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())
    return {
        "lab": lab_id,
        "title": title,
        "module": chosen,
        "skills": kept,
        "folder": str(target),
        "files": files,
    }


def _rename(made: Path, changes: dict[str, Any], old_class: str, own_class: str) -> None:
    """Give a copied lab its own metadata and class name."""
    toml = made / "lab.toml"
    text = toml.read_text(encoding="utf-8")
    for key, value in changes.items():
        text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {json.dumps(value)}", text, count=1)
        if not found:
            raise InputError(f'the lab to be like has no line "{key} = …"', where=str(toml))
    toml.write_text(text, encoding="utf-8")
    for file in made.glob("*.py"):
        code = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"\b{old_class}\b", own_class, code), encoding="utf-8")


def _class(lab_id: str) -> str:
    return "".join(word.capitalize() for word in lab_id.split("-"))


def _modules(pack: Path) -> dict[str, list[str]]:
    """The modules of a pack's path, each with its skills."""
    from gradatim import path

    return {m["id"]: [s["id"] for s in m["skills"]] for m in path.load(pack).as_dict()["modules"]}


def _skills(pack: Path, module: str) -> list[str] | None:
    return _modules(pack).get(module)


def _module_folder(pack: Path, module: str) -> str:
    """The folder where labs of a module are, or are to be."""
    from gradatim.lab.spec import load_spec

    for toml in sorted(pack.glob("*/*/lab.toml")):
        if load_spec(toml.parent).module == module:
            return toml.parent.parent.name
    return module.replace("-", "_")
