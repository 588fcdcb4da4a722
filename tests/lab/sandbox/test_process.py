"""The process: its contract, its limits, and the error each failure becomes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from gradatim.core.errors import InputError, PolicyError
from gradatim.lab.sandbox import Limits, PolicyProcess, isolation_here

COUNTING = """
    seen = 0
    def policy(obs, query):
        global seen
        seen += obs["add"]
        rows = query("SELECT " + str(seen))["rows"]
        print("step", seen)
        return {"actions": [{"kind": "note", "rows": rows}], "advance_s": 60}
"""


def asked(sql: str) -> dict[str, Any]:
    return {"columns": ["sql"], "rows": [[sql]]}


def test_globals_persist_queries_come_back_and_prints_are_kept(bench: Any) -> None:
    process = bench.start(textwrap.dedent(COUNTING))
    assert process.step({"add": 1}, asked) == {
        "actions": [{"kind": "note", "rows": [["SELECT 1"]]}],
        "advance_s": 60,
    }
    assert process.step({"add": 2}, asked)["actions"][0]["rows"] == [["SELECT 3"]]
    assert process.output == "step 1\nstep 3\n"
    process.close()
    assert process.output == "step 1\nstep 3\n"
    with pytest.raises(PolicyError, match="already ended"):
        process.step({"add": 1}, asked)


def test_numpy_crosses_as_plain_values(bench: Any) -> None:
    answer = "{'actions': [{'kind': 'k', 'v': np.arange(3)}], 'advance_s': np.int64(5)}"
    process = bench.start(f"import numpy as np\ndef policy(obs, query):\n    return {answer}\n")
    assert process.step({}, asked) == {"actions": [{"kind": "k", "v": [0, 1, 2]}], "advance_s": 5}


def test_every_start_hashes_alike(bench: Any) -> None:
    outputs = {bench.step("print(hash('gradatim'), list({'a', 'b', 'c', 'd'}))")[1] for _ in range(2)}
    assert len(outputs) == 1


def test_a_refused_query_is_an_exception_in_the_policy(bench: Any) -> None:
    def refuse(sql: str) -> dict[str, Any]:
        raise InputError("no table named nope", next="tables: metrics (t_s)")

    text = bench.policy(
        "try:\n    query('x')\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    process = bench.start(text)
    process.step({}, refuse)
    assert "QueryError no table named nope" in process.output
    assert "tables: metrics" in process.output
    text = bench.policy("query('x')")
    with pytest.raises(PolicyError) as caught:
        bench.start(text).step({}, refuse)
    assert "no table named nope" in caught.value.why
    assert "line 3, in policy: query('x')" in caught.value.where


def test_an_error_of_ours_in_a_query_is_not_the_policys(bench: Any) -> None:
    def broken(sql: str) -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bench.start(bench.policy("query('x')")).step({}, broken)


def test_time_in_a_query_is_not_the_policys(bench: Any) -> None:
    def slow(sql: str) -> dict[str, Any]:
        subprocess.run([sys.executable, "-c", "import select; select.select([], [], [], 1.2)"], check=True)
        return {"rows": []}

    process = bench.start(bench.policy("query('x')"), Limits(step_wall_s=1.0))
    assert process.step({}, slow)["advance_s"] == 60


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x7fELF\x00\x00", "binary"),
        ("# caf\xe9\n".encode("latin-1"), "not UTF-8"),
        (b"#" * 300_000, "too large"),
        (None, "no such policy file"),
        ("folder", "a folder"),
    ],
)
def test_a_bad_file_never_starts(tmp_path: Path, content: bytes | str | None, what: str) -> None:
    path = tmp_path / "mine.py"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    process = PolicyProcess(path)
    with pytest.raises(PolicyError, match=what) as caught:
        process.start()
    assert caught.value.where == str(path)
    assert caught.value.next
    assert process._process is None


@pytest.mark.parametrize(
    ("text", "what", "where", "why"),
    [
        ("def policy(obs query):\n    pass\n", "not valid Python", "mine.py, line 1", "SyntaxError"),
        ("x = 1\n", "no function named policy", "mine.py", "returns"),
        ("policy = 3\n", "no function named policy", "mine.py", "returns"),
        ("import json\njson.loads('{')\n", "could not be loaded", "mine.py, line 2", "JSONDecodeError"),
        ("import pandas\n", "could not be loaded", "mine.py, line 1", "No module named 'pandas'"),
    ],
)
def test_a_file_that_does_not_load(bench: Any, text: str, what: str, where: str, why: str) -> None:
    with pytest.raises(PolicyError) as caught:
        bench.start(text)
    assert what in caught.value.what
    assert caught.value.where.startswith(where)
    assert why in caught.value.why


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("3", "an int, not a dict"),
        ("None", "None, not a dict"),
        ("[]", "a list, not a dict"),
        ("{}", "missing key 'actions'; missing key 'advance_s'"),
        ("{'actions': [], 'advance_s': float('nan')}", "not JSON compliant"),
        ("{'actions': [], 'advance_s': float('inf')}", "not JSON compliant"),
        ("{'actions': [], 'advance_s': 0}", "less than 1 s"),
        ("{'actions': [], 'advance_s': -10**400}", "less than 1 s"),
        ("{'actions': [], 'advance_s': 10**400}", "below thirty years"),
        ("{'actions': [], 'advance_s': True}", "a bool, not a number"),
        (
            "{'actions': {'a': 1}, 'advance_s': '60', 'x': 1}",
            "unknown key 'x'; actions is a dict, not a list",
        ),
        (
            "{'actions': [1, {}, {'kind': 3}], 'advance_s': 1}",
            "actions[0] is an int, not a dict; actions[1] has no",
        ),
        ("{'actions': [{'kind': 'k'}] * 99, 'advance_s': 1}", "99 actions"),
        ("{'actions': [{'kind': 'k', 'o': object()}], 'advance_s': 1}", "cannot cross the border"),
        ("{'actions': [{'kind': 'k', 'o': {1}}], 'advance_s': 1}", "a set cannot cross"),
        (
            "{'actions': [{'kind': 'k', 'o': eval('[' * 20 + ']' * 20)}], 'advance_s': 1}",
            "nested more than 16",
        ),
    ],
)
def test_a_bad_answer_is_told_whole(bench: Any, expression: str, problem: str) -> None:
    process = bench.start(f"def policy(obs, query):\n    return {expression}\n")
    with pytest.raises(PolicyError) as caught:
        process.step({}, asked)
    assert problem in caught.value.what
    assert "advance_s" in caught.value.why


@pytest.mark.parametrize(
    ("body", "what", "where", "why"),
    [
        ("x = 1 / 0", "the policy failed", "line 3, in policy: x = 1 / 0", "ZeroDivisionError"),
        ("while True:\n    pass", "more than 0.3 s of CPU", "in policy: while True:", "loop"),
        ("import sys\nsys.exit(3)", "called exit", "in policy: sys.exit(3)", "returns"),
        ("import os\nos._exit(3)", "process ended", "mine.py", "exit code was 3"),
        ("import os\nos.abort()", "process ended", "mine.py", "SIG"),
        ("import ctypes\nctypes.string_at(0)", "process ended", "mine.py", "SIGSEGV"),
        ("f = lambda: f()\nf()", "the policy failed", "in <lambda>", "RecursionError"),
        ("x = bytearray(10_000_000_000)", "ran out of memory", "in policy: x = bytearray", "1,024 MiB"),
        ("query(3)", "the policy failed", "in policy: query(3)", "one string of SQL"),
        (
            "while True:\n    query('x')",
            "the policy failed",
            "in policy: query('x')",
            "more than 100 queries",
        ),
        ("class E(Exception):\n    __str__ = None\nraise E", "the policy failed", "in policy: raise E", "E:"),
        (
            "return {'actions': [{'kind': 'k' * 10_000_000}], 'advance_s': 1}",
            "too large",
            "mine.py",
            "256 KiB",
        ),
    ],
)
def test_what_where_why_next(bench: Any, body: str, what: str, where: str, why: str) -> None:
    error = bench.error(body)
    assert what in error.what
    assert where in error.where
    assert why in error.why
    assert error.next
    assert "/src/gradatim" not in error.describe()


def test_waiting(bench: Any) -> None:
    error = bench.error("import time\ntime.sleep(99)", limits=Limits(step_wall_s=0.5))
    assert error.what == "the policy did not answer within 0.5 s"
    assert error.where == "mine.py, line 4, in policy: time.sleep(99)"


def test_a_loop_that_catches_everything_is_ended(bench: Any) -> None:
    body = (
        "import signal\nfor n in (14, 24, 27):\n    signal.signal(n, signal.SIG_IGN)\nwhile True:\n    pass"
    )
    assert "within 0.8 s" in bench.error(body, limits=Limits(step_wall_s=0.8)).what


def test_memory_taken_slowly(bench: Any) -> None:
    error = bench.error(
        "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))",
        limits=Limits(memory_mb=256, step_cpu_s=5, step_wall_s=10),
    )
    assert error.what == "the policy ran out of memory"


def test_cpu_in_all(bench: Any) -> None:
    process = bench.start(
        bench.policy("import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"),
        Limits(total_cpu_s=1, step_cpu_s=2),
    )
    with pytest.raises(PolicyError, match="more than 1 s of CPU in all"):
        for _ in range(6):
            process.step({}, asked)


def test_wall_in_all(bench: Any) -> None:
    process = bench.start(
        bench.policy("import time\ntime.sleep(0.4)"), Limits(total_wall_s=1.0, step_wall_s=0.9)
    )
    with pytest.raises(PolicyError, match="more than 1 s in all"):
        for _ in range(6):
            process.step({}, asked)


def test_prints_are_bounded_and_apart_from_the_channel(bench: Any) -> None:
    answer, output = bench.step(
        "import os\nprint('\\0\\xff')\nos.write(1, bytes(range(256)))\nos.write(2, b'err')"
    )
    assert answer["advance_s"] == 60
    assert output.startswith("\0ÿ\n") and output.endswith("err")
    answer, output = bench.step("print('x' * 20_000_000)", limits=Limits())
    assert answer["advance_s"] == 60
    assert len(output) < 70_000
    assert output.endswith("bytes more were dropped]\n")


def test_forged_frames_are_told(bench: Any) -> None:
    write = "import os\nfor fd in range(3, 64):\n    try: os.write(fd, {frame})\n    except OSError: pass"
    assert "too large" in bench.error(write.format(frame="b'\\xff' * 99")).what
    assert "disturbed its channel" in bench.error(write.format(frame="b'\\0\\0\\0\\2' + b'no'")).what
    assert "disturbed its channel" in bench.error(write.format(frame="b'\\0\\0\\0\\2' + b'[]'")).what
    infinite = 'b\'{"type":"reply","value":{"actions":[],"advance_s":1e999}}\''
    assert (
        "disturbed"
        in bench.error(write.format(frame=f"len({infinite}).to_bytes(4, 'big') + {infinite}")).what
    )
    report = 'b\'{"type":"error","kind":3,"frames":[{"line":"x"}],"message":[]}\''
    forged = bench.error(write.format(frame=f"len({report}).to_bytes(4, 'big') + {report}"))
    assert forged.what == "the policy failed"
    assert "closed" in bench.error("import os\nos.closerange(0, 64)").why


def test_half_a_surrogate_pair_does_not_come_through(bench: Any) -> None:
    process = bench.start(
        "def policy(o, q):\n    return {'actions': [{'kind': '\\ud800'}], 'advance_s': 1}\n"
    )
    assert process.step({}, asked)["actions"] == [{"kind": "?"}]


def test_a_process_that_stops_reading(bench: Any) -> None:
    text = bench.policy("query('x')\ntime.sleep(9)", "import signal, time\nsignal.signal(14, signal.SIG_IGN)")
    process = bench.start(text, Limits(step_wall_s=0.8))
    victim = next(pid for pid in bench.processes() if pid != process._process.pid)

    def stop(sql: str) -> dict[str, Any]:
        os.kill(victim, signal.SIGSTOP)
        return {"rows": ["x" * 30_000_000]}

    with pytest.raises(PolicyError, match="did not answer"):
        process.step({}, stop)


@pytest.mark.parametrize("who", ["supervisor", "policy"])
def test_killed_from_outside(bench: Any, who: str) -> None:
    process = bench.start(bench.policy("pass"))
    supervisor = process._process.pid
    victims = [pid for pid in bench.processes() if (pid == supervisor) == (who == "supervisor")]
    assert len(victims) == 1
    os.kill(victims[0], signal.SIGKILL)
    if who == "supervisor":
        process._process.wait(10)
    with pytest.raises(PolicyError, match="process ended"):
        process.step({}, asked)
    process.close()
    process.close()


def test_a_killed_parent_leaves_nothing(bench: Any) -> None:
    driver = f"""
        import os, signal, tempfile
        from gradatim.lab.sandbox import PolicyProcess
        tempfile.tempdir = {str(bench.folder / "temporary")!r}
        process = PolicyProcess.from_text("import time\\ndef policy(o, q):\\n    time.sleep(99)\\n")
        process.start()
        print("started", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(driver)], capture_output=True, text=True)
    assert ended.stdout == "started\n"
    assert ended.returncode == -signal.SIGKILL
    for pid in bench.processes():
        _wait_for_end(pid)  # the supervisor sees the closed pipe, a moment later


def _wait_for_end(pid: int) -> None:
    import select

    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    assert poll.poll(10_000), "the policy outlived its parent by ten seconds"
    os.close(handle)


def test_what_holds_here_can_be_shown() -> None:
    assert "no new privileges" in isolation_here() or sys.platform == "darwin"


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="step_cpu_s, threads"):
        Limits(step_cpu_s=0, threads=-1)


def test_the_parent_needs_neither_numpy_nor_numba() -> None:
    code = "import sys, gradatim.lab.sandbox; print(sorted({'numpy', 'numba', 'duckdb'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
