"""Taking a credential out of a file: plain JSON, a compact JWS, or baked into PNG or SVG.

1EdTech, "Open Badges Specification" 3.0, section 5 (document formats): an uncompressed `iTXt` chunk with the keyword
`openbadgecredential`; in SVG an element `credential` of the namespace below, with `verify` or the JSON as its text.
Nothing of an image is drawn or decoded; nothing that a file names is fetched.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
NAMESPACES = ("https://purl.imsglobal.org/ob/v3p0", "https://purl.imsglobal.org/spec/ob/v3p0")
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
LARGEST, LARGEST_TEXT = 8_000_000, 400_000


class Taken(NamedTuple):
    """The text that was found, and what held it: json, jwt, png or svg."""

    text: str
    form: str


def take(data: bytes) -> Taken:
    """The one credential in a file.

    Raises:
        ValueError: there is none, more than one, or the file is malformed; the text says which.
    """
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST:,} bytes")
    if data.startswith(PNG):
        return Taken(_short(_from_png(data)), "png")
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"neither PNG nor UTF-8 text (byte {error.start})") from None
    if text.startswith("<"):
        return Taken(_short(_from_svg(text)), "svg")
    form = "jwt" if TOKEN.fullmatch(text) else "json"
    return Taken(_short(text), form)


def _short(text: str) -> str:
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"its credential is longer than {LARGEST_TEXT:,} characters")
    return text.strip()


def _from_png(data: bytes) -> str:
    """The chunks of a PNG by their lengths and checksums (W3C PNG, section 5)."""
    at, found = len(PNG), []
    while at + 12 <= len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(data):
            raise ValueError("the PNG is cut: a chunk is longer than the file")
        (said,) = struct.unpack(">I", data[end - 4 : end])
        if kind == b"iTXt" and body.startswith(KEYWORD + b"\0"):
            if zlib.crc32(kind + body) != said:
                raise ValueError("the checksum of the PNG's badge chunk does not match")
            found.append(_itxt(body))
        if kind == b"IEND":
            break
        at = end
    if len(found) != 1:
        raise ValueError(
            "no badge is baked into this PNG" if not found else "more than one badge is baked into this PNG"
        )
    return found[0]


def _itxt(body: bytes) -> str:
    """Text of an iTXt chunk: keyword, compression flag and method, language, translated keyword, text."""
    rest = body[len(KEYWORD) + 1 :]
    if len(rest) < 2 or rest[0] != 0:
        raise ValueError("the PNG's badge chunk is compressed, which the specification does not allow")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:
        raise ValueError("the PNG's badge chunk is malformed")
    try:
        return parts[2].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("the PNG's badge chunk is not UTF-8") from None


def _from_svg(text: str) -> str:
    from xml.etree import ElementTree

    # Entities are how a small XML file becomes a large one, or reads another file.
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise ValueError("the SVG declares a document type or entities, which no badge needs")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"not XML: {str(error)[:100]}") from None
    tags = {f"{{{space}}}credential" for space in NAMESPACES}
    found = [e for e in root.iter() if e.tag in tags]
    if len(found) != 1:
        raise ValueError(
            "no badge is baked into this SVG" if not found else "more than one badge is baked into this SVG"
        )
    token = (found[0].get("verify") or "").strip()
    return token or (found[0].text or "").strip()
