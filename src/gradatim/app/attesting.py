"""Attestations: the file that asks for one, and the signed answer that comes back."""

from __future__ import annotations

import datetime
import secrets
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path.evidence import Record


def ask(app: App, record: Record, owner: str, person: str, now: datetime.datetime) -> dict[str, Any]:
    """A signed request for a named person: `{item, request, page, name}`. Raises InputError, MissingGroup."""
    from gradatim.app.keys import private_key
    from gradatim.path.evidence import attest, visible
    from gradatim.path.evidence.request import request_page

    owner, person = (visible(" ".join(t.split()), lines=False)[:120] for t in (owner, person))
    problems = [
        f"{n}: missing" for n, t in (("your name (--owner)", owner), ("person (--from)", person)) if not t
    ]
    if problems:
        raise InputError("an attestation is asked by one named person of another", problems)
    request = attest.ask(
        record.entry,
        nonce=secrets.token_hex(16),
        owner=owner,
        person=person,
        now=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        private=private_key(app.home),
    )
    return {
        "item": record.id,
        "request": request,
        "page": request_page(request, title=f"Attestation asked by {owner}"),
        "name": f"attest-{record.id}.html",
    }


def answered(app: App, text: str | bytes, where: str) -> tuple[int, dict[str, Any]]:
    """The number of the item that a signed answer is about, and the fields of the entry beside it.

    Raises:
        InputError: not an answer, its signature does not match, or it is about another ledger's entry.
        StateError: this answer is there already.
    """
    from gradatim.path.evidence.attest import read_answer
    from gradatim.path.evidence.signed import read_json

    data = read_json(text, "an attestation", where=where)
    said, opened = read_answer(data, where=where)
    ours = {r.entry.number: r for r in app.evidence.records()}
    record = ours.get(said.entry)
    if record is None or record.entry.hash != said.entry_hash:
        raise InputError(
            "this attestation is about another entry",
            ["no item of this ledger has the hash that was attested"],
            where=where, next="gradatim evidence list",
        )  # fmt: skip
    if any(a.get("request") == said.request for a in record.attestations):
        raise StateError(
            f"{record.id} has this attestation already", next=f"gradatim evidence show {record.id}"
        )
    own = app.evidence.own_key()
    fields = {
        **said.model_dump(exclude={"entry", "shown"}),
        "entry": said.entry,
        "key": opened.key,
        "by_owner": opened.key == own,
        "answer": {"payload": opened.text, "key": opened.key, "signature": data["signature"]},
    }
    return said.entry, {k: v for k, v in fields.items() if v is not None}
