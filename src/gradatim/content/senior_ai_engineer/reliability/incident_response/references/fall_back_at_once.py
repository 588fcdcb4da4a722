"""Answers everyone from the late-rate table from the first page on."""

seen = {"page": False}


def policy(obs, query):
    if seen["page"]:
        return {"actions": [], "advance_s": 60 * obs["tick_s"]}
    page = next((a for a in obs["alerts"] if a["severity"] == "page" and a["state"] == "firing"), None)
    actions = []
    if page is not None:
        seen["page"] = True
        actions.append({"kind": "acknowledge", "alert": page["id"]})
        actions.append({"kind": "fall_back", "client": "all", "share": 1.0})
    return {"actions": actions, "advance_s": (60 if seen["page"] else 6) * obs["tick_s"]}
