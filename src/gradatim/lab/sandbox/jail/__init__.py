"""The far side of the border: what runs inside the policy's process.

`process.py` puts this folder on the import path of a bare interpreter (no site-packages); it does its
work and is taken off again before the learner's code is read. Standard library only, nothing of
gradatim. Paths are strings: pathlib costs ten milliseconds of every start.
"""
