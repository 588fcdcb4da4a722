"""Tasks over processes: in order, all of them, and an error is an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gradatim.lab.parallel import each


def test_results_come_in_the_order_of_the_tasks_here_and_elsewhere() -> None:
    tasks = [(7, 2), (9, 4), (8, 3)]
    told: list[int] = []
    assert each(divmod, tasks, workers=1, done=told.append) == [(3, 1), (2, 1), (2, 2)]
    assert told == [1, 2, 3]
    assert each(divmod, tasks, workers=2) == [(3, 1), (2, 1), (2, 2)]


def test_elsewhere_is_another_process_even_with_one_worker() -> None:
    assert each(os.getpid, [()], workers=1) == [os.getpid()]
    assert each(os.getpid, [()], workers=1, elsewhere=True) != [os.getpid()]


def test_the_error_of_a_task_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        each(divmod, [(1, 1), (1, 0)], workers=2)


BUSY = """
import os, time
from gradatim.lab.parallel import each

def work(i):
    print(os.getpid(), flush=True)
    time.sleep(120)

if __name__ == "__main__":
    each(work, [(0,), (1,)], workers=2)
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        assert len(set(workers)) == 2
        parent.send_signal(signal.SIGKILL)
        # The workers hold the other end of this pipe: it ends when the last of them has.
        assert parent.stdout.read() == ""
