"""What a world consists of: people, tokens, feeds, contracts on a chain."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chain import Chain, Contract
from chain.config import Config
from chain.deployment import Deployment
from tests.fuzz.world_feed import Pull, Push
from tests.fuzz.world_feeds import AnyFeed, Feeds
from tests.fuzz.world_signers import Digests
from tests.fuzz.world_wire import FastWire, Wire

WAD = 10**18
QUOTE_UNIT = 10**12  # of a wad in a token unit of quote

ROLES = (
    "owner",
    "trader",
    "other",
    "keeper",
    "bidder",
    "provider",
    "staker",
    "whale",
    "stranger",
    "operator",
)
"""Who sends transactions; the next two are contracts that own accounts."""
WOLF = len(ROLES)
"""A contract that bids and executes, and calls back when it is paid."""
LOOP = len(ROLES) + 1
"""The reentrant token: it owns an account and acts only in callbacks."""


@dataclass(frozen=True)
class Token:
    """A token and how it misbehaves."""

    symbol: str
    kind: str  # name of the double
    decimals: int
    asset: int  # -1: quote
    contract: Contract

    @property
    def address(self) -> str:
        return self.contract.address

    @property
    def scale(self) -> int:
        """Of a token unit [wad units]."""
        return int(10 ** (18 - self.decimals))


Place = tuple[int, int]
"""Of the double of a feed: asset and index."""


@dataclass(frozen=True)
class Listing:
    """What the oracle was told of an asset."""

    sources: tuple[Place, ...]
    max_confidence: int  # [bps]
    max_disagreement: int  # [bps]
    jump_bound: int  # [bps]
    deviation: int  # [bps]
    floor: int  # as stored [variance per day, wad]

    def with_source(self, index: int, source: Place) -> Listing:
        """With one source replaced."""
        sources = [*self.sources]
        sources[index] = source
        return replace(self, sources=tuple(sources))


def adapter_of(feed: AnyFeed) -> str:
    """Name of the source that reads a double."""
    if isinstance(feed, Push):
        return "ChainlinkSource"
    return "PythSource" if isinstance(feed, Pull) else "RatioSource"


@dataclass
class World:
    """One deployment on one chain.

    Attributes
    ----------
    wire : Wire
        How transactions get there.
    actors : dict of str to str
        Addresses by role.
    people : list of str
        Addresses by index: the roles, then the contracts that own accounts.
    accounts : list of int
        Ids at the start of an episode, `owners` the index of each one's owner in `people`.
    quote, tokens
        The settlement token; the collateral tokens in the order of their ids.
    feeds : Feeds
        What the doubles of all feeds say, as every episode begins.
    registry : Contract
        The `SolvencyRegistry` of the deployment.
    digests : Digests
        What is signed in a forecast.
    listings, sources
        By asset: what the oracle was told, and its sources as it takes them.
    listing : dict
        Of one more asset, with the feeds of another one.
    """

    chain: Chain
    wire: Wire
    config: Config
    deployment: Deployment
    sequencer: Contract
    wolf: Contract
    too_fine: Contract  # a token with more decimals than a wad
    registry: Contract
    digests: Digests
    quote: Token
    tokens: list[Token]
    feeds: Feeds
    actors: dict[str, str]
    people: list[str]
    listings: dict[int, Listing] = field(default_factory=dict)
    sources: list[list[Any]] = field(default_factory=list)
    listing: dict[str, Any] = field(default_factory=dict)
    accounts: list[int] = field(default_factory=list)
    owners: dict[int, int] = field(default_factory=dict)
    asset_capacity: int = 6

    @cached_property
    def suite(self) -> dict[str, Contract]:
        """Everything the machine calls, by name."""
        deployment = self.deployment
        assert deployment.reports is not None
        adapters = {
            adapter_of(feed): source.adapter
            for feeds, sources in zip(self.feeds.sources, deployment.sources.values(), strict=True)
            for feed, source in zip(feeds, sources, strict=True)
        }
        others = {"RiskReports": deployment.reports, "SolvencyRegistry": self.registry}
        return {**deployment.core, **others, **adapters}

    @property
    def owner(self) -> str:
        """Owner of the protocol."""
        return self.actors["owner"]

    @property
    def evm(self) -> Any:
        """The in-process EVM, of a PyrevmChain."""
        assert isinstance(self.wire, FastWire)
        return self.wire.evm

    def snapshot(self) -> int:
        """Remember state and time."""
        return self.chain.snapshot()

    def restore(self, snapshot: int) -> None:
        """Return to `snapshot`, which is used up."""
        self.chain.revert(snapshot)
        self.wire.version += 1
