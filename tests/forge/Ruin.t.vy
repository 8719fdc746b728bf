# pragma version 0.4.3
"""
@title The same in ruin
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Debts above what their collateral is worth, and little in fund and pool: suppliers are written down.
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
    suite._begin(60_000, 5_000)
    extcall suite.handler.borrow()
    extcall suite.handler.crash(25 * world.WAD // 100)
