"""Retrains on everything at the first page, and deploys what comes out."""

seen = {"page_s": None, "deployed": False}


def policy(obs, query):
    actions = []
    if seen["page_s"] is None:
        if not any(a["severity"] == "page" for a in obs["alerts"]):
            return {"actions": [], "advance_s": 6 * obs["tick_s"]}
        seen["page_s"] = obs["t_s"]
        actions = [{"kind": "acknowledge", "alert": "all"}, {"kind": "retrain", "rows": "all"}]
    elif not seen["deployed"] and obs["t_s"] - seen["page_s"] >= 6000:
        seen["deployed"] = True
        newest = [v for v in obs["service"].get("versions", []) if v.startswith("r")]
        actions = [{"kind": "deploy", "version": newest[-1]}] if newest else []
    return {"actions": actions, "advance_s": 12 * obs["tick_s"]}
