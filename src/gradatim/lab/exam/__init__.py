"""The exam of a live lab: what is drawn, with what margin, what it comes to, and a reviewer's signed nonce."""

from __future__ import annotations
