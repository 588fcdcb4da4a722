"""Capacity: how much traffic will come, how many replicas carry it, what they cost, what breaks first.

With `rfc`, the one instrument that reaches into the simulator.
"""
