"""PriceOracle once more, in plain Python on the exact mirrors: what the contract must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from margin_model import covariance, price_validity, price_word, volatility
from margin_model.price_validity import BELOW, FRESH, INVALID, NEAR
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.oracle_world import CONFIRMATION, EMA_TAU, INTERVAL, WEIGHT_LONG, WEIGHT_SLOW

MAX_PULL_AGE = 3
MAX_LAG = 2**14 - 1
MAX_TICK_AGE = 300
RECORD_INTERVAL = 300


class Parameters(NamedTuple):
    interval: int
    confirmation: int
    ema_tau: int
    weight_slow: int
    weight_long: int


PARAMETERS = Parameters(INTERVAL, CONFIRMATION, EMA_TAU, WEIGHT_SLOW, WEIGHT_LONG)
"""Of the oracle of `oracle_world`."""


class Source(NamedTuple):
    heartbeat: int
    tolerance: int
    pull: bool


class Bounds(NamedTuple):
    max_confidence: int
    max_disagreement: int
    jump_bound: int
    floor: int


class Answer(NamedTuple):
    """What a source says; None in its place is a source that fails."""

    price: int
    confidence: int
    updated_at: int


class Observation(NamedTuple):
    state: int = UNUSABLE
    price: int = 0
    confidence: int = 0
    published: int = 0
    pull: bool = False
    side: int = NEAR


@dataclass
class Asset:
    """One asset; `sample` and `read` as the contract's, one asset's part."""

    parameters: Parameters
    sources: Sequence[Source]
    bounds: Bounds
    price: int
    ema: int
    published: int
    checkpoint: int
    variances: tuple[int, int, int]
    recorded_at: int
    accepted: bool = True  # by the last sample
    live: int = 0
    excursion_at: int = 0
    excursion_below: bool = False

    def observe(self, answers: Sequence[Answer | None], now: int) -> Observation:
        asked = [answer or Answer(0, 0, 0) for answer in answers]
        asked += [Answer(0, 0, 0)] * (3 - len(asked))
        grades = [
            price_validity.grade(*answer, now, source.heartbeat, source.tolerance)
            for answer, source in zip(asked, self.sources, strict=False)
        ]
        grades += [INVALID] * (3 - len(grades))
        if len(self.sources) > 1:
            old = [
                source.pull and now > answer.updated_at + MAX_PULL_AGE
                for answer, source in zip(asked, self.sources, strict=False)
            ]
            grades = price_validity.without_old(grades, old + [False] * (3 - len(old)))
        index, disagreement = price_validity.choose(
            [answer.price for answer in asked], grades, self.ema
        )
        if grades[index] == INVALID:
            return Observation()
        price, confidence, published = asked[index]
        uncertain, ratio = price_validity.doubt(
            price,
            confidence,
            disagreement,
            self.bounds.max_confidence,
            self.bounds.max_disagreement,
        )
        state = STALE
        if grades[index] == FRESH:
            state = UNCERTAIN if uncertain else VALID
        side = price_validity.side(price, self.ema, self.bounds.jump_bound)
        return Observation(state, price, ratio, published, self.sources[index].pull, side)

    def is_confirmed(self, side: int, now: int) -> bool:
        if now - self.checkpoint > self.parameters.confirmation + 2 * self.parameters.interval:
            return False
        stored = BELOW if self.excursion_below else price_validity.ABOVE
        return price_validity.is_confirmed(
            side, stored, self.excursion_at, now, self.parameters.confirmation
        )

    @property
    def accepted_at(self) -> int:
        return self.checkpoint if self.accepted else self.recorded_at

    def live_since(self, now: int) -> int:
        return min(now - self.checkpoint, 2 * self.parameters.interval)

    def read(
        self, answers: Sequence[Answer | None], now: int, up: bool = True, fresh: bool = False
    ) -> int:
        seen = self.observe(answers, now) if up else Observation()
        state, ema = seen.state, self.ema
        if fresh and seen.pull and state >= UNCERTAIN:
            known = max(self.published, self.checkpoint - MAX_LAG)
            if now - seen.published > MAX_PULL_AGE or seen.published < known:
                state = STALE
        if seen.side != NEAR:
            if not self.is_confirmed(seen.side, now):
                state = VOLATILE
            elif state >= UNCERTAIN:
                ema = seen.price
        if state < UNCERTAIN:
            return price_word.pack(self.price, ema, self.live, 0, state)
        live = self.live + self.live_since(now)
        return price_word.pack(seen.price, ema, live, seen.confidence, state)

    def sample(
        self, answers: Sequence[Answer | None], now: int, up: bool = True
    ) -> tuple[int, int]:
        """Sample; word and variance target afterwards."""
        seen = self.observe(answers, now) if up else Observation()
        state, confirmed = seen.state, False
        if seen.side != NEAR:
            confirmed = self.is_confirmed(seen.side, now)
            if not confirmed:
                state = VOLATILE
                below = seen.side == BELOW
                forgotten = now >= self.excursion_at + self.parameters.confirmation
                if forgotten or below != self.excursion_below:
                    self.excursion_at, self.excursion_below = now, below
        elif state != UNUSABLE:
            self.excursion_at = 0

        usable = state >= UNCERTAIN
        if usable:
            self.live += self.live_since(now)
        elapsed = now - self.accepted_at
        chosen = seen.pull and now - seen.published > MAX_PULL_AGE
        ema = self.ema
        accepted = usable and elapsed and not chosen
        if accepted:
            self._record(seen.price, now)
            if confirmed:
                self.ema, self.excursion_at = seen.price, 0
            else:
                weight = volatility.weight(elapsed, self.parameters.ema_tau)
                self.ema = volatility.relax(self.ema, seen.price, weight)
            ema = self.ema
            self.price, self.published = seen.price, seen.published
        elif usable and confirmed:
            ema = seen.price
        self.checkpoint, self.accepted = now, accepted or not elapsed
        if usable:
            word = price_word.pack(seen.price, ema, self.live, seen.confidence, state)
        else:
            word = price_word.pack(self.price, ema, self.live, 0, state)
        return word, self.target()

    def _record(self, price: int, now: int) -> None:
        elapsed = now - self.recorded_at
        if price == self.price and elapsed < RECORD_INTERVAL:
            return
        self.variances = volatility.sample(
            self.variances,
            price,
            self.price,
            elapsed,
            self.parameters.weight_slow,
            self.parameters.weight_long,
        )
        self.recorded_at = now

    def target(self) -> int:
        return volatility.target(
            self.variances,
            self.parameters.weight_slow,
            self.parameters.weight_long,
            self.bounds.floor,
        )


@dataclass
class Whole:
    """All assets together, with their correlations."""

    parameters: Parameters
    assets: list[Asset] = field(default_factory=list)
    grid: covariance.Grid = field(default_factory=covariance.Grid)
    sampled_at: int = 0
    grid_at: int = 0

    def add(self, asset: Asset, correlations: Sequence[int]) -> None:
        """List an asset."""
        self.assets.append(asset)
        self.grid = covariance.seed(self.grid, asset.variances[1], correlations)

    def sample(
        self, answers: Sequence[Sequence[Answer | None]], now: int, up: bool = True
    ) -> tuple[list[int], list[int], int]:
        """Words, variance targets, and the bitmap of the assets that had an hour's return."""
        due = now >= self.sampled_at + self.parameters.interval
        words, targets = [], []
        for asset, said in zip(self.assets, answers, strict=True):
            # an asset the last sample passed over stays due by itself
            if due or now >= asset.accepted_at + self.parameters.interval:
                word, target = asset.sample(said, now, up)
            else:
                word, target = asset.read(said, now, up), asset.target()
            words.append(word)
            targets.append(target)
        moved = 0
        if due:
            self.sampled_at = now
            if now - self.grid_at >= covariance.GRID:
                moved = self._update(words, now)
        return words, targets, moved

    def _update(self, words: Sequence[int], now: int) -> int:
        ticks = [0] * len(words)
        for index, (asset, word) in enumerate(zip(self.assets, words, strict=True)):
            usable = price_word.unpack(word).state >= UNCERTAIN
            if usable and now - asset.accepted_at <= MAX_TICK_AGE:
                ticks[index] = covariance.tick(asset.price)
        self.grid, moved = covariance.update(self.grid, ticks, now - self.grid_at)
        self.grid_at = now
        return moved
