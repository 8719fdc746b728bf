"""What leavers bear of a shortfall: cash of what suppliers will be charged, shares of what the pool
will be."""

from __future__ import annotations

from margin_model import interest_math, ledger_math
from tests.fuzz.model import FUND, Holding
from tests.fuzz.predict import LIMIT, Models, require

BPS = 10**4


def leave(m: Models, account: int, holding: Holding, amount: int, unit: int = 0) -> int:
    """Cash leaves a holding, and with it its share, which raises the supply of those who stay.

    Parameters
    ----------
    holding : Holding
        Of the account; its cash becomes what is left.
    amount : int
        [quote wad]
    unit : int
        The share is a multiple of it and kept back out of the amount; 0: it is charged besides.

    Returns
    -------
    int
        The share [quote wad].
    """
    cash, shortfall = holding.cash, m.state.uncovered
    holding.cash -= amount
    if shortfall == 0:
        return 0
    total, index = m.state.side(debt=False)
    used = max(0, cash) - max(0, holding.cash)
    supply = total * index // ledger_math.RAY
    share = interest_math.exit_share(max(0, cash), used, supply, shortfall, unit)
    if share == 0:
        return 0
    if unit == 0:
        holding.cash -= share
    require(abs(holding.cash) < LIMIT, "cash: too large")
    total -= max(0, m.state.stored_cash(account))
    mine = ledger_math.to_scaled(holding.cash, index) if holding.cash > 0 else 0
    most = interest_math.MAX_EXIT_INDEX
    new_index, _ = interest_math.raised(share, total + mine, index, most)
    if mine:
        holding.cash = ledger_math.from_scaled(mine, new_index)
    m.margin.supply_index = new_index
    return share


def available_incentive(m: Models) -> int:
    """What the fund may still pay this epoch [quote wad]."""
    balance = max(m.state.cash(FUND), 0)
    epoch, allowance = m.state.allowance
    if epoch == m.now // m.world.config.fund["epoch_length"]:
        return min(allowance, balance)
    return balance * m.world.config.fund["epoch_cap"] // BPS


def open_shortfall(m: Models) -> int:
    """What accounts for sale lack beyond their cash and the firm part of the fund [quote wad]."""
    balance = max(m.state.cash(FUND), 0)
    firm = balance - min(available_incentive(m), balance)
    return max(known_deficits(m) - firm, 0)


def known_deficits(m: Models) -> int:
    """What accounts for sale lack beyond their own cash, which moves with the index [quote wad]."""
    own = m.state.lacking_own() * m.state.side(debt=False)[1] // ledger_math.RAY
    return max(m.state.reserves.deficits - own, 0)
