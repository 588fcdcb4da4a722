"""Learner code in a process of its own: limits, isolation, and errors a learner can act on."""

from .limits import Limits
from .process import PolicyProcess, isolation_here

__all__ = ["Limits", "PolicyProcess", "isolation_here"]
