"""The double of a ratio: two push feeds, each within bounds, as one price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from margin_model import bounded_ratio
from margin_model.fixed_point import WAD
from tests.fuzz.world_feed import Answer, FirstPrice, Push, Sender

NO_ROUNDS = "first price: a ratio has none"


class Bounds(NamedTuple):
    """Of one leg: at or below the floor there is no price, above the cap it counts as that."""

    floor: int  # [wad]
    cap: int  # when it was deployed [wad]
    growth: int  # [wad per year]


@dataclass
class Ratio:
    """Base * rate. What base and rate say is theirs; `said` and the rest are as of a `Push`.

    Attributes
    ----------
    rate : int
        What the second leg says while nothing is wrong with it [wad].
    deployed_at : int
        When caps began to grow [s].
    """

    legs: tuple[Push, Push]
    bounds: tuple[Bounds, Bounds]
    rate: int
    deployed_at: int
    pull: bool = False
    said: int = -1
    said_at: int = 0
    broken_until: int = 0

    def latest(self, now: int) -> Answer:
        """As its source: as old as the leg that is worse by its own timing."""
        base, rate = (leg.latest(now) for leg in self.legs)
        if base[2] == 0 or rate[2] == 0:
            return 0, 0, 0, 0, 0
        price = bounded_ratio.combined(
            self._bounded(0, base[0], now), self._bounded(1, rate[0], now), False
        )
        timings = bounded_ratio.Timing(*base[2:]), bounded_ratio.Timing(*rate[2:])
        worse = rate if bounded_ratio.is_worse(*timings, now) else base
        return price, 0, *worse[2:]

    def _bounded(self, leg: int, price: int, now: int) -> int:
        bounds = self.bounds[leg]
        cap = bounded_ratio.cap_at(bounds.cap, bounds.growth, now - self.deployed_at)
        return bounded_ratio.bounded(price, bounds.floor, cap)

    def publish(self, wire: Sender, price: int, time: int, confidence: int = 0) -> None:
        """Both legs say what makes that price [quote wad per unit]; neither knows a confidence."""
        del confidence
        base, rate = self.legs
        rate.publish(wire, self.rate, time)
        base.publish(wire, price * WAD // self.rate, time)
        self.said, self.said_at = price, time

    def leg(self, number: int, price: int) -> tuple[Push, int]:
        """A leg to go wrong by itself, which is seen to, and what it should say [wad]."""
        self.said = -1
        right = self.rate if number else price * WAD // self.rate
        return self.legs[number], right

    def proof(self, since: int) -> bytes:
        """Any: there is none that would do."""
        return self.legs[0].proof(since)

    def first_since(self, since: int, proof: bytes, value: int, now: int) -> FirstPrice:
        """What its source answers to a proof."""
        del since, proof, value, now
        return NO_ROUNDS

    def copy(self) -> Ratio:
        """For one episode."""
        base, rate = self.legs
        return replace(self, legs=(base.copy(), rate.copy()))
