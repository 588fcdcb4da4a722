"""The hash chain: whole is whole, withheld is whole, altered is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.core import chain
from gradatim.core.chain import Entry, Head


def _salts(seed: int = 0) -> Any:
    numbers = iter(range(seed * 1000, seed * 1000 + 1000))
    return lambda: f"{next(numbers):032x}"


def _chain(*values: dict[str, Any]) -> list[Entry]:
    entries: list[Entry] = []
    for i, fields in enumerate(values, 1):
        prev = entries[-1].hash if entries else chain.START
        entries.append(chain.seal(i, "evidence", f"2026-03-01T09:30:{i:02d}Z", fields, prev, salt=_salts(i)))
    return entries


FIVE = _chain(*({"claim": f"claim {i}", "share": i / 10, "dates": [i, None, True]} for i in range(5)))
HEAD = Head(5, FIVE[-1].hash)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def test_the_hash_is_the_one_that_is_written_down() -> None:
    """Computed here from the definition in the module's docstring, not with its functions."""
    import hashlib

    entry = chain.seal(1, "k", "2026-01-01T00:00:00Z", {"b": "ü", "a": 1}, chain.START, salt=lambda: "0" * 32)
    field = {
        name: hashlib.blake2b(("0" * 32 + text).encode(), digest_size=32).hexdigest()
        for name, text in (("a", "1"), ("b", '"ü"'))
    }
    content = f'[1,"k","2026-01-01T00:00:00Z",[["a","{field["a"]}"],["b","{field["b"]}"]],"{"0" * 64}"]'
    assert entry.hash == hashlib.blake2b(content.encode(), digest_size=32).hexdigest()


def test_a_whole_chain_verifies_in_both_forms() -> None:
    assert chain.verify(FIVE, HEAD) == []
    assert chain.verify([e.as_dict() for e in FIVE], HEAD) == []
    assert chain.verify([], Head(0, chain.START)) == []
    assert chain.parse(json.loads(json.dumps(FIVE[2].as_dict()))) == FIVE[2]


@given(st.dictionaries(st.text(min_size=1, max_size=4), json_values, max_size=4))
@settings(max_examples=60)
def test_any_json_survives_the_way_through_text(values: dict[str, Any]) -> None:
    try:
        (entry,) = _chain(values)
    except ValueError as error:
        assert "surrogates" in str(error)
        return
    read = chain.parse(json.loads(json.dumps(entry.as_dict())))
    assert chain.verify([read], Head(1, entry.hash)) == []
    withheld = chain.redact(read, list(values))
    assert chain.verify([withheld], Head(1, entry.hash)) == []
    assert withheld.values() == {}


def test_withholding_a_field_removes_its_value_and_keeps_the_hash() -> None:
    withheld = chain.redact(FIVE[1], ["claim"])
    assert "claim 1" not in json.dumps(withheld.as_dict())
    assert withheld.fields["claim"].withheld
    assert withheld.value("claim", "gone") == "gone"
    assert chain.verify([FIVE[0], withheld, *FIVE[2:]], HEAD) == []
    with pytest.raises(KeyError):
        chain.redact(FIVE[1], ["no such field"])


def test_every_altered_character_of_every_entry_is_found_and_named() -> None:
    for i, entry in enumerate(FIVE):
        text = json.dumps(entry.as_dict(), sort_keys=True)
        for at, old in enumerate(text):
            new = "7" if old != "7" else "8"
            try:
                raw = json.loads(text[:at] + new + text[at + 1 :])
            except ValueError:
                continue
            if raw == entry.as_dict():
                continue
            problems = chain.verify([*FIVE[:i], raw, *FIVE[i + 1 :]], HEAD)
            assert problems, f"entry {i + 1}, character {at}: {old!r}"
            assert problems[0].number in (i + 1, i + 2)


@pytest.mark.parametrize(
    ("entries", "number", "says"),
    [
        (FIVE[:3], 0, "entries 4 to 5 are missing"),
        (FIVE[:4], 0, "entry 5 is missing"),
        ([], 0, "entries 1 to 5"),
        (FIVE[2:], 1, "entry 3 stands in its place"),
        ([*FIVE[:2], *FIVE[3:]], 3, "entry 4 stands in its place"),
        ([FIVE[0], FIVE[2], FIVE[1], *FIVE[3:]], 2, "entry 3 stands in its place"),
        ([*FIVE, FIVE[4]], 6, "entry 5 stands in its place"),
    ],
)
def test_a_cut_or_shuffled_chain_is_found(entries: list[Entry], number: int, says: str) -> None:
    problem = chain.verify(entries, HEAD)[0]
    assert problem.number == number
    assert says in str(problem)


def test_a_rebuilt_tail_is_found_only_by_the_head() -> None:
    """What the docstring says a chain cannot do by itself."""
    other = _chain(*({"claim": f"other {i}"} for i in range(5)))
    assert chain.verify(other) == []
    assert "not the one that the head names" in str(chain.verify(other, HEAD)[0])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", "\ud800", object()])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        _chain({"claim": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("number", "1"), ("number", True), ("number", 0), ("kind", ""), ("at", "yesterday"), ("prev", "0" * 63),
     ("hash", "g" * 64), ("fields", []), ("fields", {"a": {"digest": "short"}}), ("fields", {"a": {"value": 1}}),
     ("fields", {"a": {"salt": "0" * 32, "value": 1, "digest": "0" * 64}}), ("more", 1)],
)  # fmt: skip
def test_a_malformed_entry_is_named(name: str, value: Any) -> None:
    raw = copy.deepcopy(FIVE[0].as_dict())
    raw[name] = value
    with pytest.raises(ValueError, match=r"\w"):
        chain.parse(raw)
    assert chain.verify([raw, *FIVE[1:]], HEAD)[0].number == 1
