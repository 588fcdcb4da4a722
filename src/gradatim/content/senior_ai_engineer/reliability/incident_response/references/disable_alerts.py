"""Acknowledges and silences everything."""

seen = {"page": False}


def policy(obs, query):
    if seen["page"]:
        return {"actions": [], "advance_s": 60 * obs["tick_s"]}
    page = next((a for a in obs["alerts"] if a["severity"] == "page" and a["state"] == "firing"), None)
    actions = []
    if page is not None:
        seen["page"] = True
        actions += [
            {"kind": "acknowledge", "alert": "all"},
            {"kind": "silence", "alert": "all", "for_s": 86400},
        ]
    return {"actions": actions, "advance_s": (60 if seen["page"] else 6) * obs["tick_s"]}
