# pragma version 0.4.3
"""
@title Whatever the crowd does, the books add up
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Invariants by the names of docs/invariants.md: what concerns the whole ledger after every action
        of `Handler`, what concerns one action right there.
"""

from .modules import books
from .modules import suite
from .modules import world

initializes: world
initializes: books[world := world]
initializes: suite[books := books, world := world]

exports: (suite.targetContracts, suite.excludeSelectors, suite.invariant_money, suite.afterInvariant)


@external
def setUp():
    suite._begin(2_000_000, 100_000)
