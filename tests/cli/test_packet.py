"""Evidence, packet and review through the real command line: what is wrong, and what was altered."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradatim.cli.entry import main

Run = Callable[..., tuple[int, str, str]]
LEVELS = " ".join(f"D{i}=3" for i in range(1, 11))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def packet(run: Run, tmp_path: Path) -> Path:
    for i in (4, 8):
        code, _, err = run(
            "evidence", "add", "--title", f"Piece {i}", "--share", "0.6", "--co", "M. Sato=0.4", "--link", f"D{i}:3",
            "--from", "2026-01-10", "--to", "2026-09-30", "--project", f"p{i}",
            "--result", "It held.", "--action", "Did it.",
        )  # fmt: skip
        assert code == 0, err
    assert run("packet", "build", "--out", "packet.html", "--owner", "Ines", "--yes")[0] == 0
    return tmp_path / "packet.html"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("evidence add --title x", "title"),
        ("evidence add --title Piece --share 1.4 --link D4:9 --link D77:3 --to 2099-01-01", "D77"),
        ("evidence add --title Piece --metric p99 --co nobody --link D4", "p99:410:190:ms"),
        ("evidence add --title Piece --attempt a --exam b", "only one of"),
        ("evidence add --title Piece --attempt nothing", "nothing"),
        ("evidence add --git . --range --output=x", "cannot be taken"),
        ("evidence add --file no-such-file", "does not exist"),
        ("evidence show E-404", "E-404"),
        ("evidence redact E-404 title", "E-404"),
        ("evidence withdraw E-001", "--why"),
        ("evidence map D1 --work a --action b", "either the work"),
        ("evidence attach packet-none.json", "does not exist"),
        ("packet build --out packet.docx --owner Ines", ".docx"),
        ("packet build --out packet.html --owner Ines", "no evidence"),
        ("packet preview", "--owner"),
        ("packet verify policy.txt", "not a packet"),
        ("packet verify policy.txt --fresh 99", "--fresh"),
        ("review calibrate fourth --levels D1=3", "fourth"),
        ("review calibrate first --levels D1=9", "not a level"),
        ("review rate policy.txt --levels D1=3", "not a packet"),
    ],
)
def test_twenty_wrong_inputs_are_told_with_what_to_do(
    words: str, says: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "policy.txt").write_text("hello")
    code, out, err = run(*words.split())
    assert code == 2
    assert out == ""
    assert says in err
    assert "Traceback" not in err
    assert not (tmp_path / "packet.html").exists()
    code, out, _ = run(*words.split(), "--json")
    assert code == 2
    assert json.loads(out)["what"]


def test_a_packet_that_nobody_touched_holds(packet: Path, run: Run) -> None:
    code, out, _ = run("packet", "verify", str(packet))
    assert code == 0
    assert "nothing in it does not match" in out
    assert "2 self-reported" in out
    report = json.loads(run("packet", "verify", str(packet), "--json")[1])
    assert report["ok"]
    assert report["counts"] == {"self-reported": 2}


def _alterations() -> list[tuple[str, Callable[[bytes], bytes]]]:
    rng = random.Random(20)

    def flip(data: bytes) -> bytes:
        at = rng.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]

    return [
        *((f"bit {i}", flip) for i in range(8)),
        ("one space at the end", lambda d: d + b" "),
        ("one byte less", lambda d: d[:-1]),
        ("first byte", lambda d: b"\n" + d),
        ("a word on the page", lambda d: d.replace(b"It held.", b"It flew.", 1)),
        ("a word in the data", lambda d: d[::-1].replace(b".dleh tI", b".welf tI", 1)[::-1]),
        ("a share", lambda d: d.replace(b'"own_share":{"salt"', b'"own_share":{"SALT"', 1)),
        ("a level", lambda d: d.replace(b'"level":3', b'"level":4', 1)),
        ("the verdict", lambda d: d.replace(b"Not yet at the bar.", b"At the bar.", 1)),
        ("the owner", lambda d: d.replace(b"Ines", b"Anna")),
        ("a style", lambda d: d.replace(b"color-scheme", b"colour-scheme", 1)),
        ("a script", lambda d: d.replace(b"</body>", b"<script>1</script></body>")),
        ("line ends", lambda d: d.replace(b"\n", b"\r\n")),
    ]


@pytest.mark.parametrize("alter", [pytest.param(f, id=name) for name, f in _alterations()])
def test_twenty_alterations_are_found(alter: Callable[[bytes], bytes], packet: Path, run: Run) -> None:
    data = packet.read_bytes()
    altered = alter(data)
    assert altered != data
    packet.write_bytes(altered)
    code, out, err = run("packet", "verify", str(packet))
    assert code in (1, 2)
    assert "DOES NOT MATCH" in out or "not a packet" in err


def test_a_reviewer_rates_and_the_owner_attaches(
    packet: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gradatim_home: Path
) -> None:
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "reviewer"))
    assert run("review", "compare", str(packet))[0] == 2
    code, out, _ = run("review", "open", str(packet))
    assert code == 0
    assert "Not yet at the bar" not in out
    rate = ("review", "rate", str(packet), "--name", "J. Feld", "--role", "Lead", "--levels", LEVELS)
    code, out, err = run(*rate, "--word", "D4=I saw it.")
    assert code == 0, err
    assert "packet-rating.json" in out
    assert run(*rate)[0] == 2  # the file is there; and the rating is spent
    assert run(*rate, "--force")[0] == 2
    assert run("review", "compare", str(packet))[0] == 0
    monkeypatch.setenv("GRADATIM_HOME", str(gradatim_home))
    code, out, err = run("review", "attach", str(tmp_path / "packet-rating.json"))
    assert code == 0, err
    assert "J. Feld" in out
    assert "J. Feld" in run("packet", "preview", "--json")[1]


def test_ask_attest_attach(
    packet: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gradatim_home: Path
) -> None:
    assert run("evidence", "ask", "E-001", "--from", "M. Sato", "--owner", "Ines")[0] == 0
    assert (
        run("evidence", "ask", "E-001", "--from", "M. Sato", "--owner", "Ines")[0] == 2
    )  # never written over
    page = tmp_path / "attest-E-001.html"
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "other"))
    assert "Ines asks M. Sato" in run("evidence", "attest", str(page))[1]
    words = ("evidence", "attest", str(page), "--stance", "confirms", "--name", "M. Sato", "--role", "Lead")
    assert run(*words)[0] == 2  # how they worked together is missing
    assert run(*words, "--relation", "Same team")[0] == 0
    monkeypatch.setenv("GRADATIM_HOME", str(gradatim_home))
    code, out, err = run("evidence", "attach", str(tmp_path / "attest-E-001-answer.json"))
    assert code == 0, err
    assert "M. Sato: confirms" in out
    assert run("evidence", "check")[0] == 0


def test_a_ledger_that_was_edited_is_reported(packet: Path, run: Run, gradatim_home: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(gradatim_home / "gradatim.db")) as db, db:
        db.execute("DELETE FROM ledger WHERE number = 2")
    code, out, _ = run("evidence", "check")
    assert code == 1
    assert "entry 2 is missing" in out
    facts: dict[str, Any] = json.loads(run("evidence", "check", "--json")[1])
    assert facts["whole"] is False


def test_every_form_is_written_and_never_over_another_file(packet: Path, run: Run, tmp_path: Path) -> None:
    for name in ("packet.json", "packet.md", "packet.pdf"):
        code, _, err = run("packet", "build", "--out", name, "--yes")
        assert code == 0, err
        assert (tmp_path / name).stat().st_size > 1000
    assert run("packet", "verify", "packet.json")[0] == 0
    assert run("packet", "verify", "packet.pdf")[0] == 2
    before = packet.read_bytes()
    assert run("packet", "build", "--out", "packet.html", "--yes")[0] == 2
    assert packet.read_bytes() == before
    assert not [p for p in tmp_path.iterdir() if re.search(r"\.part$", p.name)]


def test_a_badge_is_looked_at_then_recorded(run: Run, tmp_path: Path) -> None:
    made = {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": "https://badges.example/1", "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://badges.example/issuer", "type": ["Profile"], "name": "An academy (example)"},
        "validFrom": "2026-03-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:me", "type": ["AchievementSubject"],
            "achievement": {"id": "https://badges.example/a", "type": ["Achievement"], "name": "Teamwork",
                            "description": "Works well with others.", "criteria": {"narrative": "Named by peers."}},
        },
    }  # fmt: skip
    (tmp_path / "badge.json").write_text(json.dumps(made))
    code, out, err = run("evidence", "badge", "badge.json")
    assert code == 0 and "not checked here" in out and "--record" in out, err
    assert json.loads(run("evidence", "list", "--json")[1]) == []
    code, out, err = run("evidence", "badge", "badge.json", "--record", "--link", "D9:3", "--json")
    assert code == 0, err
    assert json.loads(out)["links"][0]["dimension"] == "D9"
    assert "subject not confirmed as yours" in run("evidence", "list")[1]
    assert "subject not confirmed as yours" in run("evidence", "badge", "badge.json")[1]
    assert run("plan", "set", "--identity", "did:example:me")[0] == 0
    code, out, err = run("evidence", "badge", "badge.json", "--record")
    assert code == 0 and "subject: yours" in out and "not confirmed" not in run("evidence", "list")[1], err
    assert run("evidence", "badge", "badge.json", "--record")[0] == 2
    assert run("evidence", "badge", "badge.json", "--link", "D9")[0] == 2
    del made["issuer"], made["credentialSubject"]
    (tmp_path / "badge.json").write_text(json.dumps(made))
    code, _, err = run("evidence", "badge", "badge.json")
    assert code == 2 and "issuer" in err and "credentialSubject" in err and "Traceback" not in err
