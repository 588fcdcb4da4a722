"""Live labs as Gymnasium environments (group `agents`).

    env = gymnasium.make("gradatim.lab.gym.envs:gradatim/incident-response-v0")

The module before the colon registers the labs when Gymnasium imports it; `register()` does the same by hand. Nothing
here imports Gymnasium before that.
"""

from __future__ import annotations

from gradatim.core import groups

NAMESPACE = "gradatim"
VERSION = 0


def register() -> list[str]:
    """Register every installed live lab with Gymnasium, as `gradatim/LAB-v0`; again changes nothing.

    Returns:
        The ids by which `gymnasium.make` finds the labs.

    Raises:
        MissingGroup: Gymnasium is not installed.
    """
    from gradatim.lab import folders
    from gradatim.lab.spec import load_spec

    registration = groups.load("gymnasium.envs.registration", "agents", "A lab as a Gymnasium environment")
    made = []
    for lab_id, folder in folders.labs().items():
        if load_spec(folder).kind != "live":
            continue
        env_id = f"{NAMESPACE}/{lab_id}-v{VERSION}"
        if env_id not in registration.registry:
            registration.register(
                id=env_id,
                entry_point="gradatim.lab.gym.env:LabEnv",
                kwargs={"lab": lab_id},
                # An instance is the same world for the same seed, on every platform where hashes are promised.
                nondeterministic=False,
            )
        made.append(env_id)
    return made
