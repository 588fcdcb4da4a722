"""The whole page: verdict first, then the evidence, what was not checked, the files, the command."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gradatim.core.errors import InputError
from gradatim.instruments.report.blocks import glyph, listing, table, text
from gradatim.instruments.report.report import Report

STYLESHEET = Path(__file__).parent / "report.css"
WORDS = {"good": "Good", "bad": "Bad", "unsure": "Not sure"}
# The browser itself refuses any request and any script, whatever a later hand adds to a body.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(report: Report) -> str:
    """One HTML file: light, dark and print; no script, no request, no external reference."""
    verdict = report.verdict
    shape = glyph("good" if verdict.kind == "good" else "bad" if verdict.kind == "bad" else "quiet")
    sections = "".join(
        f'<section class="section"><h2>{text(s.title)}</h2>{s.body}</section>' for s in report.sections
    )
    unchecked = (
        f'<section class="section"><h2>What was not checked</h2>{listing(report.not_checked)}</section>'
        if report.not_checked
        else ""
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{text(report.title)}</title>
<style>
{STYLESHEET.read_text(encoding="utf-8")}</style>
</head>
<body>
<main class="page">
<p class="eyebrow">Gradatim report</p>
<h1>{text(report.title)}</h1>
<section class="verdict {verdict.kind}" aria-label="Verdict">
<p class="st">{shape}{WORDS[verdict.kind]}</p>
<p class="headline">{text(verdict.headline)}</p>
{listing(verdict.why) if verdict.why else ""}
</section>
{sections}
{unchecked}
<section class="section"><h2>Files and command</h2>
{_inputs(report)}
<div class="cmd"><code>{text(report.command)}</code></div>
<p class="cap">Made on this machine; nothing was sent anywhere. Files are named by digest, their rows are not in
this report unless the command asked for them.</p>
</section>
</main>
</body>
</html>
"""


def write(report: Report, path: Path) -> None:
    """Write the page beside its place and move it there, so a crash leaves no half file.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    replace(path, render(report).encode())


def replace(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written", why=error.strerror or str(error), next="choose a folder that exists"
        ) from None
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o666 & ~umask)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _inputs(report: Report) -> str:
    if not report.inputs:
        return ""
    rows = [(i.name, f"{i.rows:,}", f"{i.bytes:,}", i.digest) for i in report.inputs]
    return table(["file", "rows", "bytes", "digest"], rows, right=(1, 2))
