# pragma version 0.4.3
"""
@title OracleSlotsHarness: packing and unpacking PriceOracle's storage words
@custom:contract-name OracleSlotsHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double.
"""

from ..modules import oracle_slots


struct Source:
    adapter: address
    feed: uint256
    heartbeat: uint256
    tolerance: uint256
    pull: bool


struct Primary:
    count: uint256
    max_confidence: uint256
    max_disagreement: uint256
    jump_bound: uint256
    floor: uint256


struct Memory:
    price: uint256
    ema: uint256
    checkpoint: uint256
    live: uint256
    published: uint256
    below: bool


struct Volatility:
    fast: uint256
    slow: uint256
    long: uint256
    accepted_at: uint256
    excursion_at: uint256


@external
@pure
def source_round_trip(_source: Source, _primary: Primary) -> (Source, Primary):
    own: uint256 = oracle_slots._pack_source(
        _source.adapter, _source.feed, _source.heartbeat, _source.tolerance, _source.pull
    )
    asset: uint256 = oracle_slots._pack_primary(
        _primary.count, _primary.max_confidence, _primary.max_disagreement, _primary.jump_bound, _primary.floor
    )
    word: uint256 = oracle_slots._primary(asset | own) | own
    return (
        Source(
            adapter=oracle_slots._adapter(word),
            feed=oracle_slots._feed(word),
            heartbeat=oracle_slots._heartbeat(word),
            tolerance=oracle_slots._tolerance(word),
            pull=oracle_slots._is_pull(word),
        ),
        Primary(
            count=oracle_slots._count(word),
            max_confidence=oracle_slots._max_confidence(word),
            max_disagreement=oracle_slots._max_disagreement(word),
            jump_bound=oracle_slots._jump_bound(word),
            floor=oracle_slots._floor(word),
        ),
    )


@external
@pure
def memory_round_trip(_memory: Memory) -> Memory:
    word: uint256 = oracle_slots._pack_memory(
        _memory.price, _memory.ema, _memory.checkpoint, _memory.live, _memory.published, _memory.below
    )
    return Memory(
        price=oracle_slots._price(word),
        ema=oracle_slots._ema(word),
        checkpoint=oracle_slots._checkpoint(word),
        live=oracle_slots._live(word),
        published=oracle_slots._published(word),
        below=oracle_slots._is_below(word),
    )


@external
@pure
def volatility_round_trip(_volatility: Volatility) -> Volatility:
    word: uint256 = oracle_slots._with_excursion(
        oracle_slots._pack_volatility(_volatility.fast, _volatility.slow, _volatility.long, _volatility.accepted_at),
        _volatility.excursion_at,
    )
    return Volatility(
        fast=oracle_slots._fast(word),
        slow=oracle_slots._slow(word),
        long=oracle_slots._long(word),
        accepted_at=oracle_slots._accepted_at(word),
        excursion_at=oracle_slots._excursion_at(word),
    )
