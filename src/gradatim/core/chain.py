"""A hash chain of entries whose fields can be withheld one by one without breaking it.

An entry: `{number, kind, at, fields: {name: {salt, value} | {digest}}, prev, hash}`. The digest of a field is
BLAKE2b-256 over its salt and the canonical JSON of its value; the hash of an entry is BLAKE2b-256 over the
canonical JSON of its number, kind, time, field digests by name, and the hash before it. So a field may be
replaced by its digest, and everything still verifies; the salt keeps a withheld value from being guessed.

What a chain cannot say by itself: that nothing was cut off its end (a `Head` kept beside it does), and that
it was not made anew from the beginning (only something signed by another person does).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from gradatim.core.canonical import canonical_json

JSON: TypeAlias = Any
START = "0" * 64
"""What stands for the hash before the first entry."""

_HEX = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_KEYS = {"number", "kind", "at", "fields", "prev", "hash"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its value with the salt, or only the digest when it is withheld."""

    digest: str
    salt: str | None = None
    value: JSON = None

    @property
    def withheld(self) -> bool:
        """True when only the digest is left."""
        return self.salt is None

    def as_dict(self) -> dict[str, JSON]:
        """`{salt, value}`, or `{digest}` when withheld."""
        return {"digest": self.digest} if self.salt is None else {"salt": self.salt, "value": self.value}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `at` is UTC, ISO 8601, to the second: when it was recorded, by the clock of that machine."""

    number: int
    kind: str
    at: str
    fields: Mapping[str, Field]
    prev: str
    hash: str

    def value(self, name: str, default: JSON = None) -> JSON:
        """The value of a field, or `default` when it is not there or withheld."""
        field = self.fields.get(name)
        return default if field is None or field.withheld else field.value

    def values(self) -> dict[str, JSON]:
        """Every field that is not withheld."""
        return {name: f.value for name, f in self.fields.items() if not f.withheld}

    def as_dict(self) -> dict[str, JSON]:
        """The JSON form."""
        fields = {name: self.fields[name].as_dict() for name in sorted(self.fields)}
        return {
            "number": self.number, "kind": self.kind, "at": self.at,
            "fields": fields, "prev": self.prev, "hash": self.hash,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: how many entries it has had, and the hash of the last."""

    count: int
    hash: str


class Problem(NamedTuple):
    """What is wrong, and with which entry; number 0 is the chain as a whole."""

    number: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.number}: {self.what}" if self.number else self.what


def seal(
    number: int,
    kind: str,
    at: str,
    values: Mapping[str, JSON],
    prev: str,
    *,
    salt: Callable[[], str],
) -> Entry:
    """A new entry.

    Args:
        values: JSON values by name of field; kept as JSON would read them back.
        salt: gives 32 hexadecimal digits, another each time; from the system's random source in earnest.

    Raises:
        ValueError: a value has no JSON form, or number, kind, time or salt is malformed.
    """
    fields = {}
    for name, value in values.items():
        # Read back at once: {1: …} becomes {"1": …} now, not after the digest was taken.
        plain = json.loads(_canonical(value))
        drawn = salt()
        fields[name] = Field(field_digest(drawn, plain), drawn, plain)
    entry = Entry(number, kind, at, fields, prev, "")
    if wrong := _malformed(entry):
        raise ValueError("; ".join(wrong))
    return replace(entry, hash=entry_hash(entry))


def field_digest(salt: str, value: JSON) -> str:
    """BLAKE2b-256 over the salt and the canonical JSON of the value, as hex."""
    if not _SALT.fullmatch(salt):
        raise ValueError("a salt is 32 hexadecimal digits")
    return hashlib.blake2b(salt.encode() + _canonical(value), digest_size=32).hexdigest()


def entry_hash(entry: Entry) -> str:
    """The hash that belongs to the content of an entry, whatever `entry.hash` says."""
    digests = sorted([name, field.digest] for name, field in entry.fields.items())
    content = [entry.number, entry.kind, entry.at, digests, entry.prev]
    return hashlib.blake2b(_canonical(content), digest_size=32).hexdigest()


def redact(entry: Entry, names: Iterable[str]) -> Entry:
    """The same entry with the named fields withheld; its hash stays.

    Raises:
        KeyError: there is no such field.
    """
    fields = dict(entry.fields)
    for name in names:
        fields[name] = Field(fields[name].digest)
    return replace(entry, fields=fields)


def parse(raw: Any) -> Entry:
    """An entry from its JSON form. Digests are computed here, hashes are left to `verify`.

    Raises:
        ValueError: says everything that is malformed.
    """
    if not isinstance(raw, Mapping) or set(raw) != _KEYS:
        raise ValueError(f"an entry has exactly {', '.join(sorted(_KEYS))}")
    if not isinstance(raw["fields"], Mapping):
        raise ValueError("fields is not an object")
    fields = {}
    for name, field in raw["fields"].items():
        match field:
            case {"digest": str(digest), **rest} if not rest:
                fields[name] = Field(digest)
            case {"salt": str(salt), "value": value, **rest} if not rest:
                fields[name] = Field(field_digest(salt, value), salt, value)
            case _:
                raise ValueError(f'field "{name}" is neither {{salt, value}} nor {{digest}}')
    entry = Entry(raw["number"], raw["kind"], raw["at"], fields, raw["prev"], raw["hash"])
    if wrong := [
        *_malformed(entry),
        *([] if _is_hash(entry.hash) else ["hash is not 64 hexadecimal digits"]),
    ]:
        raise ValueError("; ".join(wrong))
    return entry


def verify(entries: Sequence[Entry | Mapping[str, Any]], head: Head | None = None) -> list[Problem]:
    """What is wrong with a chain, the first broken entry first; empty when it is whole.

    Args:
        entries: the whole chain in order, as `Entry` or in the JSON form.
        head: where it should end; without it, entries cut off the end are not noticed.
    """
    problems: list[Problem] = []
    number, prev = 1, START
    for raw in entries:
        try:
            entry = raw if isinstance(raw, Entry) else parse(raw)
        except ValueError as error:
            problems.append(Problem(number, f"cannot be read: {error}"))
            number, prev = number + 1, ""
            continue
        if entry.number != number:
            problems.append(Problem(number, f"is missing: entry {entry.number} stands in its place"))
        elif prev and entry.prev != prev:
            problems.append(Problem(number, "does not follow from the entry before it"))
        # A field built by hand may carry a digest that is not its value's.
        for name, field in entry.fields.items():
            if field.salt is not None and field_digest(field.salt, field.value) != field.digest:
                problems.append(Problem(entry.number, f'field "{name}" does not match its digest'))
        if entry_hash(entry) != entry.hash:
            problems.append(Problem(entry.number, "its content does not match its hash"))
        number, prev = entry.number + 1, entry.hash
    return problems + ([] if head is None else _end(number - 1, prev, head))


def _end(count: int, last: str, head: Head) -> list[Problem]:
    if head.count > count:
        missing = (
            f"entry {head.count} is"
            if head.count == count + 1
            else f"entries {count + 1} to {head.count} are"
        )
        return [Problem(0, f"the chain was cut: {missing} missing at its end")]
    if head.count < count:
        return [Problem(0, f"the chain has {count} entries, its head says {head.count}")]
    if last and last != head.hash:
        return [Problem(0, "the last entry is not the one that the head names")]
    return []


def _canonical(value: JSON) -> bytes:
    try:
        return canonical_json(value)
    except (TypeError, RecursionError, UnicodeEncodeError) as error:
        raise ValueError(f"no JSON form: {error}") from error


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _malformed(entry: Entry) -> list[str]:
    whole = isinstance(entry.number, int) and not isinstance(entry.number, bool)
    checks = {
        "number is not a whole number from 1": whole and entry.number >= 1,
        "kind is not a word": isinstance(entry.kind, str) and entry.kind != "",
        "at is not a time like 2026-03-01T09:30:00Z": isinstance(entry.at, str)
        and _TIME.fullmatch(entry.at) is not None,
        "prev is not 64 hexadecimal digits": _is_hash(entry.prev),
        "a digest is not 64 hexadecimal digits": all(_is_hash(f.digest) for f in entry.fields.values()),
        "a field has no name": all(isinstance(n, str) and n != "" for n in entry.fields),
    }
    return [text for text, right in checks.items() if not right]
