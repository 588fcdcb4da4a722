"""Mid: waits until it is clear that it stays, relieves everyone alike, and names no scope."""

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
    if memory["case"] is None and now - memory["page_s"] >= 70 and bad_1m > 0.1:
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
    """Half the load off, retries capped, and whatever looks like the cause undone."""
    case = memory["case"]
    known = {
        "cache": ("features", "cold_cache"),
        "release": ("clients", "retry_amplification"),
        "retries": ("clients", "retry_amplification"),
        "queue": ("predict", "abandoned_work"),
    }
    component, mechanism = known[case]
    more = []
    if case == "release":
        memory["change"] = culprit(obs, "clients", memory["scope"])
        more = [{"kind": "rollback", "change": memory["change"]}]
    if case == "queue":
        more = [{"kind": "set_queue_limit", "limit": 64}]
    return [
        {"kind": "shed", "client": "all", "share": 0.6},
        {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        *more,
        {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": "all", "sure": 0.6},
    ]


def follow(obs, m, now):
    """Give everything back slowly, some minutes later."""
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
