"""The loop: a price tick becomes feed rounds, rounds become a sample, a sample becomes margin
calls, auctions and bids. One block after another, the invariants checked after each.
"""

from collections.abc import Callable

import numpy as np

from chain import Chain, Contract
from chain.config import Config
from chain.deployment import CROSS, FUND, POOL, Deployment
from oracle_sim.agents import Trader
from oracle_sim.bidders import Lot
from oracle_sim.borrowers import Borrower
from oracle_sim.caretaker import Caretaker
from oracle_sim.course import Course, Disturbances, within
from oracle_sim.crowd import Addresses, Crowd, gather
from oracle_sim.desk import Desk
from oracle_sim.fleet import read_fleet
from oracle_sim.history import History
from oracle_sim.invariants import Invariants
from oracle_sim.lending import Lending
from oracle_sim.metrics import EVENTS, measure
from oracle_sim.outcome import Outcome
from oracle_sim.publisher import make_publishers
from oracle_sim.scenario import Scenario
from oracle_sim.walk import Instant
from oracle_sim.wallet import WAD, Prices, Wallet

MAX_LATENCY = 12
"""From a price to its landing on chain, at most [s]."""
MAX_REACTION = 40
"""From a price to the block in which keeper and crowd act on it, at most [s]."""

Progress = Callable[[int], None]
"""Told after each tick how many are done."""


class Market:
    """One replay on one chain.

    Parameters
    ----------
    course : Course
        What happens to prices.
    scenario : Scenario
        Who takes part.
    deployment : Deployment
        Fresh, with test doubles of feeds and tokens.
    config : Config
        Of the deployment: how its feeds behave.
    disturbances : Disturbances, optional
        What else goes wrong.
    sequencer : Contract, optional
        Double of the sequencer's uptime feed.
    """

    def __init__(
        self,
        course: Course,
        scenario: Scenario,
        deployment: Deployment,
        config: Config,
        disturbances: Disturbances | None = None,
        sequencer: Contract | None = None,
    ) -> None:
        self._course = course
        self._scenario = scenario
        self._deployment = deployment
        self._disturbances = disturbances or Disturbances()
        self._sequencer = sequencer
        self._is_down = False
        self._chain: Chain = deployment.chain
        self._latency = min(MAX_LATENCY, course.spacing // 6)
        self._reaction = min(MAX_REACTION, course.spacing // 2)
        self._rng = np.random.default_rng(scenario.seed)

        self.desk = Desk(self._chain, deployment.core.values(), EVENTS)
        self._wallet = Wallet(self.desk, deployment)
        self._addresses = Addresses(self._chain.accounts)
        keeper = self._wallet.open(self._addresses.take(), CROSS)
        self._publishers = make_publishers(
            deployment, config, self.desk, keeper.owner, self._latency, self._disturbances.feeds
        )
        by_id = {deployment.assets[name]: each for name, each in self._publishers.items()}
        self._keeper = Caretaker(keeper, self.desk, deployment, by_id)
        self._history = History(deployment.assets)
        self._lending = Lending()
        self._invariants = Invariants(deployment)
        self._crowd = Crowd([], [], [], [], [])
        self._takers: dict[int, Trader | Borrower] = {}
        self._opened = False
        self._pool_sells = False  # collateral it took over
        self._sold = 0.0  # in auctions [quote]
        self._auctions: list[int] = []
        self._prices: Prices = {}
        # how much later than on the tape everything happens on a chain that is ahead of it [s]
        self._lag = max(0, self._chain.time - course.start)

    def run(self, progress: Progress | None = None) -> Outcome:
        """Play the course to its end."""
        first_block = self._chain.block_number
        for done, instant in enumerate(self._course.instants, start=1):
            self._step(instant)
            if progress is not None:
                progress(done)
        house, lens = self._deployment.clearinghouse, self._deployment.lens
        fleet = read_fleet(lens, house.account_count())
        return Outcome(
            event=self._course.name,
            assets=tuple(self._deployment.assets),
            blocks=self._chain.block_number - first_block,
            transactions=self.desk.transactions,
            accounts=len(fleet.account),
            metrics=measure(self._history.happenings),
            lending=self._lending,
            history=self._history,
            fleet=fleet,
            stuck=tuple(sorted(self._keeper.stuck)),
            invariants=dict(self._invariants.holds),
            checks=self._invariants.checks,
            failures=self._invariants.failures,
            refusals=dict(self.desk.refusals),
            liquidated=self._sold + self._keeper.absorbed,
            pool=lens.health(POOL).equity / WAD,
            borrowers=len(self._crowd.borrowers),
            hedgers=self._scenario.hedgers,
            hedge_ratio=self._keeper.book.hedge_ratio,
        )

    def _step(self, instant: Instant) -> None:
        """One tick: feeds publish, then keeper and crowd act, then everything is checked."""
        self._prices = instant.prices
        tick = instant.time + self._lag
        writers = [
            publisher
            for name, publisher in self._publishers.items()
            if publisher.observe(tick, instant.prices.get(name))
        ]
        if writers:
            self._advance(tick + self._latency)
            for publisher in writers:
                publisher.write()
            self._invariants.check(self.desk.changes)

        now = self._advance(tick + self._reaction)
        since_start = float(instant.time - self._course.start)
        if self._is_cut_off(instant.time):
            self._keeper.scan()
        else:
            self._react(instant.time, now, since_start)
        house = self._deployment.clearinghouse
        keeper = self._keeper
        self._history.record(now, instant.prices, keeper.book.lines, keeper.fleet, house.cash(FUND))
        self._lending.close(house.supply())
        self._invariants.check(self.desk.changes)

    def _react(self, time: int, now: int, since_start: float) -> None:
        """Everybody does what he has to do in this block."""
        keeper_is_there = not within(self._disturbances.keeper, time)
        if keeper_is_there:
            self._keeper.sample(now)
        if not self._opened:
            self._open()
        self._dispatch(since_start)
        if keeper_is_there:
            self._keeper.execute(now)
            self._dispatch(since_start)
            self._keeper.watch()
            self._keeper.relieve()
            self._dispatch(since_start)
        else:
            self._keeper.scan()
        self._tend_auctions(time, since_start, keeper_is_there)
        self._act(time, since_start)

    def _is_cut_off(self, time: int) -> bool:
        """Tell the oracle when the sequencer goes down or comes back; True while it is down."""
        is_down = within(self._disturbances.sequencer, time)
        if is_down != self._is_down:
            self._is_down = is_down
            assert self._sequencer is not None
            transmitter = self._chain.accounts[0]
            set_status = self._sequencer.set_status
            self.desk.send(set_status, int(is_down), self._chain.time, sender=transmitter)
        return is_down

    def _advance(self, time: int) -> int:
        """Wind the clock to `time`; a chain that is already past it delays the rest of the tape."""
        now = self._chain.time
        if now > time:
            self._lag += now - time
            return now
        self._chain.advance(time - now)
        return time

    def _open(self) -> None:
        """Everybody comes in."""
        self._opened = True
        self._crowd = gather(
            self._scenario,
            self._wallet,
            self._addresses,
            self._prices,
            float(self._course.duration),
            self._rng,
        )
        self._takers = self._crowd.takers()

    def _dispatch(self, now: float) -> None:
        """Tell everybody what has happened."""
        for happening in self.desk.drain():
            self._history.note(happening)
            self._lending.note(happening)
            self._keeper.notice(happening)
            account = getattr(happening.args, "account", 0)
            called = self._takers.get(account)
            match happening.name:
                case "MarginCalled" if called is not None:
                    called.call()
                case "OrderCancelled" if isinstance(called, Trader):
                    called.cancelled(happening.args.reason, now)
                case "AuctionStarted":
                    self._auctions.append(account)
                case "AuctionEnded":
                    self._auctions.remove(account)
                case "BackstopTaken":
                    self._pool_sells = True

    def _tend_auctions(self, time: int, now: float, keeper_is_there: bool) -> None:
        """Keep every auction going and let the bidders look at it."""
        bidders_are_there = not within(self._disturbances.bidders, time)
        for account in list(self._auctions):
            if keeper_is_there:
                self._keeper.tend(account)
                self._dispatch(now)
            if bidders_are_there and account in self._auctions:
                self._offer(account, now, keeper_is_there)

    def _offer(self, account: int, now: float, keeper_is_there: bool) -> None:
        """Show one auction to each bidder in turn, a different one first each time."""
        lot = self._lot(account)
        self._history.look(account, lot.terms)
        for index in self._rng.permutation(len(self._crowd.bidders)):
            receipt = self._crowd.bidders[int(index)].consider(lot, now)
            if receipt is None:
                continue
            self._sold += lot.health.gross / WAD * receipt.result / WAD
            self._dispatch(now)
            if account not in self._auctions:
                return
            lot = self._lot(account)
            if keeper_is_there and self._keeper.release(account, lot.terms):
                self._dispatch(now)
                return

    def _lot(self, account: int) -> Lot:
        deployment = self._deployment
        return Lot(account, deployment.auction.terms(account), deployment.lens.health(account))

    def _act(self, time: int, now: float) -> None:
        for taker in self._takers.values():
            taker.act(now, self._prices)
        if not within(self._disturbances.bidders, time):
            self._act_as_bidders(now)
        for provider in self._crowd.providers:
            provider.act(now)
        self._dispatch(now)

    def _act_as_bidders(self, now: float) -> None:
        for bidder in self._crowd.bidders:
            bidder.act(now, self._prices)
        if self._pool_sells and self._crowd.bidders:
            buyer = self._crowd.bidders[int(self._rng.integers(len(self._crowd.bidders)))]
            self._pool_sells = buyer.buy_from_pool(now, self._prices)
