# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Calls that cannot fail
@custom:contract-name source_call
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Asks price sources and the sequencer-uptime feed with a gas cap and without revert: whatever
        they do, the caller goes on with an INVALID answer at worst.

        An answer is one word:

        bits   0.. 87  price       [quote wad per unit]
        bits  88..127  updated_at  [s], saturating
        bits 128..215  confidence  [quote wad per unit]
        bits 248..255  grade       INVALID, LATE or FRESH, see price_validity

        Of an INVALID one only the time may be there.
@custom:security A caller could starve such a call of gas until a healthy source looks dead. So each one
        first makes sure that the source gets all of SOURCE_GAS, and reverts if it would not.
"""

from . import price_validity


# What `latest` of a source returns.
struct Reply:
    price: uint256  # [quote wad per unit]
    confidence: uint256  # [quote wad per unit]
    updated_at: uint256  # [s]


SOURCE_GAS: constant(uint256) = 100_000
MIN_GAS: constant(uint256) = 110_000  # leaves SOURCE_GAS after the 63/64 rule and a cold account

_MASK_4: constant(uint256) = 2**4 - 1
_MASK_12: constant(uint256) = 2**12 - 1
_MASK_18: constant(uint256) = 2**18 - 1
_MASK_40: constant(uint256) = 2**40 - 1
_MASK_160: constant(uint256) = 2**160 - 1


@internal
@view
def _ask(_source: uint256) -> uint256:
    """
    @param _source word of a source, see oracle_slots
    @return its answer; 0, which is INVALID, when it does not answer three words
    """
    assert msg.gas >= MIN_GAS, "gas: too little for a source"
    success: bool = False
    response: Bytes[96] = b""
    success, response = raw_call(
        convert(_source & _MASK_160, address),
        abi_encode((_source >> 191) & _MASK_4, method_id=method_id("latest(uint256)")),
        max_outsize=96,
        gas=SOURCE_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != 96:
        return 0
    reply: Reply = abi_decode(response, Reply)
    grade: uint256 = price_validity._grade(
        reply.price,
        reply.confidence,
        reply.updated_at,
        block.timestamp,
        (_source >> 160) & _MASK_18,
        (_source >> 178) & _MASK_12,
    )
    if grade == price_validity.INVALID:
        return min(reply.updated_at, _MASK_40) << 88
    # price and confidence are at most price_word.MAX_PRICE, and the time is not to come
    return reply.price | (reply.updated_at << 88) | (reply.confidence << 128) | (grade << 248)


@internal
@pure
def _updated_at(_answer: uint256) -> uint256:
    return (_answer >> 88) & _MASK_40


@internal
@pure
def _grade(_answer: uint256) -> uint256:
    return _answer >> 248


@internal
@view
def _is_sequencer_up(_feed: address, _grace: uint256) -> bool:
    """
    @param _feed Chainlink's L2 uptime feed: answer 0 means up, since `startedAt`; empty: always up
    @param _grace how long it must have been up [s]
    @return false also when the feed does not answer
    """
    if _feed == empty(address):
        return True
    assert msg.gas >= MIN_GAS, "gas: too little for a source"
    success: bool = False
    response: Bytes[160] = b""
    success, response = raw_call(
        _feed,
        method_id("latestRoundData()"),
        max_outsize=160,
        gas=SOURCE_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != 160:
        return False
    status: uint256 = convert(slice(response, 32, 32), uint256)
    started_at: uint256 = convert(slice(response, 64, 32), uint256)
    if status != 0 or started_at == 0 or started_at > block.timestamp:
        return False
    return unsafe_sub(block.timestamp, started_at) > _grace
