"""A packet altered by a person who knows the form of the file, with and without sealing it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from gradatim.app import App
from gradatim.core.errors import GradatimError
from gradatim.path.evidence.signed import new_key
from gradatim.path.packet.seal import EMPTY, seal
from gradatim.path.packet.verify import verify

NOW = "2026-11-19T10:00:00Z"
DATA = '<script type="application/json" id="packet">'
SEAL = re.compile(rb"gradatim-seal:v1:[0-9a-f]{64}:[0-9a-f]{64}:[0-9a-f]{128}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A packet of two items as HTML and JSON, and the owner's key."""
    app = App(tmp_path_factory.mktemp("owner"))
    for i in (4, 8):
        told = {
            "kind": "work", "title": f"Piece {i}", "own_share": 0.6, "action": "Did it.", "result": "It held at 0.42.",
            "started": "2026-01-10", "ended": "2026-09-30", "project": f"p{i}",
            "links": [{"dimension": f"D{i}", "level": 3}],
            "artefacts": [{"name": "a.txt", "digest": f"sha256:{'a' * 64}", "bytes": 3}],
        }  # fmt: skip
        app.evidence.record(told, now=NOW)
    files = {form: app.packets.build(form, owner="Ines", now=NOW)[0] for form in ("html", "json")}
    key = (app.home / "signing.key").read_text().strip()
    app.store.close()
    return {**files, "key": key}


def shown(change: Callable[[str], str]) -> Callable[[str], str]:
    """A change of what a reader sees, the data left as they are."""

    def changed(text: str) -> str:
        seen, data = text.split(DATA)
        return change(seen) + DATA + data

    return changed


def data(change: Callable[[str], str]) -> Callable[[str], str]:
    """A change of the data, what a reader sees left as it is."""

    def changed(text: str) -> str:
        seen, told = text.split(DATA)
        return seen + DATA + change(told)

    return changed


ALTERED: dict[str, Callable[[str], str]] = {
    "words shown": shown(lambda t: t.replace("held at 0.42", "held at 0.99")),
    "title shown": shown(lambda t: t.replace("Piece 4", "Piece 5")),
    "verdict shown": shown(lambda t: t.replace("Not yet at the bar", "At the bar")),
    "zero width shown": shown(lambda t: t.replace("Piece 4", "Pie\u200bce 4")),
    "turned round": shown(lambda t: t.replace("Piece 4", "\u202ePiece 4")),
    "look-alike letter": shown(lambda t: t.replace("Piece 4", "Pi\u0435ce 4")),
    "a paragraph more": shown(lambda t: t.replace("</h1>", "</h1><p>Promoted.</p>", 1)),
    "hidden by style": shown(lambda t: t.replace("</style>", "#check{display:none}</style>")),
    "policy loosened": shown(lambda t: t.replace("form-action", "x-action")),
    "words in the data": data(lambda t: t.replace("held at 0.42", "held at 0.99")),
    "own share": data(lambda t: t.replace("0.6", "0.9")),
    "level claimed": data(lambda t: t.replace('"level":3', '"level":4')),
    "spaces in the data": data(lambda t: t.replace('","', '", "', 1)),
    "an escape": data(lambda t: t.replace("Piece 4", "\\u0050iece 4", 1)),
    "items swapped": data(lambda t: re.sub(r'"items":\[(\d+),(\d+)\]', r'"items":[\2,\1]', t)),
    "an item dropped": data(lambda t: re.sub(r'"items":\[(\d+),(\d+)\]', r'"items":[\1]', t)),
    "entries swapped": data(lambda t: _swapped(t)),
    "words in both": lambda t: t.replace("held at 0.42", "held at 0.99"),
    "digest of a file": lambda t: t.replace("a" * 64, "b" + "a" * 63),
    "line ends": lambda t: t.replace("\n", "\r\n"),
    "a line more": lambda t: t + "\n",
    "a byte order mark": lambda t: "\ufeff" + t,
    "a comment": lambda t: t.replace("</body>", "<!-- --></body>"),
    "attribute order": lambda t: t.replace(
        'type="application/json" id="packet"', 'id="packet" type="application/json"'
    ),
    "a second payload": lambda t: t.replace("</body>", f"{DATA}{{}}</script></body>"),
    "cut": lambda t: t[: len(t) // 2],
}


def _swapped(text: str) -> str:
    told, end = text.split("</script>")
    payload = json.loads(told)
    payload["chain"].reverse()
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "</script>" + end


def found(file: bytes) -> bool:
    try:
        return not verify(file).ok
    except GradatimError:
        return True


@pytest.mark.parametrize("how", ALTERED)
def test_every_alteration_is_found_sealed_again_or_not(made: dict[str, Any], how: str) -> None:
    altered = ALTERED[how](made["html"].decode()).encode()
    assert altered != made["html"]
    assert found(altered)
    if SEAL.search(altered) is None:
        return
    blank = SEAL.sub(EMPTY.encode(), altered)
    for key in (new_key(), made["key"]):
        assert found(seal(blank, key)), "sealed again"


@pytest.mark.parametrize("by", ["gradatim 0.0.1", "gradatim 9.9.9", "nobody"])
def test_naming_another_version_does_not_free_the_page(made: dict[str, Any], by: str) -> None:
    text = made["html"].decode().replace("held at 0.42", "held at 0.99", 1)
    text = re.sub(r'"made_by":"[^"]*"', f'"made_by":"{by}"', text)
    assert found(seal(SEAL.sub(EMPTY.encode(), text.encode()), made["key"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace('","', '", "', 1),
        lambda t: t.replace('"packet":', '"packet":{},\n"packet":', 1),
        lambda t: json.dumps(json.loads(t)),
        lambda t: t.rstrip()[:-1] + ',"more":1}\n',
    ],
)
def test_the_json_form_likewise(made: dict[str, Any], change: Callable[[str], str]) -> None:
    assert verify(made["json"]).ok
    altered = change(made["json"].decode()).encode()
    assert altered != made["json"] and found(altered)
    assert found(seal(SEAL.sub(EMPTY.encode(), altered), made["key"]))
