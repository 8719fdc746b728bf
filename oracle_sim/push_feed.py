"""A feed that publishes by itself, as Chainlink's do.

It does so when the price has moved far enough or when it has been silent for too long.

No chain in here. `PushFeed.observe` says which rounds to write and when; the caller writes each one
when the chain's clock reaches the round's `updated_at`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from oracle_sim.faults import FaultSchedule
from oracle_sim.feed import Publications, check_config, check_observation
from oracle_sim.units import to_units

BPS = 10_000


class Round(NamedTuple):
    """One answer on its way to the chain.

    Attributes
    ----------
    round_id : int
        1, 2, 3, …
    answer : int
        Price in the feed's decimals.
    observed_at : int
        When the price was seen [s].
    updated_at : int
        When the answer lands on chain, and the time it will carry [s]; never before the previous
        round's, but possibly equal to it.
    """

    round_id: int
    answer: int
    observed_at: int
    updated_at: int


@dataclass(frozen=True)
class PushConfig:
    """How a push feed behaves.

    Attributes
    ----------
    deviation : int
        A move of at least this much from the last answer is published [bps].
    heartbeat : int
        So is the first observation this long after the last answer landed [s].
    latency : int
        From observation to chain, at least [s].
    jitter : int
        At most so much later than that, drawn uniformly for each round [s].
    decimals : int
        Digits after the point of an answer.
    minimum, maximum : int
        The answer never leaves these bounds [10**-decimals quote per unit].
    history : int
        How long rounds are kept for `PushFeed.first_since` [s].
    """

    deviation: int = 50
    heartbeat: int = 3_600
    latency: int = 12
    jitter: int = 0
    decimals: int = 8
    minimum: int = 1
    maximum: int = 2**191 - 1
    history: int = 7_200

    def __post_init__(self) -> None:
        good = {
            "deviation": 0 < self.deviation < BPS,
            "heartbeat": self.heartbeat > 0,
            "latency": self.latency >= 0,
            "jitter": self.jitter >= 0,
            "decimals": 0 <= self.decimals <= 18,
            "bounds": 0 < self.minimum < self.maximum < 2**191,
            "history": self.history > 0,
        }
        check_config("push feed", good)


class PushFeed:
    """One push feed of one asset.

    Parameters
    ----------
    config : PushConfig
    faults : FaultSchedule
    rng : numpy Generator, optional
        Needed when there is jitter.
    """

    def __init__(
        self,
        config: PushConfig,
        faults: FaultSchedule | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        if config.jitter and rng is None:
            raise ValueError("push feed: jitter needs a random generator")
        self.config = config
        self.faults = faults or FaultSchedule()
        self._rng = rng
        self._observed_at = 0
        self._bad_ticks = deque(self.faults.bad_ticks)
        self._rounds: Publications[Round] = Publications(config.history)

    @property
    def last(self) -> Round | None:
        """The newest round, landed or not."""
        return self._rounds.last

    def observe(self, time: int, price: float) -> list[Round]:
        """Show the feed a price.

        Parameters
        ----------
        time : int
            [s]; not before the previous observation.
        price : float
            [quote per unit]

        Returns
        -------
        list of Round
            What this observation publishes: nothing or one round.

        Notes
        -----
        The feed compares with the last answer it has sent, landed or not, so a move is published
        once even when the next observation comes before it lands. A round that would land in an
        outage is never sent.
        """
        check_observation("push feed", time, self._observed_at, price)
        self._observed_at = time
        if self.faults.is_out(time):
            return []

        bad = self._bad_ticks and self._bad_ticks[0].time <= time
        answer = self._answer(time, price * (self._bad_ticks[0].factor if bad else 1), bool(bad))
        if not (bad or self._is_due(time, answer)):
            return []
        updated_at = time + self.config.latency
        if self._rng is not None and self.config.jitter:
            updated_at += int(self._rng.integers(self.config.jitter + 1))
        if self.last is not None:
            updated_at = max(updated_at, self.last.updated_at)
        if self.faults.is_out(updated_at):
            return []
        if bad:
            self._bad_ticks.popleft()
        round_id = 1 if self.last is None else self.last.round_id + 1
        sent = Round(round_id, answer, time, updated_at)
        self._rounds.add(sent, updated_at, updated_at)
        return [sent]

    def first_since(self, since: int, now: int) -> Round | None:
        """Find the first round that landed at or after `since` and has landed by `now`.

        Returns
        -------
        Round or None
            None also when rounds before it are no longer kept, so that "first" is not known.
        """
        return self._rounds.first_since(since, now)

    def _answer(self, time: int, price: float, bad: bool) -> int:
        config = self.config
        if not bad:
            if self.last is not None and self.faults.is_frozen(time):
                return self.last.answer
            pin = self.faults.pin(time)
            if pin is not None:
                return config.maximum if pin.at_maximum else config.minimum
        return min(max(to_units(price, config.decimals), config.minimum), config.maximum)

    def _is_due(self, time: int, answer: int) -> bool:
        last = self.last
        if last is None:
            return True
        moved = abs(answer - last.answer) * BPS >= self.config.deviation * last.answer
        return moved or time - last.updated_at >= self.config.heartbeat
