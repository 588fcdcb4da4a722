"""The environment: reset, step, and a reward that adds up to the judged loss."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from gradatim.core.errors import InputError
from gradatim.core.money import usd
from gradatim.lab.gym.spaces import ActionSpace, ObservationSpace, listed
from gradatim.lab.policy import MAX_STEPS

Observation = dict[str, Any]
Action = dict[str, Any]


class LabEnv(gymnasium.Env[Observation, Action]):
    """A live lab as `gradatim/LAB-v0`.

    A step takes one action (or waits) and then lets 1 to 60 ticks pass (10 s each, or 300 s on a shift of days). The
    reward comes with the last step: minus the judged loss in dollars. `info["reward_micro"]` holds it as an integer, in
    micro-dollars.

    With `dense`, each reward is minus the dollars lost in its step, as far as they can be told before the end (answers,
    credits, costs of actions), and the last one settles the rest (wrong statements, a missing diagnosis, …): their sum
    is the same to the micro-dollar. Such a reward knows the true loss, which nobody in the room sees and which can give
    the cause away: it is for training only.

    Args:
        lab: the lab's id.
        family: a family of the lab, for all episodes; None lets the seed draw it.
        dense: a reward with every step, from the true loss.
        render_mode: none is there.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium reads a plain dict)

    def __init__(
        self, lab: str, family: str | None = None, dense: bool = False, render_mode: str | None = None
    ) -> None:
        from gradatim.lab.catalogue import lab as by_id
        from gradatim.sim.actions import catalogue
        from gradatim.sim.telemetry.rules import rules

        if render_mode is not None:
            raise InputError(f"no render mode {render_mode!r}", why="the room in the browser is the picture")
        self.render_mode = render_mode
        self.lab = by_id(lab)
        self.family, self.dense = family, dense
        self.lab.check(0, family)
        # The catalogues are those of the pace: any instance of each tells them. What a shift lacks stays unknown.
        shown = [self.lab.instance(0, f).live().telemetry for f in self._one_of_each_pace()]
        self._seen = ObservationSpace(
            list(dict.fromkeys(s.id for t in shown for s in t.catalogue)),
            list(dict.fromkeys(r.name for t in shown for r in rules(t.record))),
        )
        self._acts = ActionSpace(catalogue())
        self.observation_space = self._seen.space
        self.action_space = self._acts.space
        self.instance_seed = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an instance.

        Args:
            seed: the instance, as `--seed` of the command line takes it; None draws one from `np_random`.
            options: {"family": a family of the lab} for this episode.
        """
        super().reset(seed=seed)
        self.instance_seed = int(self.np_random.integers(2**32)) if seed is None else int(seed)
        family = (options or {}).get("family", self.family)
        self.session = self.lab.instance(self.instance_seed, family).live()
        self._told_micro = 0
        self._steps = 0
        self._now = self.session.observe()
        return self._seen.arrays(self._now), self._info(0, None)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act, then let time pass. A refused action changes nothing; `info["receipt"]` says why."""
        message = self._acts.message(action, listed(self._now))
        receipt = None if message is None else self.session.act(message)
        self.session.advance(self._acts.advance_s(action, self.session.world.tick_s))
        self._steps += 1
        ended = self.session.ended
        told = ended or self.dense or self._steps >= MAX_STEPS
        lost = self.session.finish().loss_micro if ended else self._lost_micro() if told else self._told_micro
        reward = self._told_micro - lost
        self._told_micro = lost
        self._now = self.session.observe()
        info = self._info(reward, receipt)
        if ended:
            outcome = self.session.finish()
            info |= {"loss_usd": usd(outcome.loss_micro), "hash": outcome.hash, "signals": outcome.signals}
        return self._seen.arrays(self._now), usd(reward), ended, not ended and self._steps >= MAX_STEPS, info

    def _one_of_each_pace(self) -> list[str]:
        families = (self.lab.spec.quiet, *self.lab.spec.families)
        return list({self.lab.live.scenario(0, f).pace: f for f in reversed(families)}.values())[::-1]

    def _lost_micro(self) -> int:
        """What is lost by now, as far as it can be told: answers, credits of whole units, costs of actions."""
        world = self.session.world
        per_tick = np.asarray(self.lab.live.loss_per_tick(world), dtype=np.int64)
        return int(per_tick[round(world.start_s / world.tick_s) :].sum()) + sum(
            c.micro_usd for c in world.ops.costs
        )

    def _info(self, reward_micro: int, receipt: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "t_s": self._now["t_s"],
            "instance_seed": self.instance_seed,
            "reward_micro": reward_micro,
            "receipt": receipt,
        }
