"""Bidders with limited capital: each takes slices when the incentive is worth it to him, as much as
his equity carries, and sells later what he bought.
"""

from dataclasses import dataclass
from typing import Any

from chain import Receipt
from chain.deployment import POOL
from oracle_sim.wallet import WAD, Member, Prices, Wallet, to_wad

MIN_FRACTION = 0.05
"""A smaller slice is not worth a transaction, unless it is all there is."""

MIN_GAIN = 1.0
"""Nor is one that earns less than this [quote]."""

LIMIT_SLACK = 0.001
"""How much worse than the terms read a bid may end, as a share of the requirement taken over."""

OUTSIDE_DISCOUNT = 0.002
"""What selling collateral on the outside market costs."""

_SHRINK = (1.0, 0.5, 0.25)  # slices tried one after the other when the protocol refuses


@dataclass(frozen=True)
class Lot:
    """A running auction as bidders see it.

    Attributes
    ----------
    account : int
    terms
        `ILiquidationAuction.Terms`.
    health
        `IRiskEngine.Health` of the account.
    """

    account: int
    terms: Any
    health: Any


class Bidder:
    """One bidder.

    Parameters
    ----------
    member : Member
    wallet : Wallet
    cash : float
        [quote]
    threshold : float
        Least incentive he asks, as a share of the requirement.
    use : float
        Share of his free equity he commits to one slice.
    patience : float
        How long he holds what he bought [s].
    im_multiplier : float
        What he must hold of MM after a bid.
    interval : float
        He looks at auctions in one block, then not for so long [s]; 0: in every block.
    """

    def __init__(
        self,
        member: Member,
        wallet: Wallet,
        cash: float,
        threshold: float,
        use: float,
        patience: float,
        im_multiplier: float,
        interval: float,
    ) -> None:
        self.member = member
        self._wallet = wallet
        self._cash = cash
        self._threshold = threshold
        self._use = use
        self._patience = patience
        self._im_multiplier = im_multiplier
        self._interval = interval
        self._looked_at = -interval
        self._sells_at: float | None = None
        self._free: tuple[float, float] | None = None  # free equity, and when it was read

    def fund(self) -> None:
        """Deposit his capital."""
        self._wallet.deposit_quote(self.member, self._cash)

    def consider(self, lot: Lot, now: float) -> Receipt | None:
        """Bid on a lot if it pays and he can carry it.

        Parameters
        ----------
        lot : Lot
        now : float
            Seconds since the start.
        """
        if self._looked_at < now < self._looked_at + self._interval:
            return None
        self._looked_at = now
        terms = lot.terms
        required = terms.maintenance / WAD
        incentive = terms.incentive / WAD
        if not terms.live or required == 0 or incentive < self._threshold * required:
            return None
        free = self._free_equity(now)
        largest = terms.largest_slice / WAD
        if free <= 0 or largest == 0:
            return None
        # what a whole lot would use up: its requirement at live lines, less what it brings
        burden = self._im_multiplier * max(required, lot.health.maintenance / WAD) - incentive
        carried = self._use * free / burden if burden > 0 else largest
        for shrink in _SHRINK:
            fraction = carried * shrink
            if fraction < min(MIN_FRACTION, largest) or fraction * incentive < MIN_GAIN:
                return None
            # the largest slice may be below any fraction a float can express
            whole = fraction >= largest
            receipt = self._bid(lot, terms.largest_slice if whole else to_wad(fraction))
            if receipt is not None:
                self._free = None
                self._sells_at = now + self._patience
                return receipt
        return None

    def _free_equity(self, now: float) -> float:
        """Equity above what he must hold, read once a block unless he bids [quote]."""
        if self._free is None or self._free[0] != now:
            own = self._wallet.deployment.lens.health(self.member.account)
            self._free = now, own.equity / WAD - self._im_multiplier * own.maintenance / WAD
        return self._free[1]

    def _bid(self, lot: Lot, fraction: int) -> Receipt | None:
        terms = lot.terms
        slack = int(LIMIT_SLACK * terms.maintenance) + 1
        max_price = terms.price * fraction // WAD + slack
        min_equity = (terms.equity - terms.proceeds) * fraction // WAD - slack
        return self._wallet.desk.attempt(
            self._wallet.deployment.auction.bid,
            lot.account,
            self.member.account,
            fraction,
            max_price,
            min_equity,
            sender=self.member.owner,
        )

    def buy_from_pool(self, now: float, prices: Prices) -> bool:
        """Buy collateral that the pool took over, as much as he can pay for.

        Returns
        -------
        bool
            Whether the pool still had some that anybody could buy.
        """
        deployment = self._wallet.deployment
        house = deployment.clearinghouse
        for index, asset in enumerate(deployment.collaterals):
            amount = house.collateral_amount(POOL, index)
            least = house.collateral_token(index).min_value
            if asset not in prices or amount / WAD * prices[asset] < least / WAD:
                continue
            own = deployment.lens.health(self.member.account)
            free = min(own.cash, own.equity - own.initial)
            bought = min(amount, int(self._use * free / prices[asset]))
            if bought / WAD * prices[asset] >= least / WAD and self._wallet.desk.attempt(
                deployment.pool.buy_collateral,
                self.member.account,
                index,
                bought,
                to_wad(bought / WAD * prices[asset]),  # below the market or not at all
                sender=self.member.owner,
            ):
                self._sells_at = now + self._patience
            return True
        return False

    def act(self, now: float, prices: Prices) -> None:
        """Sell what was bought when its time has come, one order at a time."""
        if self._sells_at is None or now < self._sells_at:
            return
        self._sells_at = now + self._patience / 10
        self._wallet.sell_collateral(self.member, prices, OUTSIDE_DISCOUNT)
        sizes = {m: s for m, s in self._wallet.positions(self.member).items() if m in prices}
        if not sizes:
            self._sells_at = None
            return
        market = max(sizes, key=lambda name: abs(sizes[name]) * prices[name])
        self._wallet.submit(self.member, market, -sizes[market], prices[market], 0.03)
