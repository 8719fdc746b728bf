# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Calls that cannot fail
@custom:contract-name source_call
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Asks price sources and the sequencer-uptime feed with a gas cap and without revert: whatever
        they do, the caller goes on with an INVALID answer at worst.
@custom:security A caller could starve such a call of gas until a healthy source looks dead. So each one
        first makes sure that the source gets all of SOURCE_GAS, and reverts if it would not.
"""

from . import oracle_slots
from . import price_validity


struct Answer:
    grade: uint256  # INVALID, LATE or FRESH, see price_validity
    price: uint256  # [quote wad per unit]
    confidence: uint256  # [quote wad per unit]
    updated_at: uint256  # [s]


SOURCE_GAS: constant(uint256) = 100_000
MIN_GAS: constant(uint256) = 110_000  # leaves SOURCE_GAS after the 63/64 rule and a cold account


@internal
@view
def _ask(_source: uint256) -> Answer:
    """
    @param _source word of a source, see oracle_slots
    @return all zeros, which is INVALID, when it does not answer three words
    """
    assert msg.gas >= MIN_GAS, "gas: too little for a source"
    success: bool = False
    response: Bytes[96] = b""
    success, response = raw_call(
        oracle_slots._adapter(_source),
        method_id("latest()"),
        max_outsize=96,
        gas=SOURCE_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    answer: Answer = empty(Answer)
    if success and len(response) == 96:
        answer.price, answer.confidence, answer.updated_at = abi_decode(response, (uint256, uint256, uint256))
        answer.grade = price_validity._grade(
            answer.price,
            answer.confidence,
            answer.updated_at,
            block.timestamp,
            oracle_slots._heartbeat(_source),
            oracle_slots._tolerance(_source),
        )
    return answer


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
