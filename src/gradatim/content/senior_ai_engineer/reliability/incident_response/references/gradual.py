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
    memory["good_since"] = (memory["good_since"] or now) if bad_1m < 0.03 else None
    if memory["case"] is None:
        memory["case"] = recognise(obs, m)
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
        actions.append({"kind": "declare_over"})
    return {"actions": actions, "advance_s": 20 if not obs["service"]["declared_over"] else 240}


def recognise(obs, m):
    """Which loop holds the overload up; None while nothing but the trigger can be seen."""
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


def treat(obs):
    """Relief by fallback for whom it concerns, and a measure against the cause."""
    case, scope = memory["case"], memory["scope"]
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
