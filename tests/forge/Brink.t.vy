# pragma version 0.4.3
"""
@title The same on the brink
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Everybody is levered and prices have just fallen by an eighth: liquidations are due.
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
    extcall suite.handler.lever_up()
    extcall suite.handler.crash(88 * world.WAD // 100)
