"""First page and loudest metric, looked up.

Searched on 18 instances from seed 900000 by tools/labs/search_skill_free.py.
"""

METRICS = (
    "gateway.attempts_per_request",
    "predict.queue_depth",
    "features.hit_share",
    "gateway.traffic_vs_usual_pct",
    "predict.batch_ms",
    "gateway.timeouts_per_s",
    "gateway.http_503_per_s",
)
TABLE = {
    "": [
        (10.0, {"kind": "fall_back", "client": "all", "share": 0.6}),
        (250.0, {"kind": "fall_back", "client": "all", "share": 0.0}),
    ],
    "gateway.timeouts_per_s": [
        (10.0, {"kind": "fall_back", "client": "all", "share": 0.6}),
        (250.0, {"kind": "fall_back", "client": "all", "share": 0.0}),
    ],
    "gateway.http_503_per_s": [
        (10.0, {"kind": "set_retries", "client": "all", "max_attempts": 1}),
        (40.0, {"kind": "fall_back", "client": "all", "share": 0.5}),
    ],
}
UNKNOWN = ("q-share", "q-change", "q-over")
run = {"page_s": None, "todo": []}


def factor(name, now, before):
    a, b = abs(now.get(name) or 0.0) + 1e-2, abs(before.get(name) or 0.0) + 1e-2
    return max(a / b, b / a)


def policy(obs, query):
    t = obs["t_s"]
    if run["page_s"] is None:
        if not any(a["severity"] == "page" for a in obs["alerts"]):
            return {"actions": [], "advance_s": 3 * obs["tick_s"]}
        run["page_s"] = t
        loudest = max(METRICS, key=lambda m: factor(m, obs["metrics"], obs["metrics_5m_ago"]))
        words = [
            (5.0, {"kind": "acknowledge", "alert": "all"}),
            (
                300.0,
                {
                    "kind": "status_update",
                    "impact": "degraded",
                    "share_low": 0.0,
                    "share_high": 1.0,
                    "next_update_min": 120,
                },
            ),
            *((2100.0, {"kind": "answer", "message": q, "fact": "unknown"}) for q in UNKNOWN),
            (2400.0, {"kind": "declare_over"}),
        ]
        plan = TABLE.get(loudest, TABLE[""])
        run["todo"] = sorted([(t + d, a) for d, a in [*plan, *words]], key=lambda x: x[0])
    due = [a for at, a in run["todo"] if at <= t]
    run["todo"] = [(at, a) for at, a in run["todo"] if at > t]
    wait = min([at - t for at, _ in run["todo"]], default=60 * obs["tick_s"])
    return {"actions": due, "advance_s": max(1.0, min(wait, 60 * obs["tick_s"]))}
