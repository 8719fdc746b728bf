"""A PriceOracle whose sources say what a test sets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from chain import Artifacts, Chain, Contract, Receipt
from chain.interface import ZERO_ADDRESS
from margin_model.fixed_point import WAD
from margin_model.price_word import Reading, unpack

INTERVAL = 60
CONFIRMATION = 300
EMA_TAU = 600
WEIGHT_SLOW = 8 * WAD // 10
WEIGHT_LONG = 5 * WAD // 10
GRACE = 3_600

PRICE = 2_000 * WAD
HIGHER = PRICE * 105 // 100  # within the jump bound of 10 %
FAR_UP = PRICE * 12 // 10
FARTHER_UP = PRICE * 13 // 10
FAR_DOWN = PRICE * 8 // 10

HEARTBEAT = 3_600
TOLERANCE = 120
HARD_AGE = 2 * HEARTBEAT

ANSWER, REVERT, BURN, RAW = range(4)  # modes of MockBrokenSource


class Listing(NamedTuple):
    """As IPriceOracle.Listing; variances of 5 %, 4 %, 5 % and at least 1 % a day."""

    sources: tuple[tuple[str, int], ...]
    max_confidence: int = 100
    max_disagreement: int = 200
    jump_bound: int = 1_000
    deviation: int = 50
    variance_fast: int = 25 * 10**14
    variance_slow: int = 16 * 10**14
    variance_long: int = 25 * 10**14
    variance_floor: int = 10**14
    correlations: tuple[int, ...] = ()


class Oracle:
    """The contract and the sources of each asset, healthy at their first price."""

    def __init__(self, chain: Chain, artifacts: Artifacts, **parameters: Any) -> None:
        self.chain = chain
        self.artifacts = artifacts
        self.parameters = SimpleNamespace(
            **{
                "sequencer": ZERO_ADDRESS,
                "grace": GRACE,
                "interval": INTERVAL,
                "confirmation": CONFIRMATION,
                "ema_tau": EMA_TAU,
                "weight_slow": WEIGHT_SLOW,
                "weight_long": WEIGHT_LONG,
            }
            | parameters
        )
        self.contract = chain.deploy(artifacts["PriceOracle"], *vars(self.parameters).values())
        self.sources: list[list[Contract]] = []

    def source(
        self,
        price: int,
        pull: bool = False,
        heartbeat: int = HEARTBEAT,
        tolerance: int = TOLERANCE,
    ) -> Contract:
        """A new source with a price of now."""
        source = self.chain.deploy(self.artifacts["MockBrokenSource"], pull, heartbeat, tolerance)
        source.set_answer(price, 0, self.chain.time)
        return source

    def add(self, *prices: int, pull: bool = False, **fields: Any) -> int:
        """List an asset with a source per price [quote wad per unit], correlated with no other."""
        fields = {"correlations": (0,) * min(self.contract.asset_count(), 15)} | fields
        sources = [self.source(price, pull) for price in prices]
        entries = tuple((source.address, 0) for source in sources)
        asset: int = self.contract.list_asset(Listing(entries, **fields)).result
        self.sources.append(sources)
        return asset

    def add_twin(self, of: int, **fields: Any) -> int:
        """List an asset that another feed of the first source of `of` speaks for, at its price."""
        source = self.sources[of][0]
        twin: int = self.contract.list_asset(Listing(((source.address, 1),), **fields)).result
        self.sources.append([source])
        return twin

    def say(
        self, price: int, confidence: int = 0, age: int = 0, asset: int = 0, index: int = 0
    ) -> None:
        """Let a source say `price`, published `age` seconds ago."""
        self.sources[asset][index].set_answer(price, confidence, self.chain.time - age)

    def reading(self, asset: int = 0) -> Reading:
        return unpack(self.contract.read(1 << asset)[asset])

    def fresh(self, asset: int = 0) -> Reading:
        return unpack(self.contract.read_fresh(1 << asset)[asset])

    def sample(self) -> Any:
        """Sample now; the receipt."""
        return self.contract.sample()

    def step(self, price: int, seconds: int = INTERVAL, asset: int = 0) -> Any:
        """Let time pass, one source say `price`, and sample."""
        self.chain.advance(seconds)
        self.say(price, asset=asset)
        return self.sample()

    def names(self, receipt: Receipt) -> list[str]:
        """Events of the contract."""
        return [event.name for event in self.contract.events(receipt)]
