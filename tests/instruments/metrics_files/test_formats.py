"""Every format gives the same history; every damaged file says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files import read_histories
from gradatim.instruments.promql import Series, labels_of

T0 = 1_740_000_000
LABELS = (
    {"__name__": "http_requests_total", "code": "200"},
    {"__name__": "http_requests_total", "code": "500"},
)
VALUES = ((1.0, 5.0, 9.0), (0.0, 0.0, 2.5))


def same(series: Series, labels: dict[str, str], values: tuple[float, ...]) -> bool:
    times = [(T0 + 60 * i) * 1000 for i in range(3)]
    return (
        series.labels == labels_of(labels)
        and series.times_ms.tolist() == times
        and np.array_equal(series.values, np.array(values), equal_nan=True)
    )


def as_json() -> str:
    result = [
        {"metric": labels, "values": [[T0 + 60 * i, str(v)] for i, v in enumerate(values)]}
        for labels, values in zip(LABELS, VALUES, strict=True)
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def as_openmetrics(*, milliseconds: bool = False, name_inside: bool = False) -> str:
    lines = ["# TYPE http_requests counter", "# HELP http_requests Requests, all of them."]
    for labels, values in zip(LABELS, VALUES, strict=True):
        for i, value in enumerate(values):
            at = (T0 + 60 * i) * (1000 if milliseconds else 1)
            code = labels["code"]
            name = f'{{__name__="http_requests_total",code="{code}"}}' if name_inside else ""
            lines.append(f"{name or f'http_requests_total{{code={chr(34)}{code}{chr(34)}}}'} {value} {at}")
    return "\n".join(lines) + ("\n" if milliseconds else "\n# EOF\n")


def as_long() -> str:
    rows = ["timestamp,metric,code,value"]
    for labels, values in zip(LABELS, VALUES, strict=True):
        rows += [f"{T0 + 60 * i},http_requests_total,{labels['code']},{v}" for i, v in enumerate(values)]
    return "\n".join(rows) + "\n"


def as_wide() -> str:
    head = 'Time;http_requests_total{code="200"};http_requests_total{code=""500""}'
    head = 'Time;"http_requests_total{code=""200""}";"http_requests_total{code=""500""}"'
    rows = [f"{(T0 + 60 * i) * 1000};{VALUES[0][i]};{VALUES[1][i]}" for i in range(3)]
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        *(as_json(), as_openmetrics(), as_openmetrics(milliseconds=True)),
        as_openmetrics(milliseconds=True, name_inside=True),
        *(as_long(), as_wide(), json.dumps(json.loads(as_json())["data"]["result"]), "\ufeff" + as_json()),
    ],
    ids=["json", "openmetrics", "text", "tsdb dump", "long", "wide", "result alone", "mark"],
)
def test_each_format_holds_the_same_history(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.txt"
    path.write_text(text, encoding="utf-8")
    history = read_histories([path])
    assert len(history.series) == 2
    for one, labels, values in zip(
        sorted(history.series, key=lambda s: s.labels), LABELS, VALUES, strict=True
    ):
        assert same(one, labels, values)


def test_parquet_of_samples_and_of_counts(tmp_path: Path) -> None:
    times = pa.array([(T0 + 60 * i) * 1000 for i in range(3)], pa.timestamp("ms", "UTC"))
    wide = pa.table({"timestamp": times, "up": [1.0, 0.0, 1.0]})
    pq.write_table(wide, tmp_path / "wide.parquet")
    (one,) = read_histories([tmp_path / "wide.parquet"]).series
    assert same(one, {"__name__": "up"}, (1.0, 0.0, 1.0))
    pq.write_table(
        pa.table({"time": times, "good": [9, 8, 7], "total": [10, 8, 9]}), tmp_path / "counts.parquet"
    )
    events = read_histories([tmp_path / "counts.parquet"]).events
    assert events is not None
    assert events.bad.tolist() == [1, 0, 2]
    assert events.step_ms == 60_000
    whole = (tmp_path / "counts.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError):
        read_histories([tmp_path / "cut.parquet"])


def test_pieces_of_one_series_are_joined_and_contradictions_are_not(tmp_path: Path) -> None:
    first, second, other = tmp_path / "1.csv", tmp_path / "2.csv", tmp_path / "3.csv"
    first.write_text(f"ts,up\n{T0},1\n{T0 + 60},2\n")
    second.write_text(f"ts,up\n{T0 + 60},2\n{T0 + 120},3\n")
    other.write_text(f"ts,up\n{T0 + 60},7\n")
    (one,) = read_histories([second, first]).series
    assert one.values.tolist() == [1, 2, 3]
    with pytest.raises(InputError, match="contradict") as caught:
        read_histories([first, other])
    assert "two values at" in caught.value.problems[0]


def test_counters_are_told_from_counts(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    total = np.cumsum(np.random.default_rng(1).poisson(50, 60))
    total[40:] -= total[39]
    rows = [f"{T0 + 60 * i},{t},{t // 50}" for i, t in enumerate(total.tolist())]
    path.write_text("ts,total,bad\n" + "\n".join(rows) + "\n")
    reading = read_histories([path])
    assert reading.events is not None
    assert "counters" in reading.notes[0]
    assert reading.events.total[0] == 0
    assert reading.events.total[40] == total[40], "after a reset the counter itself is what was counted"
    counted = read_histories([path], values="counts").events
    assert counted is not None
    assert counted.total.tolist() == total.tolist()


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "autumn.csv"
    walls = [
        "2025-10-26 01:30",
        "2025-10-26 02:00",
        "2025-10-26 02:30",
        "2025-10-26 02:00",
        "2025-10-26 02:30",
    ]
    path.write_text("time,total,errors\n" + "".join(f"{w},10,0\n" for w in [*walls, "2025-10-26 03:00"]))
    with pytest.raises(InputError) as caught:
        read_histories([path])
    assert "clocks are set back" in caught.value.problems[0]
    events = read_histories([path], zone="Europe/Berlin").events
    assert events is not None
    assert np.diff(events.start_ms).tolist() == [1_800_000] * 5
    spring = tmp_path / "spring.csv"
    spring.write_text("time,total,errors\n2025-03-30 01:30,1,0\n2025-03-30 02:30,1,0\n2025-03-30 03:30,1,0\n")
    with pytest.raises(InputError, match="counts that can") as caught:
        read_histories([spring], zone="Europe/Berlin")
    assert "do not exist" in caught.value.problems[0]
    with pytest.raises(InputError, match="no time zone"):
        read_histories([path], zone="Mars/Olympus")


DAMAGED = {
    "empty": ("", "is empty"),
    "blank": ("\n \n", "is empty"),
    "header only": ("timestamp,total,errors\n", "no rows"),
    "no time": ("a,total,errors\n1,2,1\n", "no column of times"),
    "nothing known": (f"ts,a b,c d\n{T0},1,2\n", "nothing that is known"),
    "negative": (f"ts,total,errors\n{T0},10,-1\n", "negative counts"),
    "infinite": (f"ts,total,errors\n{T0},inf,1\n", "infinite counts"),
    "missing": (f"ts,total,errors\n{T0},10,\n{T0 + 60},10,1\n", "values are missing"),
    "words": (f"ts,total,errors\n{T0},ten,1\n", "not numbers"),
    "more bad than all": (f"ts,total,errors\n{T0},10,11\n", "more failed events than there were"),
    "good above total": (f"ts,total,good\n{T0},10,11\n", "more good events than there were"),
    "backwards": (f"ts,total,errors\n{T0 + 60},10,1\n{T0},10,1\n", "comes after"),
    "no times": ("ts,total,errors\nyesterday,10,1\n", "are no times"),
    "cut JSON": (as_json()[:200], "cut off"),
    "no JSON": ('{"a": nope}', "is not JSON"),
    "empty result": ('{"status":"success","data":{"resultType":"matrix","result":[]}}', "no sample"),
    "server error": ('{"status":"error","errorType":"bad_data","error":"boom"}', "boom"),
    "instant": ('{"data":{"resultType":"vector","result":[]}}', "instant query"),
    "twice": (json.dumps({"result": [{"metric": {}, "values": [[1, "2"]]}] * 2}), "given twice"),
    "no pair": ('{"result":[{"metric":{},"values":[["x","2"]]}]}', "is not [seconds, value]"),
    "far future": ('{"result":[{"metric":{},"values":[[1e300,"2"]]}]}', "is not [seconds, value]"),
    "null value": ('{"result":[{"metric":{},"values":[[1,null]]}]}', "is not [seconds, value]"),
    "histogram": ('{"result":[{"metric":{},"histograms":[]}]}', "native histograms"),
    "no EOF": (f"# TYPE a counter\na_total 1 {T0}\n", "no `# EOF`"),
    "no history": ("# TYPE a counter\na_total 1\n# EOF\n", "not a history"),
    "comments": ("# HELP a b\n# EOF\n", "no sample"),
    "garbage": (f'# TYPE a counter\na_total{{x="1" 1 {T0}\n# EOF\n', "not a sample"),
    "two values": (f"# TYPE a gauge\na 1 {T0}\na 2 {T0}\n# EOF\n", "two values at"),
    "deep": ('{"result":' + "[" * 100_000, "range query"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_says_what_is_wrong(tmp_path: Path, name: str) -> None:
    text, said = DAMAGED[name]
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_histories([path])
    assert said in caught.value.describe()


@pytest.mark.parametrize(
    "raw", [b"\xff\xfet\x00s\x00", b'{"a": "\xe9"}', b'# TYPE a gauge\na{b="\xe9"} 1 1\n# EOF\n']
)
def test_another_encoding_is_named(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(InputError):
        read_histories([path])


def test_all_files_are_judged_at_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(DAMAGED["negative"][0])
    with pytest.raises(InputError) as caught:
        read_histories([tmp_path / "a", tmp_path / "b", tmp_path / "missing"])
    told = "\n".join(caught.value.problems)
    assert all(word in told for word in ("/a", "/b", "/missing"))
