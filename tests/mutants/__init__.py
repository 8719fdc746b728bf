"""Mutation testing of the contracts: one small mistake at a time, and does any test notice?

`source` reads Vyper, `expressions` and `statements` make the mistakes, `draw` chooses among them,
`workspace` copies the repository, `server` attacks in that copy, `campaign` keeps it busy,
`results` remembers, `report` tells.
"""

from tests.mutants.mutant import KINDS

__all__ = ["KINDS"]
