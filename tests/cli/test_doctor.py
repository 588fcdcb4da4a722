"""`gradatim doctor`: every check can fail, and says what mends it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from gradatim.cli import main
from gradatim.cli.doctor import data, machine
from gradatim.store import Store

CHECKS = [
    "python",
    "platform",
    "packages",
    "data",
    "simulator",
    "disk",
    "store",
    "port",
    "isolation",
    "browser",
]


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, object]]]:
    code = main(["doctor", "--json"])
    out, err = capsys.readouterr()
    assert err == ""
    checks = json.loads(out)["checks"]
    return code, {check["check"]: check for check in checks}


def test_a_machine_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    code, checks = run(capsys)
    assert list(checks) == CHECKS
    assert code == 0, checks
    assert {check["state"] for check in checks.values()} <= {"ok", "warn"}
    assert isinstance(checks["disk"]["figures"], dict) and checks["disk"]["figures"]["free_mb"] > 0


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line.split()[1] for line in lines[1 : 1 + len(CHECKS)]] == CHECKS
    assert any(line.startswith("ready") for line in lines)


def test_a_damaged_database(gradatim_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(gradatim_home):
        pass
    path = gradatim_home / "gradatim.db"
    content = bytearray(path.read_bytes())
    content[100:3000] = b"\xa7\x13" * 1450
    path.write_bytes(content)
    code, checks = run(capsys)
    assert code == 2
    assert checks["store"]["state"] == "fail"
    assert checks["store"]["next"]


def test_a_whole_database(gradatim_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(gradatim_home):
        pass
    code, checks = run(capsys)
    assert code == 0
    assert "whole" in str(checks["store"]["detail"])


def test_a_home_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "file"))
    code, checks = run(capsys)
    assert code == 2
    assert checks["home"]["state"] == "fail"


def test_a_package_of_another_version(tmp_path: Path) -> None:
    lock = tmp_path / "core.txt"
    lock.write_text(
        "click==0.1 \\\n    --hash=sha256:00\n"
        "no-such-package==1.0 \\\n    --hash=sha256:00\n"
        "only-elsewhere==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    finding = machine.packages(lock)
    assert finding.state == "fail"
    assert "(locked 0.1)" in finding.detail
    assert "no-such-package missing (locked 1.0)" in finding.detail
    assert "only-elsewhere" not in finding.detail
    assert finding.next == "touch requirements/core.txt && make setup"


def test_the_lock_is_read_whole(root: Path) -> None:
    pins = machine.locked((root / "requirements" / "core.txt").read_text(encoding="utf-8"))
    assert {"click", "numba", "numpy", "sqlalchemy"} <= set(pins)
    assert all(version and version[0].isdigit() for versions in pins.values() for version, _ in versions)


def test_a_changed_data_file(tmp_path: Path) -> None:
    (tmp_path / "flights.parquet").write_bytes(b"as it was")
    digest = "f7b2e8bb5e9ae1dd3f6e4ee0b8bb2f0a26a5ea50f4ba7e0c2f0c3c26be5ffa5c"
    rows = f"| `flights.parquet` | `{digest}` |\n| `gone.npz` | `{digest}` |\n"
    (tmp_path / "PROVENANCE.md").write_text(f"## SHA-256 of the outputs\n\n{rows}")
    finding = data.digests(tmp_path)
    assert finding.state == "fail"
    assert finding.detail == "flights.parquet was changed; gone.npz is missing"


def test_no_data_at_all(tmp_path: Path) -> None:
    assert data.digests(tmp_path).state == "fail"


def test_a_port_in_use() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        finding = machine.port(other.getsockname()[1])
    assert finding.state == "warn"
    assert finding.next == "gradatim --port 0"


def test_no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "MAC_BROWSERS", ())
    assert machine.browser().state == "warn"


def test_a_simulator_not_compiled_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert data.simulator().state == "warn"


@pytest.mark.parametrize(("free_mb", "state"), [(10, "fail"), (100, "warn"), (5000, "ok")])
def test_space(free_mb: int, state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import shutil

    usage = type(shutil.disk_usage(tmp_path))(10**12, 0, free_mb * 1_000_000)
    monkeypatch.setattr(data.shutil, "disk_usage", lambda _: usage)
    assert data.disk(tmp_path).state == state
