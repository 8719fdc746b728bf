# pragma version 0.4.3
"""
@title OracleSlotsHarness: packing and unpacking PriceOracle's storage words
@custom:contract-name OracleSlotsHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double.
"""

from ..modules import oracle_slots


struct Lane:
    source: uint256
    several: bool
    jump_bound: uint256
    floor: uint256


struct Terms:
    second: uint256
    third: uint256
    count: uint256
    max_confidence: uint256
    max_disagreement: uint256
    deviation: uint256


struct Memory:
    price: uint256
    ema: uint256
    checkpoint: uint256
    live: uint256
    published: uint256
    accepted: bool
    below: bool


struct Volatility:
    fast: uint256
    slow: uint256
    long: uint256
    recorded_at: uint256
    excursion_at: uint256


@external
@pure
def source_round_trip(_adapter: uint256, _feed: uint256) -> (uint256, uint256):
    source: uint256 = oracle_slots._pack_source(_adapter, _feed)
    return oracle_slots._adapter(source), oracle_slots._feed(source)


@external
@pure
def lane_round_trip(_lane: Lane) -> Lane:
    lane: uint256 = oracle_slots._with_source(
        oracle_slots._pack_lane(_lane.several, _lane.jump_bound, _lane.floor), _lane.source
    )
    assert lane < 2**32
    return Lane(
        source=lane & 255,
        several=oracle_slots._has_several(lane),
        jump_bound=oracle_slots._jump_bound(lane),
        floor=oracle_slots._floor(lane),
    )


@external
@pure
def terms_round_trip(_terms: Terms) -> Terms:
    """
    @dev Each source is put twice, so that what was there before has to go.
    """
    terms: uint256 = oracle_slots._pack_terms(
        _terms.count, _terms.max_confidence, _terms.max_disagreement, _terms.deviation
    )
    for second: uint256 in [255, _terms.second]:
        terms = oracle_slots._with_other_source(terms, 1, second)
    for third: uint256 in [255, _terms.third]:
        terms = oracle_slots._with_other_source(terms, 2, third)
    return Terms(
        second=oracle_slots._other_source(terms, 1),
        third=oracle_slots._other_source(terms, 2),
        count=oracle_slots._count(terms),
        max_confidence=oracle_slots._max_confidence(terms),
        max_disagreement=oracle_slots._max_disagreement(terms),
        deviation=oracle_slots._deviation(terms),
    )


@external
@pure
def memory_round_trip(_memory: Memory) -> Memory:
    word: uint256 = oracle_slots._pack_memory(
        _memory.price, _memory.ema, _memory.checkpoint, _memory.live, _memory.published, _memory.accepted, _memory.below
    )
    return Memory(
        price=oracle_slots._price(word),
        ema=oracle_slots._ema(word),
        checkpoint=oracle_slots._checkpoint(word),
        live=oracle_slots._live(word),
        published=oracle_slots._published(word),
        accepted=oracle_slots._is_accepted(word),
        below=oracle_slots._is_below(word),
    )


@external
@pure
def volatility_round_trip(_volatility: Volatility) -> Volatility:
    word: uint256 = oracle_slots._pack_volatility(
        _volatility.fast, _volatility.slow, _volatility.long, _volatility.recorded_at, _volatility.excursion_at
    )
    return Volatility(
        fast=oracle_slots._fast(word),
        slow=oracle_slots._slow(word),
        long=oracle_slots._long(word),
        recorded_at=oracle_slots._recorded_at(word),
        excursion_at=oracle_slots._excursion_at(word),
    )
