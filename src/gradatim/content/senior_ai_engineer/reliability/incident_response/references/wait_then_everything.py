"""Waits three minutes; when it is still bad, does everything the runbook knows at once, without asking what it is."""

run = {"page_s": None, "acted_s": None, "todo": [], "spoken": False}


def policy(obs, query):
    m, now, actions = obs["metrics"], obs["t_s"], []
    bad_1m = min(1.0, (m["slo.burn_1m"] or 0.0) * 0.005)
    bad_5m = min(1.0, (m["slo.burn_5m"] or 0.0) * 0.005)
    if run["page_s"] is None:
        if not any(a["severity"] == "page" for a in obs["alerts"]):
            return {"actions": [], "advance_s": 3 * obs["tick_s"]}
        run["page_s"] = now
        actions.append({"kind": "acknowledge", "alert": "all"})
    waited = now - run["page_s"]
    if run["acted_s"] is None and waited >= 180 and bad_1m > 0.1:
        run["acted_s"] = now
        actions += everything(obs)
        run["todo"] = [
            (now + 90, {"kind": "ramp", "client": "all", "over_s": 120.0}),
            (now + 300, {"kind": "fall_back", "client": "all", "share": 0.0}),
        ]
    actions += [a for at, a in run["todo"] if at <= now]
    run["todo"] = [(at, a) for at, a in run["todo"] if at > now]
    if not run["spoken"] and waited >= 120:
        run["spoken"] = True
        low, high = round(max(0.0, bad_5m - 0.2), 2), round(min(1.0, bad_5m + 0.2), 2)
        actions.append(
            {
                "kind": "status_update",
                "impact": "degraded",
                "share_low": low,
                "share_high": high,
                "next_update_min": 120,
            }
        )
    for q in obs["inbox"]:
        if q["kind"] == "question" and not q["answered"]:
            actions.append({"kind": "answer", "message": q["id"], "fact": "unknown"})
    over = (run["acted_s"] or run["page_s"]) + 600
    if not obs["service"]["declared_over"] and now >= over and bad_5m < 0.02:
        guess = (
            ("none", "nothing_wrong", "none")
            if run["acted_s"] is None
            else ("clients", "retry_amplification", "all")
        )
        component, mechanism, scope = guess
        actions.append(
            {"kind": "diagnose", "component": component, "mechanism": mechanism, "scope": scope, "sure": 0.5}
        )
        actions.append({"kind": "declare_over"})
    return {
        "actions": actions,
        "advance_s": (3 if not obs["service"]["declared_over"] else 30) * obs["tick_s"],
    }


def everything(obs):
    """Every cure there is, and a rollback of whatever touched callers or replicas lately."""
    suspects = [c["id"] for c in obs["changes"] if c["component"] in ("clients", "predict")][-2:]
    return [
        {"kind": "shed", "client": "all", "share": 0.6},
        {"kind": "fall_back", "client": "all", "share": 0.55},
        {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        {"kind": "set_queue_limit", "limit": 64},
        {"kind": "restart", "how": "all_at_once"},
        {"kind": "prewarm_cache"},
        *({"kind": "rollback", "change": c} for c in suspects),
    ]
