"""The first page must not wait for the simulator: nothing heavy is imported before it has been served."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
import httpx, anyio
from gradatim.web.application import create_app
from gradatim.web.service import lazy_app

async def main():
    app = create_app(lazy_app(Path(sys.argv[1])), "t")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8642") as client:
        for path in ("/", "/labs", "/attempts", "/skills/incident-response", "/labs/incident-response"):
            answer = await client.get(path, headers={"Authorization": "Bearer t"})
            assert answer.status_code == 200, (path, answer.text)
    print(",".join(sorted({"numba", "numpy", "duckdb", "scipy", "sklearn"} & set(sys.modules))))

anyio.run(main)
"""


def test_pages_come_without_numba_numpy_or_duckdb(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_importing_the_face_imports_no_framework() -> None:
    frameworks = "{'fastapi', 'uvicorn', 'jinja2', 'pydantic'}"
    program = f"import sys, gradatim.web; print(','.join(sorted({frameworks} & set(sys.modules))))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
