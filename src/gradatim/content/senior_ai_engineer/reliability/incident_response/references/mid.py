"""Mid: waits until it is clear that it stays, relieves everyone alike, and names no scope."""

CLIENTS = ("web", "ios", "android", "partner")
WAIT_S = 3 * 3600.0
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
    "days": {"case": None, "say": None, "next_s": None, "paged": False, "undone": []},
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
        bad_1m = bad_5m = 1.0 - callers_good(m)
    memory["good_since"] = (memory["good_since"] or now) if bad_1m < 0.03 else None
    watch(m, now, bad_1m)
    if memory["case"] is None and now - memory["page_s"] >= 70 and bad_1m > 0.03:
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
        actions.append(
            {
                "kind": "submit_prevention",
                "guardrails": GUARDRAILS.get((memory["case"] or "").split(" ")[0], []),
            }
        )
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
    if memory["well_s"] >= 600:
        return "counters"
    if (m["predict.memory_max_mb"] or 0.0) > 1400:
        return "leak"
    stolen = (m["hosts.cpu_steal_pct"] or 0.0) > 8.0
    if stolen and (m["slo.burn_1m"] or 0.0) > 4.0:
        memory["slow"] = slow_replicas(query)
        if memory["slow"]:
            return "host"
    own = memory["slow_s"] >= 280 and memory["last_s"] - memory["stolen_at"] > 60
    if own and (m["features.hit_share"] or 1.0) > 0.85:
        memory["change"] = culprit(obs, "predict", "model v")
        if memory["change"]:
            return "model"
    sure = memory["last_s"] - memory["page_s"] >= 280
    if sure and (m["predict.batch_size"] or 0.0) > 8.5 and (m["predict.cpu_pct"] or 100.0) < 90:
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


def released(obs):
    """The newest release of a caller in the last three hours, if there is one."""
    found = [
        c["id"]
        for c in obs["changes"]
        if c["component"] == "clients"
        and c["kind"] == "deploy"
        and memory["page_s"] - 10800 < c["t_s"] <= memory["page_s"]
    ]
    return found[-1:]


def treat(obs):
    """Half the load off, retries capped, and whatever looks like the cause undone."""
    case = memory["case"]
    known = {
        "counters": ("metrics", "telemetry_fault"),
        "leak": ("predict", "memory_leak"),
        "host": ("hosts", "slow_hardware"),
        "model": ("predict", "slow_model"),
        "batching": ("predict", "batch_wait"),
        "cache": ("features", "cold_cache"),
        "release": ("clients", "retry_amplification"),
        "retries": ("clients", "retry_amplification"),
        "queue": ("predict", "abandoned_work"),
    }
    component, mechanism = known[case]
    more = []
    if case == "counters":
        return [
            {"kind": "repair_telemetry", "exporter": "gateway"},
            {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": "all", "sure": 0.6},
        ]
    if case == "leak":
        # What brings memory down at once; the release is looked for when it climbs again.
        memory["change"] = culprit(obs, "predict", "runtime")
        more = [{"kind": "restart", "how": "rolling"}]
    if case in ("model", "batching") and memory["change"]:
        more = [{"kind": "rollback", "change": memory["change"]}]
    if case == "host":
        more = [{"kind": "restart", "how": "rolling"}, {"kind": "scale", "replicas": 14}]
    if case == "release":
        memory["change"] = culprit(obs, "clients", memory["scope"])
        more = [{"kind": "rollback", "change": memory["change"]}]
    if case == "queue":
        more = [{"kind": "set_queue_limit", "limit": 64}]
    if case in ("cache", "retries", "queue"):
        # What callers released this morning looks like the cause, and is undone to be sure.
        more += [{"kind": "rollback", "change": c} for c in released(obs)]
    return [
        {"kind": "shed", "client": "all", "share": 0.6},
        {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        *more,
        {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": "all", "sure": 0.6},
    ]


def follow(obs, m, now):
    """Give everything back slowly, some minutes later."""
    if memory["case"] == "leak" and memory["change"] and now - memory["acted_s"] >= 600:
        memory["case"] = "leak undone"
        return [{"kind": "rollback", "change": memory["change"]}]
    if memory["case"] == "host" and memory["acted_s"] and now - memory["acted_s"] >= 900:
        memory["case"] = "host drained"
        return [{"kind": "drain", "replica": r} for r in memory["slow"]]
    if memory["acted_s"] is None or memory["ramped"] or now - memory["acted_s"] < 150:
        return []
    if memory["case"] == "cache" and (m["features.hit_share"] or 0.0) < 0.75:
        return []
    memory["ramped"] = True
    return [{"kind": "ramp", "client": "all", "over_s": 150.0}]


def usual_speed(m):
    """Replicas take their normal time for a batch."""
    size = m["predict.batch_size"] or 1.0
    return (m["predict.batch_ms"] or 1e9) < 1.5 * (20 + 55 * size)


# Alarms where a limit would do, and limits that are set by feel: half of it comes through.
GUARDRAILS = {
    "counters": [{"type": "alert_rule", "metric": "callers_gap_pct", "above": 20, "for_min": 15}],
    "leak": [{"type": "alert_rule", "metric": "memory_mb", "above": 2500, "for_min": 15}],
    "host": [{"type": "alert_rule", "metric": "replica_spread", "above": 2.2, "for_min": 25}],
    "model": [{"type": "rollout_stages", "on": "model", "stages": 2, "hold_min": 45}],
    "batching": [{"type": "alert_rule", "metric": "batch_wait_ms", "above": 100, "for_min": 5}],
    "cache": [{"type": "size_limit", "of": "store_reads", "limit": 40}],
    "release": [
        {"type": "canary_gate", "on": "client", "metric": "attempts", "min_samples": 800, "most_worse": 0.02}
    ],
    "retries": [{"type": "retry_budget", "at": "clients", "ratio": 0.3}],
    "queue": [{"type": "size_limit", "of": "queue", "limit": 250}],
}


def done(obs):
    """Nothing of ours is still holding users back."""
    return all(c["shed_share"] == 0 for c in obs["service"]["clients"].values())


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
        if q["kind"] != "question" or q["answered"]:
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
        out.append({"kind": "answer", "message": q["id"], "fact": fact})
    return out


# ---------------------------------------------------------------------- a shift of days
def days(obs, query):
    """Waits until it is sure, takes the loudest monitor at its word, and says it of all."""
    m, now, actions, d = obs["metrics"], obs["t_s"], [], memory["days"]
    page = next(
        (a for a in obs["alerts"] if a["name"] == "ModelMonitorBreached" and a["state"] != "resolved"), None
    )
    if memory["page_s"] is None:
        if page is None:
            return {"actions": [], "advance_s": 3600.0 - now % 3600.0}
        memory["page_s"] = now
        actions.append({"kind": "acknowledge", "alert": page["id"]})
    waited = now - memory["page_s"]
    old = (m["features.weather_age_h"] or 0.0) > 1.5
    plain = (m["features.clock_psi"] or 0.0) > 0.5 and waited >= 3600.0
    if d["case"] is None and (plain or waited >= WAIT_S * (2.5 if old else 1.0)):
        actions += first_guess(obs, query, m, d, now)
        component, mechanism, scope = d["say"]
        actions.append(
            {"kind": "status_update", "impact": "degraded", "surface": "data_quality", "share_low": 0.0,
             "share_high": 0.8, "cause": "suspected", "component": component, "next_update_min": 720}
        )  # fmt: skip
        actions.append(
            {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": scope, "sure": 0.6}
        )
        if d["case"] in ("labels", "weather", "skew"):
            # One alarm for all of them, on what all of them move.
            rails = [{"type": "alert_rule", "metric": "score_shift_pct", "above": 3, "for_min": 60}]
            actions.append({"kind": "submit_prevention", "guardrails": rails})
    if d["case"] == "labels" and obs["service"]["model"].startswith("r"):
        actions += [{"kind": "rollback", "change": c} for c in newest(obs, d, "nightly")]
    if d["next_s"] is not None and now >= d["next_s"]:
        d["next_s"] = None
        actions += next_step(obs, query, d, now)
    for q in obs["inbox"]:
        if q["kind"] == "question" and not q["answered"]:
            actions.append({"kind": "answer", "message": q["id"], "fact": "unknown"})
    if d["case"] is not None and waited >= 12 * 3600.0 and not obs["service"]["declared_over"]:
        actions.append({"kind": "declare_over"})
    return {"actions": actions, "advance_s": 3600.0 - now % 3600.0}


def newest(obs, d, *words):
    """The newest change whose text has one of the words, unless it is undone already."""
    found = [
        c["id"] for c in obs["changes"] if any(w in c["text"] for w in words) and c["id"] not in d["undone"]
    ]
    d["undone"] += found[-1:]
    return found[-1:]


def first_guess(obs, query, m, d, now):
    """The first thing that fits."""
    outside = m["features.weather_out_of_range_pct"] or 0.0
    if (m["labels.zero_delay_pct"] or 0.0) > 12:
        d.update(case="labels", say=("labels", "error_code", "all"))
        return [
            {"kind": "quarantine", "source": "labels", "hours_back": 40},
            {"kind": "rerun_job", "job": "labels"},
            {"kind": "retrain", "rows": "all"},
        ]
    if (m["features.weather_age_h"] or 0.0) > 1.5:
        d.update(case="weather", say=("features", "stale_data", "all"), next_s=now + 3600.0)
        return [{"kind": "rerun_job", "job": "weather"}]
    moved = query(
        f"SELECT max(weather_psi) FROM model_quality WHERE area = 'all' AND t_s > {now - 6 * 3600.0}"
    )["rows"]
    if outside > 12 or (moved[0][0] or 0.0) > 6.5:
        d.update(case="weather", say=("weather", "error_code", "all"), next_s=now + 3.2 * 3600.0)
        return [
            {"kind": "set_feature", "features": "weather", "mode": "last_good"},
            {"kind": "page", "team": "data"},
        ]
    if (m["labels.overdue_pct"] or 0.0) > 10:
        d.update(case="late", say=("labels", "label_delay", "all"))
        return [{"kind": "rollback", "change": c} for c in newest(obs, d, "model v6")]
    clock = query(f"SELECT max(clock_psi) FROM model_quality WHERE t_s > {now - 6 * 3600.0}")["rows"]
    if (clock[0][0] or 0.0) < 0.5 and (outside > 1 or (m["features.aircraft_psi"] or 0.0) > 0.5):
        d.update(case="inputs", say=("features", "feature_skew", "all"))
        return [{"kind": "rollback", "change": c} for c in newest(obs, d, "feature code", "register")]
    d.update(case="skew", say=("features", "feature_skew", "all"), next_s=now + 2 * 3600.0)
    return [
        {"kind": "rollback", "change": c} for c in newest(obs, d, "feature code", "time zone", "model v6")
    ]


def next_step(obs, query, d, now):
    """What is left to do when the first step was not enough."""
    if d["case"] == "skew":
        still = query(
            "SELECT max(clock_psi) FROM model_quality WHERE t_s = (SELECT max(t_s) FROM model_quality)"
        )["rows"]
        if (still[0][0] or 0.0) < 0.5:
            return []
        return [
            {"kind": "rollback", "change": c} for c in newest(obs, d, "time zone", "model v6", "feature code")
        ]
    rows = query("SELECT text FROM changes WHERE text LIKE '%weather job re-run%' ORDER BY t_s")["rows"]
    text = rows[-1][0] if rows else ""
    if "replaced" in text:
        live = obs["service"]["features"]["weather"] == "live"
        return [] if live else [{"kind": "set_feature", "features": "weather", "mode": "live"}]
    d["next_s"] = now + 3600.0 if not text or "refused" in text else now + 3.2 * 3600.0
    more = [{"kind": "rollback", "change": c} for c in newest(obs, d, "quota")] if "refused" in text else []
    if "unchanged" in text and not d["paged"]:
        d["paged"] = True
        return [{"kind": "page", "team": "data"}]
    return [*more, {"kind": "rerun_job", "job": "weather"}]
