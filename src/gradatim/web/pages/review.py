"""Review: anchors, and somebody's packet rated blind, then compared."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gradatim.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/review")
def review(request: Request) -> HTMLResponse:
    """How severe one is, the anchors, and the packets to rate."""
    reviews = request.app.state.service.reviews
    return page(
        request, "review.html", title="Review", anchors=reviews.anchors(), severity=reviews.severity(),
        packets=reviews.packets(), command="gradatim review anchors",
    )  # fmt: skip


@router.get("/review/anchors/{anchor_id}")
def anchor(request: Request, anchor_id: str) -> HTMLResponse:
    """One anchor packet: blind until it is rated."""
    service = request.app.state.service
    found = service.reviews.anchor(anchor_id)
    return page(
        request, "review_anchor.html", title=found["title"], anchor=found, severity=service.reviews.severity(),
        dimensions=_dimensions(service), command=f"gradatim review anchors {anchor_id}",
    )  # fmt: skip


@router.post("/review/anchors/{anchor_id}")
async def calibrate(request: Request, anchor_id: str) -> Response:
    """Rate an anchor, once."""
    form = await request.form(max_fields=80, max_files=0)
    request.app.state.service.reviews.calibrate(anchor_id, _levels(dict(form)))
    return RedirectResponse(f"/review/anchors/{anchor_id}", status_code=303)


@router.post("/review/packets")
def take(request: Request, file: UploadFile) -> Response:
    """Keep a packet to be rated."""
    digest = request.app.state.service.reviews.keep(file.file.read(), where=str(file.filename or "")[:80])
    return RedirectResponse(f"/review/packets/{digest}", status_code=303)


@router.get("/review/packets/{digest}")
def packet(request: Request, digest: str) -> HTMLResponse:
    """A packet as it is rated; once it is, beside the claims and the other reviewers."""
    reviews = request.app.state.service.reviews
    data = reviews.kept(digest)
    seen = reviews.blind(data)
    found = reviews.compare(data) if seen["rated"] else None
    return page(
        request, "review_packet.html", title=f"Review of {seen['owner']}", seen=seen, found=found,
        command="gradatim review rate FILE" if found is None else "gradatim review compare FILE",
    )  # fmt: skip


@router.post("/review/packets/{digest}")
async def rate(request: Request, digest: str) -> Response:
    """Rate it, once."""
    form = {k: str(v) for k, v in (await request.form(max_fields=120, max_files=0)).items()}
    said = {
        "reviewer": form.get("reviewer", ""),
        "role": form.get("role", ""),
        "levels": _levels(form),
        "words": {k.removeprefix("words_"): v for k, v in form.items() if k.startswith("words_")},
    }
    reviews = request.app.state.service.reviews
    reviews.rate(reviews.kept(digest), said)
    return RedirectResponse(f"/review/packets/{digest}", status_code=303)


@router.get("/review/packets/{digest}/rating.json")
def rating(request: Request, digest: str) -> Response:
    """The signed rating, to send back to the packet's owner."""
    reviews = request.app.state.service.reviews
    reviews.kept(digest)
    text = json.dumps(reviews.rating(digest), indent=1)
    headers = {"Content-Disposition": 'attachment; filename="rating.json"'}
    return Response(text, media_type="application/json", headers=headers)


def _levels(form: dict[str, Any]) -> dict[str, int]:
    given = {k.removeprefix("level_"): str(v) for k, v in form.items() if k.startswith("level_")}
    return {d: int(v) if v in ("1", "2", "3", "4", "5") else 0 for d, v in given.items() if v}


def _dimensions(service: Any) -> dict[str, dict[str, Any]]:
    """What the levels of each dimension say, for the rater."""
    return {
        d.id: {
            "question": d.question,
            "levels": [{"level": x.level, "statement": x.statement} for x in d.levels],
        }
        for d in service.evidence.rubric.dimensions
    }
