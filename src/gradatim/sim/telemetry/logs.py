"""Log lines, written per tick in proportion to what happened, by keyed noise, and only when looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from gradatim.core.errors import InputError
from gradatim.sim.telemetry.logcontext import Block, Context, outcome_name
from gradatim.sim.telemetry.noise import keys, uniform
from gradatim.sim.telemetry.record import Record
from gradatim.sim.telemetry.telemetry import Telemetry
from gradatim.sim.telemetry.templates import TEMPLATES

LEVELS = ("I", "W", "E")
MATCH_CHARS = 200
MATCH_TERMS = 20
_DRAWS = 1 << 20
_PORTION = 512
_SAMPLE_FIELDS = ("request", "arrived_s", "finished_s", "outcome", "attempts", "client")
_FIELD = re.compile(r"\{(\w+)\}")
_WHO = ("client", "client_late", "client_failed", "client_again", "client_refused", "rep")
# Who comes first: other fields of a line speak of the caller or replica that it names.
_FIELDS = tuple(tuple(sorted(_FIELD.findall(t.text), key=lambda f: f not in _WHO)) for t in TEMPLATES)
_WIDTH = 2 + max(len(f) for f in _FIELDS)


class LogLine(NamedTuple):
    """One line. `t_s` is when it was written; it can be read once its tick is complete."""

    t_s: float
    level: str
    component: str
    message: str


class DatedChange(Protocol):
    """A line of the change calendar."""

    @property
    def id(self) -> str: ...
    @property
    def at_s(self) -> float: ...
    @property
    def kind(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def text(self) -> str: ...


def matcher(match: str | None) -> Callable[[str], bool]:
    """A filter as learners write it: plain words separated by `|`, any of which may occur, in any case.

    Not a regular expression, on purpose: time is linear in the text whatever is typed.

    Raises:
        InputError: longer than 200 characters or more than 20 words.
    """
    text = (match or "").strip()
    terms = [t for t in (part.strip().lower() for part in text.split("|")) if t]
    problems = []
    if len(text) > MATCH_CHARS:
        problems.append(f"{len(text)} characters; at most {MATCH_CHARS}")
    if len(terms) > MATCH_TERMS:
        problems.append(f"{len(terms)} words; at most {MATCH_TERMS}")
    if problems:
        raise InputError("this log filter is too long", problems, next="use the log table in the SQL box")
    if not terms:
        return lambda _: True
    return lambda line: any(t in line for t in terms)


class Logs:
    """The log of one world. Lines of a tick are a function of (seed, tick, what happened in it)."""

    def __init__(self, telemetry: Telemetry, changes: Iterable[DatedChange] = ()) -> None:
        self.telemetry = telemetry
        self.changes = tuple(changes)
        self._key = keys(telemetry.record.seed, ["telemetry/logs"])[0]
        self._ticks: list[list[LogLine]] = []
        self._n_before: list[int] = [0]
        self._seen = 0

    def _follow(self) -> None:
        """After a rewind, forget the lines of every tick that ends later."""
        self._seen, to_s = self.telemetry.rewound(self._seen)
        if to_s is not None:
            keep = int(to_s / self.telemetry.record.tick_s + 1e-9)
            del self._ticks[keep:]
            del self._n_before[keep + 1 :]

    def count(self, upto_s: float | None = None) -> int:
        """How many lines can be read at `upto_s` (default: now)."""
        return self._n_before[self._written(upto_s)]

    def lines(
        self,
        from_s: float = 0.0,
        to_s: float | None = None,
        *,
        match: str | None = None,
        level: str | None = None,
        component: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[LogLine]:
        """Lines with from_s <= t_s < to_s (default: all that can be read now).

        Args:
            match: words separated by `|`, any of which occurs in component or message; see `matcher`.
            level: the least level shown: "I", "W" or "E".
            component: only this component.
            limit: at most this many, the newest if `newest_first`, else the oldest.
            newest_first: order.

        Raises:
            InputError: the filter is too long, or the level is unknown.
        """
        keep = matcher(match)
        if level not in (None, *LEVELS):
            raise InputError("unknown log level", [f"{level!r} is not one of I, W, E"])
        loud = LEVELS[LEVELS.index(level) :] if level else LEVELS
        r = self.telemetry.record
        n = self._written(to_s)
        first = max(0, int(from_s / r.tick_s))
        end = r.now_s if to_s is None else to_s
        order: Sequence[int] = range(first, n)
        found: list[LogLine] = []
        for i in reversed(order) if newest_first else order:
            lines = self._ticks[i]
            for line in reversed(lines) if newest_first else lines:
                if line.level not in loud or (component and line.component != component):
                    continue
                if not from_s <= line.t_s < end or not keep(f"{line.component} {line.message}".lower()):
                    continue
                found.append(line)
                if limit is not None and len(found) >= limit:
                    return found
        return found

    def tick_lines(self, first: int, end: int) -> list[LogLine]:
        """All lines of the complete ticks `first` to `end` (excluded), in order of time."""
        self._written(None)
        return [line for lines in self._ticks[first:end] for line in lines]

    def _written(self, upto_s: float | None) -> int:
        """Write what is not yet written up to now; the number of ticks that can be read at `upto_s`."""
        t = self.telemetry
        r = t.record
        self._follow()
        if len(self._ticks) < r.n_ticks:
            block = Block(t, len(self._ticks), r.n_ticks)
            for i in range(len(self._ticks), r.n_ticks):
                lines = _write(block, i, self._key, self.changes)
                self._ticks.append(lines)
                self._n_before.append(self._n_before[-1] + len(lines))
        # A tick that has begun by `upto_s` may hold earlier lines; `lines` cuts by time, `n_ticks` by now.
        if upto_s is None or upto_s >= r.now_s:
            return r.n_ticks
        return min(r.n_ticks, int(np.ceil(upto_s / r.tick_s - 1e-9)))


def _write(block: Block, i: int, key: np.uint64, changes: tuple[DatedChange, ...]) -> list[LogLine]:
    r = block.record
    start_s = i * r.tick_s
    context = Context(block, i)
    drive = context.drivers()
    draws = _draws(key, i, 0)
    used = len(TEMPLATES)
    out: list[LogLine] = []
    for k, template in enumerate(TEMPLATES):
        rate = min(template.cap, drive[template.driver] * template.share)
        n = int(rate) + (draws[k] < rate - int(rate))
        for _ in range(n):
            if used + _WIDTH > len(draws):
                draws += _draws(key, i, len(draws))
            texts = {f: context.field(f, draws[used + 1 + j]) for j, f in enumerate(_FIELDS[k])}
            t_s = _tenth(start_s + draws[used] * r.tick_s)
            out.append(LogLine(t_s, template.level, template.component, template.text.format(**texts)))
            used += _WIDTH
    out += _sampled(r, *context.samples)
    out += _journal(r, start_s, changes)
    out.sort(key=lambda line: line.t_s)
    return out


def _tenth(t_s: float) -> float:
    """Down to a tenth of a second: a line stays inside its tick."""
    return int(t_s * 10.0) / 10.0


def _draws(key: np.uint64, i: int, first: int) -> list[float]:
    entity = np.arange(first, first + _PORTION, dtype=np.int64) + i * _DRAWS
    return list(uniform(key, entity).tolist())


def _sampled(r: Record, lo: int, hi: int) -> list[LogLine]:
    """The sampled requests that needed more than one try or failed, under their own numbers."""
    out = []
    rows = r.samples[lo:hi][list(_SAMPLE_FIELDS)].tolist()
    for request, arrived_s, finished_s, outcome, attempts, client in rows:
        name = outcome_name(r, outcome)
        if attempts <= 1 and name != "failed":
            continue
        tries = "1 try" if attempts == 1 else f"{attempts} tries"
        took_ms = 1000.0 * (finished_s - arrived_s)
        text = f"{name} after {tries}, {took_ms:.0f} ms, {r.client_names[client]} {request_name(request)}"
        out.append(LogLine(_tenth(finished_s), "W" if name == "failed" else "I", "gateway", text))
    return out


def request_name(request: int) -> str:
    """How logs and tables write a sampled request."""
    return f"req s{request:07d}"


_JOURNAL_FORM = {
    "deploy": ("I", "{text}, rolled out"),
    "config": ("I", "configuration loaded: {text}"),
    "restart": ("W", "{text}"),
    "own": ("I", "operator: {text}"),
    "ack": ("I", "operator: {text}"),
    "silence": ("I", "operator: {text}"),
    "page": ("I", "{text}"),
}


def _journal(r: Record, start_s: float, changes: tuple[DatedChange, ...]) -> list[LogLine]:
    """Changes and operators' actions of this tick."""
    end_s = start_s + r.tick_s
    out = []
    for c in changes:
        if start_s <= c.at_s < end_s:
            verb = "rolled out" if c.kind == "deploy" else "loaded"
            out.append(LogLine(_tenth(c.at_s), "I", "deployer", f"{c.id} {c.component}: {c.text}, {verb}"))
    for e in r.journal:
        if start_s <= e.t_s < end_s and e.kind in _JOURNAL_FORM:
            level, form = _JOURNAL_FORM[e.kind]
            out.append(LogLine(_tenth(e.t_s), level, e.component, form.format(text=e.text)))
    return out
