"""Moments of a shift as people read and type them.

A shift of hours has times of day: `09:14`, `09:14:30`. A shift of days has days too: `day 2 09:14`, and `2/09:14` where
a blank is in the way; day 1 is the day on which simulated time begins. Whatever a person sees or types goes through
here (the incident room does the same in `web/static/room/time.js`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

DAY_S = 86_400
ORIGIN_S = 8 * 3600
"""The second of day 1 at which simulated time is 0: every world begins at eight in the morning."""
FORMS = 'a time is written 09:14, on a shift of days "day 2 09:14" or 2/09:14'
_WRITTEN = re.compile(
    r"\s*(?:(?:day\s+(?P<named>-?\d{1,4})\s+)|(?P<short>-?\d{1,4})/)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?\s*",
    re.ASCII | re.IGNORECASE,
)


class Moment(NamedTuple):
    """A time as it was typed: the day, or None when none was named, and the second of that day."""

    day: int | None
    second: float


def read(text: str) -> Moment | None:
    """What a typed time says; None when it is none: `25:00`, `9h14`, `2/`, a number of seconds."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found["hour"]), int(found["minute"]), float(found["second"] or 0)
    if hour > 23 or minute > 59 or second >= 60:
        return None
    day = found["named"] or found["short"]
    return Moment(None if day is None else int(day), hour * 3600 + minute * 60 + second)


class ShiftClock(NamedTuple):
    """The clock of one shift.

    Args:
        days: whether the shift lasts longer than a day, so that a time of day alone says too little.
        origin_s: the second of day 1 at simulated time 0.
    """

    days: bool
    origin_s: int = ORIGIN_S

    @classmethod
    def of(cls, start_s: float, horizon_s: float) -> ShiftClock:
        """The clock of a shift from `start_s` to `horizon_s`, simulated seconds."""
        return cls(horizon_s - start_s > DAY_S)

    def text(self, t_s: float, *, seconds: bool = False) -> str:
        """`09:14` or `day 2 09:14`; with `seconds`, `09:14:30`. What is past the whole second is left off."""
        day, second = divmod(int(t_s // 1) + self.origin_s, DAY_S)
        label = f"{second // 3600:02d}:{second // 60 % 60:02d}"
        if seconds:
            label += f":{second % 60:02d}"
        return f"day {day + 1} {label}" if self.days else label

    def tick(self, t_s: float) -> str:
        """As an axis has it: the time of day, and at midnight of a shift of days the day that begins."""
        day, second = divmod(int(t_s // 1) + self.origin_s, DAY_S)
        if self.days and second == 0:
            return f"day {day + 1}"
        return f"{second // 3600:02d}:{second // 60 % 60:02d}"

    def at(self, moment: Moment) -> float:
        """The simulated second of a typed time. On a shift of hours, the first one that is not before time 0.

        Raises:
            ValueError: it names a day and the shift has none, or names none and the shift has several.
        """
        if self.days and moment.day is None:
            raise ValueError('this shift lasts days: name one, as in "day 2 09:14" or 2/09:14')
        if not self.days and moment.day is not None:
            raise ValueError("this shift lasts hours: name no day, as in 09:14")
        since = moment.second - self.origin_s
        return since % DAY_S if moment.day is None else since + (moment.day - 1) * DAY_S
