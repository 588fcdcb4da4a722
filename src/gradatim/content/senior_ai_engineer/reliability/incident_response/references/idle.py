"""Does nothing."""


def policy(obs, query):
    return {"actions": [], "advance_s": 60 * obs["tick_s"]}
