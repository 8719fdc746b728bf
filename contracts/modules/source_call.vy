# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Calls that cannot fail
@custom:contract-name source_call
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Asks adapters and the sequencer-uptime feed with a gas cap and without revert: whatever they
        do, the caller goes on with an INVALID answer at worst.

        A graded answer is a feed_answer whose timing has done its work:

        bits   0..215  price, time and confidence as in feed_answer
        bit  216       pull
        bits 248..255  grade       INVALID, LATE or FRESH, see price_validity

        Of an INVALID one only the time may be there.
@custom:security A caller could starve such a call of gas until a healthy feed looks dead. So each one
        first makes sure that the adapter gets all it may need, and reverts if it would not.
"""

from . import feed_answer
from . import price_validity
from . import price_word

# A feed and what its adapter does with the answer; the call itself.
GAS_PER_FEED: constant(uint256) = 84_000
GAS_PER_CALL: constant(uint256) = 10_000
SEQUENCER_GAS: constant(uint256) = 100_000

_MASK_12: constant(uint256) = 2**12 - 1
_MASK_18: constant(uint256) = 2**18 - 1
_MASK_40: constant(uint256) = 2**40 - 1
_MASK_88: constant(uint256) = 2**88 - 1
_MASK_128: constant(uint256) = 2**128 - 1
_MASK_216: constant(uint256) = 2**216 - 1
_PULL: constant(uint256) = 2**216  # 30 bits higher in an answer that is not graded
_MASK_TIME: constant(uint256) = (2**40 - 1) << 88


@internal
@view
def _ask(_adapter: address, _feeds: uint256, _count: uint256) -> uint256[16]:
    """
    @param _feeds bitmap of the feeds asked for
    @param _count how many they are, at least
    @return what the adapter answers, by feed, not yet graded; 0 for all when it does not answer
    """
    allowance: uint256 = unsafe_add(unsafe_mul(_count, GAS_PER_FEED), GAS_PER_CALL)
    self._check_gas(allowance)
    success: bool = False
    response: Bytes[512] = b""
    success, response = raw_call(
        _adapter,
        abi_encode(_feeds, method_id=method_id("latest(uint256)")),
        max_outsize=512,
        gas=allowance,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != 512:
        return empty(uint256[16])
    return abi_decode(response, uint256[16])


@internal
@view
def _graded(_answer: uint256) -> uint256:
    """
    @return the answer graded as of now
    """
    # Nearly always: without a width, on time; the grades of `price_validity` otherwise. An answer without a
    # time is older than any feed may be.
    updated_at: uint256 = (_answer >> 88) & _MASK_40
    price: uint256 = _answer & _MASK_88
    latest: uint256 = unsafe_add((_answer >> 216) & _MASK_18, (_answer >> 234) & _MASK_12)
    if (_answer >> 128) & _MASK_88 == 0:
        if unsafe_sub(price, 1) < price_word.MAX_PRICE:
            if unsafe_sub(block.timestamp, updated_at) <= latest:
                return (_answer & _MASK_128) | ((_answer >> 30) & _PULL) | (price_validity.FRESH << 248)
    grade: uint256 = price_validity._grade(
        _answer & _MASK_88,
        (_answer >> 128) & _MASK_88,
        (_answer >> 88) & _MASK_40,
        block.timestamp,
        (_answer >> 216) & _MASK_18,
        (_answer >> 234) & _MASK_12,
    )
    if grade == price_validity.INVALID:
        return _answer & _MASK_TIME
    return (_answer & _MASK_216) | ((_answer >> 30) & _PULL) | (grade << 248)


@internal
@pure
def _updated_at(_graded: uint256) -> uint256:
    return feed_answer._updated_at(_graded)


@internal
@pure
def _is_pull(_graded: uint256) -> bool:
    return (_graded >> 216) & 1 == 1


@internal
@pure
def _grade(_graded: uint256) -> uint256:
    return _graded >> 248


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
    self._check_gas(SEQUENCER_GAS)
    success: bool = False
    response: Bytes[160] = b""
    success, response = raw_call(
        _feed,
        method_id("latestRoundData()"),
        max_outsize=160,
        gas=SEQUENCER_GAS,
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


@internal
@view
def _check_gas(_allowance: uint256):
    """
    @dev What is left after the 63/64 rule and a cold account.
    """
    assert msg.gas >= _allowance + _allowance // 32 + 5_000, "gas: too little for a source"
