"""The reader of words: it plays both kinds of shift by itself, and looks at no chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradatim.lab import catalogue
from gradatim.lab.policy import drive, load_policy

READER = Path(__file__).resolve().parents[2] / "tools" / "labs" / "players" / "reader.py"


@pytest.mark.parametrize("family", ["metastable-overload", "stale-features"])
def test_it_guesses_a_case_and_plays_it_to_the_end(family: str) -> None:
    session = catalogue.lab("incident-response").instance(3, family).live()
    drive(session, load_policy(READER))
    kinds = {s.action["kind"] for s in session.steps}
    assert session.ended and {"acknowledge", "status_update", "diagnose", "declare_over"} <= kinds


def test_no_series_is_read() -> None:
    policy = load_policy(READER)
    session = catalogue.lab("incident-response").instance(3, "harmless-shift").live()

    class NoChart(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            assert not key.startswith("metrics"), key
            return super().__getitem__(key)

        def get(self, key: str, default: Any = None) -> Any:
            assert not key.startswith("metrics"), key
            return super().get(key, default)

    drive(session, lambda obs, query: policy(NoChart(obs), query))
    assert session.ended
