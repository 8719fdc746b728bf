# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title PriceOracle: sources, validity, EMA price, variances, correlations
@custom:contract-name PriceOracle
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See IPriceOracle. State of an asset, worst first:

            UNUSABLE   no source answers validly, or the sequencer is down or in its grace period
            VOLATILE   off the EMA by more than the jump bound, and not for CONFIRMATION seconds yet
            STALE      every valid source is later than its heartbeat + tolerance
            UNCERTAIN  confidence or disagreement beyond its bound
            VALID      otherwise

        An asset that is not usable keeps its last accepted price. A price that is what it was is
        recorded, in the variances and in an event, every RECORD_INTERVAL only: a return of nothing
        says no more each minute than once in a while, and the next one counts over all the time since
        what was recorded. The excursion off the EMA is timed
        from the first sample that sees it; once it has lasted, the price counts whether anybody
        sampled since or not, and the next accepted sample moves the EMA to it at once.

        The first sample that is due an hour after the last such one also updates the correlations, of
        the assets that are usable and have a price accepted within MAX_TICK_AGE: a pull feed's is
        accepted only now and then.
@custom:security Sources are called with a gas cap and without revert, see source_call.
"""

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IPriceOracle
from .interfaces import IPriceSource

implements: IPriceOracle

initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

from .modules import errors
from .modules import feed_answer
from .modules import oracle_slots
from .modules import price_validity
from .modules import price_word
from .modules import source_call
from .modules import volatility

# Which feeds an asset has, and what they say together.
from .modules import price_sources

initializes: price_sources
exports: (
    price_sources.sources,
    price_sources.bounds,
    price_sources.deviation,
    price_sources.last_update,
)

# What is stored of an asset, and what its word says now.
from .modules import asset_readings

initializes: asset_readings[price_sources := price_sources]
exports: (
    asset_readings.read,
    asset_readings.read_fresh,
    asset_readings.stored,
    asset_readings.sequencer_up,
    asset_readings.SEQUENCER_FEED,
    asset_readings.SEQUENCER_GRACE,
    asset_readings.CONFIRMATION,
)

# What a sample makes of it.
from .modules import asset_samples

initializes: asset_samples[asset_readings := asset_readings, price_sources := price_sources]
exports: (
    asset_samples.variances,
    asset_samples.EMA_TAU,
    asset_samples.WEIGHT_SLOW,
    asset_samples.WEIGHT_LONG,
)

# How assets move together.
from .modules import covariance

initializes: covariance


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MAX_ASSETS: constant(uint256) = price_sources.MAX_ASSETS
WAD: constant(uint256) = 10**18

MIN_SAMPLE_INTERVAL: constant(uint256) = 10  # [s]
MAX_SAMPLE_INTERVAL: constant(uint256) = 3_600

RECORD_INTERVAL: constant(uint256) = 300  # of a price that does not move [s]
MAX_TICK_AGE: constant(uint256) = 300  # of a price that takes part in the correlations [s]

T_DEAD: constant(uint256) = 7 * 86_400  # of being unusable, after which an asset may be retired [s]

MIN_VARIANCE: constant(uint256) = 10**10  # (0.01 % a day)**2 [variance per day, wad]

# The words of this path are taken apart in place: a getter costs more than what it gets.
UINT224: constant(uint256) = 2**224 - 1
UINT88: constant(uint256) = 2**88 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1

SAMPLE_INTERVAL: public(immutable(uint256))  # [s]


# ── state ────────────────────────────────────────────────────────────────────────────────────────

# number of assets | time of the last sample << 8 | time of the last update of correlations << 48 [s]
_calendar: uint256
_watches: uint256[16]  # asset -> time its death watch began | oracle-live time then + 1 << 40 [s]
_payer: transient(address)  # the source that may return value


@deploy
def __init__(
    _sequencer_feed: address,
    _sequencer_grace: uint256,
    _sample_interval: uint256,
    _confirmation: uint256,
    _ema_tau: uint256,
    _weight_slow: uint256,
    _weight_long: uint256,
):
    assert _sample_interval >= MIN_SAMPLE_INTERVAL, "sample interval: too short"
    assert _sample_interval <= MAX_SAMPLE_INTERVAL, "sample interval: too long"
    ownable.__init__()
    ownable_2step.__init__()
    asset_readings.__init__(_sequencer_feed, _sequencer_grace, _confirmation, _sample_interval)
    asset_samples.__init__(_ema_tau, _weight_slow, _weight_long)
    SAMPLE_INTERVAL = _sample_interval


@external
@payable
@reentrant
def __default__():
    """
    @dev Only what a source returns of the value it was sent.
    """
    assert msg.sender == self._payer, "value: not expected"


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def sample() -> (uint256[16], uint256[16]):
    """@custom:see IPriceOracle"""
    words: uint256[16] = empty(uint256[16])
    targets: uint256[16] = empty(uint256[16])
    up: bool = asset_readings._is_sequencer_up()
    calendar: uint256 = self._calendar
    count: uint256 = calendar & 255
    due: bool = block.timestamp >= unsafe_add((calendar >> 8) & UINT40, SAMPLE_INTERVAL)
    since_grid: uint256 = 0
    if due:
        grid_at: uint256 = calendar >> 48
        if unsafe_sub(block.timestamp, grid_at) >= covariance.GRID:
            since_grid = unsafe_sub(block.timestamp, grid_at)
            grid_at = block.timestamp
        self._calendar = (grid_at << 48) | (block.timestamp << 8) | count
    lanes: uint256[16] = empty(uint256[16])
    answers: uint256[16] = empty(uint256[16])
    lanes, answers = price_sources._ask_all(max_value(uint256) >> unsafe_sub(256, count), up)
    weights: asset_samples.Weights = empty(asset_samples.Weights)
    ema_elapsed: uint256 = 0
    ema_weight: uint256 = 0
    recorded: uint256 = 0
    memories: DynArray[uint256, 16] = []
    variances: DynArray[uint256, 16] = []
    ticks: uint256[2] = [0, 0]
    for asset: uint256 in range(count, bound=MAX_ASSETS):
        memory: uint256 = asset_readings.memories[asset]
        history: uint256 = asset_readings.volatilities[asset]
        elapsed: uint256 = unsafe_sub(block.timestamp, (history >> 192) & UINT32)  # since it was recorded
        since: uint256 = elapsed  # since it was accepted
        if (memory >> 254) & 1 == 1:
            since = unsafe_sub(block.timestamp, (memory >> 176) & UINT32)
        # An asset that the last sample passed over, its pull price being old, stays due: else whoever
        # samples first every minute, without pushing, could keep it from being sampled at all.
        if due or since >= SAMPLE_INTERVAL:
            if since != ema_elapsed:
                ema_elapsed = since
                ema_weight = volatility._weight(since, asset_samples.EMA_TAU)
            last_price: uint256 = memory & UINT88
            stored: uint256 = history
            words[asset], memory, history = asset_samples._sample_asset(
                asset, lanes[asset], answers[asset], up, memory, history, since, ema_weight
            )
            accepted: bool = (memory >> 254) & 1 == 1
            price: uint256 = memory & UINT88
            if accepted and (price != last_price or elapsed >= RECORD_INTERVAL):
                if elapsed != weights.elapsed:
                    weights = asset_samples._weights_after(elapsed)
                history = asset_samples._advance(history, last_price, price, weights)
                recorded |= 1 << asset
                memories.append(memory)
                variances.append(history & UINT224)
            if history != stored:
                asset_readings.volatilities[asset] = history
            if since_grid != 0 and words[asset] >> 248 >= price_word.UNCERTAIN:
                if accepted or elapsed <= MAX_TICK_AGE:
                    ticks[asset >> 3] |= covariance._tick(price) << ((asset & 7) << 5)
        else:
            words[asset] = asset_readings._reading(asset, lanes[asset], answers[asset], up, False)
        targets[asset] = asset_samples._target(lanes[asset], history)
    if recorded != 0:
        log IPriceOracle.Sampled(assets=recorded, memories=memories, variances=variances)
    if since_grid != 0:
        covariance._update(count, ticks, since_grid)
    return words, targets


@external
@payable
def first_price(_asset: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """@custom:see IPriceOracle"""
    lane: uint256 = price_sources._listed(_asset)
    adapter: address = price_sources._adapters[oracle_slots._adapter(lane)]
    self._payer = adapter
    price: uint256 = 0
    confidence: uint256 = 0
    updated_at: uint256 = 0
    price, confidence, updated_at = extcall IPriceSource(adapter).first_since(
        oracle_slots._feed(lane), _since, _proof, value=msg.value
    )
    self._payer = empty(address)

    if price == 0 or price > price_word.MAX_PRICE:
        errors._fail("first price: out of bounds")
    if updated_at < _since or updated_at > block.timestamp:
        errors._fail("first price: bad time")
    doubt: uint256 = 0
    if confidence != 0:  # mostly it is not
        uncertain: bool = False
        uncertain, confidence = price_validity._doubt(
            price,
            min(confidence, price_word.MAX_PRICE),
            0,
            oracle_slots._max_confidence(price_sources._terms[_asset]),
            0,
        )
        if uncertain:
            # at most MAX_PRICE / 1 in 1e-9: below 2**117
            doubt = unsafe_mul(confidence, WAD // price_word.CONFIDENCE_PRECISION)
    if oracle_slots._has_several(lane):
        price, doubt = self._with_others(_asset, lane, price, doubt)
    if self.balance != 0:  # nothing here belongs to the oracle
        raw_call(msg.sender, b"", value=self.balance)
    return price, updated_at, doubt


@external
def retire(_asset: uint256):
    """
    @custom:see IPriceOracle
    @dev An unusable word is its prices and its live time. A sequencer that is down now, or was since the
         watch began, has not been up for so long.
    """
    lane: uint256 = price_sources._listed(_asset)
    word: uint256 = asset_readings._reading_now(_asset, lane)
    live: uint256 = word >> 176
    watch: uint256 = self._watches[_asset]
    watched: uint256 = unsafe_sub(block.timestamp, watch & UINT40)
    begun: bool = watch >> 40 == unsafe_add(live, 1) and source_call._is_sequencer_up(
        asset_readings.SEQUENCER_FEED, watched
    )
    if live > UINT32 or (begun and watched < T_DEAD):
        errors._fail("asset: not dead")
    price: uint256 = 0
    if begun:
        price = (word >> 88) & UINT88
        asset_readings.memories[_asset] = price | (price << 88) | (live << 208)
        price_sources._set_lane(_asset, lane | oracle_slots.RETIRED | oracle_slots.NOBODY)
    else:
        self._watches[_asset] = (unsafe_add(live, 1) << 40) | block.timestamp
    log IPriceOracle.DeathWatched(asset=_asset, price=price)


# ── owner ────────────────────────────────────────────────────────────────────────────────────────


@external
def list_asset(_listing: IPriceOracle.Listing) -> uint256:
    """@custom:see IPriceOracle"""
    ownable._check_owner()
    asset: uint256 = self._calendar & 255
    if asset >= MAX_ASSETS:
        errors._fail("asset: too many")
    self._check_variance(_listing.variance_fast, volatility.MAX_VARIANCE)
    self._check_variance(_listing.variance_slow, volatility.MAX_VARIANCE)
    self._check_variance(_listing.variance_long, volatility.MAX_VARIANCE)
    self._check_variance(_listing.variance_floor, oracle_slots.MAX_VARIANCE_FLOOR)

    price_sources._add(asset, _listing)
    self._calendar += 1
    covariance._seed(asset, _listing.variance_slow, _listing.correlations)

    if not asset_readings._is_sequencer_up():
        errors._fail("sequencer: down")
    # without an EMA nothing could decide between two sources that disagree: they have to agree
    lane: uint256 = price_sources._listed(asset)
    seen: uint256 = price_sources._observe(asset, lane, price_sources._answer(lane), 0)
    if seen >> 248 != price_word.VALID:
        errors._fail("asset: no valid price")
    price: uint256 = seen & UINT88
    asset_readings.memories[asset] = oracle_slots._pack_memory(
        price, price, block.timestamp, 0, (seen >> 88) & UINT40, True, False
    )
    asset_readings.volatilities[asset] = oracle_slots._pack_volatility(
        _listing.variance_fast, _listing.variance_slow, _listing.variance_long, block.timestamp, 0
    )
    log IPriceOracle.AssetListed(
        asset=asset,
        price=price,
        max_confidence=_listing.max_confidence,
        max_disagreement=_listing.max_disagreement,
        jump_bound=_listing.jump_bound,
        deviation=_listing.deviation,
        variance_floor=oracle_slots._floor(lane),
        variance_fast=_listing.variance_fast,
        variance_slow=_listing.variance_slow,
        variance_long=_listing.variance_long,
        correlations=_listing.correlations,
    )
    return asset


@external
def set_source(_asset: uint256, _index: uint256, _source: IPriceOracle.Source):
    """@custom:see IPriceOracle"""
    ownable._check_owner()
    lane: uint256 = price_sources._listed(_asset)
    before: uint256 = asset_readings._reading_now(_asset, lane)
    price_sources._replace(_asset, _index, _source)
    answer: uint256 = price_sources._answer(price_sources._source(_asset, _index))
    if source_call._grade(answer) != price_validity.FRESH:
        errors._fail("source: no fresh price")
    if price_word._usable(before):
        # a feed of another unit, or of another asset; one that is dead has nothing to compare with
        side: uint256 = price_validity._side(
            feed_answer._price(answer), price_word._price(before), oracle_slots._jump_bound(lane)
        )
        if side != price_validity.NEAR:
            errors._fail("source: off the price")


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def correlations(_assets: uint256) -> uint256[8]:
    """@custom:see IPriceOracle"""
    return covariance._rows(_assets)


@external
@view
def correlation(_asset: uint256, _other: uint256) -> int256:
    """@custom:see IPriceOracle"""
    self._check_pair(_asset, _other)
    return covariance._correlation(_asset, _other)


@external
@view
def covariance_of(_asset: uint256, _other: uint256) -> int256:
    """@custom:see IPriceOracle"""
    self._check_pair(_asset, _other)
    return covariance._covariance(_asset, _other)


@external
@view
def until_correlations() -> uint256:
    """@custom:see IPriceOracle"""
    due_at: uint256 = (self._calendar >> 48) + covariance.GRID
    return unsafe_sub(due_at, min(due_at, block.timestamp))


@external
@view
def RHO_STEP() -> uint256:
    """@custom:see IPriceOracle"""
    return covariance.STEP


@external
@view
def sampled_at() -> uint256:
    """@custom:see IPriceOracle"""
    return (self._calendar >> 8) & UINT40


@external
@view
def asset_count() -> uint256:
    """@custom:see IPriceOracle"""
    return self._calendar & 255


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _with_others(_asset: uint256, _lane: uint256, _price: uint256, _doubt: uint256) -> (uint256, uint256):
    """
    @dev Who bends the primary source alone must not be filled at its price while the reading does not
         believe it. The interval's two ends are that price and the reading's: who buys pays the higher
         one, who sells gets the lower one.
    @param _price the primary source's first price [quote wad per unit]
    @param _doubt of the primary source itself [wad]
    @return the same where all sources together say about the same, else middle and half-width of the
            interval between them
    """
    read: uint256 = price_word._price(asset_readings._reading_now(_asset, _lane))
    apart: uint256 = price_validity._distance(_price, read)
    # prices below 2**88, bounds below 2**14, doubts below 2**147
    bound: uint256 = oracle_slots._max_disagreement(price_sources._terms[_asset])
    if unsafe_mul(apart, price_validity.BPS) <= unsafe_mul(bound, read):
        return _price, _doubt
    middle: uint256 = unsafe_add(_price, read) >> 1
    half_width: uint256 = unsafe_add(apart >> 1, 1)
    return middle, unsafe_add(unsafe_sub(unsafe_add(unsafe_mul(half_width, WAD), middle), 1) // middle, _doubt)


@internal
@pure
def _check_variance(_variance: uint256, _most: uint256):
    if _variance < MIN_VARIANCE:
        errors._fail("variance: too small")
    if _variance > _most:
        errors._fail("variance: too large")


@internal
@view
def _check_pair(_asset: uint256, _other: uint256):
    price_sources._listed(_asset)
    price_sources._listed(_other)
