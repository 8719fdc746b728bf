"""The one keeper of a replay: it samples, executes what waits, calls margins and runs auctions."""

from dataclasses import dataclass
from typing import Any

from chain.deleveraging import pages, who_is_hit
from chain.deployment import POOL, Deployment
from oracle_sim.book import Book
from oracle_sim.desk import Desk, Happening
from oracle_sim.fleet import HEALTHY, LIQUIDATABLE, MARGIN_CALL, Fleet
from oracle_sim.publisher import Publisher
from oracle_sim.wallet import Member

WAD = 10**18
SILENCE = 60
"""After so long without a first price an order executes without proof [s]."""
CLEARING = 600
"""After so long anybody may clear an order [s]."""
ROUNDING = 16 * 10**8
"""What a slice may leave missing of the buffer, as in LiquidationAuction [quote wad]."""


@dataclass(frozen=True)
class _PendingOrder:
    market: int
    submitted_at: int


class Caretaker:
    """Does everything a keeper does, once a block.

    Parameters
    ----------
    member : Member
        Whose account receives fees and rewards.
    desk : Desk
    deployment : Deployment
    publishers : dict of int to Publisher
        By asset id.

    Attributes
    ----------
    fleet : Fleet
        All user accounts as of the last `scan`.
    absorbed : float
        Positions and collateral of accounts the pool took over, at mark [quote].
    stuck : set of int
        Accounts that were LIQUIDATABLE at usable prices, not by a write-down of the last hour
        alone, and still had no auction after this keeper had tried to start one.
    """

    def __init__(
        self,
        member: Member,
        desk: Desk,
        deployment: Deployment,
        publishers: dict[int, Publisher],
    ) -> None:
        self.member = member
        self._desk = desk
        self._deployment = deployment
        self._publishers = publishers
        self.book = Book(deployment, desk)
        self._auction = deployment.auction
        pool = deployment.pool
        self._min_delay = pool.MIN_DELAY()
        self._request_delays = {True: pool.REQUEST_DELAY(), False: pool.EXIT_DELAY()}
        auction = self._auction.parameters()
        self._selling_time = auction.fast_phase + auction.slow_phase
        self._buffer = WAD + deployment.risk.BUFFER()
        self._orders: dict[int, _PendingOrder] = {}
        self._requests: dict[int, int] = {}  # request to when it may execute
        self._called: set[int] = set()
        self._episodes: set[int] = set()
        self.fleet: Fleet
        self.absorbed = 0.0
        self.stuck: set[int] = set()

    def notice(self, happening: Happening) -> None:
        """Follow the protocol by its events alone."""
        args = happening.args
        match happening.name:
            case "OrderSubmitted":
                self._orders[args.account] = _PendingOrder(args.market, happening.time)
            case "OrderExecuted" | "OrderCancelled":
                self._orders.pop(args.account, None)
            case "RequestSubmitted":
                delay = self._request_delays[args.entering]
                self._requests[args.request] = happening.time + delay
            case "RequestExecuted" | "RequestLapsed":
                self._requests.pop(args.request, None)
            case "MarginCalled":
                self._called.add(args.account)
                self._episodes.add(args.account)
            case "StarterRewarded":
                self._episodes.add(args.account)
            case "EpisodeClosed":
                self._called.discard(args.account)
                self._episodes.discard(args.account)

    def sample(self, now: int) -> None:
        """Fetch what waits to be fetched, then sample oracle and lines."""
        for publisher in self._publishers.values():
            publisher.refresh(now)
        self._attempt(self._deployment.risk.sample)

    def execute(self, now: int) -> None:
        """Execute, cancel or clear the orders that are due, then the requests of providers."""
        pool, account = self._deployment.pool, self.member.account
        for trader, order in list(self._orders.items()):
            since = order.submitted_at + self._min_delay
            if now > order.submitted_at + CLEARING:
                self._attempt(pool.clear_order, trader, account)
                continue
            proof = self._publishers[order.market].proof(since, now)
            if proof is not None:
                self._attempt(pool.execute_order, trader, account, proof[0], value=proof[1])
            elif now > order.submitted_at + SILENCE:
                self._attempt(pool.execute_order, trader, account, b"")
        for request, due in list(self._requests.items()):
            if now >= due:
                self._attempt(pool.execute_request, request)

    def scan(self) -> None:
        """Assess all accounts."""
        self.fleet = self.book.read()

    def watch(self) -> None:
        """Act on the statuses of all accounts."""
        self.scan()
        fleet, auction = self.fleet, self._auction
        late = (fleet.status >= LIQUIDATABLE) & ~fleet.in_auction
        for account in fleet.where(late):
            if not self._start(account) and self._is_stuck(account):
                self.stuck.add(account)

        strained = fleet.status >= MARGIN_CALL
        for account in fleet.where(strained):
            if account not in self._called:
                self._attempt(auction.issue_margin_call, account)
        for account in fleet.where((fleet.status == HEALTHY) & ~fleet.in_auction):
            if account in self._episodes and not self._attempt(auction.close_episode, account):
                self._write_off(account)  # rounding may have left a wei of debt

    def relieve(self) -> None:
        """Cut winners where the pool cannot carry them; write off what nobody is left to pay."""
        house, rounds = self._deployment.clearinghouse, self._deployment.deleveraging
        health = house.current_health(POOL)
        if health.equity >= health.maintenance or not health.live:
            return
        held = house.account(POOL).markets
        for market in self._deployment.assets.values():
            if not held >> market & 1:
                continue
            self._attempt(rounds.open_round, market)
            for page in pages(who_is_hit(self._deployment, market)):
                self._attempt(rounds.deleverage, market, page)
        if health.equity < 0 and not self._attempt(rounds.write_off_pool):
            self._attempt(self._auction.refresh_shortfall)  # who leaves first bears his share

    def _start(self, account: int) -> bool:
        """Start the auction of an account, or write off what has nothing left to sell."""
        started = self._attempt(self._auction.start, account, self.member.account)
        return started or self._write_off(account)

    def _write_off(self, account: int) -> bool:
        """Write off the debt of an account that has nothing left to sell."""
        if self._deployment.clearinghouse.held_assets(account) != 0:
            return False
        return self._attempt(self._auction.write_off, account)

    def _is_stuck(self, account: int) -> bool:
        health = self._deployment.lens.health(account)
        lost = max(0, health.cash) * (self._auction.grace() - WAD) // WAD
        below = health.equity < 0 or health.equity + lost < health.maintenance
        return bool(health.live) and below

    def tend(self, account: int) -> None:
        """Let the clock of one auction run on, and end it or hand it to the pool when due."""
        self._attempt(self._auction.poke, account)
        terms = self._auction.terms(account)
        if self.release(account, terms):
            return
        if terms.elapsed >= self._selling_time and terms.live:
            gross = self._deployment.lens.health(account).gross / WAD
            if self._attempt(self._auction.backstop, account):
                self.absorbed += gross

    def release(self, account: int, terms: Any) -> bool:
        """End the auction of an account that has its buffer back.

        Due in the block of the fill that brought it there: by the next one funding may have taken
        a little of it, and what is missing would be sold in dust.

        Returns
        -------
        bool
            Whether it had.
        """
        if (terms.equity + ROUNDING) * WAD < terms.maintenance * self._buffer:
            return False
        return self._attempt(self._auction.end, account)

    def _attempt(self, function, *args, value: int = 0) -> bool:  # type: ignore[no-untyped-def]
        return (
            self._desk.attempt(function, *args, sender=self.member.owner, value=value) is not None
        )
