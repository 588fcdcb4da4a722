"""The request as a page that a person opens from a mail: one file, no server, nothing sent."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def request_page(request: dict[str, Any], *, title: str) -> str:
    """The HTML page of a signed request. Its text is put in by script as text, never as markup."""
    script = (_HERE / "request.js").read_text(encoding="utf-8")
    style = (_HERE / "request.css").read_text(encoding="utf-8")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_source(script)}'",
            f"style-src '{_source(style)}'",
            "form-action 'none'",
        ]
    )
    # "<" never stands in the data: a text cannot end its own script element.
    data = json.dumps(request, ensure_ascii=True).replace("<", "\\u003c")
    return _PAGE.format(
        policy=html.escape(policy), title=html.escape(title), style=style, script=script, data=data
    )


def _source(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1 id="who">{title}</h1>
<p class="quiet">Your answer becomes a file on your own computer, which you send back yourself; this page sends nothing.
It goes into a ledger and may be read by the people who decide on a promotion. Say only what you saw.</p>
<dl id="claim"></dl>
<form id="form">
<h2>Your answer</h2>
<fieldset><legend>Is this what happened?</legend>
<label><input type="radio" name="stance" value="confirms" required> Yes, as it is written</label>
<label><input type="radio" name="stance" value="confirms in part"> In part; my words say which</label>
<label><input type="radio" name="stance" value="disputes"> No</label>
</fieldset>
<label for="share">Their part of it as you saw it, in per cent; leave it empty if you cannot say</label>
<input id="share" name="share" type="number" min="0" max="100" step="1">
<label for="words">In your own words: what did you see them do?</label>
<textarea id="words" name="words" rows="5" maxlength="2000"></textarea>
<label for="name">Your name</label><input id="name" name="name" type="text" required minlength="2" maxlength="120">
<label for="role">Your role</label><input id="role" name="role" type="text" required minlength="2" maxlength="120">
<label for="relation">How you worked with them</label>
<input id="relation" name="relation" type="text" required minlength="2" maxlength="120">
<button type="submit">Sign and save the answer</button>
<output id="done" role="status"></output>
</form>
</main>
<script type="application/json" id="request">{data}</script>
<script>{script}</script>
</body>
</html>
"""
