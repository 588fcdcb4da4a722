"""The use cases as the web face sees them, and a lazy way to reach them.

`gradatim.app` opens the store and knows the labs; the server must accept its first request before any of that
is imported, so the faces hold a `Lazy` that builds the app when the first page asks for something.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

Record = dict[str, Any]


class Room(Protocol):
    """One live attempt (see `gradatim.app.Room`)."""

    def hello(self) -> Record: ...
    def clock(self) -> Record: ...
    def advance(self, seconds: float) -> Record: ...
    def next_alert(self, limit_s: float | None = None) -> Record: ...
    def seek_end_s(self, limit_s: float | None = None) -> float: ...
    def seek(self, end_s: float) -> Record: ...
    def since(self, cursor: Record | None) -> Record: ...
    def observe(self) -> Record: ...
    def preview(self, action: Record) -> Record: ...
    def act(self, action: Record) -> Record: ...
    def query(self, sql: str) -> Record: ...
    def log(
        self,
        *,
        match: str | None = None,
        level: str | None = None,
        component: str | None = None,
        before_s: float | None = None,
        limit: int = 200,
    ) -> Record: ...
    def notes(self) -> str: ...
    def set_notes(self, text: str) -> None: ...
    def rewind(self, to_s: float) -> Record: ...


class Service(Protocol):
    """The part of `gradatim.app.App` that pages and the JSON API call."""

    @property
    def exams(self) -> Any:
        """`gradatim.app.exams.Exams`."""

    @property
    def learner(self) -> Any:
        """`gradatim.app.learner.Learner`."""

    @property
    def estimates(self) -> Any:
        """`gradatim.app.estimates.Estimates`."""

    @property
    def tasks(self) -> Any:
        """`gradatim.app.tasks.Tasks`."""

    @property
    def plan(self) -> Any:
        """`gradatim.app.plan.Plans`."""

    @property
    def reports(self) -> Any:
        """`gradatim.app.reports.Reports`."""

    def path(self) -> Record: ...
    def skill(self, skill_id: str) -> Record: ...
    def rubric(self) -> Record: ...
    def retests(self) -> list[Record]: ...
    def next_step(self) -> Record: ...
    def labs(self) -> list[Record]: ...
    def lab(self, lab_id: str) -> Record: ...
    def start(self, lab_id: str, *, seed: int | None = None, family: str | None = None) -> Record: ...
    def attempts(self, lab_id: str | None = None) -> list[Record]: ...
    def attempt(self, attempt_id: str) -> Record: ...
    def room(self, attempt_id: str) -> Room: ...
    def finish(self, attempt_id: str) -> Record: ...
    def references(self, attempt_id: str) -> Record: ...
    def debrief(self, attempt_id: str) -> Record: ...
    def whatif(self, attempt_id: str, edits: list[Record]) -> Record: ...
    def fork(self, attempt_id: str, at_s: float) -> Record: ...
    def replay(self, attempt_id: str) -> Record: ...
    def score(self, attempt_id: str) -> Record: ...
    def submission(self, attempt_id: str) -> Record: ...


class Lazy:
    """Builds the service on first use, once, whichever thread comes first."""

    def __init__(self, build: Callable[[], Service]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._service: Service | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)

    @property
    def service(self) -> Service:
        """The service itself.

        Raises:
            GradatimError: the home folder or the store cannot be used.
        """
        with self._lock:
            if self._service is None:
                self._service = self._build()
            return self._service


def lazy_app(home: Path | None) -> Lazy:
    """The use cases over `home` (the user's data folder when None), imported when first needed."""

    def build() -> Service:
        from gradatim.app import App

        return App(home=home)

    return Lazy(build)
