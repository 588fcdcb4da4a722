"""Open Badges 3.0 of others: taken out of their files, checked as far as that goes here, made into evidence."""

from .item import badge_item
from .proof import Proof, check_token, parts_of
from .reading import Badge, read
from .subject import Whose, whose

__all__ = [
    "Badge",
    "Proof",
    "Whose",
    "badge_item",
    "check_token",
    "parts_of",
    "read",
    "whose",
]
