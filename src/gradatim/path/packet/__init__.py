"""The packet: the smallest set of evidence, its verdict against the bar, and a file that anyone can recompute."""
