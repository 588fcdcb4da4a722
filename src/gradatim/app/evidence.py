"""The evidence ledger as the faces use it: record, look, withhold, withdraw, ask, map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.app.taking import Taking, given, moment
from gradatim.core.errors import InputError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.path.evidence import Item, Record
    from gradatim.path.rubric import Rubric

LARGEST_FILE = 4_000_000
TAKEN = ("artefacts", "grade", "source", "sample")
"""Fields of an item that come from what it was captured from, not from its owner."""
OWN = ("kind", "title", "context", "action", "result", "metric", "own_share", "co_authors", "started", "ended",
       "project", "links", "assistance")  # fmt: skip

LOGGED = ("title", "result", "assistance")
"""Those that an attempt, a task or an exam says itself."""
ALWAYS_SHOWN = {
    "sample": "that it is a constructed example is always shown",
    "replaces": "which item it replaces is always shown",
    "assistance": "whose help was used is always shown",
    "grade": "how far it was checked is always shown",
}


class Evidence(Taking):
    """Use cases of the ledger. `now` is UTC as the ledger writes it; None for the machine's clock."""

    @property
    def rubric(self) -> Rubric:
        """The rubric that items are linked to."""
        return self._app.packs.rubric

    # ------------------------------------------------------------------ looking
    def records(self) -> list[Record]:
        """Every item, oldest first.

        Raises:
            StateError: the ledger was edited by something else and cannot be read.
        """
        from gradatim.path.evidence import records

        return records(self._app.store.entries())

    def items(self, *, standing: bool = False) -> list[dict[str, Any]]:
        """Every item as plain data, newest first; with `standing`, without the withdrawn and replaced ones."""
        found = [r for r in self.records() if r.stands or not standing]
        return [r.as_dict() for r in reversed(found)]

    def get(self, item: str) -> dict[str, Any]:
        """One item by its id (`E-012`, or 12). Raises UnknownName."""
        return self._record(item).as_dict()

    def check(self) -> list[str]:
        """What is wrong with the ledger; empty when it is whole."""
        return self._app.store.verify_ledger()

    def _record(self, item: str) -> Record:
        from gradatim.path.evidence.record import number_of

        found = self.records()
        number = number_of(item)
        for record in found:
            if record.entry.number == number:
                return record
        raise UnknownName("evidence item", item, [r.id for r in found[-200:]], next="gradatim evidence list")

    # ------------------------------------------------------------------ recording
    def record(self, raw: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Record an item from a form or a file.

        Raises:
            InputError: lists every problem; nothing is written.
        """
        item = self._parsed(raw, now)
        _as_taken(item)
        if item.replaces is not None:
            before = self._record(str(item.replaces))
            if not before.stands:
                raise StateError(
                    f"{before.id} was withdrawn or replaced already", next="gradatim evidence list"
                )
        fields = {k: v for k, v in item.model_dump(mode="json").items() if v not in (None, [], "", False)}
        entry = self._app.store.append_entry("evidence", fields, at=now)
        return self.get(str(entry.number))

    def correct(
        self, item: str, raw: Mapping[str, Any], *, kept: Sequence[str] = OWN, now: str | None = None
    ) -> dict[str, Any]:
        """Record a corrected item in place of another one.

        Args:
            kept: the fields that stay as they were where `raw` does not give them. What it was taken from, and that it
                is a constructed example, always stays.

        Raises:
            UnknownName: no such item.
            InputError, StateError: as `record`.
        """
        before = self.get(item)
        taken = {n: before[n] for n in TAKEN if before.get(n) is not None}
        return self.record({**self.words(item, kept), **taken, **raw, "replaces": before["number"]}, now=now)

    def words(self, item: str, names: Sequence[str] = OWN) -> dict[str, Any]:
        """What an item's owner says in it, and that a new item replaces it. Raises UnknownName."""
        before = self.get(item)
        said = {n: before[n] for n in names if before.get(n) is not None}
        # That it is a constructed example stays with it whatever it is taken from.
        return {**said, **({"sample": True} if before.get("sample") else {}), "replaces": before["number"]}

    def problems(self, raw: Mapping[str, Any], *, now: str | None = None) -> list[str]:
        """What would keep an item from being recorded; nothing is written."""
        try:
            self._parsed(raw, now)
        except InputError as error:
            return error.problems
        return []

    def _parsed(self, raw: Mapping[str, Any], now: str | None) -> Item:
        from gradatim.path.evidence import parse_item

        said = given(raw)
        today = moment(now).date()
        said.setdefault("started", said.get("ended", today.isoformat()))
        said.setdefault("ended", said["started"])
        skills = [skill.id for skill in self._app.packs.catalogue.skills()]
        return parse_item(said, today=today, dimensions=self._dimensions(), skills=skills)

    def withdraw(self, item: str, why: str, *, now: str | None = None) -> dict[str, Any]:
        """Say that an item no longer counts. It stays in the ledger. Raises UnknownName, InputError."""
        from gradatim.path.evidence import visible

        record = self._record(item)
        if not why.strip():
            raise InputError(
                "an item is withdrawn with a reason", ["why: empty"], next="gradatim evidence withdraw --help"
            )
        if record.stands:
            fields = {"entry": record.entry.number, "why": visible(why.strip())[:1000]}
            self._app.store.append_entry("withdrawal", fields, at=now)
        return self.get(item)

    def redact(self, item: str, names: Sequence[str]) -> dict[str, Any]:
        """Withhold fields of an item for good; the chain stays whole. Raises UnknownName."""
        record = self._record(item)
        if not names:
            raise InputError(
                "name the fields to withhold", [f"{record.id} has: {', '.join(sorted(record.entry.fields))}"],
                next=f"gradatim evidence redact {record.id} context",
            )  # fmt: skip
        if fixed := [f"{n}: {why}" for n, why in ALWAYS_SHOWN.items() if n in names]:
            raise InputError(
                "these fields cannot be withheld", fixed, next=f"gradatim evidence show {record.id}"
            )
        self._app.store.redact_entry(record.entry.number, names)
        return self.get(item)

    # ------------------------------------------------------------------ attestation
    def ask(self, item: str, *, owner: str, person: str, now: str | None = None) -> dict[str, Any]:
        """A signed request for a named person: `{request, page, name}`, the page being one HTML file.

        Raises:
            UnknownName: no such item.
            InputError: a name is missing.
            MissingGroup: the group `packet` is not installed.
        """
        from gradatim.app.attesting import ask

        return ask(self._app, self._record(item), owner, person, moment(now))

    def attest(self, file: Path, said: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Answer somebody's request, in one's own copy and with one's own key. Raises InputError."""
        from gradatim.app.keys import private_key
        from gradatim.path.evidence.attest import answer, read_request

        request = read_request(self._requested(file), where=str(file))
        return answer(
            request,
            dict(said),
            now=moment(now).strftime("%Y-%m-%dT%H:%M:%SZ"),
            private=private_key(self._app.home),
        )

    def requested(self, file: Path) -> dict[str, Any]:
        """What a request asks, for a person to read: owner, person, item. Raises InputError."""
        from gradatim.core.chain import parse
        from gradatim.path.evidence.attest import read_request

        payload = read_request(self._requested(file), where=str(file)).payload
        return {
            "owner": payload["owner"],
            "person": payload["person"],
            "asked_at": payload.get("asked_at"),
            "item": parse(payload["entry"]).values(),
        }

    def _requested(self, file: Path) -> Any:
        from gradatim.path.evidence.attest import embedded

        return embedded(_text(file))

    def attach(self, text: str | bytes, *, where: str = "", now: str | None = None) -> dict[str, Any]:
        """Put a signed answer into the ledger, beside its item.

        Raises:
            InputError: not an answer, its signature does not match, or it is about another ledger's entry.
            StateError: this answer is there already.
        """
        from gradatim.app.attesting import answered

        number, fields = answered(self._app, text, where)
        self._app.store.append_entry("attestation", fields, at=now)
        return self.get(str(number))

    def own_key(self) -> str | None:
        """The learner's public key as hex; None before the first signature."""
        from gradatim.app.keys import FILE_NAME, private_key
        from gradatim.path.evidence.signed import public_key

        return public_key(private_key(self._app.home)) if (self._app.home / FILE_NAME).exists() else None

    # ------------------------------------------------------------------ opportunities
    def opportunities(self, *, now: str | None = None) -> list[dict[str, Any]]:
        """For each dimension, which current work could show it, or the action because none can."""
        from gradatim.path.evidence.opportunity import opportunities

        pairs = [(d.id, d.title) for d in self.rubric.dimensions]
        return opportunities(self._app.store.entries("opportunity"), pairs, today=moment(now).date())

    def set_opportunity(
        self, dimension: str, *, work: str = "", action: str = "", who: str = "", now: str | None = None
    ) -> dict[str, Any]:
        """Record one. Raises InputError."""
        from gradatim.path.evidence.opportunity import opportunity

        fields = opportunity(dimension, dimensions=self._dimensions(), work=work, action=action, who=who)
        self._app.store.append_entry("opportunity", fields, at=now)
        return next(o for o in self.opportunities(now=now) if o["dimension"] == dimension)

    def _dimensions(self) -> list[str]:
        return [d.id for d in self.rubric.dimensions]


def _as_taken(item: Item) -> None:
    """What an item was taken from says its title, its result and whose help was used.

    Raises:
        InputError: the item says otherwise.
    """
    from gradatim.path.evidence.wording import promised, wording

    made = wording(item.source) if promised(item.source) else None
    problems = [
        f"{name}: is what its log says ({text[:80]}); your own words go into the situation and the action"
        for name, text in (made or {}).items()
        if getattr(item, name) != text
    ]
    if item.source.get("type") in ("attempt", "exam", "task") and item.kind != "lab":
        problems.append(f"kind: {item.kind}, and it is simulated")
    help_then = item.source.get("assistance")
    if help_then not in (None, "none") and item.assistance != help_then:
        problems.append(f"assistance: {help_then} when it was begun, so it cannot be {item.assistance} here")
    if problems:
        raise InputError(
            "this evidence says otherwise than what it was taken from",
            problems,
            next="gradatim evidence add --help",
        )


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputError(f"the file is larger than {LARGEST_FILE:,} bytes", where=str(file))
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the file cannot be read", [str(error)[:200]], where=str(file)) from None
