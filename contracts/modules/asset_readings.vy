# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Readings of assets
@custom:contract-name asset_readings
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice What an asset's word says now: its stored prices and times (`oracle_slots`) and what its sources
        answer (`price_sources`), without writing anything. Nothing here decides what is stored.
"""

from ..interfaces import IPriceOracle

from . import oracle_slots
from . import price_sources
from . import price_validity
from . import price_word
from . import source_call

uses: price_sources


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MAX_SEQUENCER_GRACE: constant(uint256) = 86_400  # [s]
MIN_CONFIRMATION: constant(uint256) = 1  # [s]
MAX_CONFIRMATION: constant(uint256) = 300

# The words of this path are taken apart in place: a getter costs more than what it gets.
UINT176: constant(uint256) = 2**176 - 1
UINT88: constant(uint256) = 2**88 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1
UINT9: constant(uint256) = 2**9 - 1
PLAIN: constant(uint256) = price_validity.FRESH << 120  # answer without width, of a push feed, on time: from bit 128 on
PRICE_AND_CONFIDENCE: constant(uint256) = (2**88 - 1) | ((2**40 - 1) << 208)  # so in a price word

SEQUENCER_FEED: public(immutable(address))  # empty: none
SEQUENCER_GRACE: public(immutable(uint256))  # [s]
CONFIRMATION: public(immutable(uint256))  # [s]
_MAX_LIVE_STEP: immutable(uint256)  # 2 * SAMPLE_INTERVAL [s]


# ── state ────────────────────────────────────────────────────────────────────────────────────────

memories: uint256[16]  # see oracle_slots
volatilities: uint256[16]  # see oracle_slots


@deploy
def __init__(_sequencer_feed: address, _sequencer_grace: uint256, _confirmation: uint256, _sample_interval: uint256):
    assert _sequencer_grace <= MAX_SEQUENCER_GRACE, "sequencer grace: too long"
    assert _confirmation >= MIN_CONFIRMATION, "confirmation: too short"
    assert _confirmation <= MAX_CONFIRMATION, "confirmation: too long"
    SEQUENCER_FEED = _sequencer_feed
    SEQUENCER_GRACE = _sequencer_grace
    CONFIRMATION = _confirmation
    _MAX_LIVE_STEP = 2 * _sample_interval


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def read(_assets: uint256) -> uint256[16]:
    """@custom:see IPriceOracle"""
    return self._readings(_assets, False)


@external
@view
@nonreentrant
def read_fresh(_assets: uint256) -> uint256[16]:
    """@custom:see IPriceOracle"""
    return self._readings(_assets, True)


@external
@view
@nonreentrant
def stored(_asset: uint256) -> IPriceOracle.Memory:
    """@custom:see IPriceOracle"""
    price_sources._listed(_asset)
    packed: uint256 = self.memories[_asset]
    history: uint256 = self.volatilities[_asset]
    return IPriceOracle.Memory(
        price=oracle_slots._price(packed),
        ema=oracle_slots._ema(packed),
        published=oracle_slots._published(packed),
        checkpoint=oracle_slots._checkpoint(packed),
        accepted_at=(
            oracle_slots._checkpoint(packed)
            if oracle_slots._is_accepted(packed)
            else oracle_slots._recorded_at(history)
        ),
        live=oracle_slots._live(packed),
        excursion_at=oracle_slots._excursion_at(history),
        excursion_below=oracle_slots._is_below(packed),
    )


@external
@view
@nonreentrant
def sequencer_up() -> bool:
    """@custom:see IPriceOracle"""
    return self._is_sequencer_up()


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _readings(_assets: uint256, _fresh: bool) -> uint256[16]:
    words: uint256[16] = empty(uint256[16])
    up: bool = self._is_sequencer_up()
    lanes: uint256[16] = empty(uint256[16])
    answers: uint256[16] = empty(uint256[16])
    lanes, answers = price_sources._ask_all(_assets, up)
    asset: uint256 = max_value(uint256)
    for lane: uint256 in lanes:
        asset = unsafe_add(asset, 1)
        if lane == 0:
            if _assets >> asset == 0:
                break
            continue
        answer: uint256 = answers[asset]
        if answer >> 128 == PLAIN:
            if (lane >> 8) & 1 == 0:
                # nearly always: alone, and near the EMA; then `_reading` would say the same
                memory: uint256 = self.memories[asset]
                price: uint256 = answer & UINT88
                ema: uint256 = (memory >> 88) & UINT88
                apart: uint256 = unsafe_sub(price, ema)
                if price < ema:
                    apart = unsafe_sub(ema, price)
                # below 2**88 * 2**14, as jump bounds are
                bound: uint256 = unsafe_mul((lane >> 9) & UINT9, oracle_slots.JUMP_BOUND_UNIT)
                if unsafe_mul(apart, price_validity.BPS) <= unsafe_mul(bound, ema):
                    since: uint256 = unsafe_sub(block.timestamp, (memory >> 176) & UINT32)
                    if since > _MAX_LIVE_STEP:
                        since = _MAX_LIVE_STEP
                    live: uint256 = unsafe_add((memory >> 208) & UINT32, since)
                    words[asset] = price | (ema << 88) | (live << 176) | (price_word.VALID << 248)
                    continue
        words[asset] = self._reading(asset, lane, answer, up, _fresh)
    return words


@internal
@view
def _reading_now(_asset: uint256, _lane: uint256) -> uint256:
    """
    @return the asset's word now
    """
    return self._reading(_asset, _lane, price_sources._answer(_lane), self._is_sequencer_up(), False)


@internal
@view
def _reading(_asset: uint256, _lane: uint256, _answer: uint256, _up: bool, _fresh: bool) -> uint256:
    """
    @param _answer of the asset's primary source, graded
    @return the asset's word now
    """
    memory: uint256 = self.memories[_asset]
    if _lane & oracle_slots.RETIRED == oracle_slots.RETIRED:
        return (memory & UINT176) | (((memory >> 208) & UINT32) << 176) | (price_word.RETIRED << 248)
    ema: uint256 = (memory >> 88) & UINT88
    seen: uint256 = 0
    if _up:
        seen = price_sources._observe(_asset, _lane, _answer, ema)
    state: uint256 = seen >> 248

    if _fresh:
        # a pull feed's price whose pusher may have chosen it
        if (seen >> 128) & 1 == 1 and state >= price_word.UNCERTAIN:
            if self._is_chosen(seen) or (seen >> 88) & UINT40 < oracle_slots._published(memory):
                state = price_word.STALE
    side: uint256 = (seen >> 129) & 3
    if side != price_validity.NEAR:
        if not self._is_confirmed(side, memory, self.volatilities[_asset]):
            state = price_word.VOLATILE
        elif state >= price_word.UNCERTAIN:
            ema = seen & UINT88  # as the next accepted sample will store it
    live: uint256 = (memory >> 208) & UINT32
    if state < price_word.UNCERTAIN:
        return price_word._pack(memory & UINT88, ema, live, 0, state)
    live = unsafe_add(live, self._live_since((memory >> 176) & UINT32))
    return (seen & PRICE_AND_CONFIDENCE) | (ema << 88) | (live << 176) | (state << 248)


@internal
@view
def _is_chosen(_seen: uint256) -> bool:
    """
    @return whether a pull feed's price is so old that its pusher may have chosen it among several
    """
    if (_seen >> 128) & 1 == 0:
        return False
    return unsafe_sub(block.timestamp, (_seen >> 88) & UINT40) > price_sources.MAX_PULL_AGE


@internal
@view
def _is_confirmed(_side: uint256, _memory: uint256, _history: uint256) -> bool:
    """
    @dev An excursion nobody looked at for so long is forgotten: two wicks hours apart confirm nothing.
    """
    if unsafe_sub(block.timestamp, (_memory >> 176) & UINT32) > unsafe_add(CONFIRMATION, _MAX_LIVE_STEP):
        return False
    return price_validity._is_confirmed(
        _side,
        price_validity.BELOW if oracle_slots._is_below(_memory) else price_validity.ABOVE,
        oracle_slots._excursion_at(_history),
        block.timestamp,
        CONFIRMATION,
    )


@internal
@view
def _live_since(_checkpoint: uint256) -> uint256:
    """
    @return oracle-live time of a usable asset since its checkpoint; bounded, because nobody looked in
            between [s]
    """
    elapsed: uint256 = unsafe_sub(block.timestamp, _checkpoint)
    return elapsed if elapsed < _MAX_LIVE_STEP else _MAX_LIVE_STEP


@internal
@view
def _is_sequencer_up() -> bool:
    return source_call._is_sequencer_up(SEQUENCER_FEED, SEQUENCER_GRACE)
