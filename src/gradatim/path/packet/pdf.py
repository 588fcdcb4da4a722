"""The packet as PDF, by typst. Needs the group `packet`."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradatim.core.errors import StateError
from gradatim.core.groups import load
from gradatim.path.packet.page import page_facts

TEMPLATE = Path(__file__).parent / "packet.typ"


def pdf(payload: Mapping[str, Any], digest: str) -> bytes:
    """A copy to read or print; it names the digest of the file that can be verified.

    Raises:
        MissingGroup: typst is not installed.
        StateError: typst could not set it.
    """
    typst = load("typst", "packet", "A packet as PDF")
    data = json.dumps({**page_facts(payload), "digest": digest}, ensure_ascii=False)
    made = datetime.datetime.strptime(payload["made_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.UTC)
    try:
        out: bytes = typst.compile(
            TEMPLATE.read_bytes(), format="pdf", sys_inputs={"packet": data},
            timestamp=made,
        )  # fmt: skip
    except typst.TypstError as error:
        raise StateError(
            "the packet cannot be set as PDF",
            why=str(error)[:300],
            next="gradatim packet build --out packet.html",
        ) from None
    return out
