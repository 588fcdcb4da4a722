"""Says that nothing is wrong and declares it over at the first page."""

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
            {
                "kind": "diagnose",
                "component": "none",
                "mechanism": "nothing_wrong",
                "scope": "none",
                "sure": 1.0,
            },
            {"kind": "declare_over"},
        ]
    return {"actions": actions, "advance_s": (60 if seen["page"] else 6) * obs["tick_s"]}
