"""Evidence: the ledger's items, recording one, one item, attestations, and the opportunity map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import InputError
from gradatim.path.evidence.wording import fixed_fields
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)

KINDS = ("work", "decision", "review", "teaching", "attestation", "lab")
LEVELS = ("", "2", "3", "4", "5")
CO_AUTHORS = 3
_PERMANENT = ("kind",)


@router.get("/evidence")
def evidence(request: Request, taken: int = 0) -> HTMLResponse:
    """Every item, the state of the ledger, and which work could show what."""
    from gradatim.path.evidence.importing import COLUMNS

    service = request.app.state.service
    return page(
        request, "evidence.html", columns=COLUMNS, title="Evidence", items=service.evidence.items(),
        waiting=service.evidence.waiting(), dimensions=service.evidence.rubric.dimensions, levels=LEVELS[1:],
        problems=service.evidence.check(), taken=max(taken, 0), kinds=KINDS, chances=service.evidence.opportunities(),
        command="gradatim evidence list",
    )  # fmt: skip


@router.get("/evidence/new")
def new(request: Request, replaces: str = "") -> HTMLResponse:
    """The form of an item, filled with those it corrects."""
    service = request.app.state.service
    before = service.evidence.get(replaces) if replaces else {}
    before = {**before, "fixed": fixed_fields(before.get("source"))} if before else {}
    levels = {link["dimension"]: str(link["level"]) for link in before.get("links") or ()}
    return page(
        request, "evidence_new.html", title="Record evidence", kinds=KINDS, levels=LEVELS, before=before,
        dimensions=service.evidence.rubric.dimensions, claimed=levels, co_authors=range(CO_AUTHORS),
        command='gradatim evidence add --title "…" --share 0.6 --link D8:4',
    )  # fmt: skip


@router.post("/evidence")
async def record(request: Request) -> Response:
    """Record what the form says."""
    form = await request.form(max_fields=80, max_files=0)
    said = {name: str(value).strip() for name, value in form.items()}
    service = request.app.state.service
    raw = _item(said, [d.id for d in service.evidence.rubric.dimensions])
    if said.get("replaces"):
        before = service.evidence.get(said["replaces"])
        skills = {x["dimension"]: x["skill"] for x in before.get("links") or () if x.get("skill")}
        # The form has no field for the skill; the link keeps the one it had.
        raw["links"] = [{**x, **_skill(skills, x["dimension"])} for x in raw["links"]]
        # Nor has it room for every co-author: those beyond its rows stay as they were.
        raw["co_authors"] += (before.get("co_authors") or [])[CO_AUTHORS:]
        made = service.evidence.correct(said["replaces"], raw, kept=())
    else:
        made = service.evidence.record(raw)
    return RedirectResponse(f"/evidence/{made['id']}", status_code=303)


@router.post("/evidence/capture")
def capture(
    request: Request, what: Annotated[str, Form()] = "", dimension: Annotated[str, Form()] = "",
    level: Annotated[str, Form()] = "", assistance: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Record a finished attempt, task or exam with its log, so that anybody can recompute it."""
    service = request.app.state.service
    made = service.evidence.capture(what, {**_link(dimension, level), **_help(assistance)})
    return RedirectResponse(f"/evidence/{made['id']}", status_code=303)


@router.post("/evidence/commits")
def commits(
    request: Request, repository: Annotated[str, Form()] = "", commits: Annotated[str, Form()] = "",
    authors: Annotated[str, Form()] = "", title: Annotated[str, Form()] = "",
    dimension: Annotated[str, Form()] = "", level: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Record a range of commits of a repository on this machine; the own share is measured."""
    problems = [] if commits.strip() else ["commits: which ones? Like v1.2..main; HEAD is the whole history"]
    if not _there(repository, folder=True):
        problems.append("repository: no such folder")
    if problems:
        raise InputError(
            "these commits cannot be recorded",
            problems,
            next="name a folder of this machine, and a range in it",
        )
    made = request.app.state.service.evidence.from_git(
        Path(repository.strip()).expanduser(), commits.strip(), authors.replace(",", " ").split(),
        {"title": title.strip(), **_link(dimension, level)},
    )  # fmt: skip
    return RedirectResponse(f"/evidence/{made['id']}", status_code=303)


@router.post("/evidence/files")
def files(
    request: Request, file: list[UploadFile] | None = None, place: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "", kind: Annotated[str, Form()] = "work", share: Annotated[str, Form()] = "",
    dimension: Annotated[str, Form()] = "", level: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Record files by name, size and digest: those that were chosen, or what lies at a place of this machine."""
    uploads = [(str(f.filename), f.file.read()) for f in file or () if f.filename]
    problems = [] if uploads or place.strip() else ["file: choose one, or name a place on this machine"]
    problems += [] if title.strip() else ["title: say in one line what it is"]
    problems += [] if not place.strip() or _there(place) else ["place: no such file or folder"]
    own = _item({"own_share": share.strip()}, [])["own_share"]
    if problems:
        raise InputError("these files cannot be recorded", problems, next="gradatim evidence add --help")
    made = request.app.state.service.evidence.from_files(
        [Path(place.strip()).expanduser()] if place.strip() else [],
        {"title": title.strip(), "kind": kind, "own_share": own, **_link(dimension, level)}, uploads=uploads,
    )  # fmt: skip
    return RedirectResponse(f"/evidence/{made['id']}", status_code=303)


@router.post("/evidence/import")
def take_in(request: Request, file: UploadFile) -> Response:
    """Record every item of a CSV, JSON Lines or JSON file; all of them, or none."""
    made = request.app.state.service.evidence.import_upload(file.file.read(), str(file.filename or "unnamed"))
    return RedirectResponse(f"/evidence?taken={len(made)}#items", status_code=303)


@router.post("/evidence/badge")
def badge(request: Request, file: UploadFile) -> Response:
    """Record an Open Badge with how far its proof was checked."""
    made = request.app.state.service.evidence.from_badge(file.file.read(), str(file.filename or "badge"), {})
    return RedirectResponse(f"/evidence/{made['id']}", status_code=303)


@router.get("/evidence/{item}")
def one(request: Request, item: str) -> HTMLResponse:
    """One item with everything that was said of it."""
    this = request.app.state.service.evidence.get(item)
    own = ("kind", "title", "context", "action", "result", "metric", "own_share", "co_authors", "project", "links",
           "artefacts", "source", "started", "ended", "assistance")  # fmt: skip
    opened = [n for n in own if n in this and n not in _PERMANENT]
    return page(
        request, "evidence_item.html", title=f"{this['id']} {this.get('title') or 'withheld'}", item=this,
        opened=opened, command=f"gradatim evidence show {this['id']}",
    )  # fmt: skip


@router.post("/evidence/{item}/withdraw")
def withdraw(request: Request, item: str, why: Annotated[str, Form()] = "") -> Response:
    """Say that it no longer counts."""
    request.app.state.service.evidence.withdraw(item, why)
    return RedirectResponse(f"/evidence/{item}", status_code=303)


@router.post("/evidence/{item}/redact")
def redact(request: Request, item: str, fields: Annotated[list[str] | None, Form()] = None) -> Response:
    """Withhold fields for good."""
    request.app.state.service.evidence.redact(item, fields or [])
    return RedirectResponse(f"/evidence/{item}", status_code=303)


@router.post("/evidence/{item}/ask")
def ask(
    request: Request, item: str, owner: Annotated[str, Form()] = "", person: Annotated[str, Form()] = ""
) -> Response:
    """The signed request, as a file that the person opens in a browser."""
    made = request.app.state.service.evidence.ask(item, owner=owner, person=person)
    headers = {"Content-Disposition": f'attachment; filename="{made["name"]}"'}
    return Response(made["page"], media_type="text/html; charset=utf-8", headers=headers)


@router.post("/evidence/{item}/attach")
def attach(request: Request, item: str, file: UploadFile) -> Response:
    """Put a signed answer beside its item."""
    request.app.state.service.evidence.attach(file.file.read(), where=str(file.filename or "")[:80])
    return RedirectResponse(f"/evidence/{item}", status_code=303)


@router.post("/evidence/map/{dimension}")
def opportunity(
    request: Request, dimension: str, state: Annotated[str, Form()] = "have", text: Annotated[str, Form()] = "",
    who: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Record which work could show a dimension, or the action because none can."""
    said = {"work": text} if state == "have" else {"action": text, "who": who}
    request.app.state.service.evidence.set_opportunity(dimension, **said)
    return RedirectResponse("/evidence#map", status_code=303)


def _there(text: str, *, folder: bool = False) -> bool:
    """Whether a place on this machine is there: a folder, or anything."""
    try:
        path = Path(text.strip()).expanduser()
        return bool(text.strip()) and (path.is_dir() if folder else path.exists())
    except (RuntimeError, ValueError, OSError):  # no such user behind ~, or no name of a file at all
        return False


def _link(dimension: str, level: str) -> dict[str, Any]:
    return (
        {"links": [{"dimension": dimension, "level": int(level)}]}
        if dimension and level in LEVELS[1:]
        else {}
    )


def _help(assistance: str) -> dict[str, str]:
    """An attempt knows its own; only what was said otherwise replaces it."""
    return {"assistance": assistance} if assistance else {}


def _skill(skills: dict[str, str], dimension: str) -> dict[str, str]:
    return {"skill": skills[dimension]} if dimension in skills else {}


def _item(said: dict[str, str], dimensions: list[str]) -> dict[str, Any]:
    """The fields of an item from the form's texts.

    Raises:
        InputError: a figure is no figure.
    """
    problems: list[str] = []

    def figure(name: str) -> float | None:
        text = said.get(name, "").replace(",", ".")
        try:
            return float(text) if text else None
        except ValueError:
            problems.append(f"{name}: {text[:40]!r} is not a number")
            return None

    names = ("kind", "title", "context", "action", "result", "started", "ended", "project", "assistance")
    raw: dict[str, Any] = {name: said[name] for name in names if said.get(name)}
    raw["own_share"] = figure("own_share")
    if said.get("metric_name"):
        raw["metric"] = {
            "name": said["metric_name"], "unit": said.get("metric_unit", ""),
            "baseline": figure("metric_baseline"), "after": figure("metric_after"),
        }  # fmt: skip
    others = [(said.get(f"co_name_{i}", ""), figure(f"co_share_{i}")) for i in range(CO_AUTHORS)]
    raw["co_authors"] = [{"name": name, "share": share} for name, share in others if name]
    raw["links"] = [{"dimension": d, "level": int(said[f"level_{d}"])} for d in dimensions
                    if said.get(f"level_{d}", "") in LEVELS[1:]]  # fmt: skip
    if problems:
        raise InputError("this evidence cannot be recorded", problems, next="gradatim evidence add --help")
    return raw
