# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What a sample makes of an asset
@custom:contract-name asset_samples
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Price, EMA and excursion of an asset as a reading moves them, its variances as a recorded return
        moves them, and the variance its line's target is made of.
"""

from ..interfaces import IPriceOracle

from . import asset_readings
from . import oracle_slots
from . import price_sources
from . import price_validity
from . import price_word
from . import volatility

uses: asset_readings
uses: price_sources


# Weights of one sample, the same for all assets that were last recorded at the same time.
struct Weights:
    elapsed: uint256  # [s]
    fast: uint256  # [wad]
    slow: uint256
    long: uint256


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MIN_EMA_TAU: constant(uint256) = 60  # [s]
MAX_EMA_TAU: constant(uint256) = 86_400
MIN_WEIGHT: constant(uint256) = 10**16  # [wad]

# The words of this path are taken apart in place: a getter costs more than what it gets.
UINT224: constant(uint256) = 2**224 - 1
UINT88: constant(uint256) = 2**88 - 1
UINT64: constant(uint256) = 2**64 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1

EMA_TAU: public(immutable(uint256))  # [s]
WEIGHT_SLOW: public(immutable(uint256))  # a: of the slow variance in the target [wad]
WEIGHT_LONG: public(immutable(uint256))  # b: of the long variance in the target [wad]


@deploy
def __init__(_ema_tau: uint256, _weight_slow: uint256, _weight_long: uint256):
    assert _ema_tau >= MIN_EMA_TAU, "ema tau: too short"
    assert _ema_tau <= MAX_EMA_TAU, "ema tau: too long"
    assert _weight_slow >= MIN_WEIGHT and _weight_slow <= volatility.MAX_WEIGHT, "slow weight: out of bounds"
    assert _weight_long >= MIN_WEIGHT and _weight_long <= volatility.MAX_WEIGHT, "long weight: out of bounds"
    EMA_TAU = _ema_tau
    WEIGHT_SLOW = _weight_slow
    WEIGHT_LONG = _weight_long


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def variances(_asset: uint256) -> (uint256, uint256, uint256, uint256):
    """@custom:see IPriceOracle"""
    lane: uint256 = price_sources._listed(_asset)
    history: uint256 = asset_readings.volatilities[_asset]
    target: uint256 = self._target(lane, history)
    return oracle_slots._fast(history), oracle_slots._slow(history), oracle_slots._long(history), target


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
def _sample_asset(
    _asset: uint256,
    _lane: uint256,
    _answer: uint256,
    _up: bool,
    _memory: uint256,
    _history: uint256,
    _elapsed: uint256,
    _ema_weight: uint256,
) -> (uint256, uint256, uint256):
    """
    @param _answer of the asset's primary source, graded
    @param _memory, _history the words stored
    @param _elapsed since the price was last accepted [s]
    @param _ema_weight of that time [wad]
    @return word after sampling
    @return memory as stored
    @return volatility word with the excursion as it is now, not stored yet
    """
    price: uint256 = _memory & UINT88
    ema: uint256 = (_memory >> 88) & UINT88
    live: uint256 = (_memory >> 208) & UINT32
    below: bool = _memory >> 255 == 1
    excursion_at: uint256 = _history >> 224
    seen: uint256 = 0
    # what a feed says that came back too late does not count
    if _up and _lane & oracle_slots.RETIRED != oracle_slots.RETIRED:
        seen = price_sources._observe(_asset, _lane, _answer, ema)
    seen_price: uint256 = seen & UINT88
    state: uint256 = seen >> 248
    side: uint256 = (seen >> 129) & 3

    confirmed: bool = False
    if side != price_validity.NEAR:
        confirmed = asset_readings._is_confirmed(side, _memory, _history)
        if not confirmed:
            state = price_word.VOLATILE
            forgotten: bool = block.timestamp >= excursion_at + asset_readings.CONFIRMATION  # or it were confirmed
            if forgotten or below != (side == price_validity.BELOW):
                excursion_at = block.timestamp
                below = side == price_validity.BELOW
                log IPriceOracle.ExcursionStarted(asset=_asset, price=seen_price, ema=ema)
    elif excursion_at != 0 and state != price_word.UNUSABLE:
        excursion_at = 0
        log IPriceOracle.ExcursionEnded(asset=_asset, price=seen_price, ema=ema, confirmed=False)

    published: uint256 = 0
    usable: bool = state >= price_word.UNCERTAIN
    if usable:
        live = unsafe_add(live, asset_readings._live_since((_memory >> 176) & UINT32))
    # no return per time without time
    accepted: bool = usable and _elapsed != 0 and not asset_readings._is_chosen(seen)
    if accepted:
        if confirmed:
            log IPriceOracle.ExcursionEnded(asset=_asset, price=seen_price, ema=ema, confirmed=True)
            excursion_at = 0
            ema = seen_price
        else:
            ema = volatility._relax(ema, seen_price, _ema_weight)
        price = seen_price
        published = (seen >> 88) & UINT40
    else:
        published = oracle_slots._published(_memory)

    memory: uint256 = oracle_slots._pack_memory(
        price, ema, block.timestamp, live, published, accepted or _elapsed == 0, below
    )
    asset_readings.memories[_asset] = memory
    word: uint256 = 0
    if usable:
        # confirmed but not accepted: as the next accepted sample will store it
        shown_ema: uint256 = seen_price if confirmed else ema
        word = (seen & asset_readings.PRICE_AND_CONFIDENCE) | (shown_ema << 88) | (live << 176) | (state << 248)
    else:
        word = price_word._pack(price, ema, live, 0, state)
    return word, memory, (_history & UINT224) | (excursion_at << 224)


@internal
@view
def _advance(_history: uint256, _last_price: uint256, _price: uint256, _weights: Weights) -> uint256:
    """
    @param _last_price what was recorded last [quote wad per unit]
    @return the volatility word after the sample
    """
    square: uint256 = 0  # return since what was recorded [variance per day, wad]
    if _price != _last_price:
        square = volatility._squared_return(_price, _last_price, _weights.elapsed)
    fast: uint256 = _history & UINT64
    slow: uint256 = (_history >> 64) & UINT64
    long: uint256 = (_history >> 128) & UINT64
    wick_cap: uint256 = volatility._wick_cap(volatility._base(fast, slow, long, WEIGHT_SLOW, WEIGHT_LONG))
    fast = volatility._step(fast, square, _weights.fast, wick_cap)
    slow = volatility._step(slow, square, _weights.slow, volatility.MAX_VARIANCE)
    long = volatility._step(long, square, _weights.long, volatility.MAX_VARIANCE)
    return fast | (slow << 64) | (long << 128) | (block.timestamp << 192) | ((_history >> 224) << 224)


@internal
@view
def _weights_after(_elapsed: uint256) -> Weights:
    """
    @param _elapsed since the last recorded sample [s]
    """
    return Weights(
        elapsed=_elapsed,
        fast=volatility._weight(_elapsed, volatility.TAU_FAST),
        slow=volatility._weight(_elapsed, volatility.TAU_SLOW),
        long=volatility._weight(_elapsed, volatility.TAU_LONG),
    )


@internal
@view
def _target(_lane: uint256, _history: uint256) -> uint256:
    """
    @return max(v_fast, a * v_slow, b * v_long, floor) [variance per day, wad]
    """
    base: uint256 = volatility._base(
        _history & UINT64,
        (_history >> 64) & UINT64,
        (_history >> 128) & UINT64,
        WEIGHT_SLOW,
        WEIGHT_LONG,
    )
    return max(base, oracle_slots._floor(_lane))
