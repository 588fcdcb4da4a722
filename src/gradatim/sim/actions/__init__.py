"""What an operator can do: validated messages, each with a cost, a delay and a blast radius."""

from gradatim.sim.actions.kinds import ACTIONS, Action, catalogue, parse_action

__all__ = ["ACTIONS", "Action", "catalogue", "parse_action"]
