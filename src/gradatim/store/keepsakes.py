"""Notes of attempts, results of references, settings: small things that are written over."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from gradatim.core.canonical import canonical_json

from .attempts import row_of
from .database import Database
from .rows import Reference, utc_now
from .schema import note, reference_result, setting


def _packed(outcome: Mapping[str, Any]) -> str:
    """Compressed text: a third of the size, and nobody who looks into the file reads the answer in passing.

    It is no secret: the lab, its version and the seed are there, and say the same.
    """
    return base64.b85encode(zlib.compress(canonical_json(outcome))).decode()


def _unpacked(text: str) -> dict[str, Any]:
    """What was packed; rows of versions before were JSON. ValueError for anything else."""
    if text.startswith("{"):
        return dict(json.loads(text))
    try:
        return dict(json.loads(zlib.decompress(base64.b85decode(text))))
    except zlib.error as error:
        raise ValueError(str(error)) from None


class Keepsakes(Database):
    """The `note`, `reference_result` and `setting` tables."""

    def get_note(self, attempt_id: str) -> str:
        """The learner's notes on an attempt; empty if there are none."""
        with self.reading() as conn:
            row_of(conn, attempt_id)
            text = conn.execute(select(note.c.text).where(note.c.attempt_id == attempt_id)).scalar()
            return text or ""

    def set_note(self, attempt_id: str, text: str) -> None:
        """Keep the learner's notes, instead of those before. Allowed on closed attempts too."""
        values = {"text": text, "updated_at": utc_now()}
        with self.writing() as conn:
            row_of(conn, attempt_id)
            new = insert(note).values(attempt_id=attempt_id, **values)
            conn.execute(new.on_conflict_do_update(index_elements=[note.c.attempt_id], set_=values))

    def put_reference(
        self,
        lab_digest: str,
        seed: int,
        family: str | None,
        name: str,
        outcome: Mapping[str, Any],
        outcome_hash: str,
    ) -> None:
        """Keep what a reference made of an instance; shared by all attempts on it. May be repeated."""
        key = {"lab_digest": lab_digest, "seed": str(seed), "family": family or "", "name": name}
        values = {
            "outcome": _packed(outcome),
            "outcome_hash": outcome_hash,
            "created_at": utc_now(),
        }
        # Not durable: a cache that can be computed again need not wait for the disk.
        with self.writing(durable=False) as conn:
            new = insert(reference_result).values(**key, **values)
            conn.execute(
                new.on_conflict_do_update(index_elements=list(reference_result.primary_key), set_=values)
            )

    def get_references(self, lab_digest: str, seed: int, family: str | None) -> dict[str, Reference]:
        """The results kept for an instance, by name of the reference; unreadable rows are left out."""
        t = reference_result
        query = select(t.c.name, t.c.outcome, t.c.outcome_hash).where(
            t.c.lab_digest == lab_digest, t.c.seed == str(seed), t.c.family == (family or "")
        )
        found: dict[str, Reference] = {}
        with self.reading() as conn:
            for name, text, outcome_hash in conn.execute(query.order_by(t.c.name)):
                try:
                    found[name] = Reference(name, _unpacked(text), outcome_hash)
                except ValueError:
                    continue  # an edited cache row: it is computed again and written over
        return found

    def get_setting(self, key: str, default: Any = None) -> Any:
        """The JSON value of a setting, or `default` if it was never set."""
        with self.reading() as conn:
            text = conn.execute(select(setting.c.value).where(setting.c.key == key)).scalar()
        return default if text is None else json.loads(text)

    def set_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value under a key; None takes the setting away."""
        with self.writing() as conn:
            if value is None:
                conn.execute(delete(setting).where(setting.c.key == key))
                return
            text = canonical_json(value).decode()
            new = insert(setting).values(key=key, value=text)
            conn.execute(new.on_conflict_do_update(index_elements=[setting.c.key], set_={"value": text}))

    def settings(self) -> dict[str, Any]:
        """All settings."""
        with self.reading() as conn:
            rows = conn.execute(select(setting.c.key, setting.c.value).order_by(setting.c.key))
            return {key: json.loads(text) for key, text in rows}
