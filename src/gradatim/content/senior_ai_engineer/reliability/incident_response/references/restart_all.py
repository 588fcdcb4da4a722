"""Restarts every replica at a page, and again ten minutes later while one still fires."""

seen = {"last_s": -1e9}


def policy(obs, query):
    if obs["t_s"] - seen["last_s"] < 600:
        return {"actions": [], "advance_s": min(3600.0, 30 * obs["tick_s"])}
    page = next(
        (a for a in obs["alerts"] if a["severity"] == "page" and a["state"] in ("firing", "acknowledged")),
        None,
    )
    actions = []
    if page is not None:
        seen["last_s"] = obs["t_s"]
        actions = [{"kind": "acknowledge", "alert": page["id"]}, {"kind": "restart", "how": "all_at_once"}]
    return {"actions": actions, "advance_s": min(3600.0, (30 if seen["last_s"] > 0 else 6) * obs["tick_s"])}
