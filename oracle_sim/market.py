"""The loop: a price tick becomes feed rounds, rounds become a sample, a sample becomes margin
calls, auctions and bids. One block after another, the invariants checked after each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chain import Chain
from chain.config import Config
from chain.deployment import FUND, Deployment
from chain.feeds import ChainlinkFeed, PythFeed
from oracle_sim.agents import Trader
from oracle_sim.bidders import Lot
from oracle_sim.caretaker import Caretaker
from oracle_sim.crowd import Addresses, Crowd, gather
from oracle_sim.desk import Desk
from oracle_sim.fleet import Fleet
from oracle_sim.history import History
from oracle_sim.invariants import Invariants
from oracle_sim.metrics import EVENTS, Metrics, measure
from oracle_sim.publisher import Publisher, PullPublisher, PushPublisher
from oracle_sim.pull_feed import PullConfig, PullFeed
from oracle_sim.push_feed import PushConfig, PushFeed
from oracle_sim.scenario import CROSS, Scenario
from oracle_sim.tape import Tape
from oracle_sim.walk import TICKS, Instant, walk
from oracle_sim.wallet import Prices, Wallet

MAX_LATENCY = 12
"""From a price to its landing on chain, at most [s]."""
MAX_REACTION = 40
"""From a price to the block in which keeper and crowd act on it, at most [s]."""

Progress = Callable[[int], None]
"""Told after each tick how many are done."""


@dataclass(frozen=True)
class Outcome:
    """A finished replay.

    Attributes
    ----------
    event : str
    assets : tuple of str
    blocks, transactions, accounts : int
    metrics : Metrics
    history : History
    fleet : Fleet
        All user accounts at the end.
    stuck : tuple of int
        Accounts the keeper could not help although prices were usable.
    invariants : dict of str to bool
    checks : int
        How often the invariants were checked.
    failures : list of str
        What broke one.
    refusals : dict of str to int
        What the protocol refused, by reason.
    """

    event: str
    assets: tuple[str, ...]
    blocks: int
    transactions: int
    accounts: int
    metrics: Metrics
    history: History
    fleet: Fleet
    stuck: tuple[int, ...]
    invariants: dict[str, bool]
    checks: int
    failures: list[str]
    refusals: dict[str, int]


class Market:
    """One replay on one chain.

    Parameters
    ----------
    tape : Tape
        What happens to prices.
    scenario : Scenario
        Who takes part.
    deployment : Deployment
        Fresh, with test doubles of feeds and tokens.
    config : Config
        Of the deployment: how its feeds behave.
    """

    def __init__(
        self, tape: Tape, scenario: Scenario, deployment: Deployment, config: Config
    ) -> None:
        self._tape = tape
        self._scenario = scenario
        self._deployment = deployment
        self._chain: Chain = deployment.chain
        spacing = tape.interval // TICKS
        self._latency = min(MAX_LATENCY, spacing // 6)
        self._reaction = min(MAX_REACTION, spacing // 2)
        self._rng = np.random.default_rng(scenario.seed)

        self.desk = Desk(self._chain, deployment.core.values(), EVENTS)
        self._wallet = Wallet(self.desk, deployment)
        self._addresses = Addresses(self._chain.accounts)
        keeper = self._wallet.open(self._addresses.take(), CROSS)
        self._publishers = {
            name: self._publisher(name, config, keeper.owner) for name in deployment.assets
        }
        by_id = {deployment.assets[name]: each for name, each in self._publishers.items()}
        self._keeper = Caretaker(keeper, self.desk, deployment, by_id)
        self._history = History(deployment.assets)
        self._invariants = Invariants(deployment)
        self._crowd = Crowd([], [], [], [])
        self._traders: dict[int, Trader] = {}
        self._opened = False
        self._pool_sells = False  # collateral it took over
        self._auctions: list[int] = []
        self._prices: Prices = {}
        # how much later than on the tape everything happens on a chain that is ahead of it [s]
        self._lag = max(0, self._chain.time - int(tape.time[0]))

    def _publisher(self, name: str, config: Config, keeper: str) -> Publisher:
        """The simulated feed of an asset, behaving as its configuration says."""
        double = self._deployment.feeds[name][0]
        source = config.assets[name].sources[0]
        if isinstance(double, PythFeed):
            pull = PullConfig(exponent=-double.decimals, fee=double.pyth.FEE())
            return PullPublisher(PullFeed(pull), double, self.desk, keeper)
        assert isinstance(double, ChainlinkFeed)
        push = PushConfig(
            deviation=config.assets[name].listing["deviation"],
            heartbeat=source.times["heartbeat"],
            latency=self._latency,
            decimals=double.decimals,
        )
        return PushPublisher(PushFeed(push), double, self.desk, self._chain.accounts[0])

    def run(self, progress: Progress | None = None) -> Outcome:
        """Replay the tape to its end."""
        first_block = self._chain.block_number
        for done, instant in enumerate(walk(self._tape), start=1):
            self._step(instant)
            if progress is not None:
                progress(done)
        return Outcome(
            event=self._tape.name,
            assets=tuple(self._deployment.assets),
            blocks=self._chain.block_number - first_block,
            transactions=self.desk.transactions,
            accounts=len(self._keeper.fleet.account),
            metrics=measure(self._history.happenings),
            history=self._history,
            fleet=self._keeper.fleet,
            stuck=tuple(sorted(self._keeper.stuck)),
            invariants=dict(self._invariants.holds),
            checks=self._invariants.checks,
            failures=self._invariants.failures,
            refusals=dict(self.desk.refusals),
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
            self._invariants.check()

        now = self._advance(tick + self._reaction)
        since_start = float(instant.time - int(self._tape.time[0]))
        self._keeper.sample(now)
        if not self._opened:
            self._open()
        self._dispatch(since_start)
        self._keeper.execute(now)
        self._dispatch(since_start)
        self._keeper.watch()
        self._dispatch(since_start)
        self._tend_auctions(since_start)
        self._act(since_start)

        fund = self._deployment.clearinghouse.cash(FUND)
        self._history.record(now, instant.prices, self._keeper.fleet, fund)
        self._invariants.check()

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
        tape = self._tape
        duration = float(len(tape) * tape.interval)
        self._crowd = gather(
            self._scenario, self._wallet, self._addresses, self._prices, duration, self._rng
        )
        self._traders = self._crowd.by_account()

    def _dispatch(self, now: float) -> None:
        """Tell everybody what has happened."""
        for happening in self.desk.drain():
            self._history.note(happening)
            self._keeper.notice(happening)
            account = getattr(happening.args, "account", 0)
            trader = self._traders.get(account)
            match happening.name:
                case "MarginCalled" if trader is not None:
                    trader.call()
                case "OrderCancelled" if trader is not None:
                    trader.cancelled(happening.args.reason, now)
                case "AuctionStarted":
                    self._auctions.append(account)
                case "AuctionEnded":
                    self._auctions.remove(account)
                case "BackstopTaken":
                    self._pool_sells = True

    def _tend_auctions(self, now: float) -> None:
        """Keep every auction going and let the bidders look at it."""
        for account in list(self._auctions):
            self._keeper.tend(account)
            self._dispatch(now)
            if account in self._auctions:
                self._offer(account, now)

    def _offer(self, account: int, now: float) -> None:
        """Show one auction to each bidder in turn, a different one first each time."""
        lot = Lot(account, self._deployment.auction.terms(account))
        self._history.look(account, lot.terms)
        for index in self._rng.permutation(len(self._crowd.bidders)):
            if self._crowd.bidders[int(index)].consider(lot, now) is None:
                continue
            self._dispatch(now)
            if account not in self._auctions:
                return
            lot = Lot(account, self._deployment.auction.terms(account))
            if self._keeper.release(account, lot.terms):
                self._dispatch(now)
                return

    def _act(self, now: float) -> None:
        for trader in self._crowd.traders:
            trader.act(now, self._prices)
        for bidder in self._crowd.bidders:
            bidder.act(now, self._prices)
        if self._pool_sells and self._crowd.bidders:
            buyer = self._crowd.bidders[int(self._rng.integers(len(self._crowd.bidders)))]
            self._pool_sells = buyer.buy_from_pool(now, self._prices)
        for provider in self._crowd.providers:
            provider.act(now)
        self._dispatch(now)
