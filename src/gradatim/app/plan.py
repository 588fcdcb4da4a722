"""The dated plan and the forecast, from what is known of the learner today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gradatim.app.learner import moment
from gradatim.core.errors import StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path.forecast import Situation
    from gradatim.path.pack import ForecastFacts
    from gradatim.path.plan import Plan, SkillState
    from gradatim.path.questions import Answers

# One seed for everybody: two looks at one day give one answer, and a change shows what was changed.
SEED = 1
PACE_FROM_WEEKS = 6.0
FORMULA = (
    "ready = max(study × (1 − scope credit) × overrun, time of the k-th opportunity) + impact lag",
    "overrun uniform from 1.0 to 1.2; k-th opportunity Gamma(k, rate); impact lag lognormal",
)


class Plans:
    """Use cases around time. `now` carries a time zone; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    # ------------------------------------------------------------------ the plan
    def show(self, now: datetime | None = None) -> dict[str, Any]:
        """The plan from today: items in order, dated where there are hours, and what moved since it was kept."""
        from gradatim.path.plan import slips

        now = moment(now)
        plan, hours = self._plan(now)
        kept = self._app.store.newest_plan()
        moved = []
        if kept is not None:
            before = {key: date.fromisoformat(item["end"]) for key, item in kept.items.items()}
            moved = [
                {**s._asdict(), "was": s.was.isoformat(), "now": s.now.isoformat()}
                for s in slips(before, plan)
            ]
        return {
            "today": self._app.learner.today(now).isoformat(),
            "role": self._app.learner.answers().role,
            "dated": plan.dated,
            "weekly_hours": plan.weekly_hours or None,
            "stated_hours": self._app.learner.answers().weekly_hours,
            "pace": hours,
            "hours_left": sum(item.hours for item in plan.items),
            "end": None if plan.end is None else plan.end.isoformat(),
            "message": None if plan.dated else NO_HOURS,
            "next_command": None if plan.dated else "gradatim plan set --hours 5",
            "items": [
                {
                    "id": item.id,
                    "kind": item.kind,
                    "title": item.title,
                    "hours": round(item.hours, 2),
                    "why": item.why,
                    "skill": item.skill,
                    "start": None if item.start is None else item.start.isoformat(),
                    "end": None if item.end is None else item.end.isoformat(),
                }
                for item in plan.items
            ],
            "kept": None if kept is None else {"on": kept.kept_on, "items": len(kept.items)},
            "slips": moved,
        }

    def keep(self, now: datetime | None = None) -> dict[str, Any]:
        """Keep today's plan, so that later ones can say what moved and the pace can be seen.

        Raises:
            StateError: it has no dates.
        """
        now = moment(now)
        plan, _ = self._plan(now)
        if not plan.dated:
            raise StateError(
                "a plan without dates cannot be kept", why=NO_HOURS, next="gradatim plan set --hours 5"
            )
        items = {
            item.id: {"end": item.end.isoformat(), "hours": item.hours} for item in plan.items if item.end
        }
        today = self._app.learner.today(now).isoformat()
        number = self._app.store.keep_plan(today, plan.weekly_hours, items)
        return {"number": number, "kept_on": today, "items": len(items)}

    def _plan(self, now: datetime) -> tuple[Plan, dict[str, Any] | None]:
        """The plan, and the pace it is laid out by when that is not what was said."""
        from gradatim.path.plan import make_plan
        from gradatim.path.questions import scope_credit

        answers = self._app.learner.answers()
        states = self._states(now)
        outcomes = self._app.learner.outcomes(now)
        gaps = [
            (asked.id, asked.title, asked.practice, outcomes[asked.id].hours)
            for asked in self._app._catalogue.prerequisites
            if outcomes[asked.id].hours > 0
        ]
        dimensions = [one.id for one in self._app.learner.rubric.dimensions]
        facts = self._app._catalogue.forecast

        def made(hours: float | None) -> Plan:
            return make_plan(
                self._app._catalogue,
                states,
                weekly_hours=hours,
                today=self._app.learner.today(now),
                scope_credit=scope_credit(answers.scope, dimensions, facts),
                gaps=gaps,
            )

        plan = made(answers.weekly_hours)
        pace = self._pace(plan, answers, now)
        return (plan, None) if pace is None else (made(pace["hours_per_week"]), pace)

    def _states(self, now: datetime) -> dict[str, SkillState]:
        from zoneinfo import ZoneInfo

        from gradatim.path.plan import SkillState

        made = {}
        zone = ZoneInfo(self._app.learner.zone())
        for skill_id, found in self._app.estimates.skills(now).items():
            due = found["retest_due"]
            made[skill_id] = SkillState(
                found["state"],
                bool(self._app._catalogue.labs_of(skill_id)),
                datetime.fromisoformat(due).astimezone(zone).date() if due else None,
            )
        return made

    def _pace(self, plan: Plan, answers: Answers, now: datetime) -> dict[str, Any] | None:
        """The own pace since the plan was kept; None in the first six weeks, or without hours."""
        from gradatim.path.plan import pace

        kept = self._app.store.newest_plan()
        if kept is None or not answers.weekly_hours:
            return None
        weeks = (self._app.learner.today(now) - date.fromisoformat(kept.kept_on)).days / 7
        if weeks < PACE_FROM_WEEKS:
            return None
        left = {item.id for item in plan.items}
        done = sum(item["hours"] for key, item in kept.items.items() if key not in left)
        found = pace(answers.weekly_hours, done, weeks)
        return {"hours_per_week": found, "done_hours": done, "weeks": weeks, "since": kept.kept_on}

    # ------------------------------------------------------------------ the forecast
    def forecast(self, now: datetime | None = None, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """P15, P50 and P85 as dates, the committee after each, what is assumed, and what each lever does.

        Args:
            now: The day it starts from.
            given: Values that replace what is known of the learner: `study_months`, `weekly_hours`,
                `scope_credit`, `opportunities`, `opportunities_per_month`, `lag_months`.

        Raises:
            InputError: a value cannot be; every one is named.
        """
        from gradatim.path import forecast as f
        from gradatim.path.questions import raised, scope_credit

        now = moment(now)
        answers = self._app.learner.answers()
        facts = self._app._catalogue.forecast
        situation, hours, assumed = self._situation(answers, dict(given or {}), now)
        today = self._app.learner.today(now)
        found = f.forecast(situation, SEED)
        dimensions = [one.id for one in self._app.learner.rubric.dimensions]
        more = scope_credit(raised(answers.scope, dimensions), dimensions, facts)
        moved = f.levers(situation, f.usual_changes(situation, hours, more), SEED)
        rate = situation.opportunities_per_month
        low, high = self._app._catalogue.months
        doubted = situation.opportunities > 0 and rate < facts.credible_opportunities_per_month
        return {
            "today": today.isoformat(),
            "possible": found.p50 != float("inf"),
            "why_not": None if found.p50 != float("inf") else _why_never(situation),
            "months": {"p15": found.p15, "p50": found.p50, "p85": found.p85},
            "ready": {k: _iso(f.on_date(today, m)) for k, m in found._asdict().items()},
            "decision": {
                k: _iso(f.next_window(day, answers.committee_windows))
                if (day := f.on_date(today, m)) is not None
                else None
                for k, m in found._asdict().items()
            },
            "windows": _coming(answers, today, f.on_date(today, found.p85)),
            "credible": not doubted,
            "message": _honest(found.p50, rate if doubted else None, hours, (low, high), facts),
            "levers": [lever._asdict() for lever in moved],
            "assumed": assumed,
            "formula": FORMULA,
            "draws": f.DRAWS,
        }

    def _situation(
        self, answers: Answers, given: dict[str, Any], now: datetime
    ) -> tuple[Situation, float, list[dict[str, Any]]]:
        """What the forecast starts from, the hours a week, and where each value comes from."""
        from gradatim.path.forecast import DAYS_PER_MONTH, WEEKS_PER_MONTH, Situation
        from gradatim.path.questions import scope_credit

        facts = self._app._catalogue.forecast
        dimensions = [one.id for one in self._app.learner.rubric.dimensions]
        plan, pace = self._plan(now)
        # Whoever names the study names the whole situation: the learner's own dates stay out of it.
        from_scratch = "study_months" in given
        assumed: list[dict[str, Any]] = []

        def use(name: str, text: str, mine: Any, default: Any, source: str) -> Any:
            if name in given:
                value, source = given[name], "given"
            elif mine is not None and not from_scratch:
                value = mine
            else:
                value, source = default, "assumed"
            assumed.append({"name": name, "text": text, "value": value, "source": source})
            return value

        hours = use(
            "weekly_hours",
            "hours a week",
            (pace or {}).get("hours_per_week") or answers.weekly_hours,
            facts.nominal_hours_per_week if from_scratch else 0.0,
            "your own pace" if pace else "your answer",
        )
        left = plan.full_hours / (hours * WEEKS_PER_MONTH) if hours and hours > 0 else float("inf")
        study = use("study_months", "months of study left at these hours", left, left, "the plan")
        credit = scope_credit(answers.scope, dimensions, facts) if answers.scope else None
        scope = use("scope_credit", "share of study that present scope saves", credit, 0.0, "your answer")
        k = use(
            "opportunities",
            "qualifying opportunities still needed",
            None
            if answers.opportunities_had is None
            else max(facts.opportunities - answers.opportunities_had, 0),
            facts.opportunities,
            "your answer",
        )
        rate = use(
            "opportunities_per_month",
            "qualifying opportunities a month",
            answers.opportunities_per_month,
            facts.credible_opportunities_per_month,
            "your answer",
        )
        lag = use(
            "lag_months",
            "months from the last of them to an effect that can be shown",
            answers.impact_lag_months,
            facts.impact_lag_months,
            "your answer",
        )
        today = self._app.learner.today(now)
        agreed = tuple(
            (day - today).days / DAYS_PER_MONTH for day in answers.opportunities_agreed if day >= today
        )
        situation = Situation(
            study_months=float(study),
            scope_credit=float(scope),
            opportunities=int(k),
            opportunities_per_month=float(rate),
            secured_months=() if from_scratch else agreed,
            lag_months=float(lag),
            lag_sigma=facts.lag_sigma,
            overrun=facts.overrun,
        )
        if not from_scratch:
            situation = replace(situation, not_before_months=self._waiting(answers, now))
        return situation, float(hours or 0.0), assumed

    def _waiting(self, answers: Answers, now: datetime) -> float:
        """Months of experience that are still missing, by the records or by the person's own word."""
        missing = [outcome.months for outcome in self._app.learner.outcomes(now).values()]
        if answers.months_at_level is not None:
            wanted = [p.least.months or 0 for p in self._app._catalogue.prerequisites]
            missing.append(max(max(wanted, default=0) - answers.months_at_level, 0.0))
        return max(missing, default=0.0)

    # ------------------------------------------------------------------ the calendar
    def calendar(self, now: datetime | None = None) -> bytes:
        """The plan, the committees and the dates of the forecast as an iCalendar file.

        Raises:
            MissingGroup: icalendar is not installed.
            StateError: the plan has no dates.
        """
        from gradatim.path.calendar import Day, calendar

        now = moment(now).astimezone(UTC).replace(microsecond=0)
        plan, _ = self._plan(now)
        if not plan.dated:
            raise StateError(
                "a plan without dates makes no calendar", why=NO_HOURS, next="gradatim plan set --hours 5"
            )
        found = self.forecast(now)
        days = [
            Day(
                f"committee-{window}", "Promotion committee", date.fromisoformat(window), "From your answers."
            )
            for window in found["windows"]
        ]
        if found["ready"]["p50"] is not None:
            text = "As of today: one half of the forecast's draws are ready by then."
            days.append(
                Day("forecast-p50", "Forecast: ready (P50)", date.fromisoformat(found["ready"]["p50"]), text)
            )
        answers = self._app.learner.answers()
        return calendar(
            plan,
            days=days,
            slots=answers.study_slots,
            zone=self._app.learner.zone(),
            today=self._app.learner.today(now),
            now=now,
        )


NO_HOURS = "No weekly hours are given, or 0, so the plan is an order without dates and there is no forecast."


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _honest(
    p50: float, few: float | None, hours: float, months: tuple[int, int], facts: ForecastFacts
) -> str | None:
    """What has to be said against the path's own months, or None.

    Args:
        p50: Months of the middle of the forecast.
        few: The opportunities a month when they are too few.
        hours: Hours a week.
        months: What the path says of itself.
        facts: Of the path.
    """
    low, high = months
    said = []
    if few is not None:
        said.append(
            f"At {few:.3g} qualifying opportunities a month, {low} to {high} months is not credible: below about "
            f"{facts.credible_opportunities_per_month:g} a month it is chance, more than study, that sets the date. "
            "Talk with your manager about work that could show the dimensions you lack."
        )
    if high < p50 < float("inf") and 0 < hours < facts.nominal_hours_per_week:
        said.append(
            f"At {hours:.3g} hours a week the middle of the forecast is {p50:.0f} months, beyond the {high} of the "
            f"path, which assumes about {facts.nominal_hours_per_week:g} hours a week."
        )
    return " ".join(said) or None


def _why_never(situation: Situation) -> str:
    if situation.study_months == float("inf"):
        return NO_HOURS
    return "At this rate the opportunities that are needed do not come within fifty years."


def _coming(answers: Answers, today: date, last: date | None) -> list[str]:
    """The committees from today to the one after P85, eight at most."""
    from gradatim.path.forecast import next_window

    found: list[str] = []
    day = today
    while len(found) < 8:
        window = next_window(day, answers.committee_windows)
        if window is None:
            break
        found.append(window.isoformat())
        if last is None or window >= last:
            break
        day = window + timedelta(days=1)
    return found
