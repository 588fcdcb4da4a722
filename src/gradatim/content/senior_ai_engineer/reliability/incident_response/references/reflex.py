"""Every cure at once, whatever it is: the closed loop without a diagnosis that is best over all draws.

Searched on 36 instances from seed 900000 by tools/labs/search_reflex.py.
"""

P = {
    "wait_s": 180,
    "bad": 0.1,
    "queue": 0,
    "traffic": 130,
    "shed": 0.6,
    "shed_s": 60,
    "ramp_s": 60,
    "fallback": 0.6,
    "fallback_s": 200,
    "budget": True,
    "limit": None,
    "undo": 2,
    "repair": True,
    "again": False,
    "days_undo": 2,
    "days_guess": ("weather", "error_code", "all"),
    "guess": ("metrics", "telemetry_fault", "all"),
}
WORDS = ("app", "queue", "model", "runtime", "batching")
run = {
    "page_s": None,
    "acted_s": None,
    "given_back": False,
    "ended": False,
    "spoken": False,
    "times": 0,
    "todo": [],
    "undone": [],
}


def policy(obs, query):
    if obs["tick_s"] > 60:
        return days(obs)
    m, now, actions = obs["metrics"], obs["t_s"], []
    bad_1m = min(1.0, (m["slo.burn_1m"] or 0.0) * 0.005)
    bad_5m = min(1.0, (m["slo.burn_5m"] or 0.0) * 0.005)
    queue = m["predict.queue_depth"] or 0.0
    if run["page_s"] is None:
        if not any(a["severity"] == "page" for a in obs["alerts"]):
            return {"actions": [], "advance_s": 2 * obs["tick_s"]}
        run["page_s"] = now
        actions.append({"kind": "acknowledge", "alert": "all"})
    since_page = now - run["page_s"]
    loud = (
        bad_1m > P["bad"] and queue > P["queue"] and (m["gateway.traffic_vs_usual_pct"] or 0.0) < P["traffic"]
    )
    first = run["acted_s"] is None and since_page >= P["wait_s"]
    again = P["again"] and run["ended"] and run["times"] < 3
    if loud and (first or again):
        run.update(acted_s=now, given_back=False, ended=False, times=run["times"] + 1)
        actions += everything(obs)
    since = now - (run["acted_s"] or now)
    if run["acted_s"] is not None and not run["given_back"] and since >= P["shed_s"]:
        run["given_back"] = True
        if P["shed"]:
            actions.append({"kind": "ramp", "client": "all", "over_s": P["ramp_s"]})
    if run["acted_s"] is not None and not run["ended"] and since >= P["fallback_s"] and queue < 8:
        run["ended"] = True
        if P["fallback"]:
            actions.append({"kind": "fall_back", "client": "all", "share": 0.0})
    if not run["spoken"] and since_page >= 100:
        run["spoken"] = True
        low, high = max(0.0, round(bad_5m - 0.2, 2)), min(1.0, round(bad_5m + 0.2, 2))
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
    calm = run["acted_s"] is None or (run["ended"] and since > 400)
    if not obs["service"]["declared_over"] and since_page > 300 and bad_1m < 0.02 and calm:
        where = ("none", "nothing_wrong", "none") if run["acted_s"] is None else P["guess"]
        component, mechanism, scope = where
        said = {
            "kind": "diagnose",
            "component": component,
            "mechanism": mechanism,
            "scope": scope,
            "sure": 0.5,
        }
        actions.append(said)
        actions.append({"kind": "declare_over"})
    return {
        "actions": actions,
        "advance_s": 240 if obs["service"]["declared_over"] and not P["again"] else 20,
    }


def everything(obs):
    """Every cure at once, the same whatever it is."""
    out = []
    if P["fallback"]:
        out.append({"kind": "fall_back", "client": "all", "share": P["fallback"]})
    if P["shed"]:
        out.append({"kind": "shed", "client": "all", "share": P["shed"]})
    if run["times"] > 1:
        return out
    if P["budget"]:
        out.append({"kind": "set_retry_budget", "client": "all", "ratio": 0.1})
    if P["repair"]:
        out.append({"kind": "repair_telemetry", "exporter": "gateway"})
    if P["limit"]:
        out.append({"kind": "set_queue_limit", "limit": P["limit"]})
    suspects = [
        c["id"]
        for c in obs["changes"]
        if c["component"] in ("clients", "predict")
        and c["t_s"] < run["page_s"]
        and any(w in c["text"] for w in WORDS)
    ]
    if P["undo"]:
        out += [{"kind": "rollback", "change": c} for c in suspects[-P["undo"] :]]
    return out


# ---------------------------------------------------------------------- a shift of days
DAYS_WORDS = ("feature code", "time zone", "model v6", "nightly", "quota", "register")


def days(obs):
    """Every cure for data and models at once, on the first page, and the same words whatever it is."""
    now, actions = obs["t_s"], []
    if run["page_s"] is None:
        if not any(a["severity"] == "page" for a in obs["alerts"]):
            return {"actions": [], "advance_s": 3600.0}
        run["page_s"] = now
        actions = [
            {"kind": "acknowledge", "alert": "all"},
            {
                "kind": "status_update",
                "impact": "degraded",
                "share_low": 0.0,
                "share_high": 0.7,
                "next_update_min": 720,
            },
            *({"kind": "rollback", "change": c["id"]} for c in undoable(obs)),
            {"kind": "quarantine", "source": "labels", "hours_back": 40},
            {"kind": "set_feature", "features": "weather", "mode": "last_good"},
            {"kind": "rerun_job", "job": "weather"},
            {"kind": "page", "team": "data"},
        ]
        run["todo"] = [
            (now + 3.2 * 3600.0, {"kind": "rerun_job", "job": "weather"}),
            (now + 4.0 * 3600.0, {"kind": "set_feature", "features": "weather", "mode": "live"}),
            (
                now + 8.0 * 3600.0,
                dict(
                    zip(("component", "mechanism", "scope"), P["days_guess"], strict=True),
                    kind="diagnose",
                    sure=0.4,
                ),
            ),
            (now + 8.0 * 3600.0, {"kind": "declare_over"}),
        ]
    if obs["service"]["model"].startswith("r"):
        actions += [{"kind": "rollback", "change": c["id"]} for c in undoable(obs, "nightly")]
    actions += [a for at, a in run["todo"] if at <= now]
    run["todo"] = [(at, a) for at, a in run["todo"] if at > now]
    for q in obs["inbox"]:
        if q["kind"] == "question" and not q["answered"]:
            actions.append({"kind": "answer", "message": q["id"], "fact": "unknown"})
    return {"actions": actions, "advance_s": 3600.0}


def undoable(obs, *words):
    """The newest changes with such a word, as many as it undoes at most."""
    found = [
        c
        for c in obs["changes"]
        if any(w in c["text"] for w in words or DAYS_WORDS) and c["id"] not in run["undone"]
    ]
    run["undone"] += [c["id"] for c in found[-P["days_undo"] :]]
    return found[-P["days_undo"] :]
