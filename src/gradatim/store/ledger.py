"""The ledger: an append-only, hash-chained table of what may count as evidence, and where it ends."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from gradatim.core import chain
from gradatim.core.chain import JSON, Entry, Field, Head
from gradatim.core.errors import InputError, StateError, UnknownName

from .database import Database
from .rows import utc_now
from .schema import ledger as table
from .schema import ledger_head as head_table

REDACTION = "redaction"
_MOST_ROWS = 20_000
_digests: dict[tuple[int, str, str, str, str, bytes], dict[str, str]] = {}
"""Digests of the fields of rows that were read, as they stand in the ledger for everybody."""


class Ledger(Database):
    """The `ledger` table, entries numbered from 1, and the one row of `ledger_head`.

    Nothing is ever taken out of it; a field can be withheld. The head is written in the same transaction as
    the entry, so rows that something else deletes are missed by `verify_ledger`.
    """

    def append_entry(self, kind: str, fields: Mapping[str, JSON], *, at: str | None = None) -> Entry:
        """Add an entry at the end; on return it is on the disk. One writer at a time, in any process.

        Args:
            kind: what it records, such as "evidence" or "exam-issued".
            fields: JSON values by name; each can be withheld later by itself.
            at: when it was recorded, UTC; None for now. A clock that was set back is kept as it is: the order
                of entries is their number.

        Raises:
            InputError: the kind, the time or a value is malformed; nothing is written.
        """
        with self.writing() as conn:
            return _append(conn, kind, fields, at or utc_now())

    def entries(self, kind: str | None = None) -> list[Entry]:
        """The entries, oldest first; all of them, or one kind.

        Raises:
            StateError: a row was edited by something else and cannot be read.
        """
        query = select(table).order_by(table.c.number)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        with self.reading() as conn:
            return [_entry(row) for row in conn.execute(query)]

    def entry(self, number: int) -> Entry:
        """One entry by its number.

        Raises:
            UnknownName: there is none.
        """
        with self.reading() as conn:
            return _entry(_row(conn, number))

    def ledger_head(self) -> Head:
        """How many entries there have been, and the hash of the last."""
        with self.reading() as conn:
            return _head(conn) or Head(0, chain.START)

    def redact_entry(self, number: int, names: Sequence[str]) -> Entry:
        """Withhold fields of an entry for good, and record that as an entry of kind `redaction`.

        The values leave the database file and its write-ahead log; a backup made before keeps them.

        Returns:
            The entry as it is now.

        Raises:
            UnknownName: there is no such entry, or no such field in it.
            StateError: it records a redaction, which is not withheld itself.
        """
        with self.writing() as conn:
            before = _entry(_row(conn, number))
            for name in names:
                if name not in before.fields:
                    raise UnknownName(f"field of entry {number}", name, before.fields)
            if before.kind == REDACTION:
                raise StateError(f"entry {number} records a redaction", why="it holds nothing but names")
            open_names = [n for n in dict.fromkeys(names) if not before.fields[n].withheld]
            if not open_names:
                return before
            after = chain.redact(before, open_names)
            conn.execute(update(table).where(table.c.number == number).values(fields=_fields_text(after)))
            _append(conn, REDACTION, {"entry": number, "names": open_names}, utc_now())
        self._shrink_log()
        return after

    def verify_ledger(self) -> list[str]:
        """What is wrong with the ledger, the first broken entry first; empty when it is whole.

        Beyond the chain: a field may be withheld only if a redaction entry says so.
        """
        with self.reading() as conn:
            rows = list(conn.execute(select(table).order_by(table.c.number)))
            head = _head(conn)
        raw = [_raw(row) for row in rows]
        if head is None and raw:
            return [*map(str, chain.verify(raw)), "the record of where the ledger ends is missing"]
        problems = [str(p) for p in chain.verify(raw, head or Head(0, chain.START))]
        return problems or _unannounced([chain.parse(r) for r in raw])

    def _shrink_log(self) -> None:
        """Move the write-ahead log into the file and empty it; left for later if somebody is reading."""
        with self._engine.connect() as conn:
            raw = conn.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _append(conn: Connection, kind: str, fields: Mapping[str, JSON], at: str) -> Entry:
    head = _head(conn)
    last = conn.execute(select(table.c.number, table.c.hash).order_by(table.c.number.desc()).limit(1)).first()
    if head is None:
        head = Head(last.number, last.hash) if last else Head(0, chain.START)
    # After rows were cut off by something else, the chain goes on from the head: the gap stays visible.
    number = max(head.count, last.number if last else 0) + 1
    try:
        made = chain.seal(number, kind, at, fields, head.hash, salt=lambda: secrets.token_hex(16))
    except ValueError as error:
        raise InputError(f'the ledger cannot keep this "{kind}" entry', str(error).split("; ")) from error
    row = {"number": number, "kind": kind, "at": at, "prev": made.prev, "hash": made.hash}
    # As a parameter: a statement is kept in memory with the values that are written into it.
    conn.execute(insert(table), {**row, "fields": _fields_text(made)})
    values = {"count": number, "hash": made.hash}
    if conn.execute(update(head_table).where(head_table.c.id == 1).values(**values)).rowcount == 0:
        conn.execute(insert(head_table).values(id=1, **values))
    return made


def _head(conn: Connection) -> Head | None:
    row = conn.execute(select(head_table.c.count, head_table.c.hash).where(head_table.c.id == 1)).first()
    return None if row is None else Head(row[0], row[1])


def _row(conn: Connection, number: int) -> Row[Any]:
    row = conn.execute(select(table).where(table.c.number == number)).one_or_none()
    if row is None:
        known = conn.execute(select(table.c.number).order_by(table.c.number.desc()).limit(5)).scalars()
        raise UnknownName("entry of the ledger", str(number), map(str, known), next="gradatim evidence list")
    return row


def _fields_text(entry: Entry) -> str:
    return json.dumps(entry.as_dict()["fields"], ensure_ascii=False, separators=(",", ":"))


def _raw(row: Row[Any]) -> dict[str, Any]:
    """The JSON form of a row; what cannot be read is left as text, for `chain` to refuse by number."""
    return {**row._mapping, "fields": _json(row.fields)}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return "not JSON"


def _entry(row: Row[Any]) -> Entry:
    try:
        return _parsed(row.number, row.kind, row.at, row.fields, row.prev, row.hash)
    except ValueError as error:
        raise StateError(
            f"entry {row.number} of the ledger cannot be read",
            why=f"{error}; something other than gradatim has edited it",
            next="gradatim evidence check",
        ) from error


def _parsed(number: int, kind: str, at: str, fields: str, prev: str, hash_: str) -> Entry:
    """The entry of a row, its values read anew for each caller: nobody gets what another could have changed.

    Every page reads the whole ledger, and a row hardly ever changes. What costs is its digests; so these are kept, by
    the digest of the row, and no value is: one that is withheld later is not in memory either.
    """
    row = (number, kind, at, prev, hash_, hashlib.blake2b(fields.encode(), digest_size=32).digest())
    raw = _json(fields)
    known = _digests.get(row)
    if known is None:
        entry = chain.parse(
            {"number": number, "kind": kind, "at": at, "fields": raw, "prev": prev, "hash": hash_}
        )
        if len(_digests) >= _MOST_ROWS:
            _digests.clear()
        _digests[row] = {name: field.digest for name, field in entry.fields.items()}
        return entry
    # The same text was well-formed before: it is now.
    made = {name: Field(known[name], field.get("salt"), field.get("value")) for name, field in raw.items()}
    return Entry(number, kind, at, made, prev, hash_)


def _unannounced(entries: list[Entry]) -> list[str]:
    announced = {
        (e.value("entry"), name) for e in entries if e.kind == REDACTION for name in e.value("names", [])
    }
    return [
        f'entry {e.number}: field "{name}" is withheld, and no redaction is recorded'
        for e in entries
        for name, field in e.fields.items()
        if field.withheld and (e.number, name) not in announced
    ]
