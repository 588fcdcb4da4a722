"""What lies on the desk at the start of a shift: handover, price sheet, objectives, runbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from gradatim.core.streams import Stream
from gradatim.sim.telemetry.history import PEOPLE
from gradatim.sim.telemetry.record import USUAL_FACTS

DATA = files("gradatim.sim.telemetry") / "data"
_ODDITIES = (
    "The disk on host 07 fills between log rotations. It has never reached the end; the ticket is open.",
    "One resolver answers slowly now and then. Nothing that serves requests waits for it.",
    "The weather file was late twice last night. Models read the hour before until it comes.",
    "The label joiner falls behind when arrivals bunch. It catches up by itself within the hour.",
    "The sender of rebooking mails stops when its consumers rebalance. Messages wait, none are lost.",
    "CPU steal on two hosts comes from a neighbour's nightly build. The platform team knows.",
    "The certificate check still sees the old certificate on one edge host. The new one is in place.",
    "Bookings answers a few calls with 502 while it deploys. The client tries again.",
)  # fmt: skip
_MOODS = (
    "A calm shift.",
    "Nothing to report but the usual.",
    "Quiet, apart from what is listed.",
    "An ordinary night.",
)


def handover(seed: int, facts: Mapping[str, float] | None = None, *, days: bool = False) -> str:
    """The note of the shift before, in Markdown: two harmless oddities and the state of the budget.

    Args:
        seed: the instance's.
        facts: overrides of `USUAL_FACTS`.
        days: whether the shift that begins lasts days.
    """
    s = Stream(seed, "handover")
    f = {**USUAL_FACTS, **(facts or {})}
    first, second = s.shuffled(_ODDITIES, 1)[:2]
    author, reader = s.shuffled(PEOPLE, 2)[:2]
    rate, left = f["usual_requests_per_s"], 100 * f["budget_left_share"]
    if days:
        traffic = f"Traffic is about {rate:.1f} requests a second over the day, few of them at night."
        asks = (
            "The duty manager is {}; they ask for a status update twice a day while something is wrong. "
            "Dashboards count answers that fail. An answer that is wrong fails nowhere: the model monitors, the "
            "labels of a day later and the differential test are what there is.\n"
        )
    else:
        traffic = f"Traffic is about {rate:.0f} requests a second and grows until noon."
        asks = (
            "The duty manager is {}; they ask for a status update every half hour while something is wrong.\n"
        )
    return (
        f"**Handover**, {author}\n\n"
        f"{s.choice(_MOODS, 3)} {traffic} {left:.0f} % of the 28-day error budget is left.\n\n"
        f"- {first}\n- {second}\n\n" + asks.format(reader)
    )


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price sheet."""

    item: str
    amount: str
    note: str = ""


def price_sheet(lines: Sequence[tuple[str, float, str]]) -> list[Price]:
    """The price sheet as the room shows it, of (item, dollars, note)."""
    return [Price(item, f"−${-usd:,.4g}" if usd < 0 else f"${usd:,.4g}", note) for item, usd, note in lines]


def slo_yaml(facts: Mapping[str, float] | None = None) -> str:
    """The objective as an OpenSLO v1 document: 99.5 % good answers over 28 days."""
    f = {**USUAL_FACTS, **(facts or {})}
    days = round(f["slo_window_s"] / 86_400)
    return f"""apiVersion: openslo/v1
kind: SLO
metadata:
  name: late-prediction-good-answers
  displayName: Good answers
spec:
  description: >-
    Of all requests that ended, the share answered by the model within {1000 * f["good_s"]:.0f} ms
    of the first attempt. Shed, failed, defaulted and fallback answers are not good.
  service: late-prediction
  indicator:
    metadata:
      name: good-answers-ratio
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: Gradatim
            spec:
              query: sum(gateway.good)
        total:
          metricSource:
            type: Gradatim
            spec:
              query: sum(gateway.ended)
  timeWindow:
    - duration: {days}d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: good
      target: {f["slo_target"]:g}
"""


def runbook() -> str:
    """The service's runbook, Markdown. General on purpose: it names no incident."""
    return (DATA / "runbook.md").read_text(encoding="utf-8")
