# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What the sources of an asset say
@custom:contract-name price_sources
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice One to three feeds an asset, each known by its adapter and its index there. What they say
        together, without regard to excursions off the EMA, is one word, the observation, laid out as a
        price word where they have the same to say; 0 is UNUSABLE:

            bits   0.. 87  price       [quote wad per unit]
            bits  88..127  published   [s]
            bit  128       pull        it comes from a pull feed
            bits 129..130  side        of the EMA, see price_validity
            bits 208..247  confidence  half-width / price [1e-9]
            bits 248..255  state       VALID, UNCERTAIN or STALE
"""

from ..interfaces import IPriceOracle
from ..interfaces import IPriceSource
from . import errors
from . import oracle_slots
from . import price_validity
from . import price_word
from . import source_call

MAX_ASSETS: constant(uint256) = 16
MAX_ADAPTERS: constant(uint256) = 15  # and the place of nobody, oracle_slots.NOBODY
MAX_FEEDS: constant(uint256) = 16  # of an adapter
MAX_SOURCES: constant(uint256) = 3  # of an asset
MAX_PULL_AGE: constant(uint256) = 3  # [s]

MIN_BOUND: constant(uint256) = 1  # of confidence, disagreement and deviation [bps]
MAX_BOUND: constant(uint256) = 5_000
MIN_JUMP_BOUND: constant(uint256) = 10  # [bps]
MAX_JUMP_BOUND: constant(uint256) = 5_000

# An answer's and an observation's price and time lie at the same place.
_PRICE_AND_TIME: constant(uint256) = 2**128 - 1
_UINT88: constant(uint256) = 2**88 - 1
_UINT40: constant(uint256) = 2**40 - 1
_UINT32: constant(uint256) = 2**32 - 1
_UINT16: constant(uint256) = 2**16 - 1
_UINT9: constant(uint256) = 2**9 - 1

_lanes: uint256[2]  # of eight assets each, see oracle_slots
_terms: uint256[16]  # see oracle_slots
_adapters: address[MAX_ADAPTERS + 1]  # the last one stays empty


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _add(_asset: uint256, _listing: IPriceOracle.Listing):
    count: uint256 = len(_listing.sources)
    if count == 0:
        errors._fail("sources: none")
    self._check_bound(_listing.max_confidence, "confidence bound: out of bounds")
    self._check_bound(_listing.max_disagreement, "disagreement: out of bounds")
    self._check_bound(_listing.deviation, "deviation: out of bounds")
    if _listing.jump_bound < MIN_JUMP_BOUND:
        errors._fail("jump bound: too small")
    if _listing.jump_bound > MAX_JUMP_BOUND:
        errors._fail("jump bound: too large")
    if _listing.jump_bound % oracle_slots.JUMP_BOUND_UNIT != 0:
        errors._fail("jump bound: not in tens")
    self._terms[_asset] = oracle_slots._pack_terms(
        count, _listing.max_confidence, _listing.max_disagreement, _listing.deviation
    )
    self._set_lane(_asset, oracle_slots._pack_lane(count > 1, _listing.jump_bound, _listing.variance_floor))
    for index: uint256 in range(count, bound=MAX_SOURCES):
        self._put(_asset, index, _listing.sources[index], index, empty(IPriceOracle.Source))


@internal
def _replace(_asset: uint256, _index: uint256, _source: IPriceOracle.Source):
    """
    @notice Puts one feed in the place of another.
    """
    count: uint256 = oracle_slots._count(self._terms[_asset])
    if _index >= count:
        errors._fail("source: unknown index")
    old: IPriceOracle.Source = self._named(self._source(_asset, _index))
    self._forget_adapter(_asset, _index)
    self._put(_asset, _index, _source, count, old)


@internal
def _put(_asset: uint256, _index: uint256, _source: IPriceOracle.Source, _count: uint256, _old: IPriceOracle.Source):
    """
    @param _count how many sources of the asset are in their place
    @param _old the one it replaces
    """
    source: uint256 = self._known(_source)
    for index: uint256 in range(_count, bound=MAX_SOURCES):
        if index != _index and self._source(_asset, index) == source:
            errors._fail("source: listed twice")
    if _index == 0:
        self._set_lane(_asset, oracle_slots._with_source(self._lane(_asset), source))
    else:
        self._terms[_asset] = oracle_slots._with_other_source(self._terms[_asset], _index, source)
    log IPriceOracle.SourceSet(
        asset=_asset,
        index=_index,
        old_adapter=_old.adapter,
        old_feed=_old.feed,
        adapter=_source.adapter,
        feed=_source.feed,
    )


@internal
def _known(_source: IPriceOracle.Source) -> uint256:
    """
    @return the source packed, its adapter remembered
    """
    if not _source.adapter.is_contract:
        errors._fail("source: no contract")
    if _source.feed >= MAX_FEEDS:
        errors._fail("source: unknown feed")
    if _source.feed >= staticcall IPriceSource(_source.adapter).feed_count():
        errors._fail("source: unknown feed")
    free: uint256 = MAX_ADAPTERS
    for i: uint256 in range(MAX_ADAPTERS):
        adapter: address = self._adapters[i]
        if adapter == _source.adapter:
            return oracle_slots._pack_source(i, _source.feed)
        if adapter == empty(address) and free == MAX_ADAPTERS:
            free = i
    if free >= MAX_ADAPTERS:
        errors._fail("adapters: too many")
    self._adapters[free] = _source.adapter
    return oracle_slots._pack_source(free, _source.feed)


@internal
def _forget_adapter(_asset: uint256, _index: uint256):
    """
    @notice Makes room for another adapter when this source is the last of its own.
    """
    adapter: uint256 = oracle_slots._adapter(self._source(_asset, _index))
    for asset: uint256 in range(MAX_ASSETS):
        for index: uint256 in range(oracle_slots._count(self._terms[asset]), bound=MAX_SOURCES):
            if asset == _asset and index == _index:
                continue
            if oracle_slots._adapter(self._source(asset, index)) == adapter:
                return
    self._adapters[adapter] = empty(address)


@internal
def _set_lane(_asset: uint256, _lane: uint256):
    offset: uint256 = 32 * (_asset % oracle_slots.LANES)
    word: uint256 = self._lanes[_asset // oracle_slots.LANES]
    self._lanes[_asset // oracle_slots.LANES] = (word & ~(_UINT32 << offset)) | (_lane << offset)


@internal
@pure
def _check_bound(_bps: uint256, _reason: String[32]):
    assert _bps >= MIN_BOUND and _bps <= MAX_BOUND, _reason


# ── asking ───────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _ask_all(_assets: uint256, _up: bool) -> (uint256[16], uint256[16]):
    """
    @notice Asks each adapter once for all its feeds. The words of this path are taken apart in place: a
            getter costs more than what it gets.
    @param _up whether the sequencer is; if not, nobody is asked
    @return by asset its lane; 0 when it is not listed
    @return by asset what its primary source answers, graded
    """
    lanes: uint256[16] = empty(uint256[16])
    answers: uint256[16] = empty(uint256[16])
    # sixteen bits an adapter, as a source is its adapter and its feed there
    asked: uint256 = 0  # bitmap of feeds
    counts: uint256 = 0  # how many ask for one of them
    word: uint256 = self._lanes[0]
    for asset: uint256 in range(MAX_ASSETS):
        rest: uint256 = _assets >> asset
        if rest == 0:
            break
        if asset == oracle_slots.LANES:
            word = self._lanes[1]
        lane: uint256 = word & _UINT32
        word >>= 32
        if rest & 1 == 0 or lane == 0:
            continue
        lanes[asset] = lane
        asked |= 1 << (lane & 255)
        counts = unsafe_add(counts, 1 << (lane & 240))
    if not _up:
        return lanes, answers
    for adapter: uint256 in range(MAX_ADAPTERS):
        feeds: uint256 = asked & _UINT16
        if feeds != 0:
            found: uint256[16] = source_call._ask(self._adapters[adapter], feeds, counts & _UINT16)
            asset: uint256 = 0
            for lane: uint256 in lanes:
                if lane == 0:
                    if _assets >> asset == 0:
                        break
                elif (lane >> 4) & 15 == adapter:
                    answers[asset] = source_call._graded(found[lane & 15])
                asset = unsafe_add(asset, 1)
        asked >>= 16
        counts >>= 16
        if asked == 0:
            break
    return lanes, answers


@internal
@view
def _answer(_source: uint256) -> uint256:
    """
    @return what one source answers, graded
    """
    feed: uint256 = oracle_slots._feed(_source)
    found: uint256[16] = source_call._ask(self._adapters[oracle_slots._adapter(_source)], 1 << feed, 1)
    return source_call._graded(found[feed])


@internal
@view
def _observe(_asset: uint256, _lane: uint256, _primary_answer: uint256, _ema: uint256) -> uint256:
    """
    @param _primary_answer of the asset's primary source, graded
    @return the observation
    """
    answer: uint256 = _primary_answer
    disagreement: uint256 = 0
    if (_lane >> 8) & 1 == 1:
        answer, disagreement = self._choose(_asset, answer, _ema)

    grade: uint256 = answer >> 248
    if grade == price_validity.INVALID:
        return 0
    price: uint256 = answer & _UINT88
    side: uint256 = price_validity._side(price, _ema, unsafe_mul((_lane >> 9) & _UINT9, oracle_slots.JUMP_BOUND_UNIT))
    state: uint256 = price_word.VALID if grade == price_validity.FRESH else price_word.STALE
    confidence: uint256 = (answer >> 128) & _UINT88
    if (confidence | disagreement) != 0:  # mostly it is not
        terms: uint256 = self._terms[_asset]
        uncertain: bool = False
        uncertain, confidence = price_validity._doubt(
            price,
            confidence,
            disagreement,
            oracle_slots._max_confidence(terms),
            oracle_slots._max_disagreement(terms),
        )
        confidence = min(confidence, _UINT40)
        if uncertain and state == price_word.VALID:
            state = price_word.UNCERTAIN
    pull: uint256 = (answer >> 216) & 1
    return (answer & _PRICE_AND_TIME) | (pull << 128) | (side << 129) | (confidence << 208) | (state << 248)


@internal
@view
def _choose(_asset: uint256, _primary_answer: uint256, _ema: uint256) -> (uint256, uint256):
    """
    @return the answer that counts among those of all sources, graded
    @return disagreement [quote wad per unit]
    """
    terms: uint256 = self._terms[_asset]
    answers: uint256[3] = [_primary_answer, 0, 0]
    for index: uint256 in range(1, oracle_slots._count(terms), bound=2):
        answers[index] = self._answer(oracle_slots._other_source(terms, index))
    old: bool[3] = empty(bool[3])
    for index: uint256 in range(3):
        published: uint256 = source_call._updated_at(answers[index])
        old[index] = source_call._is_pull(answers[index]) and block.timestamp > published + MAX_PULL_AGE
    chosen: uint256 = 0
    disagreement: uint256 = 0
    chosen, disagreement = price_validity._choose(
        [answers[0] & _UINT88, answers[1] & _UINT88, answers[2] & _UINT88],
        price_validity._without_old([answers[0] >> 248, answers[1] >> 248, answers[2] >> 248], old),
        _ema,
    )
    return answers[chosen], disagreement


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def sources(_asset: uint256) -> DynArray[IPriceOracle.Source, 3]:
    """@custom:see IPriceOracle"""
    self._listed(_asset)
    found: DynArray[IPriceOracle.Source, 3] = []
    for index: uint256 in range(oracle_slots._count(self._terms[_asset]), bound=MAX_SOURCES):
        found.append(self._named(self._source(_asset, index)))
    return found


@external
@view
@nonreentrant
def bounds(_asset: uint256) -> (uint256, uint256, uint256, uint256):
    """@custom:see IPriceOracle"""
    lane: uint256 = self._listed(_asset)
    terms: uint256 = self._terms[_asset]
    return (
        oracle_slots._max_confidence(terms),
        oracle_slots._max_disagreement(terms),
        oracle_slots._jump_bound(lane),
        oracle_slots._floor(lane),
    )


@external
@view
@nonreentrant
def deviation(_asset: uint256) -> uint256:
    """@custom:see IPriceOracle"""
    self._listed(_asset)
    return oracle_slots._deviation(self._terms[_asset])


@external
@view
@nonreentrant
def last_update(_asset: uint256) -> uint256:
    """@custom:see IPriceOracle"""
    return source_call._updated_at(self._answer(self._listed(_asset)))


@internal
@view
def _listed(_asset: uint256) -> uint256:
    """
    @return lane of the asset
    """
    if _asset >= MAX_ASSETS:
        errors._fail("asset: unknown")
    lane: uint256 = self._lane(_asset)
    if lane == 0:
        errors._fail("asset: unknown")
    return lane


@internal
@view
def _lane(_asset: uint256) -> uint256:
    return (self._lanes[_asset // oracle_slots.LANES] >> (32 * (_asset % oracle_slots.LANES))) & _UINT32


@internal
@view
def _source(_asset: uint256, _index: uint256) -> uint256:
    if _index == 0:
        return self._lane(_asset) & 255
    return oracle_slots._other_source(self._terms[_asset], _index)


@internal
@view
def _named(_source: uint256) -> IPriceOracle.Source:
    return IPriceOracle.Source(adapter=self._adapters[oracle_slots._adapter(_source)], feed=oracle_slots._feed(_source))
