"""A review's numbers against a timeline whose truth is known."""

from __future__ import annotations

import datetime

import pytest

from gradatim.instruments.incident.check import Facts, check
from gradatim.instruments.incident.draft import compose
from gradatim.instruments.incident.event import Event, kind_of
from gradatim.instruments.incident.language import blame
from gradatim.instruments.incident.measures import measure, spell
from gradatim.instruments.incident.milestones import contradictions, find
from gradatim.instruments.incident.timeline import Timeline

LOG = (
    ("09:00:10", "deploy", "model v42 deployed to all hosts", "ci"),
    ("09:10:05", "impact-start", "error rate rises above 5% on predict", ""),
    ("09:14:20", "alert-fired", "PredictBudgetBurn fired", "prometheus"),
    ("09:16:00", "acknowledged", "acknowledged the page", "Ana Ruiz"),
    ("09:20:00", "note", "error rate is 12% on the feature path", "Ana Ruiz"),
    ("09:31:00", "rollback", "rollback of model v42 started", "Ben Okoro"),
    ("09:41:30", "mitigated", "error rate back below 0.1%", "Ben Okoro"),
    ("10:20:00", "resolved", "incident closed", "Ana Ruiz"),
)


def timeline(*rows: tuple[str, str, str, str]) -> Timeline:
    def at(clock: str) -> datetime.datetime:
        return datetime.datetime.fromisoformat(f"2026-11-02T{clock}+00:00")

    events = [
        Event(at(t), kind_of(k), text, who, "log", f"line {i}", i)
        for i, (t, k, text, who) in enumerate(rows, 1)
    ]
    return Timeline(tuple(events), (len(events),))


LINE = timeline(*LOG)
FACTS = Facts(LINE, find(LINE, {}), "UTC")


def states(text: str, facts: Facts = FACTS) -> list[tuple[str, str]]:
    return [(f.claim.words, f.state) for f in check(text, facts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # durations
        ("It was detected after 4 minutes.", ["confirmed"]),
        ("It was detected after 9 minutes.", ["contradicted"]),
        ("Time to mitigate: 31 min.", ["confirmed"]),
        ("Time to mitigate was 27 minutes.", ["confirmed"]),  # from detection, and the finding says so
        ("Time to mitigate was 45 minutes.", ["contradicted"]),
        ("Mitigation came 27 minutes after detection.", ["confirmed"]),
        ("Mitigation came 31 minutes after detection.", ["contradicted"]),
        ("The page was acknowledged within 2 minutes.", ["confirmed"]),
        ("The page was acknowledged within 1 minute.", ["contradicted"]),
        ("The outage lasted about half an hour.", ["confirmed"]),
        ("The outage lasted two hours.", ["contradicted"]),
        ("The incident was resolved after 1 h 10 min.", ["confirmed"]),
        ("MTTD was 255 seconds.", ["confirmed"]),
        ("Between detection and mitigation 27 minutes passed.", ["confirmed"]),
        ("The impact began, was detected four minutes later and mitigated 31 minutes after the impact began.",
         ["confirmed", "confirmed"]),
        ("The rollback took 3 minutes.", ["not checkable"]),
        ("The alert that detected it looks at a window of 5 minutes.", ["not checkable"]),
        # clock times
        ("The impact began at 09:10 and was detected at 09:14, after 4 minutes.", ["confirmed"] * 3),
        ("It was mitigated at 09:31.", ["contradicted"]),
        ("It was mitigated at 9:41 am.", ["confirmed"]),
        ("It was mitigated at 10:41+01:00.", ["confirmed"]),
        ("The rollback started at 09:31.", ["confirmed"]),
        ("The rollback of the model started at 09:47.", ["contradicted"]),
        ("At 09:16 the on-call engineer acknowledged.", ["confirmed"]),
        ("At 09:19 the on-call engineer acknowledged.", ["contradicted"]),
        ("At 09:50 we had lunch.", ["not checkable"]),
        ("After detection the team met at 09:25.", ["not checkable"]),
        ("Impact from 09:10 to 09:41 (31 minutes).", ["confirmed", "not checkable", "not checkable"]),
        ("From 09:10 to 09:41 (41 minutes) predictions were wrong.",
         ["not checkable", "not checkable", "contradicted"]),
        # counts and figures
        ("One alert fired.", ["confirmed"]),
        ("Three alerts fired.", ["contradicted"]),
        ("Three alerts fired before the impact.", ["not checkable"]),
        ("Three critical alerts fired.", ["not checkable"]),
        ("At 09:20 the error rate was 12% on the feature path.", ["confirmed", "confirmed"]),
        ("At 09:20 the error rate was 15% on the feature path.", ["confirmed", "contradicted"]),
        ("The error rate peaked at 15%.", ["not checkable"]),
        ("4,213 requests failed.", ["not checkable"]),
        ("There were 5 rollbacks.", ["contradicted"]),
        # no claims at all
        ("Model v42 of 2026-11-02, see INC-123 and `sleep 30`, 1.2.3, https://x.example/12/30.", []),
    ],
)  # fmt: skip
def test_claims(text: str, expected: list[str]) -> None:
    assert [state for _, state in states(text)] == expected, states(text)


def test_a_wrapped_sentence_knows_its_line() -> None:
    (finding,) = check("# Review\n\nIt was mitigated\nafter 90\nminutes.\n", FACTS)
    assert finding.state == "contradicted" and finding.claim.sentence.line == 3
    assert "E2 to E7" in finding.why and "31 min 25 s" in finding.why


def test_what_is_not_known_is_not_checkable_and_never_contradicted() -> None:
    line = timeline(*(row for row in LOG if row[1] not in {"impact-start", "mitigated"}))
    facts = Facts(line, find(line, {}), "UTC")
    assert facts.milestones["impact-start"].at is None
    text = "Time to detect was 4 minutes. It was mitigated at 09:41, after 99 minutes."
    assert {state for _, state in states(text, facts)} == {"not checkable"}


def test_the_draft_s_own_numbers_are_all_confirmed() -> None:
    milestones = find(LINE, {})
    text = compose("INC-7", LINE, milestones, measure(milestones), [], "UTC")
    findings = check(text, FACTS)
    assert len(findings) >= 20
    assert [(f.claim.words, f.why) for f in findings if f.state != "confirmed"] == []


def test_the_draft_names_nobody_unless_asked() -> None:
    milestones = find(LINE, {})
    text = compose("INC-7", LINE, milestones, measure(milestones), [], "UTC")
    assert "Ana" not in text and "participant C: acknowledged the page" in text
    assert blame(text) == []
    assert "Ana Ruiz" in compose("INC-7", LINE, milestones, measure(milestones), [], "UTC", names=True)


def test_a_draft_takes_no_markup_from_the_log() -> None:
    line = timeline(("09:00:00", "note", "a | b <script> [x](http://y) `z`\n# head", "eve|il"))
    milestones = find(line, {})
    text = compose("x", line, milestones, measure(milestones), [], "UTC")
    assert "<script>" not in text.replace("\\<script\\>", "") and "\n# head" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cause was human error.", ["human error"]),
        (
            "Ana should have checked it, and forgot to tell the team.",
            ["should have checked", "forgot to tell"],
        ),
        ("It was Ben's mistake.", ["Ben's mistake"]),
        ("Ben Okoro broke production.", ["Ben Okoro broke"]),
        ("A blameless review: a page fault, the default, fault tolerance; the job failed to start.", []),
        ("Nobody is to blame.", []),
        ("The vendor is to blame.", ["is to blame"]),
        ("The alert should have fired.", []),
        ("`human error` is only quoted code.", []),
    ],
)
def test_blame(text: str, words: list[str]) -> None:
    assert [b.words for b in blame(text, {"Ben Okoro"})] == words


def test_rules_of_the_milestones() -> None:
    line = timeline(
        ("08:00:00", "alert", "an earlier alert", ""),
        ("09:00:00", "impact_start", "", ""),
        ("09:05:00", "Page", "paged", ""),
        ("09:06:00", "ack", "", ""),
        ("09:20:00", "mitigated", "first try", ""),
        ("09:40:00", "Mitigated", "held", ""),
    )
    found = find(line, {})
    assert found["detected"].event is not None and found["detected"].event.name == "E3"
    assert found["mitigated"].event is not None and found["mitigated"].event.name == "E6"
    assert found["resolved"].at is None and contradictions(found) == []
    marked = find(line, {"detected": "E1", "resolved": "2026-11-02T09:50:00Z"})
    assert marked["detected"].how == "marked" and marked["resolved"].event is None
    assert contradictions(marked) == ["detected (E1) comes before impact began (E2)"]
    assert measure(marked)["time_to_detect"].seconds is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not known"),
        (0, "0 s"),
        (255, "4 min 15 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
        (183_700, "2 d 3 h"),
    ],
)
def test_spelling(seconds: float | None, text: str) -> None:
    assert spell(seconds) == text


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("trigger_log_entry", "alert-fired"),
        ("acknowledge_log_entry", "acknowledged"),
        ("resolve_log_entry", "alert-resolved"),
    ],
)
def test_the_log_entries_of_a_pager_are_known_by_their_type(word: str, kind: str) -> None:
    assert kind_of(word) == kind
