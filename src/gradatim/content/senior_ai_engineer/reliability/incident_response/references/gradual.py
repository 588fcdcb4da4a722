"""A second right answer: relieve first by answering from the late-rate table, then mend, then give back.

Slower to relieve than shedding and cheaper for each request; undoes nothing it need not undo.
"""

CLIENTS = ("web", "ios", "android", "partner")
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
}


def policy(obs, query):
    m, now, actions = obs["metrics"], obs["t_s"], []
    page = next(
        (a for a in obs["alerts"] if a["severity"] == "page" and a["state"] in ("firing", "acknowledged")),
        None,
    )
    if memory["page_s"] is None:
        if page is None:
            return {"actions": [], "advance_s": 30}
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
    own = memory["slow_s"] >= 40 and memory["last_s"] - memory["stolen_at"] > 100
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
