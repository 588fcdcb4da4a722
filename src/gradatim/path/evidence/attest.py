"""Asking a named person to attest an item, and their answer: two signed files, no account.

The request carries the whole entry as the person shall read it; the answer carries only the entry's hash, so
that a field withheld later is not given away by it. The hash covers every field and everything recorded before:
whoever makes the ledger anew afterwards needs a new answer from that person.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gradatim.core import chain
from gradatim.core.chain import Entry
from gradatim.core.errors import InputError, StateError

from .record import item_id
from .signed import Signed, check_signed, sign
from .text import visible

REQUEST, ANSWER = "attestation-request", "attestation"
Stance = Literal["confirms", "confirms in part", "disputes"]
STANCES: tuple[str, ...] = get_args(Stance)
_DAY = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


def _line(text: str) -> str:
    return visible(" ".join(text.split()), lines=False)


Line = Annotated[str, AfterValidator(_line)]


class Answer(BaseModel):
    """What the person says. `share_percent` is the owner's part as they saw it; None for "cannot say"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: str = Field(pattern=r"^[0-9a-f]{32}$")
    shown: str = Field(pattern=r"^[0-9a-f]{64}$")
    entry: int = Field(ge=1)
    entry_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: Line = Field(min_length=2, max_length=120)
    role: Line = Field(min_length=2, max_length=120)
    relation: Line = Field(min_length=2, max_length=120)
    stance: Stance
    share_percent: int | None = Field(default=None, ge=0, le=100)
    words: Annotated[str, Field(max_length=2000), AfterValidator(lambda t: visible(t.strip()))] = ""
    answered_at: str = Field(pattern=_DAY)


def ask(entry: Entry, *, nonce: str, owner: str, person: str, now: str, private: str) -> dict[str, Any]:
    """A request about one item, signed by its owner.

    Args:
        nonce: 32 hexadecimal digits, another for each request.
        person: who is asked, by name.
        now: UTC, as in the ledger.

    Raises:
        StateError: a field of the item is withheld: nobody can attest what they cannot read.
    """
    hidden = [name for name, field in entry.fields.items() if field.withheld]
    if hidden:
        raise StateError(
            f"{item_id(entry.number)} cannot be attested any more",
            why=f"withheld: {', '.join(sorted(hidden))}", next="gradatim evidence list",
        )  # fmt: skip
    payload = {"request": nonce, "owner": owner, "person": person, "asked_at": now, "entry": entry.as_dict()}
    return sign(REQUEST, payload, private)


def read_request(data: Any, *, where: str = "") -> Signed:
    """A request, its signature and its entry checked. Raises InputError."""
    opened = check_signed(REQUEST, data, where=where)
    problems = [str(p) for p in _entry_problems(opened.payload.get("entry"))]
    problems += [
        f"{k}: missing" for k in ("request", "owner", "person") if not isinstance(opened.payload.get(k), str)
    ]
    if not re.fullmatch(r"[0-9a-f]{32}", str(opened.payload.get("request"))):
        problems.append("request: not 32 hexadecimal digits")
    if problems:
        raise InputError("this request cannot be relied on", problems, where=where)
    return opened


def answer(request: Signed, said: dict[str, Any], *, now: str, private: str) -> dict[str, Any]:
    """The answer of the person who was asked, signed with their key.

    Args:
        said: name, role, relation, stance, share_percent, words.

    Raises:
        InputError: lists everything that is missing or malformed.
    """
    entry = request.payload["entry"]
    whole = {
        **said,
        "request": request.payload["request"],
        "shown": shown_digest(request.text),
        "entry": entry["number"],
        "entry_hash": entry["hash"],
        "answered_at": now,
    }
    return sign(ANSWER, _validated(whole).model_dump(), private)


def read_answer(data: Any, *, where: str = "") -> tuple[Answer, Signed]:
    """An answer and its envelope, signature checked. Raises InputError."""
    opened = check_signed(ANSWER, data, where=where)
    return _validated(opened.payload, where=where), opened


def shown_digest(text: str) -> str:
    """SHA-256 of the request's payload: the one digest that a browser computes by itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def embedded(page: str) -> Any:
    """The request inside its HTML page; the data itself when the text is JSON already.

    Raises:
        InputError: there is none.
    """
    found = re.search(r'<script type="application/json" id="request">(.*?)</script>', page, re.S)
    try:
        return json.loads(found[1] if found else page)
    except (ValueError, RecursionError):
        raise InputError(
            "this is not an attestation request", next="gradatim evidence ask E-001 --help"
        ) from None


def _entry_problems(raw: Any) -> list[str]:
    try:
        entry = chain.parse(raw)
    except ValueError as error:
        return [f"entry: {error}"]
    return [] if chain.entry_hash(entry) == entry.hash else ["entry: its content does not match its hash"]


def _validated(raw: dict[str, Any], *, where: str = "") -> Answer:
    try:
        return Answer.model_validate(raw)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        raise InputError("this attestation is not complete", problems, where=where) from None
