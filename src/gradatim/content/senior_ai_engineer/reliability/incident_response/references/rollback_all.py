"""Rolls back every change of the last six hours at the first page."""

seen = {"page": False}


def policy(obs, query):
    if seen["page"]:
        return {"actions": [], "advance_s": 60 * obs["tick_s"]}
    page = next((a for a in obs["alerts"] if a["severity"] == "page" and a["state"] == "firing"), None)
    actions = []
    if page is not None:
        seen["page"] = True
        actions.append({"kind": "acknowledge", "alert": page["id"]})
        actions += [{"kind": "rollback", "change": c["id"]} for c in obs["changes"]]
    return {"actions": actions, "advance_s": (60 if seen["page"] else 6) * obs["tick_s"]}
