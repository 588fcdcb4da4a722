"""Reads words and no chart: texts of changes, settings, names of alerts, notes of a job that it re-runs.

Written with the lab's source at hand: it knows every variant, its right actions and its right diagnosis, and guesses
which one it is. Whoever passes with it has read the source and not the platform.
"""

import re

HOUR_S = 3600.0
CASES = {  # case: component, mechanism, scope, the words of the change behind it, the guardrail against it
    "retries": ("clients", "retry_amplification", "all", "", {"type": "retry_budget", "at": "clients", "ratio": 0.1}),
    "release": (
        "clients", "retry_amplification", "client", r"(ios|android) app 3\.9\.\d at 100",
        {"type": "retry_budget", "at": "gateway", "ratio": 0.1},
    ),
    "cache": ("features", "cold_cache", "all", "", {"type": "size_limit", "of": "store_reads", "limit": 30}),
    "queue": ("predict", "abandoned_work", "all", "", {"type": "size_limit", "of": "queue", "limit": 90}),
    "model": (
        "predict", "slow_model", "all", "model v3 at 100",
        {"type": "canary_gate", "on": "model", "metric": "latency", "min_samples": 2000, "most_worse": 0.2},
    ),
    "leak": (
        "predict", "memory_leak", "all", "serving runtime",
        {"type": "canary_gate", "on": "runtime", "metric": "memory", "min_samples": 2000, "most_worse": 0.1},
    ),
    "batching": (
        "predict", "batch_wait", "all", "batching profile", {"type": "size_limit", "of": "batch_wait", "limit": 150},
    ),
    "host": (
        "hosts", "slow_hardware", "one_host", "",
        {"type": "alert_rule", "metric": "replica_spread", "above": 2.2, "for_min": 2},
    ),
    "counters": (
        "metrics", "telemetry_fault", "all", "",
        {"type": "alert_rule", "metric": "callers_gap_pct", "above": 4, "for_min": 2},
    ),
    "nothing": ("none", "nothing_wrong", "none", "", None),
    "clock": (
        "features", "feature_skew", "all", "feature code",
        {"type": "canary_gate", "on": "config", "metric": "score", "min_samples": 20000, "most_worse": 0.035},
    ),
    "zones": (
        "features", "feature_skew", "airport", "time zone",
        {"type": "canary_gate", "on": "config", "metric": "score", "min_samples": 20000, "most_worse": 0.035},
    ),
    "candidate": (
        "predict", "feature_skew", "one_version", "model v6",
        {"type": "canary_gate", "on": "model", "metric": "score", "min_samples": 20000, "most_worse": 0.035},
    ),
    "labels": (
        "labels", "error_code", "all", "nightly retrain",
        {"type": "ingest_rule", "source": "labels", "check": "one_value", "most_share": 0.15},
    ),
    "job": ("features", "stale_data", "all", "", {"type": "freshness_limit", "of": "features", "max_age_min": 120}),
    "source": ("weather", "stale_data", "all", "", {"type": "freshness_limit", "of": "features", "max_age_min": 120}),
    "quota": (
        "features", "stale_data", "all", "quota per job",
        {"type": "freshness_limit", "of": "features", "max_age_min": 120},
    ),
    "register": ("features", "harmless_shift", "all", "", None),
    "late": ("labels", "label_delay", "all", "", None),
}  # fmt: skip
run = {
    "page_s": None,
    "case": None,
    "todo": [],
    "over_s": None,
    "probe_s": None,
    "at_page": None,
    "undone": [],
}


def newest(obs, words):
    found = [c for c in obs["changes"] if words and re.search(words, c["text"])]
    return found[-1] if found else None


def policy(obs, query):
    now, days, actions = obs["t_s"], obs["tick_s"] > 60, []
    if run["page_s"] is None and any(a["severity"] == "page" for a in obs["alerts"]):
        run.update(page_s=now, at_page=obs)
        actions = [{"kind": "acknowledge", "alert": "all"}]
    if run["page_s"] is None:
        return {"actions": [], "advance_s": HOUR_S - now % HOUR_S if days else 30}
    waited = now - run["page_s"]
    if waited % (12 * HOUR_S if days else 3000) < 1:
        actions.append(
            {"kind": "status_update", "impact": "degraded", "share_low": 0.0, "share_high": 1.0,
             "next_update_min": 720 if days else 60}
        )  # fmt: skip
    for q in obs["inbox"]:
        if q["kind"] == "question" and not q["answered"]:
            actions.append({"kind": "answer", "message": q["id"], "fact": "unknown"})
    if run["case"] is None:
        run["case"] = of_days(obs, query, now, actions) if days else of_hours(obs, waited)
        if run["case"]:
            play(obs, query, now, actions)
            run["over_s"] = now + (5 * HOUR_S if days else 900)
    if run["case"] == "labels" and obs["service"]["model"].startswith("r"):
        night = newest(obs, "nightly retrain")
        if night and night["id"] not in run["undone"]:
            run["undone"].append(night["id"])
            actions.append({"kind": "rollback", "change": night["id"]})
    actions += [a for t, a in run["todo"] if t <= now]
    run["todo"] = [(t, a) for t, a in run["todo"] if t > now]
    over = run["over_s"] is not None and now >= run["over_s"] and not run["todo"]
    if over and not obs["service"]["declared_over"]:
        firing = any(a["name"] == "GoodputFastBurn" and a["state"] != "resolved" for a in obs["alerts"])
        if not firing or now > run["over_s"] + 1800:
            actions.append({"kind": "declare_over"})
    until = HOUR_S - now % HOUR_S if days else 20
    return {"actions": actions, "advance_s": min([until, *(t - now for t, _ in run["todo"])])}


def of_hours(obs, waited):
    """Settings and texts say what could be, names of alerts whether there is an overload."""
    s, before = run["at_page"]["service"], run["at_page"]
    fired = {a["name"] for a in obs["alerts"]}
    firing = {a["name"] for a in obs["alerts"] if a["state"] != "resolved"}
    app = newest(before, CASES["release"][3])
    weak = (
        "retries" if s["clients"]["web"]["remote_retry_budget"] is None
        else "queue" if s["queue_limit"] >= 1000
        else "release" if app and run["page_s"] - app["t_s"] < 2 * HOUR_S
        else None
    )  # fmt: skip
    if weak and waited >= 180 and "QueueDepth" in fired:
        return weak
    if waited < 320:
        return None
    if "GoodputFastBurn" not in firing:
        return "nothing"
    if s["max_wait_ms"] > 200:
        return "batching"
    model = newest(before, CASES["model"][3])
    if "QueueDepth" in fired:
        if model and run["page_s"] - model["t_s"] < 75:
            return "model"
        return "leak" if newest(before, CASES["leak"][3]) else "cache"
    if "LatencyP99High" in firing:
        return "leak" if newest(before, CASES["leak"][3]) else "host"
    return "counters"


def of_days(obs, query, now, actions):
    """A change just before the onset that the page dates; what that leaves open is asked of a re-run of the job."""
    just = [
        c for c in run["at_page"]["changes"] if 2 * HOUR_S - 60 < run["page_s"] - c["t_s"] < 2 * HOUR_S + 300
    ]
    for case in ("clock", "zones", "candidate"):
        if any(CASES[case][3] in c["text"] for c in just):
            return case
    if newest(obs, "nightly retrain"):
        return "labels"
    if run["probe_s"] is None:
        run["probe_s"] = now
        actions.append({"kind": "rerun_job", "job": "weather"})
    if now - run["probe_s"] < 2 * HOUR_S - 1:
        return None
    notes = query("SELECT text FROM changes WHERE text LIKE '%job re-run%' ORDER BY t_s")["rows"]
    said = notes[-1][0] if notes else ""
    if "unchanged" in said:
        return "source"
    if "refused" in said:
        return "quota"
    if not any(a["name"] == "ModelMonitorBreached" and a["state"] != "resolved" for a in obs["alerts"]):
        return "job"
    return "register" if newest(obs, "register of aircraft") else "late"


def slowest(query):
    rows = query(
        "SELECT replica, sum(completed) n FROM replicas WHERE t_s > (SELECT max(t_s) FROM replicas) - 60 "
        "AND state = 'ready' GROUP BY replica ORDER BY n LIMIT 5"
    )["rows"]
    return [int(r) for r, _ in rows]


def play(obs, query, now, actions):
    """What the source says is right for the case, by the clock."""
    case = run["case"]
    component, mechanism, scope, words, rail = CASES[case]
    change = newest(obs, words)
    undo = [{"kind": "rollback", "change": change["id"]}] if change else []
    if scope == "client":
        scope = change["text"].split()[0] if change else "ios"
    if scope == "airport":
        rows = query(
            "SELECT area FROM model_quality WHERE t_s = (SELECT max(t_s) FROM model_quality) AND area <> 'all' "
            "ORDER BY out DESC"
        )["rows"]
        scope = rows[0][0] if rows else "JFK"
    if case == "retries":
        actions += [
            {"kind": "shed", "client": "all", "share": 0.6},
            {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        ]
        run["todo"] = [(now + 80, {"kind": "ramp", "client": "all", "over_s": 30.0})]
    elif case == "release":
        actions += [{"kind": "shed", "client": scope, "share": 0.9}, *undo]
        run["todo"] = [(now + 150, {"kind": "ramp", "client": scope, "over_s": 40.0})]
    elif case == "cache":
        actions += [
            {"kind": "fall_back", "client": "all", "share": 0.55},
            {"kind": "shed", "client": "all", "share": 0.6},
        ]
        run["todo"] = [
            (now + 60, {"kind": "ramp", "client": "all", "over_s": 20.0}),
            (now + 600, {"kind": "fall_back", "client": "all", "share": 0.0}),
        ]
    elif case == "queue":
        actions += [
            {"kind": "fall_back", "client": "all", "share": 1.0},
            {"kind": "set_queue_limit", "limit": 48},
        ]
        run["todo"] = [(now + 150, {"kind": "fall_back", "client": "all", "share": 0.0})]
    elif case == "host":
        actions += [{"kind": "drain", "replica": r} for r in slowest(query)]
    elif case == "counters":
        actions.append({"kind": "repair_telemetry", "exporter": "gateway"})
    elif case == "labels":
        actions.append({"kind": "quarantine", "source": "labels", "hours_back": 24})
    elif case == "quota":
        actions += undo
        run["todo"] = [(now + 300, {"kind": "rerun_job", "job": "weather"})]
    elif case == "source":
        actions += [
            {"kind": "page", "team": "data"},
            {"kind": "set_feature", "features": "weather", "mode": "last_good"},
        ]
        run["todo"] = [
            (now + 3.1 * HOUR_S, {"kind": "rerun_job", "job": "weather"}),
            (now + 4.0 * HOUR_S, {"kind": "set_feature", "features": "weather", "mode": "live"}),
        ]
    else:
        actions += undo
    actions.append(
        {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": scope, "sure": 0.7}
    )
    if rail:
        actions.append({"kind": "submit_prevention", "guardrails": [rail]})
