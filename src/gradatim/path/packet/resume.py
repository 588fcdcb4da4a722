"""The items of a packet as JSON Resume (jsonresume.org schema 1.0.0): projects with highlights, and skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.path.packet.support import NOTHING

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
_WORDS = {2: "mid-level", 3: "partly senior", 4: "senior", 5: "beyond senior"}


def resume(owner: str, items: Sequence[Mapping[str, Any]], levels: Mapping[str, int], titles: Mapping[str, str],
           *, made_at: str) -> dict[str, Any]:  # fmt: skip
    """A résumé of what the items say, in the owner's words; nothing is added.

    Args:
        items: as in a packet's preview: title, context, action, result, own_share, started, ended, project, kind.
        levels: what they carry, by dimension; shown as "self-assessed".
        titles: of the dimensions.
    """
    projects: dict[str, dict[str, Any]] = {}
    for item in items:
        name = item["project"] or item["title"]
        project = projects.setdefault(
            name, {"name": name, "type": item["kind"], "highlights": [], "roles": []}
        )
        told = ". ".join(t.rstrip(".") for t in (item["title"], item["result"] or item["action"]) if t)
        share = "" if item["own_share"] is None else f" (own share {item['own_share']:g})"
        project["highlights"].append(f"{told}{share}")
        if item["context"] and "description" not in project:
            project["description"] = item["context"]
        for field, pick, day in (("startDate", min, item["started"]), ("endDate", max, item["ended"])):
            if day:
                project[field] = pick(project.get(field, day), day)
    return {
        "$schema": SCHEMA,
        "basics": {"name": owner},
        "projects": [{k: v for k, v in p.items() if v} for p in projects.values()],
        "skills": [
            {"name": titles[d], "level": f"{_WORDS[level]} (by own evidence)"}
            for d, level in levels.items()
            if level > NOTHING
        ],
        "meta": {"lastModified": made_at.rstrip("Z"), "version": "v1.0.0"},
    }
