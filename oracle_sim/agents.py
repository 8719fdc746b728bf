"""Traders, liquidity providers and stakers: what they do when their time or a margin call comes."""

from dataclasses import replace

from oracle_sim.plans import Trade, TraderPlan
from oracle_sim.wallet import Member, Prices, Wallet, to_wad

PATIENCE = 900.0
"""How long a trader waits before he tries again what the protocol refused [s]."""

MAX_REFUSALS = 4
"""After so many refusals he drops what he had in mind."""

ADDED_PART = 0.35
"""What a trader adds upon a margin call, of the equity he started with."""

MAX_ADDITIONS = 2

STEP_DOWN = 0.6
"""What a trader asks for after an order that his margin did not carry, of what he had asked."""

MIN_LEVERAGE = 0.5
"""Below it he gives up."""


class Trader:
    """Carries out his plan and answers margin calls; decides with outside prices.

    Parameters
    ----------
    plan : TraderPlan
    member : Member
    wallet : Wallet
    """

    def __init__(self, plan: TraderPlan, member: Member, wallet: Wallet) -> None:
        self.plan = plan
        self.member = member
        self._wallet = wallet
        self._trades = list(reversed(plan.trades))  # next one last
        self._not_before = 0.0
        self._additions = 0
        self._called = False
        self._last: Trade | None = None
        self._refusals = 0

    def fund(self, prices: Prices) -> None:
        """Deposit what he starts with."""
        wallet, plan = self._wallet, self.plan
        wallet.deposit_quote(self.member, plan.equity * (1 - plan.collateral_part))
        if plan.collateral is not None:
            value = plan.equity * plan.collateral_part
            wallet.deposit_collateral(self.member, plan.collateral, value / prices[plan.collateral])

    def call(self) -> None:
        """Hear of his margin call."""
        self._called = True

    def cancelled(self, reason: str, now: float) -> None:
        """Hear that his order was cancelled; ask for less when it was too much."""
        if reason == "margin" and self._last is not None:
            smaller = replace(self._last, at=now, leverage=STEP_DOWN * self._last.leverage)
            if abs(smaller.leverage) >= MIN_LEVERAGE:
                self._trades.append(smaller)
        self._last = None

    def act(self, now: float, prices: Prices) -> None:
        """Do what is due.

        Parameters
        ----------
        now : float
            Seconds since the start of the replay.
        prices : dict of str to float
            Outside prices known now.
        """
        if now < self._not_before:
            return
        if self._called:
            self._called = False
            self._answer(now, prices)
        elif self._trades and self._trades[-1].at <= now:
            trade = self._trades[-1]
            if trade.market in prices and self._submit(trade, prices[trade.market]):
                self._last = self._trades.pop()
                self._refusals = 0
                return
            self._not_before = now + PATIENCE
            self._refusals += 1
            if self._refusals == MAX_REFUSALS:
                self._trades.pop()
                self._refusals = 0

    def _submit(self, trade: Trade, price: float) -> bool:
        size = trade.leverage * self.plan.equity / price
        return self._wallet.submit(self.member, trade.market, to_wad(size), price, trade.slippage)

    def _answer(self, now: float, prices: Prices) -> None:
        """Answer a margin call as planned."""
        if self.plan.response == "add" and self._additions < MAX_ADDITIONS:
            self._additions += 1
            self._wallet.deposit_quote(self.member, ADDED_PART * self.plan.equity)
        elif self.plan.response == "close" and not self._reduce(prices):
            self._called = True  # try again, until sold out or liquidated
            self._not_before = now + PATIENCE

    def _reduce(self, prices: Prices) -> bool:
        """Close the position of largest notional; True when nothing is left to try."""
        sizes = {
            market: size
            for market, size in self._wallet.positions(self.member).items()
            if market in prices
        }
        if not sizes:
            return True
        market = max(sizes, key=lambda name: abs(sizes[name]) * prices[name])
        slippage = 0.05  # he wants out
        return self._wallet.submit(self.member, market, -sizes[market], prices[market], slippage)


class Provider:
    """Gives quote to the pool; some ask for it back in the middle of things.

    Parameters
    ----------
    member : Member
    wallet : Wallet
    cash : float
        [quote]
    leaves_at : float or None
        When he asks to leave [s since the start].
    """

    def __init__(
        self, member: Member, wallet: Wallet, cash: float, leaves_at: float | None
    ) -> None:
        self.member = member
        self._wallet = wallet
        self._cash = cash
        self._leaves_at = leaves_at

    def enter(self) -> None:
        """Deposit and ask for LP shares."""
        wallet, account = self._wallet, self.member.account
        wallet.deposit_quote(self.member, self._cash)
        enter = wallet.deployment.pool.request_entry
        wallet.desk.send(enter, account, wallet.cash(self.member), 0, sender=self.member.owner)

    def act(self, now: float) -> None:
        """Ask to leave with half of the shares when the time has come."""
        if self._leaves_at is None or now < self._leaves_at:
            return
        self._leaves_at = None
        pool = self._wallet.deployment.pool
        shares = pool.balanceOf(self.member.owner) // 2
        self._wallet.desk.attempt(
            pool.request_exit, self.member.account, shares, 0, sender=self.member.owner
        )


class Staker:
    """Puts quote into the insurance fund and leaves it there.

    Parameters
    ----------
    member : Member
    wallet : Wallet
    cash : float
        [quote]
    """

    def __init__(self, member: Member, wallet: Wallet, cash: float) -> None:
        self.member = member
        self._wallet = wallet
        self._cash = cash

    def stake(self) -> None:
        """Deposit and stake all of it."""
        wallet, account = self._wallet, self.member.account
        wallet.deposit_quote(self.member, self._cash)
        stake = wallet.deployment.fund.stake
        wallet.desk.send(stake, account, wallet.cash(self.member), 0, sender=self.member.owner)
