"""A second right answer: relieve first by answering from the late-rate table, then mend, then give back.

Slower to relieve than shedding and cheaper for each request; undoes nothing it need not undo.
"""

CLIENTS = ("web", "ios", "android", "partner")
HOUR_S = 3600.0
SIGNS = (
    "labels.zero_delay_pct", "labels.overdue_pct", "features.weather_out_of_range_pct", "features.weather_age_h",
    "features.weather_psi", "features.aircraft_psi", "features.aircraft_out_of_range_pct",
)  # fmt: skip
memory = {
    "page_s": None,
    "case": None,
    "acted_s": None,
    "good_since": None,
    "spoken_s": None,
    "ramped": False,
    "scope": "all",
    "change": None,
    "well_s": 0,
    "slow_s": 0,
    "last_s": None,
    "stolen_at": -1e9,
    "killed_at": -1e9,
    "days": {
        "case": None,
        "say": None,
        "change": None,
        "scope": "all",
        "said": False,
        "asked": False,
        "busy": False,
        "rerun_s": None,
        "ran_s": None,
        "well_s": None,
        "undone": [],
        "paged": False,
    },  # fmt: skip
}


def policy(obs, query):
    if obs["tick_s"] > 60:
        return days(obs, query)
    m, now, actions = obs["metrics"], obs["t_s"], []
    page = next(
        (a for a in obs["alerts"] if a["severity"] == "page" and a["state"] in ("firing", "acknowledged")),
        None,
    )
    if memory["page_s"] is None:
        if page is None:
            return {"actions": [], "advance_s": 3 * obs["tick_s"]}
        memory["page_s"] = now
        actions.append({"kind": "acknowledge", "alert": page["id"]})
    bad_5m = min(1.0, (m["slo.burn_5m"] or 0.0) * 0.005)
    bad_1m = min(1.0, (m["slo.burn_1m"] or 0.0) * 0.005)
    if memory["case"] == "counters":
        # The gateway's own figures are what is broken: the callers' are not.
        bad_1m = bad_5m = 1.0 - callers_good(m)
    memory["good_since"] = (memory["good_since"] or now) if bad_1m < 0.03 else None
    if memory["case"] is None:
        watch(m, now, bad_1m)
        memory["case"] = recognise(obs, m, query)
        if memory["case"]:
            memory["acted_s"] = now
            actions += treat(obs)
    actions += follow(obs, m, now)
    actions += speak(now, bad_5m, bad_1m)
    actions += answers(obs, bad_5m, bad_1m)
    settled = memory["good_since"] is not None and now - memory["good_since"] >= 240
    if settled and not obs["service"]["declared_over"] and done(obs):
        if memory["case"] is None:
            actions.append(
                {
                    "kind": "diagnose",
                    "component": "none",
                    "mechanism": "nothing_wrong",
                    "scope": "none",
                    "sure": 0.9,
                }
            )
        actions.append({"kind": "submit_prevention", "guardrails": GUARDRAILS.get(memory["case"], [])})
        actions.append({"kind": "declare_over"})
    return {"actions": actions, "advance_s": 20 if not obs["service"]["declared_over"] else 240}


def callers_good(m):
    """Share of good answers as the callers count them."""
    seen = [m[f"clients.{c}.good_pct"] for c in CLIENTS]
    return min(1.0, sum(x for x in seen if x is not None) / max(1, sum(x is not None for x in seen)) / 100.0)


def watch(m, now, bad_1m):
    """For how long the gateway has called bad what callers and replicas find well; for how long batches are slow."""
    step = now - (memory["last_s"] if memory["last_s"] is not None else now)
    memory["last_s"] = now
    if (m["hosts.cpu_steal_pct"] or 0.0) > 8.0:
        memory["stolen_at"] = now
    if (m["predict.restarts"] or 0.0) + (m["predict.starting"] or 0.0) > 0:
        memory["killed_at"] = now
    calm = callers_good(m) > 0.97 and (m["predict.queue_depth"] or 0.0) < 5.0 and usual_speed(m)
    memory["well_s"] = memory["well_s"] + step if calm and bad_1m > 0.05 else 0
    memory["slow_s"] = memory["slow_s"] + step if not usual_speed(m) else 0


def slow_replicas(query):
    """Replicas that finish far less than the others; none when all are alike."""
    rows = query(
        "SELECT replica, sum(completed) AS n FROM replicas WHERE t_s > (SELECT max(t_s) FROM replicas) - 60 "
        "AND state = 'ready' GROUP BY replica ORDER BY replica"
    )["rows"]
    usual = sorted(n for _, n in rows)[len(rows) // 2] if rows else 0
    slow = [int(r) for r, n in rows if n < 0.4 * usual]
    return slow if 0 < len(slow) <= 5 else []


def recognise(obs, m, query):
    """What keeps it bad; None while nothing but a passing trigger can be seen."""
    if memory["well_s"] >= 100:
        return "counters"
    if (m["predict.memory_max_mb"] or 0.0) > 1400:
        return "leak"
    stolen = (m["hosts.cpu_steal_pct"] or 0.0) > 8.0
    if stolen and (m["slo.burn_1m"] or 0.0) > 4.0:
        memory["slow"] = slow_replicas(query)
        if memory["slow"]:
            return "host"
    # Replicas that have just been killed are cold: how slow they are says nothing of the model.
    killed = memory["last_s"] - memory["killed_at"] < 150
    own = memory["slow_s"] >= 40 and memory["last_s"] - memory["stolen_at"] > 100 and not killed
    if own and (m["features.hit_share"] or 1.0) > 0.85:
        memory["change"] = culprit(obs, "predict", "model v")
        if memory["change"]:
            return "model"
    if (m["predict.batch_size"] or 0.0) > 8.5 and (m["predict.cpu_pct"] or 100.0) < 90:
        memory["change"] = culprit(obs, "predict", "batching")
        return "batching"
    if (m["features.hit_share"] or 1.0) < 0.75:
        return "cache"
    tries = {c: m[f"clients.{c}.attempts_per_request"] or 1.0 for c in CLIENTS}
    lowest = min(tries.values())
    for c in CLIENTS:
        if tries[c] > 2.5 and tries[c] > 1.8 * lowest:
            memory["scope"] = c
            return "release"
    if lowest > 1.6:
        return "retries"
    if (m["predict.queue_depth"] or 0.0) > 2.0 * 80 and (
        m["predict.served_after_client_gone_pct"] or 0.0
    ) > 50:
        return "queue"
    return None


def culprit(obs, component, word):
    """The newest change of a component whose text has a word."""
    found = [
        c
        for c in obs["changes"]
        if c["component"] == component and word in c["text"] and "at 20 %" not in c["text"]
    ]
    return found[-1]["id"] if found else None


KNOWN = {
    "counters": ("metrics", "telemetry_fault", "all"),
    "leak": ("predict", "memory_leak", "all"),
    "host": ("hosts", "slow_hardware", "one_host"),
    "model": ("predict", "slow_model", "all"),
    "batching": ("predict", "batch_wait", "all"),
}


def relieve_and_mend(obs):
    """Some relief by the table while the one right change takes effect."""
    case = memory["case"]
    component, mechanism, scope = KNOWN[case]
    said = {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": scope, "sure": 0.8}
    if case == "counters":
        return [{"kind": "repair_telemetry", "exporter": "gateway"}, said]
    if case == "host":
        return [said, *({"kind": "drain", "replica": r} for r in memory["slow"])]
    if case == "leak":
        memory["change"] = culprit(obs, "predict", "runtime")
        return [{"kind": "rollback", "change": memory["change"]}, said] if memory["change"] else [said]
    if case == "batching":
        return [{"kind": "set_batching", "max_batch": 8, "max_wait_ms": 10}, said]
    return [
        {"kind": "fall_back", "client": "all", "share": 0.8},
        {"kind": "rollback", "change": memory["change"]},
        said,
    ]


def treat(obs):
    """Relief by fallback for whom it concerns, and a measure against the cause."""
    case, scope = memory["case"], memory["scope"]
    if case in KNOWN:
        return relieve_and_mend(obs)
    if case == "cache":
        return [
            {"kind": "fall_back", "client": "all", "share": 0.5},
            {
                "kind": "diagnose",
                "component": "features",
                "mechanism": "cold_cache",
                "scope": "all",
                "sure": 0.8,
            },
        ]
    if case == "release":
        memory["change"] = culprit(obs, "clients", scope)
        return [
            {"kind": "fall_back", "client": scope, "share": 1.0},
            {"kind": "rollback", "change": memory["change"]},
            {
                "kind": "diagnose",
                "component": "clients",
                "mechanism": "retry_amplification",
                "scope": scope,
                "sure": 0.8,
            },
        ]
    if case == "retries":
        return [
            {"kind": "set_retries", "client": "all", "max_attempts": 1},
            {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
            {
                "kind": "diagnose",
                "component": "clients",
                "mechanism": "retry_amplification",
                "scope": "all",
                "sure": 0.8,
            },
        ]
    memory["change"] = culprit(obs, "predict", "queue limit")
    return [
        {"kind": "fall_back", "client": "all", "share": 0.9},
        {"kind": "rollback", "change": memory["change"]}
        if memory["change"]
        else {"kind": "set_queue_limit", "limit": 64},
        {
            "kind": "diagnose",
            "component": "predict",
            "mechanism": "abandoned_work",
            "scope": "all",
            "sure": 0.8,
        },
    ]


def follow(obs, m, now):
    """End the fallback when the service can carry the load again."""
    if memory["acted_s"] is None or memory["ramped"]:
        return []
    since = now - memory["acted_s"]
    if memory["case"] in KNOWN and (memory["case"] != "model" or since < 60 or not usual_speed(m)):
        return []
    if memory["case"] == "model":
        memory["ramped"] = True
        return [{"kind": "fall_back", "client": "all", "share": 0.0}]
    if memory["case"] == "retries":
        if since < 600 or (memory["good_since"] or now) > now - 120:
            return []
        memory["ramped"] = True
        return [{"kind": "set_retries", "client": "all", "max_attempts": 3}]
    if memory["case"] == "queue":
        ready = since >= 90 and (m["predict.queue_depth"] or 0.0) < 8
    elif memory["case"] == "release":
        ready = since >= 120 and (m["predict.queue_depth"] or 0.0) < 8 and usual_speed(m)
    else:
        ready = since >= 150 and (m["features.hit_share"] or 0.0) > 0.74
    if not ready:
        return []
    memory["ramped"] = True
    return [{"kind": "fall_back", "client": memory["scope"], "share": 0.0}]


def usual_speed(m):
    """Replicas take their normal time for a batch."""
    size = m["predict.batch_size"] or 1.0
    return (m["predict.batch_ms"] or 1e9) < 1.5 * (20 + 55 * size)


# What stands in the way of the next one: other places than the senior's where there is another.
GUARDRAILS = {
    "counters": [{"type": "alert_rule", "metric": "callers_gap_pct", "above": 5, "for_min": 3}],
    "leak": [{"type": "rollout_stages", "on": "runtime", "stages": 5, "hold_min": 60}],
    "host": [{"type": "alert_rule", "metric": "replica_spread", "above": 2.4, "for_min": 3}],
    "model": [{"type": "rollout_stages", "on": "model", "stages": 5, "hold_min": 45}],
    "batching": [
        {"type": "canary_gate", "on": "config", "metric": "latency", "min_samples": 1000, "most_worse": 0.25}
    ],
    "cache": [{"type": "size_limit", "of": "store_reads", "limit": 24}],
    "release": [
        {
            "type": "canary_gate",
            "on": "client",
            "metric": "attempts",
            "min_samples": 20000,
            "most_worse": 0.009,
        }
    ],
    "retries": [{"type": "retry_budget", "at": "gateway", "ratio": 0.12}],
    "queue": [{"type": "size_limit", "of": "queue", "limit": 72}],
}


def done(obs):
    """Nothing of ours is still holding users back."""
    return all(c["fallback_share"] == 0 for c in obs["service"]["clients"].values())


def speak(now, bad_5m, bad_1m):
    """A first update within minutes, the next before its promise, a last one when it is over."""
    first = memory["spoken_s"] is None
    if first and now - memory["page_s"] < 60:
        return []
    if not first and now - memory["spoken_s"] < 1500:
        return []
    if not first and bad_5m < 0.02:
        return []
    memory["spoken_s"] = now
    impact = "down" if bad_5m > 0.6 else "degraded" if bad_5m > 0.05 else "ok"
    return [
        {
            "kind": "status_update",
            "impact": impact,
            "share_low": round(max(0.0, bad_5m - 0.15), 2),
            "share_high": round(min(1.0, bad_5m + 0.15), 2),
            "cause": "suspected" if memory["case"] else "unknown",
            "next_update_min": 30,
        }
    ]


def answers(obs, bad_5m, bad_1m):
    """Answer what is known; leave nothing unanswered."""
    out = []
    for q in obs["inbox"]:
        if q["kind"] != "question" or q["answered"] and q["answer"] != "unknown":
            continue
        if q["id"] == "q-share":
            fact = (
                "none"
                if bad_5m < 0.01
                else "some"
                if 0.04 < bad_5m < 0.27
                else "many"
                if bad_5m > 0.33
                else "unknown"
            )
        elif q["id"] == "q-change":
            fact = "yes" if memory["change"] and memory["change"] in q["text"] else "no"
        else:
            fact = "over" if bad_1m < 0.02 else "not" if bad_1m > 0.08 else "unknown"
        if fact != q["answer"]:
            out.append({"kind": "answer", "message": q["id"], "fact": fact})
    return out


# ---------------------------------------------------------------------- a shift of days
def days(obs, query):
    """The question is what the model says, not how fast: hour by hour."""
    m, now, actions, d = obs["metrics"], obs["t_s"], [], memory["days"]
    page = next(
        (a for a in obs["alerts"] if a["name"] == "ModelMonitorBreached" and a["state"] != "resolved"), None
    )
    if memory["page_s"] is None:
        if page is None:
            return {"actions": [], "advance_s": HOUR_S - now % HOUR_S}
        memory["page_s"] = now
        actions.append({"kind": "acknowledge", "alert": page["id"]})
        actions.append(
            {"kind": "status_update", "impact": "degraded", "surface": "data_quality", "share_low": 0.0,
             "share_high": 0.7, "next_update_min": 720}
        )  # fmt: skip
    if d["case"] in (None, "late", "harmless"):
        # A gap may be chance: what shows itself afterwards is what it was.
        before = d["case"]
        sign(obs, m, query, d, actions)
        if before is not None and d["case"] != before:
            d.update(said=False, well_s=None)
    treat_days(obs, m, query, d, now, actions)
    for q in obs["inbox"]:
        if q["kind"] == "question" and q["answer"] in (None, "unknown") and q["answer"] != fact(q, d, now):
            actions.append({"kind": "answer", "message": q["id"], "fact": fact(q, d, now)})
    well = d["well_s"] is not None and now - d["well_s"] >= HOUR_S
    if well and not obs["service"]["declared_over"]:
        actions.append({"kind": "declare_over"})
    return {"actions": actions, "advance_s": 2400 if d["busy"] else HOUR_S - now % HOUR_S}


def where(query, column, least):
    """The airports at which a monitor is out, as a scope."""
    rows = query(
        f"SELECT area FROM model_quality WHERE t_s = (SELECT max(t_s) FROM model_quality) AND abs({column}) > {least} "
        "AND area <> 'all' ORDER BY area"
    )["rows"]
    return "all" if len(rows) != 1 else rows[0][0]


def suspects(obs, *words):
    """Changes whose text has one of the words, oldest first."""
    return [c for c in obs["changes"] if any(w in c["text"] for w in words)]


def sign(obs, m, query, d, actions):
    """What the monitors say it is; a test first where they cannot tell."""
    v = {k: (m.get(k) or 0.0) for k in SIGNS}
    if v["labels.zero_delay_pct"] > 12:
        d.update(case="labels", say=("labels", "error_code", "all"))
    elif v["features.weather_out_of_range_pct"] > 20:
        d.update(case="weather", say=("weather", "error_code", where(query, "weather_out_of_range_pct", 20)))
    elif v["features.weather_age_h"] > 3:
        d.update(case="stale", say=("features", "stale_data", where(query, "weather_age_h", 3)))
    elif v["features.weather_psi"] > 6.5 and v["features.weather_out_of_range_pct"] < 1:
        d.update(case="weather", say=("weather", "feature_skew", "all"))
    elif d["scope"] != "all" or clock_areas(query):
        area = where(query, "clock_psi", 0.8)
        model, code = suspects(obs, "model v6"), suspects(obs, "feature code", "time zone")
        if area != "all":
            code = suspects(obs, "time zone") or code
        if model and code and area == "all":
            ask(obs, d, actions)
            text = told(obs)
            if text is None:
                return
            model, code = (model, []) if "agrees" in text else ([], code)
        elif area != "all":
            model = []
        guilty = (model or code)[-1:]
        say = ("predict", "feature_skew", "one_version") if model else ("features", "feature_skew", area)
        d.update(case="skew", say=say, change=guilty[0]["id"] if guilty else None)
    elif (
        v["features.weather_out_of_range_pct"] > 1
        or v["features.aircraft_psi"] > 0.5
        or v["features.aircraft_out_of_range_pct"] > 1
    ):
        ask(obs, d, actions)
        if told(obs) is None:
            return
        weather = v["features.weather_out_of_range_pct"] > 1
        scope = where(query, "weather_out_of_range_pct", 1) if weather else "all"
        d.update(case="harmless", say=("weather" if weather else "features", "harmless_shift", scope))
    elif v["labels.overdue_pct"] > 10:
        d.update(case="late", say=("labels", "label_delay", "all"))


def clock_areas(query):
    """Does the time of day look other than usual somewhere?"""
    return query(
        "SELECT count(*) FROM model_quality WHERE t_s = (SELECT max(t_s) FROM model_quality) AND clock_psi > 0.8"
    )["rows"][0][0]


def ask(obs, d, actions):
    """Order the differential test, once."""
    if not d["asked"]:
        d["asked"] = d["busy"] = True
        actions.append({"kind": "differential_test"})


def told(obs):
    """What it said; None while it runs."""
    return next((i["text"] for i in obs["inbox"] if i["from"] == "Differential test"), None)


def noted(query, text):
    """The newest note of a re-run."""
    rows = query(f"SELECT text FROM changes WHERE text LIKE '%{text}%' ORDER BY t_s")["rows"]
    return rows[-1][0] if rows else ""


def fact(q, d, now):
    """What can be said of a question now."""
    cured = d["well_s"] is not None
    if q["id"] == "q-change":
        return "unknown" if d["case"] is None else "yes" if d["change"] and d["change"] in q["text"] else "no"
    if q["id"] == "q-share":
        return (
            "none"
            if d["case"] in ("harmless", "late") or (cured and now - d["well_s"] > 3.5 * HOUR_S)
            else "unknown"
        )
    return "over" if cured and now - d["well_s"] > 3.5 * HOUR_S else "unknown"


# Alarms on what each of them shows, where there is one; other places than the senior's.
GUARDRAILS_OF_DAYS = {
    ("labels", "error_code"): [{"type": "alert_rule", "metric": "one_value_pct", "above": 18, "for_min": 20}],
    ("weather", "error_code"): [
        {"type": "alert_rule", "metric": "one_value_pct", "above": 18, "for_min": 20}
    ],
    **dict.fromkeys(
        (("weather", "feature_skew"), ("predict", "feature_skew"), ("features", "feature_skew")),
        [{"type": "alert_rule", "metric": "train_serve_gap_pct", "above": 6, "for_min": 20}],
    ),
    ("features", "stale_data"): [{"type": "freshness_limit", "of": "features", "max_age_min": 180}],
    ("weather", "stale_data"): [{"type": "freshness_limit", "of": "features", "max_age_min": 180}],
}


def prevent(d, actions):
    """What stands in the way of the next one; nothing where nothing was wrong."""
    rails = GUARDRAILS_OF_DAYS.get(d["say"][:2], [])
    if rails:
        actions.append({"kind": "submit_prevention", "guardrails": rails})


def treat_days(obs, m, query, d, now, actions):
    """Yesterday's weather for whatever concerns the weather, the test before any roll-back, then as the senior."""
    if d["case"] is None:
        return
    if d["case"] == "skew" and d["say"][2] != "all" and told(obs) is None and not d["said"]:
        ask(obs, d, actions)
        return
    if not d["said"]:
        d["said"], d["busy"] = True, False
        component, mechanism, scope = d["say"]
        actions.append(
            {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": scope, "sure": 0.7}
        )
        prevent(d, actions)
        if d["case"] in ("harmless", "late"):
            # What harms may show itself later than what does not.
            d["well_s"] = now + (2 if d["case"] == "harmless" else 5) * HOUR_S
        elif d["case"] == "skew":
            if d["change"]:
                actions.append({"kind": "rollback", "change": d["change"]})
            d["well_s"] = now
        elif d["case"] == "labels":
            actions.append({"kind": "quarantine", "source": "labels", "hours_back": 30})
            d["well_s"] = now
        else:
            actions.append({"kind": "set_feature", "features": "weather", "mode": "last_good"})
            actions.append({"kind": "rerun_job", "job": "weather"})
            d["busy"], d["ran_s"] = True, now
    if d["case"] == "labels" and obs["service"]["model"].startswith("r"):
        nightly = suspects(obs, "nightly retrain")
        if nightly and nightly[-1]["id"] not in d["undone"]:
            d["undone"].append(nightly[-1]["id"])
            d["change"] = nightly[-1]["id"]
            actions.append({"kind": "deploy", "version": "v5"})
    if d["rerun_s"] is not None and now >= d["rerun_s"]:
        d["rerun_s"], d["ran_s"], d["busy"] = None, now, True
        actions.append({"kind": "rerun_job", "job": "weather"})
    if d["ran_s"] is not None and now - d["ran_s"] >= 1900:
        d["busy"], d["ran_s"] = False, None
        after(obs, query, d, now, actions)


def after(obs, query, d, now, actions):
    """The job has been run: live again, or its source is somebody else's."""
    text = noted(query, "weather job re-run")
    if "replaced" in text:
        actions.append({"kind": "set_feature", "features": "weather", "mode": "live"})
        d["well_s"] = now
    elif "refused" in text:
        quota = suspects(obs, "quota")
        if quota:
            d["change"] = quota[-1]["id"]
            actions.append({"kind": "rollback", "change": quota[-1]["id"]})
        d["rerun_s"] = now + 600
    else:
        if not d["paged"]:
            d["paged"] = True
            actions.append({"kind": "page", "team": "data"})
            if d["case"] == "stale":
                d["say"] = ("weather", "stale_data", d["say"][2])
                component, mechanism, scope = d["say"]
                actions.append(
                    {
                        "kind": "diagnose",
                        "component": component,
                        "mechanism": mechanism,
                        "scope": scope,
                        "sure": 0.7,
                    }
                )
        d["rerun_s"] = now + 3.1 * HOUR_S
