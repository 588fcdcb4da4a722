"""Experiments: the plan before, the reading after, with intervals that survive being looked at.

`study` reads a file and answers a `Question`; `report.build` makes the report. `plan` sizes an experiment.
"""
