"""What the oracle reads of an asset now: of what feeds' doubles said and what it remembers."""

from __future__ import annotations

from typing import NamedTuple

from margin_model import covariance, price_validity, price_word, volatility
from margin_model.covariance import Grid
from tests.fuzz.model import Memory
from tests.fuzz.model_state import State
from tests.fuzz.world import Listing, Place, World
from tests.fuzz.world_feeds import AnyFeed, Feeds

MAX_PULL_AGE = 3  # [s]
MAX_TICK_AGE = 300  # [s]
RECORD_INTERVAL = 300  # of a price that does not move [s]
_CONFIDENCE_MAX = 2**40 - 1


class Seen(NamedTuple):
    """What all sources of an asset together say; state UNUSABLE when nothing."""

    price: int  # [quote wad per unit]
    published: int  # [s]
    pull: bool
    side: int
    confidence: int  # [1e-9]
    state: int


_NOTHING = Seen(0, 0, False, price_validity.NEAR, 0, price_word.UNUSABLE)


class OracleModel:
    """Predicts readings.

    Parameters
    ----------
    world, state : World, State
    feeds : Feeds
        This episode's.
    """

    def __init__(self, world: World, state: State, feeds: Feeds) -> None:
        self._world = world
        self._state = state
        self._wire = world.wire
        self.feeds = feeds
        self.listings = dict(world.listings)
        oracle = world.config.oracle
        self._grace = oracle["sequencer_grace"]
        self.interval = oracle["sample_interval"]
        self._confirmation = oracle["confirmation"]
        self._ema_tau = oracle["ema_tau"]
        self._weights = oracle["weight_slow"], oracle["weight_long"]
        self.dying: set[int] = set()
        """What the `retire` that was predicted last retires."""
        self.retired: set[int] = set()
        self.unasked: set[int] = set()
        """Assets whose primary source is nobody's since they were retired."""
        self._moment = -1  # version of the wire
        self._known: dict[int, Seen] = {}
        self._readings: dict[tuple[int, bool, bool], int] = {}
        self._sampled: dict[int, tuple[int, int, bool]] = {}

    def set_source(self, asset: int, index: int, place: Place) -> None:
        """The owner has replaced a source."""
        if index == 0:
            self.unasked.discard(asset)
        self.listings[asset] = self.listings[asset].with_source(index, place)
        self._moment = -1

    def list_like(self, asset: int, like: int) -> None:
        """The owner has listed an asset with the feeds that another one had at first."""
        self.listings[asset] = self._world.listings[like]
        self._moment = -1

    def retire(self, asset: int) -> None:
        """An asset is dead for ever."""
        self.retired.add(asset)
        self.unasked.add(asset)
        self._moment = -1

    def feed(self, asset: int, index: int = 0) -> AnyFeed:
        """The double behind a source."""
        place = self.listings[asset].sources[index]
        return self.feeds.sources[place[0]][place[1]]

    def up(self) -> bool:
        """Whether the sequencer is up and out of its grace period."""
        return self.up_for(self._grace)

    def up_for(self, seconds: int) -> bool:
        """Whether the sequencer has been up for longer than that [s]."""
        answer, since, broken = self.feeds.uptime
        now = self._wire.now
        return not broken and answer == 0 and 0 < since <= now and now - since > seconds

    def deviation(self, asset: int) -> int:
        """What the asset's feed may be off without publishing [wad]."""
        return self.listings[asset].deviation * 10**14

    def last_update(self, asset: int) -> int:
        """Publish time of the primary source [s]; of nobody 0."""
        if asset in self.unasked:
            return 0
        return min(self.feed(asset).latest(self._wire.now)[2], _CONFIDENCE_MAX)

    def read(self, assets: int, fresh: bool = False) -> list[int]:
        """Words of a bitmap of assets, 0 for all others."""
        return [self.reading(a, fresh) if assets >> a & 1 else 0 for a in range(16)]

    def reading(self, asset: int, fresh: bool = False, accepted: bool = False) -> int:
        """Word of an asset, 0 when it is not listed.

        Parameters
        ----------
        fresh : bool
            As `read_fresh` gives it.
        accepted : bool
            The price of now is already the one remembered.
        """
        self._forget()
        key = asset, fresh, accepted
        word = self._readings.get(key)
        if word is None:
            word = self._readings[key] = self._read_anew(asset, fresh, accepted)
        return word

    def _read_anew(self, asset: int, fresh: bool, accepted: bool) -> int:
        if asset not in self.listings:
            return 0
        memory = self._state.memory(asset)
        if asset in self.retired:
            return price_word.pack(memory.price, memory.ema, memory.live, 0, price_word.RETIRED)
        seen = self._seen(asset, memory)
        state, ema, now = seen.state, memory.ema, self._wire.now
        usable = state >= price_word.UNCERTAIN
        if fresh and seen.pull and usable:
            older = not accepted and seen.published < memory.published
            if older or _chosen(seen, now):
                state = price_word.STALE
        if seen.side != price_validity.NEAR:
            if not self.is_confirmed(seen.side, memory):
                state = price_word.VOLATILE
            elif state >= price_word.UNCERTAIN:
                ema = seen.price
        if state < price_word.UNCERTAIN:
            return price_word.pack(memory.price, ema, memory.live, 0, state)
        live = memory.live + min(now - memory.checkpoint, 2 * self.interval)
        return price_word.pack(seen.price, ema, live, seen.confidence, state)

    def _seen(self, asset: int, memory: Memory) -> Seen:
        """What the sources of a listed asset say now, worked out once."""
        self._forget()
        seen = self._known.get(asset)
        if seen is None:
            seen = self.observe(self.listings[asset], memory.ema) if self.up() else _NOTHING
            self._known[asset] = seen
        return seen

    def _forget(self) -> None:
        """What was worked out holds until anything may have changed."""
        if self._moment != self._wire.version:
            self._moment = self._wire.version
            self._known.clear()
            self._readings.clear()
            self._sampled.clear()

    def observe(self, listing: Listing, ema: int) -> Seen:
        """What the sources of an asset say."""
        now = self._wire.now
        prices, confidences, times, grades, old, pulls = [], [], [], [], [], []
        for asset, index in listing.sources:
            feed = self.feeds.sources[asset][index]
            price, confidence, time, heartbeat, tolerance = feed.latest(now)
            prices.append(price)
            confidences.append(confidence)
            times.append(time)
            grades.append(price_validity.grade(price, confidence, time, now, heartbeat, tolerance))
            pulls.append(feed.pull)
            old.append(feed.pull and now > time + MAX_PULL_AGE)
        chosen = disagreement = 0
        count = len(prices)
        if count > 1:
            rest = 3 - count
            chosen, disagreement = price_validity.choose(
                prices + [0] * rest,
                price_validity.without_old(grades + [0] * rest, old + [False] * rest),
                ema,
            )
        grade = grades[chosen] if chosen < count else price_validity.INVALID
        if grade == price_validity.INVALID:
            return _NOTHING
        price, width = prices[chosen], confidences[chosen]
        state = price_word.VALID if grade == price_validity.FRESH else price_word.STALE
        if width or disagreement:
            uncertain, width = price_validity.doubt(
                price, width, disagreement, listing.max_confidence, listing.max_disagreement
            )
            width = min(width, _CONFIDENCE_MAX)
            if uncertain and state == price_word.VALID:
                state = price_word.UNCERTAIN
        side = price_validity.side(price, ema, listing.jump_bound)
        return Seen(price, times[chosen], pulls[chosen], side, width, state)

    def is_confirmed(self, side: int, memory: Memory) -> bool:
        """Whether a price on that side of the EMA is believed."""
        now = self._wire.now
        if now - memory.checkpoint > self._confirmation + 2 * self.interval:
            return False
        stored = price_validity.BELOW if memory.below else price_validity.ABOVE
        return price_validity.is_confirmed(
            side, stored, memory.excursion_at, now, self._confirmation
        )

    def is_due(self, asset: int, memory: Memory) -> bool:
        """Whether a sample now would look at an asset."""
        now = self._wire.now
        sampled_at = self._state.calendar[0]
        return now >= sampled_at + self.interval or now - memory.accepted_at >= self.interval

    def sampled(self, asset: int) -> tuple[int, int, bool]:
        """Word and variance target of an asset as `sample` returns them, and if it accepted."""
        self._forget()
        found = self._sampled.get(asset)
        if found is None:
            found = self._sampled[asset] = self._sample(asset)
        return found

    def _sample(self, asset: int) -> tuple[int, int, bool]:
        listing, memory, now = self.listings[asset], self._state.memory(asset), self._wire.now
        variances = (memory.fast, memory.slow, memory.long)
        word = self.reading(asset)
        if asset in self.retired or not self.is_due(asset, memory):
            return word, volatility.target(variances, *self._weights, listing.floor), False
        seen = self._seen(asset, memory)
        confirmed = seen.side != price_validity.NEAR and self.is_confirmed(seen.side, memory)
        state = seen.state
        if seen.side != price_validity.NEAR and not confirmed:
            state = price_word.VOLATILE
        elapsed = now - memory.accepted_at
        accepted = state >= price_word.UNCERTAIN and elapsed != 0 and not _chosen(seen, now)
        if accepted:
            ema = seen.price
            if not confirmed:
                weight = volatility.weight(elapsed, self._ema_tau)
                ema = volatility.relax(memory.ema, seen.price, weight)
            unrecorded = now - memory.recorded_at
            if seen.price != memory.price or unrecorded >= RECORD_INTERVAL:
                variances = volatility.sample(
                    variances, seen.price, memory.price, unrecorded, *self._weights
                )
            reading = price_word.unpack(word)
            word = price_word.pack(*reading._replace(ema=ema))
        return word, volatility.target(variances, *self._weights, listing.floor), accepted

    def sampled_grid(self) -> Grid:
        """Correlations as `sample` leaves them."""
        now, (sampled_at, count) = self._wire.now, self._state.calendar
        grid, elapsed = self._state.grid, now - self._state.grid_at
        if now < sampled_at + self.interval or elapsed < covariance.GRID:
            return grid
        return covariance.update(grid, [self._tick(a) for a in range(count)], elapsed)[0]

    def _tick(self, asset: int) -> int:
        word, _, accepted = self.sampled(asset)
        memory, usable = self._state.memory(asset), price_word.is_usable(word)
        if usable and accepted:
            return covariance.tick(price_word.unpack(word).price)
        recent = self._wire.now - memory.accepted_at <= MAX_TICK_AGE
        return covariance.tick(memory.price) if usable and recent else 0


def _chosen(seen: Seen, now: int) -> bool:
    return seen.pull and now - seen.published > MAX_PULL_AGE
