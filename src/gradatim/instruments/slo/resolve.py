"""From checked OpenSLO documents to SLOs: references followed, queries parsed, numbers that make sense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gradatim.core.errors import InputError
from gradatim.instruments.promql import Expr, parse, selectors
from gradatim.instruments.slo.document import Document, Place
from gradatim.instruments.slo.spec import (
    MINUTE_MS,
    Condition,
    Indicator,
    Kind,
    Objective,
    Slo,
    Window,
    calendar_start,
    duration_ms,
)

_VARIABLE = re.compile(r"\{\{\s*\.?\s*window\s*\}\}|\$\{?(?:window|__rate_interval|__interval|__range)\}?")
"""Stand-ins for a window in the queries of Sloth and of Grafana; any range is replaced later anyway."""


class Resolver:
    """Reads the SLOs out of documents that fit the schema.

    Attributes:
        problems: what cannot be measured, filled by `slos`.
    """

    def __init__(self, documents: Sequence[Document], notes: Sequence[str] = ()) -> None:
        self.problems: list[str] = []
        self._documents = documents
        self._notes = dict(zip(map(id, documents), notes, strict=False))
        self._named: dict[tuple[str, str], Document] = {}
        for document in documents:
            key = (document.value["kind"], document.value["metadata"]["name"])
            if key in self._named:
                self.problems.append(f"{key[0]} {key[1]} is defined twice")
            self._named[key] = document

    def slos(self) -> list[Slo]:
        """Every SLO; those with problems are left out, and the problems kept."""
        documents = [d for d in self._documents if d.value["kind"] == "SLO"]
        if not documents:
            kinds = ", ".join(sorted({d.value["kind"] for d in self._documents}))
            self.problems.append(f"no document of kind SLO; there is: {kinds}")
        read = [self._slo(document) for document in documents]
        return [slo for slo in read if slo is not None]

    def _slo(self, document: Document) -> Slo | None:
        before = len(self.problems)
        meta, spec = document.value["metadata"], document.value["spec"]
        notes = [self._notes[id(document)]] if self._notes.get(id(document)) else []
        indicator = self._indicator(document, notes)
        window = self._window(document, notes)
        kind = indicator.kind if indicator else None
        objectives = self._objectives(document, kind, notes)
        conditions, no_data = self._conditions(document, notes)
        if kind == "raw" and spec["budgetingMethod"] == "Timeslices":
            notes.append(
                "Time slices of a ratio that was computed before: each slice is the mean of its samples."
            )
        if len(self.problems) > before or indicator is None or window is None:
            return None
        return Slo(
            name=meta["name"],
            title=meta.get("displayName") or meta["name"],
            service=spec["service"],
            indicator=indicator,
            window=window,
            method=spec["budgetingMethod"],
            objectives=tuple(objectives),
            conditions=tuple(conditions),
            page_without_data=no_data,
            notes=tuple(notes),
        )

    def _window(self, document: Document, notes: list[str]) -> Window | None:
        listed = document.value["spec"].get("timeWindow")
        if not listed:
            notes.append("No timeWindow is given: 30 days, rolling, are taken.")
            return Window("30d")
        window, place = listed[0], ("spec", "timeWindow", 0)
        if "calendar" not in window:
            return Window(window["duration"])
        calendar = window["calendar"]
        try:
            return Window(window["duration"], calendar_start(calendar["startTime"], calendar["timeZone"]))
        except ValueError as error:
            self.problems.append(f"{document.where((*place, 'calendar'))}: {error}")
            return None

    # ------------------------------------------------------------------------------------------ indicator
    def _indicator(self, document: Document, notes: list[str]) -> Indicator | None:
        spec = document.value["spec"]
        name: str = document.value["metadata"]["name"]
        place: Place = ("spec", "indicator", "spec")
        if "indicatorRef" in spec:
            reference = spec["indicatorRef"]
            other = self._named.get(("SLI", reference))
            if other is None:
                at = document.where(("spec", "indicatorRef"))
                self.problems.append(f"{at}: no SLI named {reference} in this file")
                return None
            document, place, name = other, ("spec",), reference
            sli = other.value["spec"]
        else:
            sli = spec["indicator"]["spec"]
            name = spec["indicator"]["metadata"]["name"]
        if "thresholdMetric" in sli:
            query = self._query(document, (*place, "thresholdMetric"), sli["thresholdMetric"])
            return Indicator(name, "threshold", query, None, False) if query else None
        ratio, place = sli["ratioMetric"], (*place, "ratioMetric")
        kind: Kind = "raw" if "raw" in ratio else "good" if "good" in ratio else "bad"
        numerator = self._query(document, (*place, kind), ratio[kind])
        if kind == "raw":
            success = ratio["rawType"] == "success"
            return Indicator(name, "raw", numerator, None, False, success) if numerator else None
        total = self._query(document, (*place, "total"), ratio["total"])
        if "counter" not in ratio:
            notes.append("The specification does not say `counter`: the metrics are taken as counters.")
        if numerator is None or total is None:
            return None
        return Indicator(name, kind, numerator, total, ratio.get("counter", True))

    def _query(self, document: Document, place: Place, metric: Any) -> Expr | None:
        source, place = metric["metricSource"], (*place, "metricSource")
        kind = source.get("type")
        reference = source.get("metricSourceRef")
        if kind is None and (found := self._named.get(("DataSource", reference))) is not None:
            kind = found.value["spec"]["type"]
        at = document.where((*place, "spec"))
        if kind is not None and kind.lower() != "prometheus":
            self.problems.append(f"{at}: the source is {kind}; only Prometheus is evaluated")
            return None
        query = source["spec"].get("query", source["spec"].get("promql"))
        if not isinstance(query, str) or not query.strip():
            self.problems.append(f"{at}: no query, as text, under `query`")
            return None
        try:
            expr = parse(_VARIABLE.sub("5m", query))
            if not selectors(expr):
                self.problems.append(f"{at}: the query selects no series")
                return None
            return expr
        except InputError as error:
            place = (*place, "spec", "query")
            self.problems += [f"{document.where(place)}: {error.what}: {p}" for p in error.problems]
            return None

    # ------------------------------------------------------------------------------------------ objectives
    def _objectives(self, document: Document, kind: Kind | None, notes: list[str]) -> list[Objective]:
        spec = document.value["spec"]
        listed = spec["objectives"]
        place: Place = ("spec", "objectives")
        if kind == "threshold" and len(listed) > 1:
            self.problems.append(f"{document.where(place)}: a thresholdMetric takes exactly one objective")
        found = [
            self._objective(document, (*place, i), one, kind, spec["budgetingMethod"], notes)
            for i, one in enumerate(listed)
        ]
        names = [one.name for one in found]
        self.problems += [
            f"{document.where(place)}: two objectives are called {name}; give each a displayName of its own"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        return found

    def _objective(
        self, document: Document, place: Place, given: Any, kind: Kind | None, method: str, notes: list[str]
    ) -> Objective:
        target = given["target"] if "target" in given else given["targetPercent"] / 100
        at = document.where(place)
        needed = {
            "op": kind == "threshold",
            "value": kind == "threshold",
            "timeSliceTarget": method == "Timeslices",
            "timeSliceWindow": method != "Occurrences",
        }
        why = {"op": "a thresholdMetric", "value": "a thresholdMetric"}
        for key, wanted in needed.items():
            if wanted and key not in given:
                self.problems.append(
                    f"{at}: {key} is missing; {why.get(key, f'budgetingMethod {method}')} needs it"
                )
            if not wanted and key in given and kind is not None:
                if key == "op":
                    # The specification's own examples have it beside a ratio, where it says nothing.
                    notes.append(f"{at}: op has no meaning beside a ratioMetric and is left out.")
                else:
                    self.problems.append(f"{at}: {key} has no meaning here")
        width = given.get("timeSliceWindow", 0)
        slice_ms = duration_ms(width) if isinstance(width, str) else round(width * MINUTE_MS)
        return Objective(
            name=given.get("displayName") or f"{round(target * 100, 6):g} %",
            target=target,
            op=given.get("op"),
            value=given.get("value", 0.0),
            slice_target=given.get("timeSliceTarget", 0.0),
            slice_ms=slice_ms,
        )

    # ------------------------------------------------------------------------------------------ alert policies
    def _conditions(self, document: Document, notes: list[str]) -> tuple[list[Condition], bool]:
        found, no_data = [], False
        for i, given in enumerate(document.value["spec"].get("alertPolicies") or ()):
            policy = {"alertPolicyRef": given} if isinstance(given, str) else given
            at = document.where(("spec", "alertPolicies", i))
            body = self._follow("AlertPolicy", "alertPolicyRef", policy, at, notes)
            if body is None:
                continue
            no_data |= body["spec"].get("alertWhenNoData", False)
            for condition in body["spec"]["conditions"]:
                inner = self._follow("AlertCondition", "conditionRef", condition, at, notes)
                if inner is not None and body["spec"].get("alertWhenBreaching", True):
                    found.append(_condition(inner, at, notes))
        return found, no_data

    def _follow(self, kind: str, key: str, given: Any, at: str, notes: list[str]) -> Any:
        """The object itself, or the one of that name; the indicator is needed, an alert policy is not."""
        if key not in given:
            return given
        found = self._named.get((kind, given[key]))
        if found is None:
            notes.append(f"{at}: no {kind} named {given[key]} is in this file; its alerts are left out.")
            return None
        return found.value


def _condition(given: Any, at: str, notes: list[str]) -> Condition:
    condition = given["spec"]["condition"]
    after = condition.get("alertAfter", "0m")
    if "op" not in condition:
        notes.append(f"{at}: the condition {given['metadata']['name']} has no op; gt is taken.")
    return Condition(
        name=given["metadata"]["name"],
        severity=given["spec"]["severity"],
        op=condition.get("op", "gt"),
        threshold=float(condition["threshold"]),
        lookback_ms=duration_ms(condition["lookbackWindow"]),
        after_ms=duration_ms(after),
    )
