"""The packet as a file: HTML that needs nothing else, or JSON. The seal is put in afterwards."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gradatim.path.packet.page import page_facts
from gradatim.path.packet.payload import as_text
from gradatim.path.packet.seal import EMPTY

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
Form = Literal["html", "json"]


_SHOWN_BY = ("packet.html", "packet.css", "page.py", "worded.py", "../evidence/wording.py")


@cache
def maker() -> str:
    """What a packet names as its maker: this version, and which page it shows; another page cannot be compared here."""
    from gradatim import __version__

    shown = hashlib.blake2b(digest_size=4)
    for name in _SHOWN_BY:
        shown.update((HERE / name).read_bytes())
    return f"gradatim {__version__}, page {shown.hexdigest()}"


def render(payload: Mapping[str, Any], form: Form) -> bytes:
    """The file, `EMPTY` standing where the seal belongs. The same payload gives the same bytes."""
    if form == "json":
        return f'{{"seal": "{EMPTY}",\n"packet": {as_text(payload)}}}\n'.encode()
    style = (HERE / "packet.css").read_text(encoding="utf-8")
    source = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = (
        _environment()
        .get_template("packet.html")
        .render(
            seal=EMPTY,
            style=style,
            policy=f"default-src 'none'; style-src 'sha256-{source}'; base-uri 'none'; form-action 'none'",
            # "<" never stands in the data: a text cannot end its own script element.
            data=as_text(payload).replace("<", "\\u003c"),
            **page_facts(payload),
        )
    )
    return page.encode()


def markdown(payload: Mapping[str, Any], digest: str) -> str:
    """A copy to read or to paste; it cannot be verified and names the digest of the file that can."""
    return _environment().get_template("packet.md").render(digest=digest, **page_facts(payload))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    env = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["md"] = plain_markdown
    return env


def plain_markdown(text: object) -> str:
    """Text that Markdown shows as it is: nothing in it is a link, an image, a heading or HTML."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>~=&$:^@/" else c for c in str(text))
    return " ".join(escaped.split())
