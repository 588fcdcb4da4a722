import dataclasses

import duckdb
import numpy as np
import pytest

from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.history import calendar
from gradatim.sim.telemetry.logs import Logs
from gradatim.sim.telemetry.record import Event
from gradatim.sim.telemetry.tables import Tables, schema, visible
from gradatim.sim.telemetry.telemetry import Telemetry


def tables_of(record):
    t = Telemetry(record)
    changes = calendar(record.seed)
    return Tables(t, AlertBook(t), Logs(t, changes), changes)


@pytest.fixture(scope="module")
def found(harmed):
    return tables_of(harmed).tables()


def test_tables_are_those_of_the_schema_and_duckdb_agrees_on_types(found):
    assert found.keys() == schema().keys()
    for name, columns in found.items():
        assert len({len(c) for c in columns.values()}) == 1, name
        with duckdb.connect(":memory:") as con:
            con.register(name, columns)
            described = {c: t for c, t, *_ in con.execute(f"describe {name}").fetchall()}
        # A table without a row has no type of text yet: the box gives it those of the schema.
        if len(next(iter(columns.values()))):
            assert described == {c.name: c.type for c in schema()[name]}, name
        assert list(described) == [c.name for c in schema()[name]], name
        assert all(c.meaning for c in schema()[name])


def test_sql_over_the_sample_finds_who_tries_again(found):
    with duckdb.connect(":memory:") as con:
        con.register("request_sample", found["request_sample"])
        rows = con.execute(
            "select attempts, count(*) n, avg(ok) from request_sample "
            "where t between '08:50' and '09:20' group by 1 order by 1"
        ).fetchall()
    assert [r[0] for r in rows] == [1, 2, 3]
    assert all(r[1] > 100 and r[2] < 0.8 for r in rows)


def test_no_row_is_from_the_future(harmed):
    now = 4321.0
    part = tables_of(dataclasses.replace(harmed, now_s=now)).tables()
    for name, columns in part.items():
        if "t_s" in columns and len(columns["t_s"]):
            assert columns["t_s"].max() <= now, name
    assert part["request_sample"]["t_s"].max() <= now - 20
    m = part["metrics"]
    assert m["t_s"][m["name"] == "labels.lag_h"].max() <= now - 300


def test_metrics_hold_each_published_value_once(found, harmed):
    m = found["metrics"]
    values = Telemetry(harmed).values()
    mine = m["name"] == "gateway.good_pct"
    assert np.array_equal(m["value"][mine], values["gateway.good_pct"])
    assert set(np.diff(m["t_s"][m["name"] == "hosts.disk_used_pct"])) == {60.0}
    assert np.isfinite(m["value"]).all()


def test_extending_gives_what_starting_afresh_gives(harmed, found):
    t = Telemetry(dataclasses.replace(harmed, now_s=1000.0))
    changes = calendar(harmed.seed)
    kept = Tables(t, AlertBook(t), Logs(t, changes), changes)
    for now in (1000.0, 3000.0, 8400.0):
        t.update(dataclasses.replace(harmed, now_s=now))
        last = kept.tables()
    for name, columns in found.items():
        for c, a in columns.items():
            if a.dtype == object:
                assert a.tolist() == last[name][c].tolist()
            else:
                assert np.array_equal(a, last[name][c], equal_nan=True)


def test_only_the_tables_asked_for_are_made(harmed):
    assert list(tables_of(harmed).tables(["clients"])) == ["clients"]
    with pytest.raises(KeyError):
        tables_of(harmed).tables(["truth"])


def test_visible_keeps_its_tables_beside_the_telemetry(harmed):
    t = Telemetry(harmed)
    book = AlertBook(t)
    first = visible(t, book.evaluate(), calendar(3), only=["alerts", "log"])
    kept = t.kept["tables"]
    second = visible(t, book.evaluate(), calendar(3), only=["alerts", "log"])
    assert t.kept["tables"] is kept
    assert first["alerts"]["id"].tolist() == second["alerts"]["id"].tolist()
    assert len(first["log"]["t"]) == len(second["log"]["t"]) > 10_000


def test_changes_mix_the_calendar_and_what_the_shift_did(quiet):
    journal = (Event(2000.0, "own", "gateway", "shed 20 % of web"), Event(9999.0, "own", "gateway", "later"))
    table = tables_of(dataclasses.replace(quiet, journal=journal)).tables(["changes"])["changes"]
    assert "shed 20 % of web" in table["text"]
    assert "later" not in table["text"]
    assert table["t_s"].tolist() == sorted(table["t_s"].tolist())
    assert table["t"][0].startswith("2031-06-2")


def test_columns_are_copies_or_read_only_views_of_nothing_that_the_world_needs(harmed):
    before = harmed.client_ticks.tobytes()
    columns = tables_of(harmed).tables(["clients", "replicas"])
    for a in columns["replicas"].values():
        a.sort()
    assert harmed.client_ticks.tobytes() == before
