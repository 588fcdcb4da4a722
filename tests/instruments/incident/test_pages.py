"""Incidents as PagerDuty and status pages list them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.incident.timeline import Timeline, read


def page(number: int, day: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-{day:02d}T09"
    return {
        "id": f"Q{number}",
        "type": "incident",
        "incident_number": number,
        "title": f"Error rate high {number}",
        "created_at": f"{at}:00:00Z",
        "status": "resolved",
        "service": {"id": "PS", "type": "service_reference", "summary": "checkout"},
        "acknowledgements": [{"at": f"{at}:03:00Z", "acknowledger": {"summary": "Ana"}}],
        "last_status_change_at": f"{at}:48:00Z",
        **more,
    }


def timeline(folder: Path, value: Any, name: str = "log.json") -> Timeline:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return read([path])


def kinds(found: Timeline) -> list[tuple[str, str]]:
    return [(f"{event.at:%H:%M}", event.kind) for event in found.events]


PAGED = [("09:00", "alert-fired"), ("09:03", "acknowledged"), ("09:48", "alert-resolved")]


@pytest.mark.parametrize(
    "wrapped", [{"incidents": [page(7, 2)], "more": False}, {"incident": page(7, 2)}, [page(7, 2)]]
)
def test_an_incident_of_pagerduty_pages_is_acknowledged_and_clears(tmp_path: Path, wrapped: Any) -> None:
    found = timeline(tmp_path, wrapped)
    assert kinds(found) == PAGED
    assert found.events[0].text == "Error rate high 7 [checkout]" and found.events[1].who == "Ana"
    assert "log entries" in found.notes[0]


def test_one_that_is_open_has_not_cleared(tmp_path: Path) -> None:
    found = timeline(tmp_path, [page(7, 2, status="acknowledged")])
    assert kinds(found) == PAGED[:2]


def test_the_rows_of_a_report_say_the_same(tmp_path: Path) -> None:
    head = "id,incident_number,description,service_name,created_on,resolved_on,seconds_to_first_ack"
    row = "Q7,7,Error rate high 7,checkout,2026-03-02T09:00:00Z,2026-03-02T09:48:00Z,180"
    found = timeline(tmp_path, f"{head}\n{row}\n", "pd.csv")
    assert kinds(found) == PAGED and found.events[0].text == "Error rate high 7 [checkout]"


def test_pages_of_one_outage_are_one_timeline_and_others_are_refused(tmp_path: Path) -> None:
    later = page(8, 2, created_at="2026-03-02T12:00:00Z", acknowledgements=[])
    later["last_status_change_at"] = "2026-03-02T12:30:00Z"
    assert len(timeline(tmp_path, [page(7, 2), later]).events) == 5
    with pytest.raises(InputError) as told:
        timeline(tmp_path, {"incidents": [page(7, 2), page(8, 3), page(9, 4)]})
    said = told.value.describe()
    assert "3 incidents that lie hours apart" in said and "8 (2026-03-03 09:00), 9" in said
    with pytest.raises(InputError, match="log has problems") as told:
        timeline(tmp_path, [page(7, 2, created_at="soon"), page(8, 3)])
    assert '"soon" is no time' in told.value.describe()


def test_the_updates_of_a_status_page(tmp_path: Path) -> None:
    updates = [
        {"status": "resolved", "body": "All is well.", "created_at": "2026-03-02T09:50:00Z"},
        {"status": "investigating", "body": "We look.", "created_at": "2026-03-02T09:05:00Z"},
    ]
    found = timeline(
        tmp_path, {"page": {"id": "x"}, "incidents": [{"name": "Errors", "incident_updates": updates}]}
    )
    assert kinds(found) == [("09:05", "note"), ("09:50", "resolved")]
    assert found.events[0].text == "Errors: investigating: We look."
    with pytest.raises(InputError) as told:
        timeline(tmp_path, [{"name": "Errors", "incident_updates": [7]}])
    assert "update 1: not an object" in told.value.describe()


def test_a_date_with_points_has_its_day_first(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time;text\n02.03.2026 09:00;x\n2.3.2026 9:00:30;y\n".replace(" 9:", " 09:"))
    found = read([path], tz="UTC")
    assert [f"{e.at:%Y-%m-%d %H:%M:%S}" for e in found.events] == [
        "2026-03-02 09:00:00",
        "2026-03-02 09:00:30",
    ]
