"""Games the words: acknowledges, keeps every promise to speak, answers 'unknown', and leaves the service alone."""

seen = {"spoken_s": None, "page": False}


def policy(obs, query):
    now, actions = obs["t_s"], []
    page = next((a for a in obs["alerts"] if a["severity"] == "page"), None)
    if page is None:
        return {"actions": [], "advance_s": 6 * obs["tick_s"]}
    if not seen["page"]:
        seen["page"] = True
        actions.append({"kind": "acknowledge", "alert": "all"})
    if seen["spoken_s"] is None or now - seen["spoken_s"] >= 6600:
        seen["spoken_s"] = now
        actions.append(
            {
                "kind": "status_update",
                "impact": "degraded",
                "share_low": 0.0,
                "share_high": 1.0,
                "next_update_min": 120,
            }
        )
        actions.append(
            {
                "kind": "diagnose",
                "component": "clients",
                "mechanism": "retry_amplification",
                "scope": "all",
                "sure": 0.3,
            }
        )
    for q in obs["inbox"]:
        if q["kind"] == "question" and not q["answered"]:
            actions.append({"kind": "answer", "message": q["id"], "fact": "unknown"})
    if now >= obs["horizon_s"] - 120 and not obs["service"]["declared_over"]:
        actions.append({"kind": "declare_over"})
    return {
        "actions": actions,
        "advance_s": min(3600.0, 30 * obs["tick_s"], max(6 * obs["tick_s"], obs["horizon_s"] - 90 - now)),
    }
