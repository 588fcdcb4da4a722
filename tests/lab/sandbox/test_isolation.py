"""Attacks on the border: each ends as a clear error or reaches nothing, and leaves no process behind.

The second half runs attacks where the kernel refuses namespaces, and where it refuses Landlock and seccomp
as well: a driver process puts a filter on itself that answers EPERM to those calls.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import gradatim

PACKAGE_PARENT = str(Path(gradatim.__file__).resolve().parents[1])
SITE_PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("import os\nos.fork()", "PermissionError"),
        ("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'id'])", "PermissionError"),
        ("import os\nos.execv('/bin/sh', ['sh'])", "PermissionError"),
        ("import multiprocessing\nmultiprocessing.Process(target=print).start()", "PermissionError"),
        ("import os\nos.kill(os.getppid(), 9)", "PermissionError"),
        ("import os\nos.kill(0, 9)", "PermissionError"),
        ("import os\nos.kill(-1, 9)", "PermissionError"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("import socket\nsocket.socket(socket.AF_UNIX)", "PermissionError"),
        ("import os\nos.setuid(0)", "PermissionError"),
        ("import os\nos.chroot('.')", "PermissionError"),
        ("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "not allowed to raise"),
        ("import gradatim", "not gradatim"),
        ("import scipy", "No module named 'scipy'"),
        ("open('/etc/passwd')", "No such file"),
        ("import os\nos.listdir('/proc')", "No such file"),
        ("import os\nos.listdir('/')", "PermissionError"),
        ("import os\nopen(os.__file__, 'a')", "[Errno"),
        ("open('/dev/full', 'w')", "Error"),
        ("open('large', 'wb').write(bytes(20_000_000))", "OSError"),
        ("for i in range(2000):\n    open(str(i), 'w').close()", "OSError"),
        (
            "import _thread, time\nwhile True:\n    _thread.start_new_thread(time.sleep, (99,))",
            "can't start new thread",
        ),
    ],
)
def test_is_refused(bench: Any, body: str, error: str) -> None:
    assert error in bench.error(body).why


@pytest.mark.parametrize("folder", [PACKAGE_PARENT, SITE_PACKAGES])
@pytest.mark.parametrize("module", ["gradatim", "duckdb"])
def test_no_import_path_leads_to_the_platform(bench: Any, folder: str, module: str) -> None:
    before = f"import sys\nsys.meta_path.pop(0)\nsys.path.insert(0, {folder!r})"
    assert f"No module named '{module}'" in bench.error(f"import {module}", before).why


def test_files_of_the_user_are_not_there(bench: Any) -> None:
    secret = bench.folder / "secret.txt"
    secret.write_text("seed 7")
    for call in (f"open({str(secret)!r})", f"import os; os.stat({str(secret)!r})"):
        assert "No such file" in bench.error(call).why


def test_a_fork_bomb_is_contained(bench: Any) -> None:
    error = bench.error("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass")
    assert "0.3 s of CPU" in error.what


def test_the_scratch_folder_can_be_used(bench: Any) -> None:
    body = (
        "import os\nprint(os.listdir('.'))\nopen('a', 'w').write('x')\nprint(open('a').read(), os.getcwd())"
    )
    assert bench.step(body)[1] == "[]\nx /scratch\n"


def test_nothing_tells_the_seed(bench: Any) -> None:
    body = """
        import os, sys
        print(sys.argv, sys.orig_argv, sys.executable, sorted(os.environ))
        print(os.getpid(), os.getppid())
    """
    names = ["LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "PYTHONHASHSEED", "TZ"]
    assert bench.step(body)[1] == f"['policy.py'] []  {names}\n1 0\n"


def test_the_standard_library_is_there(bench: Any) -> None:
    modules = (
        "statistics, dataclasses, heapq, random, decimal, sqlite3, ctypes, zlib, datetime, typing, re, enum"
    )
    assert bench.step(f"import {modules}")[0]["advance_s"] == 60


def test_what_is_active_is_reported(bench: Any) -> None:
    active = bench.start(bench.policy("pass")).isolation
    for part in ("pid namespace", "network namespace", "root folder of its own", "no capabilities"):
        assert part in active
    assert any(item.startswith("landlock") for item in active)
    assert any(item.startswith("seccomp") for item in active)


DRIVER = """
    import ctypes, errno, json, os, sys, tempfile
    from gradatim.core.errors import PolicyError
    from gradatim.lab.sandbox import Limits, PolicyProcess
    from gradatim.lab.sandbox.jail import linux, seccomp

    folder, refused, limits, bodies = json.loads(sys.argv[1])
    tempfile.tempdir = folder + "/temporary"
    numbers = {"x86_64": {"unshare": 272, "mount": 165, "seccomp": 317},
               "aarch64": {"unshare": 97, "mount": 40, "seccomp": 277}}[os.uname().machine]
    numbers["landlock"] = 444
    def line(code, value, yes=0, no=0):
        return code.to_bytes(2, "little") + bytes((yes, no)) + value.to_bytes(4, "little")
    code = line(0x20, 0)
    for name in refused:
        if name == "unshare of pids":  # only without a user namespace, as for a user who is not root
            code += (line(0x15, numbers["unshare"], 0, 4) + line(0x20, 16)
                     + line(0x15, linux.CLONE_NEWPID, 0, 1) + line(6, 0x50000 | errno.EPERM)
                     + line(6, 0x7FFF0000))
        else:
            code += line(0x15, numbers[name], 0, 1) + line(6, 0x50000 | errno.EPERM)
    code += line(6, 0x7FFF0000)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.syscall(numbers["seccomp"], ctypes.c_uint(1), ctypes.c_uint(0),
                  ctypes.byref(seccomp._Program(len(code) // 8, code)))
    results, isolation = [], []
    for body in bodies:
        text = "def policy(obs, query):\\n    " + body.replace("\\n", "\\n    ")
        text += "\\n    return {'actions': [], 'advance_s': 60}\\n"
        process = PolicyProcess.from_text(text, limits=Limits(**limits))
        try:
            with process:
                isolation = process.isolation
                process.step({}, lambda sql: {})
            results.append(["ok", process.output])
        except PolicyError as error:
            results.append([error.what, error.why])
    print(json.dumps([isolation, results]))
"""


def drive(
    bench: Any, refused: list[str], bodies: list[str], **limits: float
) -> tuple[list[str], list[tuple[str, str]]]:
    """Run the bodies in a process to which the kernel refuses some calls."""
    arguments = json.dumps([str(bench.folder), refused, limits, bodies])
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DRIVER), arguments], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert bench.processes() == []
    isolation, results = json.loads(ended.stdout)
    return isolation, [tuple(result) for result in results]


def test_with_a_user_namespace(bench: Any) -> None:
    bodies = [
        "import os\nos.listdir('/proc')",
        "import gradatim",
        "import os\nprint(os.getpid(), os.getcwd())",
    ]
    isolation, results = drive(bench, ["unshare of pids"], bodies)
    assert {"user namespace", "pid namespace", "root folder of its own"} <= set(isolation)
    assert "No such file" in results[0][1]
    assert "not gradatim" in results[1][1]
    assert results[2] == ("ok", "1 /scratch\n")


def test_without_namespaces(bench: Any) -> None:
    find = f"import sys\nsys.meta_path.pop(0)\nsys.path.insert(0, {PACKAGE_PARENT!r})\nimport gradatim"
    bodies = [
        "open('/etc/passwd')",
        f"open({str(bench.folder / 'other')!r}, 'w')",
        find,
        "import os\nos.kill(os.getppid(), 9)",
        "import os\nos.fork()",
        "import numpy\nprint(numpy.arange(3).sum())",
        "open('here', 'wb', 0).write(b'x')",
        "import os\nos.listdir('/proc/' + str(os.getppid()))",
    ]
    isolation, results = drive(bench, ["unshare", "mount"], bodies, step_cpu_s=10, step_wall_s=60)
    assert not [item for item in isolation if "namespace" in item]
    assert [item for item in isolation if item.startswith("landlock")]
    for i in (0, 1, 7):
        assert "Permission denied" in results[i][1]
    assert "gradatim" in results[2][1] and results[2][0] == "the policy failed"
    assert "PermissionError" in results[3][1]
    assert "PermissionError" in results[4][1]
    assert results[5] == ("ok", "3\n")
    assert "File too large" in results[6][1]


def test_with_limits_and_groups_only(bench: Any) -> None:
    daemon = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(99)"
    )
    bomb = "import os, time\nfor i in range(7):\n    os.fork()\ntime.sleep(99)"
    bodies = [
        daemon,
        bomb,
        "import os\nos.kill(os.getppid(), 9)\nwhile True: pass",
        "import gradatim",
        "x = 1",
    ]
    isolation, results = drive(bench, ["unshare", "mount", "landlock", "seccomp"], bodies, step_wall_s=1)
    assert not [item for item in isolation if "namespace" in item or "landlock" in item or "seccomp" in item]
    assert results[0][0] == "ok"
    assert "within 1 s" in results[1][0]
    assert "process ended" in results[2][0]
    assert "not gradatim" in results[3][1]
    assert results[4][0] == "ok"
