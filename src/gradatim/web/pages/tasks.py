"""Performed tasks: a task's page, its starter, handing in, the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.core.errors import InputError
from gradatim.web.pages.start import posted
from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/tasks/{task_id}")
def task(request: Request, task_id: str) -> HTMLResponse:
    """A task: what is graded, the brief of the open attempt with its files, the attempts so far."""
    tasks = request.app.state.service.tasks
    this = tasks.show(task_id)
    opened = tasks.attempt(this["open"]["attempt"]) if this["open"] else None
    return page(
        request, "task.html", title=this["title"], task=this, opened=opened,
        command=f"gradatim lab {'submit' if opened else 'start'} {task_id} DIR",
    )  # fmt: skip


@router.post("/tasks/{task_id}/start")
def start(request: Request, task_id: str) -> Response:
    """Draw a form and write its folder below the home."""
    request.app.state.service.tasks.start(task_id)
    return RedirectResponse(f"/tasks/{task_id}", status_code=303)


@router.get("/tasks/attempts/{attempt_id}/starter.zip")
def starter(request: Request, attempt_id: str) -> Response:
    """The files of an open attempt."""
    tasks = request.app.state.service.tasks
    name = tasks.attempt(attempt_id)["task"]
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return Response(tasks.zipped(attempt_id), media_type="application/zip", headers=headers)


@router.post("/tasks/attempts/{attempt_id}/submit")
def submit(request: Request, attempt_id: str, form: Annotated[FormData, Depends(posted)]) -> Response:
    """Judge a folder of this machine, or the files that were sent."""
    tasks = request.app.state.service.tasks
    sent = [f for f in form.getlist("files") if isinstance(f, UploadFile) and f.filename]
    folder = str(form.get("folder") or "").strip()
    if sent:
        tasks.submit_files(attempt_id, dict(_text(f) for f in sent))
    elif folder:
        tasks.submit(attempt_id, Path(folder).expanduser())
    else:
        raise InputError(
            "nothing was handed in", ["a folder of this machine, or files"], next="choose one of the two"
        )
    return RedirectResponse(f"/tasks/attempts/{attempt_id}", status_code=303)


@router.get("/tasks/attempts/{attempt_id}")
def attempt(request: Request, attempt_id: str) -> Response:
    """The verdict of an attempt; an open one goes to its task."""
    this = request.app.state.service.tasks.attempt(attempt_id)
    if "missed" not in this:
        return RedirectResponse(f"/tasks/{this['task']}", status_code=303)
    return page(
        request, "task_verdict.html", title=f"Verdict, {this['title']}", v=this,
        command=f"gradatim lab score {attempt_id}",
    )  # fmt: skip


def _text(sent: UploadFile) -> tuple[str, str]:
    """Name and text of a file that was sent; only the last part of its name counts."""
    name = str(sent.filename).replace("\\", "/").rpartition("/")[2]
    try:
        return name, sent.file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InputError(
            "these files cannot be judged", [f"{name[:80]}: not UTF-8"], why="nothing is spent"
        ) from None
