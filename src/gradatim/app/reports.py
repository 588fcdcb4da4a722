"""Reports of the work commands as the faces use them: kept, listed, opened, made into evidence, deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from gradatim.core.errors import InputError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store.reports import KeptReport

LARGEST_PAGE = 20_000_000


class Reports:
    """Use cases of kept reports. They hold aggregates and file digests, and the page made of them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def keep(self, facts: Mapping[str, Any], page: str) -> str:
        """Keep a report and its page; returns its id, such as R-007.

        Args:
            facts: the report's JSON, as `gradatim.instruments.report.as_json` makes it.
            page: the self-contained HTML of the same report.

        Raises:
            InputError: the page is larger than 20 MB.
        """
        if len(page) > LARGEST_PAGE:
            raise InputError(
                "the report is too large to be kept",
                [f"{len(page):,} characters; at most {LARGEST_PAGE:,}"],
                next="write it to a file with --html FILE",
            )
        return _id(self._app.store.keep_report(facts, page))

    def list(self) -> list[dict[str, Any]]:
        """Every report, newest first: id, made_at, title, what, verdict, headline, evidence."""
        return [_row(kept) for kept in self._app.store.kept_reports()]

    def get(self, report: str) -> dict[str, Any]:
        """One report with its verdict, files and figures. Raises UnknownName."""
        kept = self._kept(report)
        return {**_row(kept), "facts": kept.facts}

    def page(self, report: str) -> str:
        """The page of a report, as it was made. Raises UnknownName."""
        kept = self._kept(report)
        return self._app.store.kept_page(kept.number) or ""

    def record(self, report: str) -> str:
        """The id of the evidence made of a report; recorded now unless it was before. Raises UnknownName."""
        kept = self._kept(report)
        if kept.evidence is not None:
            return kept.evidence
        day = kept.made_at[:10]
        item = self._app.evidence.record_report(kept.facts, {"started": day, "ended": day})
        self._app.store.set_report_evidence(kept.number, item)
        return item

    def delete(self, report: str) -> None:
        """Delete a report for good; evidence recorded from it stays. Raises UnknownName."""
        number = _number(report)
        if number is None or not self._app.store.drop_report(number):
            self._unknown(report)

    def _kept(self, report: str) -> KeptReport:
        number = _number(report)
        for kept in self._app.store.kept_reports():
            if kept.number == number:
                return kept
        self._unknown(report)

    def _unknown(self, report: str) -> NoReturn:
        known = [_id(kept.number) for kept in self._app.store.kept_reports()]
        raise UnknownName("report", report, known, next="gradatim work reports")


def _id(number: int) -> str:
    return f"R-{number:03d}"


def _number(report: str) -> int | None:
    found = re.fullmatch(r"(?:R-)?(\d{1,9})", report, re.IGNORECASE | re.ASCII)
    return int(found[1]) if found else None


def _row(kept: KeptReport) -> dict[str, Any]:
    facts = kept.facts
    command = str(facts.get("command", "")).removeprefix("gradatim ").split()
    return {
        "id": _id(kept.number),
        "made_at": kept.made_at,
        "title": str(facts.get("title", "")),
        "what": " ".join(command[:2]),
        "verdict": str(facts.get("verdict", {}).get("kind", "")),
        "headline": str(facts.get("verdict", {}).get("headline", "")),
        "evidence": kept.evidence,
    }
