"""How fast a drift report is, beside scipy's two-sample Kolmogorov-Smirnov test of every column in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gradatim.core.groups import load

# The child imports what the command needs, then measures: process time and the growth of its peak memory.
PROGRAM = """
import json, re, resource, sys, time
from pathlib import Path
import numpy, pyarrow.compute, pyarrow.parquet
from gradatim.instruments import drift
from gradatim.instruments.report import Input
from gradatim.instruments.tables import digest, open_table
def peak():
    # What getrusage says first is the parent's peak; Linux tells this process's own.
    try:
        return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kind, first, second = sys.argv[1:]
request, settings, before, start = drift.Request(), drift.Settings(), peak(), time.process_time()
if kind == "files":
    reference, _ = drift.profile_of(open_table(Path(first)), request, digest="")
elif kind == "save":
    reference, _ = drift.profile_of(open_table(Path(first)), request, digest="")
    drift.save(reference, Path(second))
    sys.exit()
else:
    reference = drift.load(Path(first))
analysis = drift.analyse(reference, open_table(Path(second)), request, settings)
drift.report(analysis, "", [Input("", "", 0, 0)], pictures=False)
spent = time.process_time() - start
start = time.process_time()
digests = [digest(Path(p)) for p in ([first, second] if kind == "files" else [second])]
print(json.dumps({"cpu_s": spent, "digest_cpu_s": time.process_time() - start, "peak_growth_kb": peak() - before,
    "drifted": [r.name for r in analysis.in_state("drift")]}))
"""


def bench(rows: int = 1_000_000, columns: int = 50, seed: int = 1) -> dict[str, Any]:
    """Write two files, compare them with and without a profile, and time scipy on the same values.

    Half of the columns are normal, a quarter log-normal, a quarter counts; the last one moved by 0.2 sd, and the
    report must say so.

    Args:
        rows: of each file.
        columns: numeric columns.
        seed: of the data.

    Returns:
        CPU seconds of reading, comparing and wording, from a saved profile too; megabytes of memory above what the
        libraries take; CPU seconds of digests; CPU seconds of `scipy.stats.ks_2samp` over the columns.
    """
    with tempfile.TemporaryDirectory(prefix="gradatim-bench-") as folder:
        reference, current, profile = (Path(folder) / n for n in ("ref.parquet", "cur.parquet", "ref.json"))
        _write(reference, rows, columns, seed, 0.0)
        _write(current, rows, columns, seed + 1, 0.2)
        files = _measured("files", reference, current)
        _measured("save", reference, profile)
        saved = _measured("profile", profile, current)
        sizes = (reference.stat().st_size + current.stat().st_size) / 1e6
        scipy_cpu_s = _scipy(reference, current)
    return {
        "rows_each": rows,
        "columns": columns,
        "files_mb": sizes,
        "drift_cpu_s": files["cpu_s"],
        "drift_with_profile_cpu_s": saved["cpu_s"],
        "memory_mb": files["peak_growth_kb"] / 1024,
        "memory_with_profile_mb": saved["peak_growth_kb"] / 1024,
        "digests_cpu_s": files["digest_cpu_s"],
        "scipy_ks_2samp_cpu_s": scipy_cpu_s,
        "times_scipy": scipy_cpu_s / files["cpu_s"],
        "drifted": files["drifted"],
    }


def _write(path: Path, rows: int, columns: int, seed: int, shift: float) -> None:
    import numpy as np

    pyarrow = load("pyarrow", "work", "The drift bench")
    parquet = load("pyarrow.parquet", "work", "The drift bench")
    rng = np.random.default_rng(seed)
    names = [f"x{i:02d}" for i in range(columns)]
    schema = pyarrow.schema([(name, pyarrow.float64()) for name in names])
    with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for start in range(0, rows, 125_000):
            n = min(125_000, rows - start)
            values = {}
            for i, name in enumerate(names):
                draw = rng.normal(size=n) if i % 4 < 2 else rng.lognormal(size=n)
                values[name] = rng.poisson(4, n).astype(float) if i % 4 == 3 else draw
            values[names[-1]] = values[names[-1]] + shift * (2.0 if (columns - 1) % 4 == 3 else 1.0)
            writer.write_table(pyarrow.table(values, schema=schema))


def _measured(kind: str, first: Path, second: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind, str(first), str(second)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout else {}


def _scipy(reference: Path, current: Path) -> float:
    """CPU seconds of the tests alone; reading is not counted."""
    stats = load("scipy.stats", "work", "The drift bench")
    parquet = load("pyarrow.parquet", "work", "The drift bench")
    spent = 0.0
    for name in parquet.read_schema(reference).names:
        x, y = (parquet.read_table(p, columns=[name]).column(0).to_numpy() for p in (reference, current))
        start = time.process_time()
        stats.ks_2samp(x, y, method="asymp")
        spent += time.process_time() - start
    return spent
