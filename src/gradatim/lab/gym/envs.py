"""What Gymnasium imports for `gymnasium.make("gradatim.lab.gym.envs:gradatim/LAB-v0")`: it registers the live labs."""

from __future__ import annotations

from gradatim.lab.gym import register

IDS = register()
"""The ids by which `gymnasium.make` finds the labs from now on."""
