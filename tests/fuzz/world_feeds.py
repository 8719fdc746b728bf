"""All feeds of a world, and what everything is really worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chain import Chain, load_artifacts
from chain.config import Config
from chain.config_source import SourceConfig
from chain.deployment import Deployment
from chain.feeds import ChainlinkFeed, PythFeed, RatioFeed
from tests.fuzz.calldata import selectors, words
from tests.fuzz.world_feed import MAX_FEED_ANSWER, Pull, Push, Sender
from tests.fuzz.world_ratio import Bounds, Ratio

SPARES = 2
"""Aggregators a proxy may still switch to."""
CURRENT_AGE, PULL_AGE, PUSH_AGE = 3, 500, 3_000
"""Older than this a feed is freshened [s]."""
FOREVER = 2**64
"""Until then nobody heals a feed that is dead [s]."""
ANY_ANSWER = (0, MAX_FEED_ANSWER + 1)
"""Bounds of a feed that knows none: those of a ratio are its own."""
AnyFeed = Push | Pull | Ratio
_SEQUENCER = selectors("MockSequencerFeed")


@dataclass
class Feeds:
    """All of them: sources by asset, the primary one first, and the sequencer's uptime feed.

    Attributes
    ----------
    prices : list of int
        What each asset is really worth: a healthy feed says so [quote wad per unit].
    uptime : tuple of int
        Answer (0: up), since when [s], whether the feed is broken.
    """

    sources: list[list[AnyFeed]]
    prices: list[int]
    sequencer: str
    publisher: str
    uptime: tuple[int, int, int]

    @classmethod
    def of(cls, chain: Chain, config: Config, deployment: Deployment) -> Feeds:
        """Those of a fresh deployment, each with the one price it was deployed with."""
        publisher = chain.accounts[0]
        sources: list[list[AnyFeed]] = []
        for symbol in deployment.assets:
            described = config.assets[symbol].sources
            found: list[AnyFeed] = []
            adapters = deployment.sources[symbol]
            for feed, source, place in zip(
                deployment.feeds[symbol], described, adapters, strict=True
            ):
                if isinstance(feed, PythFeed):
                    found.append(_pull(feed, source, publisher))
                elif isinstance(feed, ChainlinkFeed):
                    bounds = source.min_answer, source.max_answer
                    found.append(_push(chain, feed, bounds, source.times, publisher))
                elif isinstance(feed, RatioFeed):
                    legs = [
                        _push(chain, leg, ANY_ANSWER, config_of.times, publisher)
                        for leg, config_of in zip((feed.base, feed.rate), source.legs, strict=True)
                    ]
                    limits = [Bounds(**leg.bounds) for leg in source.legs]
                    since = int(place.adapter.DEPLOYED_AT())
                    base, rate = legs
                    found.append(
                        Ratio((base, rate), (limits[0], limits[1]), source.legs[1].price, since)
                    )
            sources.append(found)
        assert config.sequencer_feed is not None
        prices = [config.assets[symbol].price for symbol in deployment.assets]
        uptime = (0, chain.time - 10 * 86_400, 0)
        return cls(sources, prices, config.sequencer_feed, publisher, uptime)

    def publish_all(self, wire: Sender) -> None:
        """What everything is really worth, as of now."""
        for asset in range(len(self.sources)):
            self.publish(wire, asset)

    def publish(self, wire: Sender, asset: int) -> None:
        """What an asset is really worth, on all of its feeds but dead ones."""
        for feed in self.sources[asset]:
            if feed.broken_until < FOREVER:
                feed.publish(wire, self.prices[asset], wire.now)

    def freshen(self, wire: Sender, current: bool) -> None:
        """Heal what is late or wrong.

        Parameters
        ----------
        current : bool
            Also what pull feeds said more than seconds ago: nobody may then say it was chosen.
        """
        now = wire.now
        pull_age = CURRENT_AGE if current else PULL_AGE
        for asset, feeds in enumerate(self.sources):
            for feed in feeds:
                most = pull_age if feed.pull else PUSH_AGE
                late = not 0 <= now - feed.said_at <= most
                if now >= feed.broken_until and (late or feed.said != self.prices[asset]):
                    feed.publish(wire, self.prices[asset], now)

    def set_uptime(self, wire: Sender, answer: int, since: int, broken: int) -> None:
        """Tell the sequencer's feed what to say."""
        if broken != self.uptime[2]:
            wire.send(self.publisher, self.sequencer, _SEQUENCER["set_broken"] + words(broken))
        status = _SEQUENCER["set_status"] + words(answer, since)
        wire.send(self.publisher, self.sequencer, status)
        self.uptime = answer, since, broken

    def copy(self) -> Feeds:
        """For one episode."""
        sources = [[feed.copy() for feed in feeds] for feeds in self.sources]
        return replace(self, sources=sources, prices=list(self.prices))


def _pull(feed: PythFeed, source: SourceConfig, publisher: str) -> Pull:
    price, confidence, _, time = feed.pyth.getPriceUnsafe(feed.price_id)
    update = (price, confidence, time, time - 1)
    return Pull(
        feed.pyth.address,
        feed.price_id,
        feed.decimals,
        source.times["heartbeat"],
        source.times["tolerance"],
        publisher,
        update[:3],
        [update],
    )


def _push(
    chain: Chain,
    feed: ChainlinkFeed,
    bounds: tuple[int, int],
    times: dict[str, int],
    publisher: str,
) -> Push:
    """With aggregators to switch to; `bounds` in feed units."""
    artifact = load_artifacts()["MockAggregator"]
    spares = [chain.deploy(artifact, feed.decimals) for _ in range(SPARES)]
    _, answer, _, time, _ = feed.proxy.latestRoundData()
    return Push(
        tuple(a.address for a in (feed.aggregator, *spares)),
        feed.proxy.address,
        feed.decimals,
        *bounds,
        times["heartbeat"],
        times["tolerance"],
        publisher,
        [[(answer, time)]],
    )
