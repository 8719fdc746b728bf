"""Carries simulated feeds onto the chain: push feeds write by themselves, pull feeds are pushed by
whoever needs them and pays the fee. Nothing here touches the oracle.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from chain.config import AssetConfig, Config
from chain.deployment import Deployment
from chain.feeds import ChainlinkFeed, Feed, PythFeed
from oracle_sim.desk import Desk
from oracle_sim.faults import FaultSchedule
from oracle_sim.pull_feed import PullConfig, PullFeed, Update
from oracle_sim.push_feed import PushConfig, PushFeed, Round

_PULL_STEP = 5  # a pull feed publishes all the time; so often here [s]


class Publisher(ABC):
    """One asset's feed and the contract it writes to."""

    @abstractmethod
    def observe(self, tick: int, price: float | None) -> bool:
        """Show the feed the outside price.

        Parameters
        ----------
        tick : int
            [s]
        price : float or None
            [quote per unit]; None in an outage.

        Returns
        -------
        bool
            Whether it has something of its own to `write`.
        """

    @abstractmethod
    def write(self) -> None:
        """Write on chain what a push feed publishes, at the time it said."""

    @abstractmethod
    def refresh(self, now: int) -> None:
        """Bring a pull feed's newest answer on chain, as a keeper does."""

    @abstractmethod
    def proof(self, since: int, now: int) -> tuple[bytes, int] | None:
        """Prove the first answer published at or after `since`.

        Returns
        -------
        (bytes, int) or None
            What `LiquidityPool.execute_order` takes, and the fee to send with it [wei].
        """


class PushPublisher(Publisher):
    """A Chainlink-like feed.

    Parameters
    ----------
    feed : PushFeed
    double : ChainlinkFeed
        Where its rounds go.
    desk : Desk
    sender : str
        The feed's own transmitter.
    """

    def __init__(self, feed: PushFeed, double: ChainlinkFeed, desk: Desk, sender: str) -> None:
        self._feed = feed
        self._double = double
        self._desk = desk
        self._sender = sender
        self._waiting: list[Round] = []

    def observe(self, tick: int, price: float | None) -> bool:
        if price is not None:
            self._waiting += self._feed.observe(tick, price)
        return bool(self._waiting)

    def write(self) -> None:
        for answer in self._waiting:
            set_round = self._double.aggregator.set_round
            self._desk.publish(set_round, answer.answer, answer.updated_at, sender=self._sender)
        self._waiting.clear()

    def refresh(self, now: int) -> None:
        """Nothing to do: it has published by itself."""

    def proof(self, since: int, now: int) -> tuple[bytes, int] | None:
        proof = self._double.proof(since)
        return None if proof is None else (proof, 0)


class PullPublisher(Publisher):
    """A Pyth-like feed.

    Parameters
    ----------
    feed : PullFeed
    double : PythFeed
        Where its updates go.
    desk : Desk
    keeper : str
        Who pushes and pays.
    """

    def __init__(self, feed: PullFeed, double: PythFeed, desk: Desk, keeper: str) -> None:
        self._feed = feed
        self._double = double
        self._desk = desk
        self._keeper = keeper
        self._price: float | None = None
        self._published_at = 0

    def observe(self, tick: int, price: float | None) -> bool:
        self._publish_until(tick - 1)
        self._price = price
        self._publish_until(tick)
        return False

    def write(self) -> None:
        """Nothing to do: it waits to be fetched."""

    def refresh(self, now: int) -> None:
        self._publish_until(now - self._feed.config.latency)
        update = self._feed.latest(now)
        if update is None or update == self._feed.on_chain:
            return
        fee = self._feed.config.fee
        push = self._double.pyth.updatePriceFeeds
        self._desk.publish(push, [self._encode(update)], sender=self._keeper, value=fee)
        self._feed.push(update, fee)

    def proof(self, since: int, now: int) -> tuple[bytes, int] | None:
        update = self._feed.first_since(since, now)
        if update is None:
            return None
        return self._double.encode_proof(self._encode(update)), self._feed.config.fee

    def _publish_until(self, end: int) -> None:
        """Publish the present price every few seconds, the last time at `end`."""
        if self._price is None:
            self._published_at = end
            return
        for time in range(self._published_at + _PULL_STEP, end, _PULL_STEP):
            self._feed.observe(time, self._price)
        if end > self._published_at:
            self._feed.observe(end, self._price)
            self._published_at = end

    def _encode(self, update: Update) -> bytes:
        price = (update.price, update.confidence, update.exponent, update.publish_time)
        named = (self._double.price_id, price, price)
        encode = self._double.pyth.function("encode").encode
        return encode(named, update.previous_publish_time)[4:]  # static: the arguments are it


def make_publishers(
    deployment: Deployment,
    config: Config,
    desk: Desk,
    keeper: str,
    latency: int,
    faults: Mapping[str, FaultSchedule],
) -> dict[str, Publisher]:
    """The simulated feed of each asset, behaving as its configuration says.

    Parameters
    ----------
    deployment : Deployment
    config : Config
        Of each asset its first source counts.
    desk : Desk
    keeper : str
        Who pushes what waits to be pushed.
    latency : int
        From a price to its landing on chain [s].
    faults : mapping of str to FaultSchedule
        By asset; the others have none.
    """
    return {
        name: _make_publisher(
            config.assets[name], deployment.feeds[name][0], desk, keeper, latency, faults.get(name)
        )
        for name in deployment.assets
    }


def _make_publisher(
    asset: AssetConfig,
    double: Feed,
    desk: Desk,
    keeper: str,
    latency: int,
    faults: FaultSchedule | None,
) -> Publisher:
    source = asset.sources[0]
    if isinstance(double, PythFeed):
        pull = PullConfig(exponent=-double.decimals, fee=double.pyth.FEE())
        return PullPublisher(PullFeed(pull, faults), double, desk, keeper)
    assert isinstance(double, ChainlinkFeed)
    push = PushConfig(
        deviation=asset.listing["deviation"],
        heartbeat=source.times["heartbeat"],
        latency=latency,
        decimals=double.decimals,
        minimum=max(1, source.min_answer),
        maximum=source.max_answer,
    )
    transmitter = desk.chain.accounts[0]
    return PushPublisher(PushFeed(push, faults), double, desk, transmitter)
