"""Test doubles of price feeds, published to by tests and replays.

No state in Python: rounds are read back from the chain, so snapshots and other processes cannot
contradict it.
"""

from __future__ import annotations

from typing import Any, Protocol

from chain.contract import Contract
from chain.interface import Receipt

WAD_DIGITS = 18


class Feed(Protocol):
    """What a double offers whatever its kind."""

    def publish(self, price: int, updated_at: int | None = None, confidence: int = 0) -> Receipt:
        """Publish a price [quote wad per unit] as of `updated_at` [s], now by default."""

    def proof(self, since: int) -> bytes | None:
        """Proof of the first price at or after `since` [s]; None while there is none."""

    def record(self) -> dict[str, Any]:
        """What a deployment file has to remember."""


def _to_feed_units(price: int, decimals: int) -> int:
    """A WAD price in the feed's units, rounded to the nearest."""
    if decimals >= WAD_DIGITS:
        return price * int(10 ** (decimals - WAD_DIGITS))
    unit = int(10 ** (WAD_DIGITS - decimals))
    return (price + unit // 2) // unit


class ChainlinkFeed:
    """An aggregator behind a proxy, or bare when `proxy` is the aggregator itself.

    Parameters
    ----------
    aggregator, proxy : Contract
        Rounds go into the one and are read through the other.
    decimals : int
        Digits of an answer.
    """

    kind = "chainlink"

    def __init__(self, aggregator: Contract, proxy: Contract, decimals: int) -> None:
        self.aggregator = aggregator
        self.proxy = proxy
        self.decimals = decimals

    def publish(self, price: int, updated_at: int | None = None, confidence: int = 0) -> Receipt:
        """Write the next round. Chainlink knows no confidence: it is ignored."""
        time = self.aggregator.chain.time if updated_at is None else updated_at
        receipt: Receipt = self.aggregator.set_round(_to_feed_units(price, self.decimals), time)
        return receipt

    def proof(self, since: int) -> bytes | None:
        """Encoded id of the first round of the current phase updated at or after `since`."""
        newest, _, _, updated_at, _ = self.proxy.latestRoundData()
        if updated_at < since:
            return None
        first = newest
        # Round 0 of a phase does not exist and reads as time 0.
        while self.proxy.getRoundData(first - 1)[3] >= since:
            first -= 1
        return int(first).to_bytes(32, "big")

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "aggregator": self.aggregator.address,
            "proxy": self.proxy.address,
            "decimals": self.decimals,
        }


class PythFeed:
    """One price of a Pyth double: on chain only after somebody pushed it, for a fee.

    Parameters
    ----------
    pyth : Contract
    price_id : bytes
    decimals : int
        Minus the exponent.
    """

    kind = "pyth"

    def __init__(self, pyth: Contract, price_id: bytes, decimals: int) -> None:
        self.pyth = pyth
        self.price_id = price_id
        self.decimals = decimals

    def update(self, price: int, confidence: int, published: int, previous: int) -> bytes:
        """Signed update data as the publisher would serve it; `previous` update's time [s]."""
        parts = (
            _to_feed_units(price, self.decimals),
            _to_feed_units(confidence, self.decimals),
            -self.decimals,
            published,
        )
        calldata = self.pyth.function("encode").encode((self.price_id, parts, parts), previous)
        return calldata[4:]  # all static: the arguments are the encoding

    def push(self, update: bytes) -> Receipt:
        """Put an update on chain and pay the fee."""
        fee = self.pyth.getUpdateFee([update])
        receipt: Receipt = self.pyth.updatePriceFeeds([update], value=fee)
        return receipt

    def publish(self, price: int, updated_at: int | None = None, confidence: int = 0) -> Receipt:
        """Publish and push at once. The double keeps only what is newer than what it has."""
        time = self.pyth.chain.time if updated_at is None else updated_at
        return self.push(self.update(price, confidence, time, time - 1))

    @staticmethod
    def encode_proof(update: bytes) -> bytes:
        """The proof that `update` is the first in its range: the update itself, as `bytes[]`."""
        words = (32, 1, 32, len(update))
        head = b"".join(word.to_bytes(32, "big") for word in words)
        return head + update + b"\0" * (-len(update) % 32)

    def proof(self, since: int) -> bytes | None:
        """Proof of the price on chain, as if it were the first at or after `since`.

        Publishers keep all updates, the double only the newest: whoever needs an older one keeps
        it himself and uses `encode_proof`.
        """
        stored = self.pyth.getPriceUnsafe(self.price_id)
        if stored.publishTime < since:
            return None
        calldata = self.pyth.function("encode").encode(
            (self.price_id, tuple(stored), tuple(stored)), since - 1
        )
        return self.encode_proof(calldata[4:])

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "pyth": self.pyth.address,
            "price_id": "0x" + self.price_id.hex(),
            "decimals": self.decimals,
        }


class RatioFeed:
    """Two Chainlink doubles as one price: base * rate, or base / rate.

    Parameters
    ----------
    base, rate : ChainlinkFeed
    inverse : bool
    """

    kind = "ratio"

    def __init__(self, base: ChainlinkFeed, rate: ChainlinkFeed, inverse: bool) -> None:
        self.base = base
        self.rate = rate
        self.inverse = inverse

    def publish(self, price: int, updated_at: int | None = None, confidence: int = 0) -> Receipt:
        """Both legs publish: the rate what it said last (one, if that was no rate), the base what
        makes `price` of it."""
        wad = 10**WAD_DIGITS
        answer = max(self.rate.proxy.latestRoundData()[1], 0)
        rate = answer * wad // int(10**self.rate.decimals) or wad
        self.rate.publish(rate, updated_at)
        base = price * rate // wad if self.inverse else price * wad // rate
        return self.base.publish(base, updated_at, confidence)

    def proof(self, since: int) -> bytes | None:
        """None: a ratio has no rounds."""
        del since
        return None

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "base": self.base.record(),
            "rate": self.rate.record(),
            "inverse": self.inverse,
        }
