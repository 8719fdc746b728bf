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
from .modules import covariance
from .modules import errors
from .modules import feed_answer
from .modules import oracle_slots
from .modules import price_sources
from .modules import price_validity
from .modules import price_word
from .modules import source_call
from .modules import volatility

implements: IPriceOracle

initializes: ownable
initializes: ownable_2step[ownable := ownable]
# which feeds an asset has, and what they say together
initializes: price_sources
# how assets move together
initializes: covariance

exports: (
    # who lists assets and replaces feeds
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)
exports: (
    price_sources.sources,
    price_sources.bounds,
    price_sources.deviation,
    price_sources.last_update,
)

# Weights of one sample, the same for all assets that were last recorded at the same time.
struct Weights:
    elapsed: uint256  # [s]
    fast: uint256  # [wad]
    slow: uint256
    long: uint256


MAX_ASSETS: constant(uint256) = price_sources.MAX_ASSETS
WAD: constant(uint256) = 10**18

MIN_SAMPLE_INTERVAL: constant(uint256) = 10  # [s]
MAX_SAMPLE_INTERVAL: constant(uint256) = 3_600
MAX_SEQUENCER_GRACE: constant(uint256) = 86_400  # [s]
MIN_CONFIRMATION: constant(uint256) = 1  # [s]
MAX_CONFIRMATION: constant(uint256) = 300
MIN_EMA_TAU: constant(uint256) = 60  # [s]
MAX_EMA_TAU: constant(uint256) = 86_400
MIN_WEIGHT: constant(uint256) = 10**16  # [wad]

RECORD_INTERVAL: constant(uint256) = 300  # of a price that does not move [s]
MAX_TICK_AGE: constant(uint256) = 300  # of a price that takes part in the correlations [s]

T_DEAD: constant(uint256) = 7 * 86_400  # of being unusable, after which an asset may be retired [s]

MIN_VARIANCE: constant(uint256) = 10**10  # (0.01 % a day)**2 [variance per day, wad]

# The words of this path are taken apart in place: a getter costs more than what it gets.
UINT224: constant(uint256) = 2**224 - 1
UINT176: constant(uint256) = 2**176 - 1
UINT88: constant(uint256) = 2**88 - 1
UINT64: constant(uint256) = 2**64 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1
UINT9: constant(uint256) = 2**9 - 1
PLAIN: constant(uint256) = price_validity.FRESH << 120  # answer without width, of a push feed, on time: from bit 128 on
PRICE_AND_CONFIDENCE: constant(uint256) = (2**88 - 1) | ((2**40 - 1) << 208)  # so in a price word

SEQUENCER_FEED: public(immutable(address))  # empty: none
SEQUENCER_GRACE: public(immutable(uint256))  # [s]
SAMPLE_INTERVAL: public(immutable(uint256))  # [s]
CONFIRMATION: public(immutable(uint256))  # [s]
EMA_TAU: public(immutable(uint256))  # [s]
WEIGHT_SLOW: public(immutable(uint256))  # a: of the slow variance in the target [wad]
WEIGHT_LONG: public(immutable(uint256))  # b: of the long variance in the target [wad]
_MAX_LIVE_STEP: immutable(uint256)  # 2 * SAMPLE_INTERVAL [s]

# number of assets | time of the last sample << 8 | time of the last update of correlations << 48 [s]
_calendar: uint256
_memories: uint256[16]  # see oracle_slots
_volatilities: uint256[16]  # see oracle_slots
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
    assert _sequencer_grace <= MAX_SEQUENCER_GRACE, "sequencer grace: too long"
    assert _sample_interval >= MIN_SAMPLE_INTERVAL, "sample interval: too short"
    assert _sample_interval <= MAX_SAMPLE_INTERVAL, "sample interval: too long"
    assert _confirmation >= MIN_CONFIRMATION, "confirmation: too short"
    assert _confirmation <= MAX_CONFIRMATION, "confirmation: too long"
    assert _ema_tau >= MIN_EMA_TAU, "ema tau: too short"
    assert _ema_tau <= MAX_EMA_TAU, "ema tau: too long"
    assert _weight_slow >= MIN_WEIGHT and _weight_slow <= volatility.MAX_WEIGHT, "slow weight: out of bounds"
    assert _weight_long >= MIN_WEIGHT and _weight_long <= volatility.MAX_WEIGHT, "long weight: out of bounds"
    ownable.__init__()
    ownable_2step.__init__()
    SEQUENCER_FEED = _sequencer_feed
    SEQUENCER_GRACE = _sequencer_grace
    SAMPLE_INTERVAL = _sample_interval
    CONFIRMATION = _confirmation
    EMA_TAU = _ema_tau
    WEIGHT_SLOW = _weight_slow
    WEIGHT_LONG = _weight_long
    _MAX_LIVE_STEP = 2 * _sample_interval


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
    up: bool = self._is_sequencer_up()
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
    weights: Weights = empty(Weights)
    ema_elapsed: uint256 = 0
    ema_weight: uint256 = 0
    recorded: uint256 = 0
    memories: DynArray[uint256, 16] = []
    variances: DynArray[uint256, 16] = []
    ticks: uint256[2] = [0, 0]
    for asset: uint256 in range(count, bound=MAX_ASSETS):
        memory: uint256 = self._memories[asset]
        history: uint256 = self._volatilities[asset]
        elapsed: uint256 = unsafe_sub(block.timestamp, (history >> 192) & UINT32)  # since it was recorded
        since: uint256 = elapsed  # since it was accepted
        if (memory >> 254) & 1 == 1:
            since = unsafe_sub(block.timestamp, (memory >> 176) & UINT32)
        # An asset that the last sample passed over, its pull price being old, stays due: else whoever
        # samples first every minute, without pushing, could keep it from being sampled at all.
        if due or since >= SAMPLE_INTERVAL:
            if since != ema_elapsed:
                ema_elapsed = since
                ema_weight = volatility._weight(since, EMA_TAU)
            last_price: uint256 = memory & UINT88
            stored: uint256 = history
            words[asset], memory, history = self._sample_asset(
                asset, lanes[asset], answers[asset], up, memory, history, since, ema_weight
            )
            accepted: bool = (memory >> 254) & 1 == 1
            price: uint256 = memory & UINT88
            if accepted and (price != last_price or elapsed >= RECORD_INTERVAL):
                if elapsed != weights.elapsed:
                    weights = self._weights_after(elapsed)
                history = self._advance(history, last_price, price, weights)
                recorded |= 1 << asset
                memories.append(memory)
                variances.append(history & UINT224)
            if history != stored:
                self._volatilities[asset] = history
            if since_grid != 0 and words[asset] >> 248 >= price_word.UNCERTAIN:
                if accepted or elapsed <= MAX_TICK_AGE:
                    ticks[asset >> 3] |= covariance._tick(price) << ((asset & 7) << 5)
        else:
            words[asset] = self._reading(asset, lanes[asset], answers[asset], up, False)
        targets[asset] = self._target(lanes[asset], history)
    if recorded != 0:
        log IPriceOracle.Sampled(assets=recorded, memories=memories, variances=variances)
    if since_grid != 0:
        covariance._update(count, ticks, since_grid)
    return words, targets


@external
@payable
def first_price(_asset: uint256, _since: uint256, _proof: Bytes[4096]) -> (uint256, uint256, uint256):
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
    word: uint256 = self._reading_now(_asset, lane)
    live: uint256 = word >> 176
    watch: uint256 = self._watches[_asset]
    watched: uint256 = unsafe_sub(block.timestamp, watch & UINT40)
    begun: bool = watch >> 40 == unsafe_add(live, 1) and source_call._is_sequencer_up(SEQUENCER_FEED, watched)
    if live > UINT32 or (begun and watched < T_DEAD):
        errors._fail("asset: not dead")
    price: uint256 = 0
    if begun:
        price = (word >> 88) & UINT88
        self._memories[_asset] = price | (price << 88) | (live << 208)
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

    if not self._is_sequencer_up():
        errors._fail("sequencer: down")
    # without an EMA nothing could decide between two sources that disagree: they have to agree
    lane: uint256 = price_sources._listed(asset)
    seen: uint256 = price_sources._observe(asset, lane, price_sources._answer(lane), 0)
    if seen >> 248 != price_word.VALID:
        errors._fail("asset: no valid price")
    price: uint256 = seen & UINT88
    self._memories[asset] = oracle_slots._pack_memory(
        price, price, block.timestamp, 0, (seen >> 88) & UINT40, True, False
    )
    self._volatilities[asset] = oracle_slots._pack_volatility(
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
    before: uint256 = self._reading_now(_asset, lane)
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
def read(_assets: uint256) -> uint256[16]:
    """@custom:see IPriceOracle"""
    return self._readings(_assets, False)


@external
@view
def read_fresh(_assets: uint256) -> uint256[16]:
    """@custom:see IPriceOracle"""
    return self._readings(_assets, True)


@external
@view
def variances(_asset: uint256) -> (uint256, uint256, uint256, uint256):
    """@custom:see IPriceOracle"""
    lane: uint256 = price_sources._listed(_asset)
    history: uint256 = self._volatilities[_asset]
    target: uint256 = self._target(lane, history)
    return oracle_slots._fast(history), oracle_slots._slow(history), oracle_slots._long(history), target


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
def stored(_asset: uint256) -> IPriceOracle.Memory:
    """@custom:see IPriceOracle"""
    price_sources._listed(_asset)
    packed: uint256 = self._memories[_asset]
    history: uint256 = self._volatilities[_asset]
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
def sampled_at() -> uint256:
    """@custom:see IPriceOracle"""
    return (self._calendar >> 8) & UINT40


@external
@view
def sequencer_up() -> bool:
    """@custom:see IPriceOracle"""
    return self._is_sequencer_up()


@external
@view
def asset_count() -> uint256:
    """@custom:see IPriceOracle"""
    return self._calendar & 255


# ── internals: reading ───────────────────────────────────────────────────────────────────────────


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
                memory: uint256 = self._memories[asset]
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
    memory: uint256 = self._memories[_asset]
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
        if not self._is_confirmed(side, memory, self._volatilities[_asset]):
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
    read: uint256 = price_word._price(self._reading_now(_asset, _lane))
    apart: uint256 = price_validity._distance(_price, read)
    # prices below 2**88, bounds below 2**14, doubts below 2**147
    bound: uint256 = oracle_slots._max_disagreement(price_sources._terms[_asset])
    if unsafe_mul(apart, price_validity.BPS) <= unsafe_mul(bound, read):
        return _price, _doubt
    middle: uint256 = unsafe_add(_price, read) >> 1
    half_width: uint256 = unsafe_add(apart >> 1, 1)
    return middle, unsafe_add(unsafe_sub(unsafe_add(unsafe_mul(half_width, WAD), middle), 1) // middle, _doubt)


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


# ── internals: sampling ──────────────────────────────────────────────────────────────────────────


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
        confirmed = self._is_confirmed(side, _memory, _history)
        if not confirmed:
            state = price_word.VOLATILE
            forgotten: bool = block.timestamp >= excursion_at + CONFIRMATION  # or it were confirmed
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
        live = unsafe_add(live, self._live_since((_memory >> 176) & UINT32))
    # no return per time without time
    accepted: bool = usable and _elapsed != 0 and not self._is_chosen(seen)
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
    self._memories[_asset] = memory
    word: uint256 = 0
    if usable:
        # confirmed but not accepted: as the next accepted sample will store it
        shown_ema: uint256 = seen_price if confirmed else ema
        word = (seen & PRICE_AND_CONFIDENCE) | (shown_ema << 88) | (live << 176) | (state << 248)
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


# ── internals: listing ───────────────────────────────────────────────────────────────────────────


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
