"""An event of an incident, and the words by which its kind is known."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

MILESTONES = ("impact-start", "detected", "acknowledged", "mitigated", "resolved")
ALERT_FIRED, ALERT_RESOLVED, MESSAGE, NOTE = "alert-fired", "alert-resolved", "message", "note"

SYNONYMS = {
    "impact-start": "impact-start impact impact-started impact-began impact-onset start-of-impact incident-start "
    "incident-started outage-start outage-started start-impact onset",
    "detected": "detected detect detection incident-detected",
    "acknowledged": "acknowledged acknowledge acknowledgement acknowledgment ack acked page-acknowledged "
    "alert-acknowledged incident-acknowledged acknowledge-log-entry",
    "mitigated": "mitigated mitigation mitigate impact-end impact-ended incident-mitigated",
    "resolved": "resolved resolve resolution closed all-clear incident-resolved incident-closed",
    ALERT_FIRED: "alert-fired alert alerted alert-firing alert-triggered firing triggered trigger page paged "
    "trigger-log-entry",
    ALERT_RESOLVED: "alert-resolved alert-cleared alert-recovered recovered cleared recovery resolve-log-entry",
    "deploy": "deploy deployment deployed release rollout",
    "rollback": "rollback roll-back rolled-back revert reverted",
    MESSAGE: "message chat chat-message comment",
    NOTE: "note log info",
}
_KIND = {word: kind for kind, words in SYNONYMS.items() for word in words.split()}


def kind_of(word: str) -> str:
    """A kind as it is spelt here: synonyms become one word, unknown kinds stay, in lower case with hyphens."""
    plain = re.sub(r"[\s_.:/-]+", "-", word.strip().lower()).strip("-")
    return _KIND.get(plain, plain)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a time.

    Args:
        at: the moment, in UTC.
        kind: one of `SYNONYMS`, or the log's own word; "note" where the log gives none.
        text: what the log says.
        who: the person or system, empty where unknown.
        source: name of the file.
        place: where in the file, such as "line 7" or "alert 3".
        number: position in the timeline from 1; 0 before it has one.
        subject: what an alert event is about: equal for the firing and the clearing of one alert.
    """

    at: datetime.datetime
    kind: str
    text: str
    who: str
    source: str
    place: str
    number: int = 0
    subject: str = ""

    @property
    def name(self) -> str:
        """How it is called in drafts and messages: E7."""
        return f"E{self.number}"
