"""Copies of a packet to read (PDF, Markdown): made again from its data and compared byte by byte."""

from __future__ import annotations

from pathlib import PurePath

from gradatim.core.errors import GradatimError
from gradatim.path.evidence.text import file_name
from gradatim.path.packet.payload import read
from gradatim.path.packet.pdf import pdf
from gradatim.path.packet.recompute import MISMATCH
from gradatim.path.packet.render import markdown
from gradatim.path.packet.seal import unseal
from gradatim.path.packet.verify import HOLDS, Check


def check_copy(packet: bytes, name: str, data: bytes) -> Check:
    """Whether a copy says what its packet says.

    Args:
        packet: the HTML or JSON file that the copy belongs to.
        name: of the copy, ending in .md or .pdf.
        data: the copy.

    Raises:
        MissingGroup: a PDF, and typst is not installed.
    """
    what, digest = f"copy {file_name(name)}", unseal(packet).digest
    try:
        payload = read(packet)
    except GradatimError:
        return Check(what, MISMATCH, "the packet that it is a copy of cannot be read")
    suffix = PurePath(name).suffix.lower()
    if suffix == ".md":
        made = markdown(payload, digest).encode()
    elif suffix == ".pdf":
        made = pdf(payload, digest)
    else:
        return Check(what, MISMATCH, "a copy to read ends in .md or .pdf")
    if made == data:
        return Check(what, HOLDS, "made again from the packet's data, byte by byte the same")
    # Another typesetter sets other bytes: for a PDF that cannot be told from an alteration.
    also = ", or another version of the typesetter made it" if suffix == ".pdf" else ""
    return Check(
        what, MISMATCH, f"it is not what the packet's data make: altered, or of another packet{also}"
    )
