"""`gradatim work incident` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.work_schema import conforms

from gradatim.cli.entry import main

CSV = b"""time,kind,who,text
2026-11-02T09:10:05Z,impact-start,,error rate rises above 5% on predict
2026-11-02T09:14:20Z,alert,prometheus,PredictBudgetBurn fired
2026-11-02T09:16:00Z,ack,Ana Ruiz,acknowledged the page
2026-11-02T09:41:30Z,mitigated,Ben Okoro,error rate back below 0.1%
2026-11-02T10:20:00Z,resolved,Ana Ruiz,incident closed
"""
ACTION = {"title": "Validate the file", "owner": "ana", "due": "2026-12-01", "removes": "category"}
CORE = ("time_to_detect", "time_to_acknowledge", "time_to_mitigate")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write files and run the command: (exit code, JSON document)."""
    monkeypatch.chdir(tmp_path)

    def command(files: dict[str, Any], *words: str) -> tuple[int, dict[str, Any]]:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            Path(name).write_bytes(raw)
        code = main(["work", "incident", *words, "--json", "--today", "2026-11-10"])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, conforms(json.loads(out), "incident")

    return command


def told(document: dict[str, Any]) -> str:
    return " ".join([document["what"], *document.get("problems", []), document["why"], document["next"]])


def seconds(document: dict[str, Any]) -> list[float | None]:
    return [document["result"]["measures"][name]["seconds"] for name in CORE]


def test_a_log_becomes_measures(run: Any) -> None:
    code, found = run({"log.csv": CSV}, "log.csv")
    assert code == 0 and found["verdict"]["kind"] == "good"
    assert seconds(found) == [255, 100, 1885]
    assert found["result"]["milestones"]["detected"]["how"] == "by rule"
    assert "PredictBudgetBurn" not in json.dumps(found) and "Ana" not in json.dumps(found)


@pytest.mark.parametrize("form", ["jsonl", "json", "object", "semicolons", "utf-16"])
def test_every_form_of_the_same_log_says_the_same(run: Any, form: str) -> None:
    lines = CSV.decode().strip().split("\n")
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
    raw = {
        "jsonl": "\n".join(json.dumps(row) for row in rows).encode(),
        "json": json.dumps(rows, indent=1).encode(),
        "object": json.dumps({"incident": 7, "events": rows}).encode(),
        "semicolons": CSV.replace(b",", b";"),
        "utf-16": CSV.decode().encode("utf-16"),
    }[form]
    code, found = run({"log": raw}, "log")
    assert code == 0 and seconds(found) == [255, 100, 1885]


def test_what_the_log_does_not_say_is_not_known(run: Any) -> None:
    raw = b"when,what\n2026-11-02T09:14:20Z,we were paged\n2026-11-02T09:41:30Z,rolled back and fine\n"
    code, found = run({"log.csv": raw}, "log.csv")
    assert code == 0 and found["verdict"]["kind"] == "unsure"
    assert seconds(found) == [None, None, None] and "not known" in found["verdict"]["headline"]
    milestone = found["result"]["milestones"]["mitigated"]
    assert milestone["at"] is None and milestone["candidates"] == ["E2"]
    words = ["--mark", "impact-start=2026-11-02T09:10:00Z", "--mark", "mitigated=E2", "--mark", "detected=E1"]
    code, found = run({}, "log.csv", *words)
    assert seconds(found) == [260, None, 1890]


def test_chat_and_alerts_make_one_timeline(run: Any) -> None:
    def alert(name: str, status: str, end: str) -> dict[str, Any]:
        return {
            "status": status,
            "labels": {"alertname": name},
            "annotations": {"summary": "burning"},
            "startsAt": "2026-11-02T09:14:20.123456789Z",
            "endsAt": end,
            "fingerprint": name,
        }

    first = {"version": "4", "alerts": [alert("Burn", "firing", "0001-01-01T00:00:00Z")]}
    last = {"version": "4", "alerts": [alert("Burn", "resolved", "2026-11-02T09:50:00Z")]}
    chat = [
        {
            "type": "message",
            "ts": "1793610600.000100",
            "user": "U1",
            "text": "users see errors #impact-start",
        },
        {
            "type": "message",
            "subtype": "channel_join",
            "ts": "1793610601.000100",
            "user": "U2",
            "text": "joined",
        },
        {
            "type": "message",
            "ts": "1793610960.000100",
            "user": "U2",
            "text": "<@U1> looking &amp; #acknowledged",
        },
    ]
    files = {"alerts.json": first, "later.json": last, "chat.json": chat}
    code, found = run(files, *files, "--rows")
    assert code == 0
    result = found["result"]
    assert [e["kind"] for e in result["timeline"]] == [
        "impact-start", "alert-fired", "acknowledged", "alert-resolved"
    ]  # fmt: skip
    assert result["timeline"][2]["text"] == "@U1 looking & #acknowledged"
    assert result["milestones"]["resolved"] == {
        "at": "2026-11-02T09:50:00+00:00",
        "event": "E4",
        "how": "by rule",
        "why": "every alert that fired has cleared; this is the last",
        "candidates": [],
    }
    assert any("1 repeated" in n for n in result["notes"]) and any("1 messages" in n for n in result["notes"])


def test_an_alert_that_never_clears_resolves_nothing(run: Any) -> None:
    alerts = [
        {
            "labels": {"alertname": n},
            "startsAt": "2026-11-02T09:14:20Z",
            "endsAt": e,
            "status": s,
            "fingerprint": n,
        }
        for n, s, e in (("a", "resolved", "2026-11-02T09:20:00Z"), ("b", "firing", "2026-11-02T09:30:00Z"))
    ]
    _, found = run({"a.json": {"alerts": alerts}}, "a.json")
    assert found["result"]["milestones"]["resolved"]["at"] is None


def test_clocks_set_back(run: Any) -> None:
    raw = b"time,kind,text\n2026-10-25 02:50:00,impact-start,a\n2026-10-25 02:10:00,detected,b\n"
    code, found = run({"log.csv": raw}, "log.csv", "--tz", "Europe/Berlin")
    assert code == 0 and seconds(found)[0] == 20 * 60
    alone = b"time,kind,text\n2026-10-25 02:50:00,impact-start,a\n2026-10-25 05:10:00,detected,b\n"
    code, found = run({"log.csv": alone}, "log.csv", "--tz", "Europe/Berlin")
    assert code == 2 and "came twice" in told(found)
    code, found = run({}, "log.csv", "--tz", "Europe/Berlin", "--fold", "later")
    assert seconds(found)[0] == 140 * 60


def test_a_review_is_checked_with_the_event_that_contradicts(run: Any) -> None:
    review = b"It was detected at 09:14.\nIt was mitigated after 52 minutes. 4,213 requests failed.\nHuman error.\n"
    code, found = run({"log.csv": CSV, "review.md": review}, "log.csv", "--review", "review.md")
    checked = found["result"]["review"]
    assert code == 0 and found["verdict"]["kind"] == "bad"
    assert (checked["confirmed"], checked["contradicted"], checked["not_checkable"]) == (1, 1, 1)
    wrong = next(f for f in checked["findings"] if f["state"] == "contradicted")
    assert wrong["line"] == 2 and wrong["words"] == "52 minutes" and "E1 to E4" in wrong["why"]
    assert [b["line"] for b in checked["blame"]] == [3]


def test_draft_and_report_are_whole(run: Any) -> None:
    hostile = CSV + b'2026-11-02T10:30:00Z,note,"<img src=x>","<script>alert(1)</script> | # x"\n'
    code, _ = run({"log.csv": hostile}, "log.csv", "--draft", "d.md", "--html", "r.html", "--rows")
    page = Path("r.html").read_text()
    assert code == 0 and "<script" not in page and "<img" not in page and "&lt;script&gt;" in page
    assert page.index('class="headline"') < page.index("<svg", page.index('class="headline"'))
    assert Path("d.md").read_text().startswith("# Incident review: log\n")
    code, found = run({}, "log.csv", "--draft", "d.md")
    assert code == 2 and "exists already" in told(found)
    code, found = run({}, "log.csv", "--review", "d.md", "--force")
    assert found["result"]["review"]["contradicted"] == 0


def test_the_ledger_is_only_appended_to_and_shows_what_is_overdue(run: Any) -> None:
    actions = [
        ACTION,
        {**ACTION, "id": "B", "title": "Page on staleness", "due": "2026-11-05", "removes": "symptom"},
    ]
    words = ["log.csv", "--actions", "actions.json", "--ledger", "led.jsonl"]
    code, found = run({"log.csv": CSV, "actions.json": actions}, *words)
    assert code == 0 and found["verdict"]["kind"] == "bad"
    assert found["result"]["follow_up"]["overdue"] == 1 and found["result"]["follow_up"]["appended"] == 2
    before = Path("led.jsonl").read_bytes()
    assert run({}, *words)[1]["result"]["follow_up"]["appended"] == 0
    assert Path("led.jsonl").read_bytes() == before
    actions[1] |= {"status": "done", "closed": "2026-11-09"}
    actions[0] = {**ACTION, "due": "2027-01-15"}
    _, found = run({"actions.json": actions}, *words)
    assert Path("led.jsonl").read_bytes().startswith(before)
    code, found = run({}, "--ledger", "led.jsonl", "--rows")
    follow = found["result"]["follow_up"]
    assert code == 0 and found["verdict"]["kind"] == "good" and follow["actions"] == 2 and follow["open"] == 1
    assert [e["date_moved"] for e in follow["entries"]] == [1, 0]


def test_recorded_evidence_never_has_texts(run: Any) -> None:
    code, found = run({"log.csv": CSV}, "log.csv", "--record", "--rows")
    assert code == 2 and "never the data" in told(found)


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "header only": (b"time,text\n", "holds no events"),
    "no time field": (b"a,b\n1,2\n", "no field with a time: it has a, b"),
    "no text": (b"time,b\n2026-11-02T09:00:00Z,2\n", "no field says what happened"),
    "one column": (b"time\n2026-11-02T09:00:00Z\n", "one column"),
    "naive": (b"time,text\n2026-11-02 09:00,x\n2026-11-02 09:01,x\n", "2 times name no zone"),
    "bad times": (b"time,text\nsoon,x\n2026-99-01T00:00:00Z,x\n,x\n", "line 4: no time"),
    "european date": (b"time,text\n02/11/2026 09:00,x\n", "is no time"),
    "names twice": (b"time,text,text\n2026-11-02T09:00:00Z,x,y\n", 'column name "text" occurs 2 times'),
    "ragged": (b"time,text\n2026-11-02T09:00:00Z,x,y,z\n", "line 2: 4 fields, the header has 2"),
    "not UTF-8": (b"time,text\n2026-11-02T09:00:00Z,caf\xe9\n", "is not UTF-8"),
    "zero bytes": (b"time,text\n\x00\x00\n", "is not text"),
    "gzip": (b"\x1f\x8b\x08\x00abc", "is not text"),
    "cut JSON": (b'[{"time": "2026-11-02T09:00:00Z", "text": "x"}, {"ti', "was it cut?"),
    "cut lines": (b'{"time": 1, "text": "x"}\n{"ti\n', "line 2: not JSON"),
    "list of numbers": (b"[1, 2]", "entry 1: int, not an object"),
    "empty list": (b"[]", "holds no events"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "not an alert": (b'{"alerts": [1, {"labels": {}}]}', "alert 1: not an alert with labels"),
    "infinite": (b'[{"time": Infinity, "text": "x"}]', "is no time since 1970"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_logs(run: Any, name: str) -> None:
    raw, words = HOSTILE[name]
    code, found = run({"log": raw}, "log", "--draft", "d.md")
    assert code == 2, found
    assert words in told(found)
    assert not Path("d.md").exists()


def test_all_problems_of_all_files_at_once(run: Any) -> None:
    code, found = run({"a.csv": b"", "b.csv": b"x,y\n1,2\n", "c.csv": CSV}, "a.csv", "b.csv", "c.csv")
    assert code == 2 and "a.csv is empty" in told(found) and "b.csv: no field with a time" in told(found)


ACTIONS: dict[str, tuple[bytes, str]] = {
    "no removes": (
        json.dumps([{k: v for k, v in ACTION.items() if k != "removes"}]).encode(),
        "removes is missing",
    ),
    "removes guessed": (json.dumps([{**ACTION, "removes": "both"}]).encode(), "say category or symptom"),
    "no owner": (json.dumps([{**ACTION, "owner": " "}]).encode(), "owner is missing"),
    "no date": (json.dumps([{**ACTION, "due": "soon"}]).encode(), "is no date"),
    "a typo": (json.dumps([{**ACTION, "ownr": "x"}]).encode(), 'did you mean "owner"?'),
    "the same twice": (json.dumps([ACTION, ACTION]).encode(), "occurs 2 times"),
    "not YAML": (b"- {title: [", "is not YAML"),
    "a tag": (b"- !!python/object/apply:os.system [ls]", "is not YAML"),
    "no list": (b"title: x", "not a list of actions"),
    "closed but open": (json.dumps([{**ACTION, "closed": "2026-11-01"}]).encode(), "its status is open"),
    "nobody": (b"actions: []", "no action in it"),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_hostile_actions_leave_the_ledger_alone(run: Any, name: str) -> None:
    raw, words = ACTIONS[name]
    code, found = run(
        {"log.csv": CSV, "actions.yaml": raw}, "log.csv", "--actions", "actions.yaml", "--ledger", "led.jsonl"
    )
    assert code == 2 and words in told(found)
    assert not Path("led.jsonl").exists()


@pytest.mark.parametrize("raw", [b"{}\n", b"x\n", b'{"schema": "gradatim.followup/1"', b"[]\n", b"\xff\n"])
def test_a_damaged_ledger_is_refused_and_not_touched(run: Any, raw: bytes) -> None:
    code, found = run({"led.jsonl": raw}, "--ledger", "led.jsonl")
    assert code == 2 and "line 1" in told(found)
    assert Path("led.jsonl").read_bytes() == raw


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "a log is needed"),
        (("--ledger", "l", "--review", "log.csv", "--tz", "UTC"), "--tz needs a LOG"),
        (("log.csv", "--tz", "Mars/Olympus"), "no time zone"),
        (("log.csv", "--mark", "detected=E99"), "E1 to E5"),
        (("log.csv", "--mark", "fixed=E1", "--mark", "detected"), "write KIND=E7"),
        (("log.csv", "--mark", "detected=09:14"), "is no time"),
        (("log.csv", "--field", "when=x"), "write ROLE=NAME"),
        (("log.csv", "--field", "time=nope"), "there is no such field"),
        (("log.csv", "--encoding", "klingon"), "no encoding named"),
        (("log.csv", "--ledger", "none/led.jsonl"), "does not exist"),
        (("log.csv", "--html", "none/r.html"), "does not exist"),
        (("none.csv",), "does not exist"),
        (("log.csv", "--names"), "belongs to --draft"),
    ],
)
def test_wrong_words(run: Any, words: tuple[str, ...], said: str) -> None:
    code, found = run({"log.csv": CSV}, *words)
    assert code == 2 and said in told(found), told(found)


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (
            b"- {title: a, title: b, owner: c, due: 2026-12-01, removes: category}\n",
            'the key "title" stands here twice',
        ),
        (b"[" * 100_000, "nested too deeply"),
        (b"- {title: a, owner: b, due: 2026-13-01, removes: neither}\n- 4\n", "'2026-13-01' is no date"),
    ],
)
def test_hostile_actions(run: Any, actions: bytes, said: str) -> None:
    code, document = run({"log.csv": CSV, "a.yaml": actions}, "log.csv", "--actions", "a.yaml")
    assert code == 2
    assert said in told(document)
