"""`lab check`: the ten proofs of a lab, over one matrix of references and draws."""

from gradatim.lab.check.run import check

__all__ = ["check"]
