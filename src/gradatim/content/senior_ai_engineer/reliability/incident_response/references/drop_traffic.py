"""Stops all traffic for five minutes at the first page, then ramps back."""

seen = {"page": False}


def policy(obs, query):
    actions = []
    page = None
    if not seen["page"]:
        page = next((a for a in obs["alerts"] if a["severity"] == "page" and a["state"] == "firing"), None)
    if page is not None:
        seen["page"] = True
        actions.append({"kind": "acknowledge", "alert": page["id"]})
        seen["until"] = obs["t_s"] + 300
        actions.append({"kind": "shed", "client": "all", "share": 1.0})
    if seen.get("until", 1e9) <= obs["t_s"]:
        seen["until"] = 1e9
        actions.append({"kind": "ramp", "client": "all", "over_s": 300.0})
    return {"actions": actions, "advance_s": min(3600.0, (30 if seen["page"] else 6) * obs["tick_s"])}
