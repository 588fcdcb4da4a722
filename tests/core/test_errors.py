"""What a person reads when something is theirs to mend."""

from __future__ import annotations

import inspect
import json

import pytest

from gradatim.core import errors
from gradatim.core.errors import GradatimError, InputError, MissingGroup, UnknownName


def test_what_where_why_next_one_fact_a_line() -> None:
    e = GradatimError("it broke", where="file.toml", why="a comma", next="gradatim doctor")
    assert e.describe().split("\n") == [
        "it broke",
        "  where: file.toml",
        "  why:   a comma",
        "  next:  gradatim doctor",
    ]
    assert GradatimError("it broke").describe() == "it broke"


def test_all_problems_stand_under_the_head() -> None:
    e = InputError("malformed", ["one", "two"], next="do that")
    assert e.describe().split("\n") == ["malformed", "  - one", "  - two", "  next:  do that"]
    assert e.as_dict() == {
        "error": "InputError",
        "what": "malformed",
        "where": "",
        "why": "",
        "next": "do that",
        "problems": ["one", "two"],
    }


def test_an_unknown_name_says_the_nearest_one_or_all() -> None:
    near = UnknownName("lab", "incident-respnse", ["other", "incident-response"], next="gradatim lab list")
    assert near.why == 'did you mean "incident-response"?' and near.next == "gradatim lab list"
    assert UnknownName("lab", "zzz", ["b", "a"]).why == "known: a, b"
    assert UnknownName("lab", "zzz", []).why == "known: none"


def test_a_missing_group_names_its_command() -> None:
    assert MissingGroup("fitting", "fit", "scikit-learn").next == "make fit"


def _kinds() -> list[type[GradatimError]]:
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, GradatimError)]
    assert len(found) > 5
    return found


@pytest.mark.parametrize("kind", _kinds())
def test_the_module_says_which_errors_there_are(kind: type[GradatimError]) -> None:
    assert errors.__doc__ is not None and kind.__name__ in errors.__doc__


def test_each_is_json() -> None:
    made = [
        InputError("a", ["p"]),
        UnknownName("k", "n", ["m"]),
        MissingGroup("f", "g", "p"),
        errors.StateError("s"),
    ]
    for e in made:
        assert json.loads(json.dumps(e.as_dict()))["error"] == type(e).__name__
