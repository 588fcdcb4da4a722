"""Pages all teams and posts that everything is down."""

seen = {"page": False}


def policy(obs, query):
    if seen["page"]:
        return {"actions": [], "advance_s": 60 * obs["tick_s"]}
    page = next((a for a in obs["alerts"] if a["severity"] == "page" and a["state"] == "firing"), None)
    actions = []
    if page is not None:
        seen["page"] = True
        actions.append({"kind": "acknowledge", "alert": page["id"]})
        actions += [
            {"kind": "page", "team": t} for t in ("platform", "mobile", "web", "data", "partners", "network")
        ]
        actions.append(
            {
                "kind": "status_update",
                "impact": "down",
                "surface": "everything",
                "share_low": 0.5,
                "share_high": 1.0,
                "next_update_min": 120,
            }
        )
    return {"actions": actions, "advance_s": (60 if seen["page"] else 6) * obs["tick_s"]}
