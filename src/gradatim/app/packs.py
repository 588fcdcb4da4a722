"""Which path the app shows: the one that ships, an installed pack, or a folder; remembered in the learner's home."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.errors import InputError, StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path import Catalogue
    from gradatim.path.ladder import Ladder
    from gradatim.path.rubric import Rubric

SHIPPED = "senior_ai_engineer"
CHOICE = "pack.json"
IMPORTED = "packs"
LARGEST = 4_000_000
BACK = f"gradatim --pack {SHIPPED} path"


class Opened(NamedTuple):
    """A pack with what is in it."""

    folder: Path
    catalogue: Catalogue
    rubric: Rubric


class Packs:
    """The choice of a path. It stands in a small file, so that a running server sees it change."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.RLock()
        self._opened: tuple[Any, Opened] | None = None

    # ------------------------------------------------------------------ the open one
    @property
    def catalogue(self) -> Catalogue:
        """Modules, skills and prerequisites of the open path, with the installed labs that practise its skills."""
        return self.opened().catalogue

    @property
    def rubric(self) -> Rubric:
        """The rubric of the open path."""
        return self.opened().rubric

    def lab_folders(self) -> dict[str, Path]:
        """Installed labs that belong to the open path: those in its own folder, and those that practise its skills."""
        from gradatim.lab import folders

        now = self.opened()
        there = {lab.id for lab in now.catalogue.labs}
        known = folders.labs().items()
        return {i: at for i, at in known if i in there or at.is_relative_to(now.folder)}

    def folder(self) -> Path:
        """Where the open pack is, whether or not it can be read. Raises StateError as `opened`."""
        return _chosen(self._app.home / CHOICE)

    def opened(self) -> Opened:
        """The open pack; read again once another one was chosen, in this process or another.

        Raises:
            StateError: the folder that was chosen is not there any more.
            InputError: the pack cannot be read; every problem is named.
        """
        file = self._app.home / CHOICE
        try:
            at = file.stat()
            stamp: Any = (at.st_mtime_ns, at.st_ino, at.st_size)
        except OSError:
            stamp = None
        with self._lock:
            if self._opened is None or self._opened[0] != stamp:
                self._opened = (stamp, _read(_chosen(file)))
            return self._opened[1]

    def open(self, which: str) -> dict[str, Any]:
        """Open a pack and remember it.

        Args:
            which: a folder, the name of an installed pack, or the id of an imported one.

        Raises:
            InputError: there is no such pack, or it cannot be read; what was open stays open.
        """
        found = self._find(which)
        opened = _read(found)
        installed = {folder: name for name, folder in _installed().items()}
        said = {"name": installed[found]} if found in installed else {"folder": str(found)}
        file = self._app.home / CHOICE
        if said == {"name": SHIPPED}:
            file.unlink(missing_ok=True)
        else:
            part = file.with_name(f"{CHOICE}.part")
            part.write_text(json.dumps({"format": 1, **said}, ensure_ascii=False), encoding="utf-8")
            part.replace(file)
        with self._lock:
            self._opened = None
        return _row(opened, found, installed.get(found), open_=True)

    def all(self) -> list[dict[str, Any]]:
        """Every pack that can be opened by name: installed ones, imported ones, and the open one."""
        now = self.opened().folder
        installed = _installed()
        names: dict[Path, str | None] = {folder: name for name, folder in installed.items()}
        imported = self._app.home / IMPORTED
        names |= {
            p: None for p in sorted(imported.glob("*")) if (p / "path.toml").is_file() and p not in names
        }
        names.setdefault(now, None)
        rows = []
        for folder, name in names.items():
            try:
                rows.append(_row(_read(folder), folder, name, open_=folder == now))
            except InputError as error:
                rows.append({"id": folder.name, "title": folder.name, "folder": str(folder), "name": name,
                             "open": False, "problems": error.problems})  # fmt: skip
        return rows

    def _find(self, which: str) -> Path:
        installed = _installed()
        imported = self._app.home / IMPORTED / which
        if which in installed:
            return installed[which]
        if which and Path(which).name == which and (imported / "path.toml").is_file():
            return imported
        folder = Path(which).expanduser().absolute()
        if folder.is_dir():
            return folder.resolve()
        there = [p.name for p in sorted((self._app.home / IMPORTED).glob("*"))]
        raise InputError(
            f"no path pack {which[:200]!r}",
            [f"it is no folder, and no pack of that name is there: {', '.join([*installed, *there])}"],
            next="gradatim path packs",
        )

    # ------------------------------------------------------------------ a company's ladder
    def read_ladder(self, data: bytes, name: str, **wanted: Any) -> Ladder:
        """A ladder from a CSV or YAML file; see `gradatim.path.ladder.read`. Nothing is written.

        Raises:
            InputError: every problem of the file at once.
        """
        from gradatim.path.ladder import read

        if len(data) > LARGEST:
            raise InputError("this is not a ladder", [f"larger than {LARGEST:,} bytes"], where=name[:80])
        return read(data, name, **wanted)

    def import_ladder(
        self, ladder: Ladder, *, out: Path | None = None, force: bool = False, title: str = ""
    ) -> dict[str, Any]:
        """A pack with the modules and skills of the open path, judged by a company's ladder.

        Args:
            out: the folder to make; None for one below the learner's home.
            force: write over a pack that is there.
            title: what the rubric is called; None takes the ladder's.

        Returns:
            {folder, id, title, dimensions, levels, notes}: notes say what the ladder did not say and was filled in.

        Raises:
            StateError: the folder holds something already.
            InputError: the pack would not pass `gradatim path lint`.
        """
        from gradatim.path.ladder import pack_files

        now = self.opened()
        files, notes = pack_files(ladder, now.folder, now.rubric, title=title)
        folder = out if out is not None else self._app.home / IMPORTED / ladder.id
        _write(folder, files, force)
        made = _read(folder)
        return {
            "folder": str(folder),
            "id": made.catalogue.id,
            "title": made.rubric.title,
            "dimensions": [
                {"id": d.id, "title": d.title, "feeds_from": list(ladder.covers.get(d.id, ()))}
                for d in made.rubric.dimensions
            ],
            "levels": dict(ladder.placed),
            "notes": notes,
        }


def _installed() -> dict[str, Path]:
    from gradatim.lab import folders

    return folders.packs()


def _chosen(file: Path) -> Path:
    """The folder that the file names; the shipped pack where there is no file."""
    from gradatim.content import senior_ai_engineer

    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        name, folder = said.get("name"), said.get("folder")
    except FileNotFoundError:
        return senior_ai_engineer.FOLDER
    except (OSError, ValueError, AttributeError) as error:
        raise StateError(
            "the choice of a path cannot be read", where=str(file), why=str(error)[:120], next=BACK
        ) from None
    found = _installed().get(str(name)) if name else Path(str(folder))
    if found is None or not found.is_dir():
        raise StateError(
            "the path that was opened last is not there any more", where=str(name or folder), next=BACK
        )
    return found


def _read(folder: Path) -> Opened:
    """A pack with the labs that can be played: those that an installed pack brings and whose skills it has."""
    from gradatim import path
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec
    from gradatim.path import rubric
    from gradatim.path.catalogue import LabEntry

    catalogue, judged = path.load(folder), rubric.load(folder)
    problems = [
        f"path.toml: skill {skill.id}: dimension {one} is not in the rubric"
        for skill in catalogue.skills()
        for one in skill.dimensions
        if one not in {d.id for d in judged.dimensions}
    ]
    if problems:
        raise InputError(
            "this pack does not fit together",
            problems,
            where=str(folder),
            next=f'gradatim path lint "{folder}"',
        )
    known = folders.labs()
    labs = [lab for lab in catalogue.labs if lab.id in known]
    modules, skills = {m.id for m in catalogue.modules}, {s.id for s in catalogue.skills()}
    for lab_id, at in known.items():
        if at.is_relative_to(folder):
            continue
        spec = load_spec(at)
        if spec.module in modules and spec.skills and set(spec.skills) <= skills:
            labs.append(
                LabEntry(id=lab_id, title=spec.title, module=spec.module, skills=tuple(spec.skills),
                         minutes=spec.minutes, folder=at)
            )  # fmt: skip
    return Opened(folder, catalogue.model_copy(update={"labs": tuple(labs)}), judged)


def _row(opened: Opened, folder: Path, name: str | None, *, open_: bool) -> dict[str, Any]:
    from gradatim.lab import folders
    from gradatim.path.catalogue import LAB_FILE

    known = set(folders.labs().values())
    missing = sum(
        file.parent not in known and not folders.is_task(file.parent)
        for file in folder.glob(f"*/*/{LAB_FILE}")
    )
    return {
        "id": opened.catalogue.id,
        "title": opened.catalogue.title,
        "rubric": opened.rubric.title,
        "name": name,
        "folder": str(folder),
        "open": open_,
        "modules": len(opened.catalogue.modules),
        "skills": len(list(opened.catalogue.skills())),
        "dimensions": len(opened.rubric.dimensions),
        "labs": len(opened.catalogue.labs),
        # Labs run code, so they come with an installed pack, never out of a folder that somebody sent.
        "labs_not_installed": missing,
        "problems": [],
    }


def _write(folder: Path, files: dict[str, str], force: bool) -> None:
    """Each file beside its place, then all of them into place; an old pack only with `force`."""
    taken = [name for name in files if (folder / name).exists()]
    if folder.exists() and not folder.is_dir():
        raise StateError("the pack cannot be written", where=str(folder), why="there is a file of that name",
                         next="give another --out")  # fmt: skip
    if taken and not force:
        raise StateError(
            "there is a pack already", where=str(folder), why=f"it holds {', '.join(taken)}",
            next="the same command with --force, or another --out",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.part").write_text(text, encoding="utf-8")
    for name in files:
        (folder / f"{name}.part").replace(folder / name)
