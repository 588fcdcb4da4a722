"""Observations and actions as Gymnasium spaces, made from the catalogues of series, alerts and actions.

Numbers of an action are in [0, 1] and are mapped to the field's range, evenly, or by ratio where the range
spans more than two powers of ten. Texts (an alert, a change, a message, a fact) are indices into what is on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

WAIT = "wait"
LEAST_TICKS, MOST_TICKS = 1.0, 60.0
"""How long a step can be: 10 to 600 s on a shift of hours, 5 minutes to 5 hours on one of days."""
MOST_LISTED = 16
"""How many alerts, changes, messages or facts an index can name; the newest first."""
LARGEST = 1e12
LISTED = ("alert", "change", "message", "fact")


class ActionSpace:
    """The action space of a lab, and the way from a sample to a message.

    `space` is a Dict: `kind` (Discrete; 0 is to wait), `advance` in [0, 1] (1 to 60 ticks), and
    one entry `KIND.FIELD` for each field of each action; those of other kinds are not read. A field that is a list
    of shapes has an entry `KIND.FIELD.SLOT` (Discrete; 0 leaves the slot empty) and one
    `KIND.FIELD.SLOT.SHAPE.FIELD` for each field of each shape.
    """

    def __init__(self, catalogue: list[dict[str, Any]]) -> None:
        self.kinds = [WAIT, *(a["kind"] for a in catalogue)]
        self._shapes = {(a["kind"], n): s for a in catalogue for n, s in _shapes(a["schema"]).items()}
        self.fields: dict[str, dict[str, dict[str, Any]]] = {
            a["kind"]: {n: f for n, f in a["schema"].get("properties", {}).items() if n != "kind"}
            for a in catalogue
        }
        made: dict[str, spaces.Space[Any]] = {
            "kind": spaces.Discrete(len(self.kinds)),
            "advance": _unit(),
        }
        for kind, fields in self.fields.items():
            for name, schema in fields.items():
                made |= self._listed_spaces(kind, name) or {f"{kind}.{name}": _space(schema, name)}
        self.space = spaces.Dict(made)

    def advance_s(self, action: Mapping[str, Any], tick_s: float) -> float:
        """Simulated seconds to let pass after the action."""
        return tick_s * _within(_number(action["advance"]), LEAST_TICKS, MOST_TICKS)

    def message(self, action: Mapping[str, Any], listed: Mapping[str, list[str]]) -> dict[str, Any] | None:
        """The action as a message for `LiveSession.act`, or None to wait.

        Args:
            action: a member of `space`.
            listed: what `alert`, `change`, `message` and `fact` can be now.
        """
        kind = self.kinds[int(action["kind"])]
        if kind == WAIT:
            return None
        made: dict[str, Any] = {"kind": kind}
        for name, schema in self.fields[kind].items():
            if (kind, name) in self._shapes:
                made[name] = self._listed_values(kind, name, action, listed)
            else:
                made[name] = _value(schema, name, action[f"{kind}.{name}"], listed)
        return made

    def _listed_spaces(self, kind: str, name: str) -> dict[str, spaces.Space[Any]]:
        """The entries of a field that is a list of shapes; none for any other field."""
        made: dict[str, spaces.Space[Any]] = {}
        shapes = self._shapes.get((kind, name), {})
        for i in range(int(self.fields[kind][name].get("maxItems", 0)) if shapes else 0):
            made[f"{kind}.{name}.{i}"] = spaces.Discrete(len(shapes) + 1)
            for shape, fields in shapes.items():
                for field, schema in fields.items():
                    if "const" not in schema:
                        made[f"{kind}.{name}.{i}.{shape}.{field}"] = _space(schema, field)
        return made

    def _listed_values(
        self, kind: str, name: str, action: Mapping[str, Any], listed: Mapping[str, list[str]]
    ) -> list[dict[str, Any]]:
        """The items of a field that is a list of shapes: those of the slots that are not empty."""
        made = []
        shapes = self._shapes[kind, name]
        for i in range(int(self.fields[kind][name]["maxItems"])):
            which = int(action[f"{kind}.{name}.{i}"])
            if which == 0:
                continue
            shape = list(shapes)[which - 1]
            made.append(
                {
                    field: schema["const"]
                    if "const" in schema
                    else _value(schema, field, action[f"{kind}.{name}.{i}.{shape}.{field}"], listed)
                    for field, schema in shapes[shape].items()
                }
            )
        return made


def _shapes(schema: Mapping[str, Any]) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Fields of a form that are lists of shapes told apart by one constant: field -> shape -> its fields."""
    found = {}
    for name, field in schema.get("properties", {}).items():
        mapping = field.get("items", {}).get("discriminator", {}).get("mapping", {})
        if field.get("type") == "array" and mapping:
            found[name] = {
                shape: schema["$defs"][ref.rpartition("/")[2]]["properties"] for shape, ref in mapping.items()
            }
    return found


def _unit() -> spaces.Box:
    return spaces.Box(0.0, 1.0, (1,), np.float32)


def _options(schema: Mapping[str, Any]) -> list[Any] | None:
    """The values of a choice, None among them where the field may be empty; None for what is no choice."""
    if "enum" in schema:
        return list(schema["enum"])
    if schema.get("type") == "boolean":
        return [False, True]
    branches = schema.get("anyOf", [])
    found = [list(b["enum"]) for b in branches if "enum" in b]
    if found and any(b.get("type") == "null" for b in branches):
        return [None, *found[0]]
    return None


def _space(schema: Mapping[str, Any], name: str) -> spaces.Space[Any]:
    options = _options(schema)
    if options is not None:
        return spaces.Discrete(len(options))
    if _range(schema) is not None:
        return _unit()
    return spaces.Discrete(MOST_LISTED)


def _range(schema: Mapping[str, Any]) -> tuple[float, float, bool] | None:
    """Least, most, whether whole; None for a text."""
    for branch in (schema, *schema.get("anyOf", [])):
        if branch.get("type") in ("number", "integer"):
            low = branch.get("minimum", branch.get("exclusiveMinimum", 0.0))
            high = branch.get("maximum", branch.get("exclusiveMaximum", low + 1.0))
            return float(low), float(high), branch["type"] == "integer"
    return None


def _value(schema: Mapping[str, Any], name: str, given: Any, listed: Mapping[str, list[str]]) -> Any:
    options = _options(schema)
    if options is not None:
        return options[int(given)]
    bounds = _range(schema)
    if bounds is not None:
        low, high, whole = bounds
        number = _within(_number(given), low, high)
        return round(number) if whole else number
    known = listed.get(name, [])
    index = int(given)
    return known[index] if index < len(known) else ""


def _number(given: Any) -> float:
    return min(1.0, max(0.0, float(np.asarray(given).reshape(-1)[0])))


def _within(share: float, low: float, high: float) -> float:
    """Where a share of the way from `low` to `high` is."""
    if low > 0 and high / low > 100:
        return min(high, math.exp(math.log(low) + share * (math.log(high) - math.log(low))))
    return low + share * (high - low)


class ObservationSpace:
    """What an operator sees, as arrays.

    `space` is a Dict: `clock` (share of the shift that is over), `metrics` (latest visible value of each series, 0
    where there is none), `metrics_known` (1 where there is one), `alerts` (1 for each rule that fires), `pages` (how
    many of them page), `unanswered` (messages that offer facts), `messages`.
    """

    def __init__(self, series: list[str], rules: list[str]) -> None:
        self.series, self.rules = series, rules
        self.space = spaces.Dict(
            {
                "clock": _unit(),
                "metrics": spaces.Box(-LARGEST, LARGEST, (len(series),), np.float64),
                "metrics_known": spaces.MultiBinary(len(series)),
                "alerts": spaces.MultiBinary(len(rules)),
                "pages": spaces.Discrete(len(rules) + 1),
                "unanswered": spaces.Discrete(MOST_LISTED + 1),
                "messages": spaces.Discrete(201),
            }
        )

    def arrays(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """The arrays of what `LiveSession.observe` gave."""
        values = [seen["metrics"].get(name) for name in self.series]
        known = np.array([v is not None and math.isfinite(v) for v in values], dtype=np.int8)
        metrics = np.array([v if k else 0.0 for v, k in zip(values, known, strict=True)], dtype=np.float64)
        firing = [a for a in seen["alerts"] if a["state"] == "firing"]
        names = {a["name"] for a in firing}
        length = seen["horizon_s"] - seen["start_s"]
        share = (seen["t_s"] - seen["start_s"]) / length
        pages = sum(a["severity"] == "page" for a in firing)
        return {
            "clock": np.array([share], dtype=np.float32),
            "metrics": np.clip(metrics, -LARGEST, LARGEST),
            "metrics_known": known,
            "alerts": np.array([r in names for r in self.rules], dtype=np.int8),
            "pages": np.int64(min(pages, len(self.rules))),
            "unanswered": np.int64(min(len(asked(seen)), MOST_LISTED)),
            "messages": np.int64(min(len(seen["inbox"]), 200)),
        }


def asked(seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Messages that offer facts to answer with, newest first."""
    return [m for m in reversed(seen["inbox"]) if m.get("fact_options") and not m.get("answered")]


def listed(seen: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the indices of an action name now: alerts and changes newest first, questions, facts of the newest one."""
    questions = asked(seen)
    facts = [] if not questions else [str(f["id"]) for f in questions[0]["fact_options"]]
    return {
        "alert": ["all", *(a["id"] for a in reversed(seen["alerts"]))][:MOST_LISTED],
        "change": [c["id"] for c in reversed(seen["changes"])][:MOST_LISTED],
        "message": [m["id"] for m in questions][:MOST_LISTED],
        "fact": ["unknown", *facts][:MOST_LISTED],
    }
