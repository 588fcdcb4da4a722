"""The task `task-pipelines`: a job is run on drawn rows, twice, after a crash, after late rows, with another future."""

# ruff: noqa: E501 (tables of words and sentences stay on a line)
from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from gradatim.core.streams import Stream
from gradatim.lab.task.bench import Bench
from gradatim.lab.task.outcome import Tally

from .warehouse import Warehouse, same

Rows = list[dict[str, Any]]
LATE_DAYS = 3
MOST_KILLS = 3

# entity, events, day, amount, kind, features, totals, names, kinds
WORLDS = (
    ("rider", "trips", "day", "fare", "zone", "rider_features", "rider_totals", "ana bo cem dia eli fay", "north south airport"),
    ("shop", "orders", "order_day", "price", "channel", "shop_daily", "shop_sums", "s1 s2 s3 s4 s5 s6", "web phone counter"),
    ("meter", "readings", "date_no", "kwh", "tariff", "meter_state", "meter_sums", "m07 m11 m13 m17 m19 m23", "day night peak"),
    ("author", "posts", "posted", "words", "topic", "author_profile", "author_totals", "kim lea max noa ola pia", "news howto opinion"),
    ("truck", "stops", "stop_day", "pallets", "depot", "truck_features", "truck_loads", "t-1 t-2 t-3 t-4 t-5 t-6", "east west harbour"),
    ("ward", "visits", "visit_day", "minutes", "triage", "ward_daily", "ward_minutes", "a1 a2 b1 b2 c1 c2", "low middle high"),
    ("sensor", "alarms", "seen_on", "severity", "cause", "sensor_history", "sensor_sums", "p1 p2 p3 q1 q2 q3", "heat noise drift"),
    ("member", "loans", "loan_day", "items", "branch", "member_view", "member_items", "ines jon kai lou mia ned", "main park hill"),
)  # fmt: skip
STATS = {
    "mean": ("mean", "sum(values) / len(values)"),
    "max": ("greatest", "max(values)"),
    "min": ("least", "min(values)"),
    "median": ("median (of an even number, the mean of the two in the middle)", "statistics.median(values)"),
    "range": ("range (greatest less least)", "max(values) - min(values)"),
}
SCALES = {1: "as a part of one", 100: "in per cent", 1000: "in per mille", 10_000: "in basis points"}
FLOORS, CAPS, WINDOWS, LARGEST = range(2, 32), range(60, 95), range(3, 6), 99
LEAKS = {
    "own-day-window": "The column for the usual amount counted the rows of the day itself: its window ended with `<=` where the brief has `<`.",
    "open-pool": "Where nothing was one's own, the usual amount came from everybody's rows from the window's start on, without an end: later days included.",
    "open-whole": "The denominator of `share` had the window's start and no end, so it summed later days too.",
    "latest-row": "The last kind was taken from the last row in the table, not from the last one before the day.",
}
WRITES = {
    "append-again": "The features were appended, so a day that ran twice was there twice.",
    "increment-again": "The totals were read, added to and written back, so whatever ran twice counted twice.",
    "mark-first": "A mark of the last day done was written first and decided what counted: after a crash a day was skipped, and what came late for a day that was done never counted.",
}


class Pipelines:
    """The form and the trial."""

    def form(self, seed: int) -> dict[str, Any]:
        """Names, what is asked (window, statistic, limits, unit, which row is the last), the leak and the write."""
        s = Stream(seed, "task-pipelines/form")
        entity, events, day, amount, kind, features, totals, names, kinds = s.choice(WORLDS, 1)
        stat, leak, write = s.choice(tuple(STATS), 3), s.choice(tuple(LEAKS), 4), s.choice(tuple(WRITES), 5)
        sorts = s.shuffled(kinds.split(), 7)
        scale = s.choice(tuple(SCALES), 8)
        return {
            "entity": entity, "events": events, "day": day, "amount": amount, "kind": kind,
            "features": features, "totals": totals, "names": s.shuffled(names.split(), 6),
            "kinds": sorts, "excluded": sorts[2], "window": s.choice(WINDOWS, 2), "stat": stat,
            "floor": s.choice(FLOORS, 9), "cap": s.choice(CAPS, 10), "tie": s.choice(("higher", "lower"), 11),
            "scale": scale, "scale_told": SCALES[scale], "stat_word": STATS[stat][0], "stat_code": STATS[stat][1], "level": f"{stat}_{amount}", "leak": leak, "write": write,
            "leak_told": LEAKS[leak], "write_told": WRITES[write], "draws": 10, "pass_mark": 0.85,
            "truth": [leak, write, LEAKS[leak], WRITES[write]],
        }  # fmt: skip

    def bench(self, form: Mapping[str, Any], files: Mapping[str, str]) -> Bench:
        """The two files, and a store that is answered here."""
        return Bench(files)

    def trial(
        self, form: dict[str, Any], key: int, files: Mapping[str, str], bench: Bench, tally: Tally, draws: int
    ) -> None:
        """Every draw has its own rows; every run of the job begins with fresh modules."""
        for i in range(draws):
            tally.draw()
            Draw(form, Stream(key, f"task-pipelines/draw/{i}"), bench, tally).run()


class Draw:
    """One draw: rows, and what the job makes of them day by day."""

    def __init__(self, form: dict[str, Any], s: Stream, bench: Bench, tally: Tally) -> None:
        self.form, self.s, self.bench, self.tally = form, s, bench, tally
        self.day = s.integer(form["window"] + 3, form["window"] + 4, 1)
        self.rows = self._rows()
        self.nights: list[Warehouse] = []
        """What the store held before each day, the nights run in order and in time."""

    def run(self) -> None:
        """All five; a job that fails in the plain course of days has nothing to be asked further."""
        failed = self._course()
        if failed:
            for cause in self.tally.points:
                self.tally.miss(cause, f"the job failed: {failed}")
            return
        self.values()
        self.leak()
        self.rerun()
        self.crash()
        self.late()

    def _course(self) -> str:
        store = Warehouse({})
        for day in range(self.day + 1):
            self.nights.append(store.copy())
            failed = self._job(store, day, self._until(day))
            if failed:
                return failed
        self.once = store
        return ""

    def values(self) -> None:
        """Totals in the plain course; features where no row of the day or later is there to leak."""
        store = self.nights[self.day].copy()
        failed = self._job(store, self.day, self._until(self.day - 1))
        if failed:
            self.tally.miss("values", f"the job failed: {failed}")
            return
        self._totals_hold("values", self.once, self.rows, "")
        wanted = self._features(self.rows, self.day)
        self._hold("values", same(self._of_day(store, self.day), wanted), "features", "")

    def leak(self) -> None:
        """The same past with another future: history computed again later."""
        form, day = self.form, self.form["day"]
        past = self._until(self.day - 1)
        names = form["names"]
        other = [
            {"id": 500 + i, form["entity"]: names[i % len(names)], day: self.day + i % 3,
             form["amount"]: form["floor"] if i % 2 else form["cap"] + i, form["kind"]: form["kinds"][i % 2]}
            for i in range(4 * len(names))
        ]  # fmt: skip
        store = self.nights[self.day].copy()
        failed = self._job(store, self.day, [*past, *other])
        seen, other_seen = self._of_day(self.once, self.day), self._of_day(store, self.day)
        if failed:
            self.tally.miss("leak", f"the job failed: {failed}")
        elif not self._keyed(seen):
            self.tally.miss("leak", f"`{form['features']}` does not have one row for each {form['entity']}")
        elif not same(seen, other_seen):
            columns = {
                c
                for a, b in zip(*map(self._in_order, (seen, other_seen)), strict=False)
                for c in a
                if a[c] != b.get(c)
            }
            words = "a column of the features changed" if columns else "the rows of the features changed"
            self.tally.miss("leak", f"{words} when only rows of the day or later did")

    def rerun(self) -> None:
        """Two runs of the same day."""
        store = self.once.copy()
        failed = self._job(store, self.day, self.rows)
        self._as_once("rerun", store, failed, "after a second run ")

    def crash(self) -> None:
        """A run that is killed before its k-th call, then a run in new modules."""
        calls = self.once.calls
        for k in self.s.shuffled(range(1, calls + 1), 50)[:MOST_KILLS]:
            store = self.nights[self.day].copy()
            store.kill_at = k
            self._job(store, self.day, self.rows)
            store.kill_at = None
            failed = self._job(store, self.day, self.rows)
            self._as_once("crash", store, failed, "after a crash and a new run ")
        if not calls:
            self.tally.miss("crash", "the job calls no store")

    def late(self) -> None:
        """Rows of one day arrive days later, with later ids; the days from theirs on are run again, in order."""
        form, first = self.form, self.day - self.s.integer(1, LATE_DAYS, 60)
        on_day = [r for r in self.rows if r[form["day"]] == first]
        gone = on_day[: max(1, len(on_day) // 2)]
        there = [r for r in self.rows if r not in gone]
        rows = [*there, *({**r, "id": 800 + i} for i, r in enumerate(gone))]
        store = self.nights[first].copy()
        for seen in (there, rows):
            for day in range(first, self.day + 1):
                failed = self._job(
                    store, day, [r for r in seen if r[form["day"]] <= day] if seen is there else seen
                )
                if failed:
                    self.tally.miss("late", f"the job failed: {failed}")
                    return
        self._totals_hold("late", store, rows, "after late rows ")
        names = (
            form["entity"],
            form["day"],
            "count",
        )  # other columns may show a leak, which is judged by itself
        wanted = [r for d in range(first, self.day + 1) for r in self._features(rows, d)]
        found = [
            r for r in store.rows(form["features"]) if r.get(form["day"], -1) in range(first, self.day + 1)
        ]
        holds = same(*([{c: r.get(c) for c in names} for r in t] for t in (found, wanted)))
        self._hold("late", holds, "features", "after late rows ")

    # ------------------------------------------------------------------ what is right
    def _as_once(self, cause: str, store: Warehouse, failed: str, when: str) -> None:
        """Both tables as after the plain course of days. A leak is judged by itself: the job is compared with itself."""
        if failed:
            self.tally.miss(cause, f"{when}the job failed: {failed}")
            return
        self._totals_hold(cause, store, self.rows, when)
        once, now = (w.rows(self.form["features"]) for w in (self.once, store))
        self._hold(
            cause, self._keyed(self._of_day(self.once, self.day)) and same(once, now), "features", when
        )

    def _totals_hold(self, cause: str, store: Warehouse, rows: Rows, when: str) -> None:
        right = self._totals(rows, self.day)
        self._hold(cause, same(store.rows(self.form["totals"]), right), "totals", when)

    def _hold(self, cause: str, holds: bool, table: str, when: str) -> None:
        self.tally.check(cause, holds, f"{when}`{self.form[table]}` is not as it should be")

    def _of_day(self, store: Warehouse, day: int) -> Rows:
        return [r for r in store.rows(self.form["features"]) if r.get(self.form["day"]) == day]

    def _keyed(self, rows: Rows) -> bool:
        """One row for each name that has a row before the day."""
        column = self.form["entity"]
        return sorted(str(r.get(column)) for r in rows) == [
            r[column] for r in self._features(self.rows, self.day)
        ]

    def _in_order(self, rows: Rows) -> Rows:
        return sorted(rows, key=lambda r: str(r.get(self.form["entity"])))

    def _until(self, day: int) -> Rows:
        return [r for r in self.rows if r[self.form["day"]] <= day]

    def _features(self, rows: Rows, day: int) -> Rows:
        f = self.form
        known = [r for r in self._usable(rows) if r[f["day"]] < day]
        window = [r for r in known if r[f["day"]] >= day - f["window"]]
        whole = [r[f["amount"]] for r in window]
        made = []
        for name in sorted({r[f["entity"]] for r in known}):
            own = [r[f["amount"]] for r in window if r[f["entity"]] == name]
            by_id = 1 if f["tie"] == "higher" else -1
            mine = [r for r in known if r[f["entity"]] == name]
            last = max(mine, key=lambda r: (r[f["day"]], by_id * r["id"]))
            made.append(
                {
                    f["entity"]: name,
                    f["day"]: day,
                    "count": len(own),
                    f["level"]: _usual(own or whole, f["stat"]),
                    "share": f["scale"] * sum(own) / sum(whole) if sum(whole) else 0.0,
                    f"last_{f['kind']}": last[f["kind"]],
                    "idle_days": day - last[f["day"]],
                }
            )
        return made

    def _totals(self, rows: Rows, day: int) -> Rows:
        f, sums = self.form, dict[str, int]()
        for r in self._usable(rows):
            if r[f["day"]] <= day:
                sums[r[f["entity"]]] = sums.get(r[f["entity"]], 0) + r[f["amount"]]
        return [{f["entity"]: n, "total": t} for n, t in sums.items()]

    def _usable(self, rows: Rows) -> Rows:
        f = self.form
        ours = [r for r in rows if r[f["kind"]] != f["excluded"] and r[f["amount"]] >= f["floor"]]
        return [{**r, f["amount"]: min(r[f["amount"]], f["cap"])} for r in ours]

    # ------------------------------------------------------------------ running it
    def _job(self, store: Warehouse, day: int, rows: Rows) -> str:
        """One run in fresh modules on a store with these rows; why it failed, or nothing."""
        store.tables[self.form["events"]] = list(rows)
        store.calls = 0
        self.bench.fresh()
        port = {"$port": "store", "methods": ["read", "append", "replace"]}
        answer = self.bench.call("job", "run", port, day, asked=store.asked)
        return answer.failure.text if answer.failure else ""

    def _rows(self) -> Rows:
        f, s, made = self.form, self.s, Rows()
        for day in range(self.day + 1):
            for n, name in enumerate(f["names"]):
                # The last name falls silent after the first day, so that a window without own rows is met.
                few = (1.0 if day == 0 else 0.0) if n == len(f["names"]) - 1 else 0.5
                for k in range(2):
                    if s.uniform(10, day, n, k) < few or (k == 0 and day % 3 == n % 3 and few):
                        kind = (
                            f["kinds"][0]
                            if s.uniform(13, day, n) < 0.4
                            else s.choice(f["kinds"], 11, day, n, k)
                        )
                        amount = s.integer(1, LARGEST, 12, day, n, k)
                        made.append({f["entity"]: name, f["day"]: day, f["amount"]: amount, f["kind"]: kind})
        return [{"id": i, **row} for i, row in enumerate(made)]


def _usual(values: Sequence[float], stat: str) -> float:
    if not values:
        return 0.0
    if stat == "median":
        return statistics.median(values)
    if stat == "range":
        return max(values) - min(values)
    return {"max": max, "min": min}.get(stat, lambda v: sum(v) / len(v))(values)


TASK = Pipelines()
