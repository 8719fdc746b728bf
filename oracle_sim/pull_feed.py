"""A feed that waits to be fetched, as Pyth's do.

It publishes every observation off chain, with a confidence interval; a keeper who wants one on
chain pushes it and pays the fee.

No chain in here. The keeper asks `latest` or `first_since` for an update, writes it into the
contract, and tells the feed by `push`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from oracle_sim.faults import FaultSchedule
from oracle_sim.feed import Publications, check_config, check_observation
from oracle_sim.units import to_units


class Update(NamedTuple):
    """One off-chain publication.

    Attributes
    ----------
    price : int
        [10**exponent quote per unit]
    confidence : int
        Half-width of the publisher's interval [10**exponent quote per unit].
    exponent : int
        Negative number of decimals.
    publish_time : int
        [s]
    previous_publish_time : int
        That of the update before, 0 for the very first [s]. An update is the first at or after t
        if and only if previous_publish_time < t <= publish_time.
    available_at : int
        From when on a keeper can fetch it [s].
    """

    price: int
    confidence: int
    exponent: int
    publish_time: int
    previous_publish_time: int
    available_at: int


@dataclass(frozen=True)
class PullConfig:
    """How a pull feed behaves.

    Attributes
    ----------
    exponent : int
        Of prices and confidences, -18 to 0.
    latency : int
        From publication to a keeper's hands [s].
    confidence_floor : float
        Least confidence / price [1].
    confidence_scale : float
        Confidence in standard deviations of the price over `horizon` [1].
    horizon : int
        [s]
    memory : int
        Time constant of the volatility estimate behind it [s].
    fee : int
        For each update pushed [wei].
    history : int
        How long updates can be fetched [s].
    """

    exponent: int = -8
    latency: int = 1
    confidence_floor: float = 0.0003
    confidence_scale: float = 1.0
    horizon: int = 60
    memory: int = 600
    fee: int = 1
    history: int = 7_200

    def __post_init__(self) -> None:
        good = {
            "exponent": -18 <= self.exponent <= 0,
            "latency": self.latency >= 0,
            "confidence floor": 0 <= self.confidence_floor < 1,
            "confidence scale": 0 <= self.confidence_scale <= 100,
            "horizon": self.horizon > 0,
            "memory": self.memory > 0,
            "fee": self.fee >= 0,
            "history": self.history > 0,
        }
        check_config("pull feed", good)


class PullFeed:
    """One pull feed of one asset.

    Attributes
    ----------
    on_chain : Update or None
        The newest update a keeper has pushed.
    pushes, fees_paid : int
        How often somebody pushed, and what it cost in all [wei].

    Parameters
    ----------
    config : PullConfig
    faults : FaultSchedule
        Pins do not apply: a pull feed has no bounds.
    """

    def __init__(self, config: PullConfig, faults: FaultSchedule | None = None) -> None:
        self.config = config
        self.faults = faults or FaultSchedule()
        if self.faults.pins:
            raise ValueError("pull feed: has no bounds to be pinned at")
        self.on_chain: Update | None = None
        self.pushes = 0
        self.fees_paid = 0
        self._bad_ticks = deque(self.faults.bad_ticks)
        self._updates: Publications[Update] = Publications(config.history)
        self._variance = 0.0  # of the log price [1/s]
        self._seen: tuple[int, float] | None = None  # last observation

    def observe(self, time: int, price: float) -> list[Update]:
        """Show the feed a price, which it publishes off chain unless a fault is in the way.

        Parameters
        ----------
        time : int
            [s]; not before the previous observation.
        price : float
            [quote per unit]

        Returns
        -------
        list of Update
            Nothing or one update.
        """
        check_observation("pull feed", time, time if self._seen is None else self._seen[0], price)
        self._learn(time, price)
        if self.faults.is_out(time):
            return []

        last = self._updates.last
        if self._bad_ticks and self._bad_ticks[0].time <= time:
            price *= self._bad_ticks.popleft().factor
        elif last is not None and self.faults.is_frozen(time):
            return [self._publish(time, last.price, last.confidence)]
        decimals = -self.config.exponent
        answer = max(1, to_units(price, decimals))
        confidence = to_units(price * self.confidence_ratio(), decimals)
        return [self._publish(time, answer, confidence)]

    def confidence_ratio(self) -> float:
        """Confidence / price now: scale · σ · √horizon, at least the floor [1]."""
        config = self.config
        spread = config.confidence_scale * math.sqrt(self._variance * config.horizon)
        return max(config.confidence_floor, spread)

    def latest(self, now: int) -> Update | None:
        """Fetch the newest update there is at `now` [s]."""
        return self._updates.latest(now)

    def first_since(self, since: int, now: int) -> Update | None:
        """Fetch the first update published at or after `since`, if it is there by `now` [s].

        Returns
        -------
        Update or None
            None also when it is no longer kept.
        """
        return self._updates.first_since(since, now)

    def push(self, update: Update, payment: int) -> bool:
        """Record that a keeper put `update` on chain.

        Parameters
        ----------
        update : Update
        payment : int
            At least the fee [wei].

        Returns
        -------
        bool
            Whether it is newer than what was there; the fee is gone either way.
        """
        if payment < self.config.fee:
            raise ValueError(f"pull feed: {payment} wei do not pay the fee of {self.config.fee}")
        self.pushes += 1
        self.fees_paid += self.config.fee
        if self.on_chain is not None and update.publish_time <= self.on_chain.publish_time:
            return False
        self.on_chain = update
        return True

    def _learn(self, time: int, price: float) -> None:
        """Exponentially weighted variance, v += w·(r²/dt − v) with w = 1 − exp(−dt/memory).

        Several observations in one second count as one move.
        """
        if self._seen is None:
            self._seen = (time, price)
        elif time > self._seen[0]:
            elapsed = time - self._seen[0]
            weight = -math.expm1(-elapsed / self.config.memory)
            move = math.log(price / self._seen[1])
            self._variance += weight * (move * move / elapsed - self._variance)
            self._seen = (time, price)

    def _publish(self, time: int, price: int, confidence: int) -> Update:
        last = self._updates.last
        previous = 0 if last is None else last.publish_time
        exponent, available_at = self.config.exponent, time + self.config.latency
        update = Update(price, confidence, exponent, time, previous, available_at)
        self._updates.add(update, time, available_at)
        return update
