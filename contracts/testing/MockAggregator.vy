# pragma version 0.4.3
"""
@title MockAggregator: a Chainlink aggregator with rounds set by the test
@custom:contract-name MockAggregator
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Reading the latest round costs two slots, as in the real aggregator: gas
        benchmarks run on it. A missing round answers zeros (as OCR feeds) or reverts (as older ones).
"""

from ..interfaces import IChainlinkAggregator

implements: IChainlinkAggregator

_MASK_32: constant(uint256) = 2**32 - 1
_MAX_ANSWER: constant(int256) = 2**191 - 1

decimals: public(immutable(uint8))

latest_round: public(uint256)
reverts_without_data: public(bool)
_rounds: HashMap[uint256, uint256]  # answer 192 | started at 32 | updated at 32


@deploy
def __init__(_decimals: uint8):
    decimals = _decimals


@external
def set_round(_answer: int256, _updated_at: uint256):
    """
    @notice Publishes the next round.
    """
    self._append(_answer, _updated_at, _updated_at)


@external
def set_round_started(_answer: int256, _started_at: uint256, _updated_at: uint256):
    self._append(_answer, _started_at, _updated_at)


@external
def set_reverts_without_data(_reverts: bool):
    self.reverts_without_data = _reverts


@external
@view
def latestRoundData() -> IChainlinkAggregator.Round:
    return self._round(self.latest_round)


@external
@view
def getRoundData(_round_id: uint80) -> IChainlinkAggregator.Round:
    return self._round(convert(_round_id, uint256))


@internal
def _append(_answer: int256, _started_at: uint256, _updated_at: uint256):
    assert _answer <= _MAX_ANSWER and _answer >= -_MAX_ANSWER, "answer: beyond 192 bits"
    assert max(_started_at, _updated_at) <= _MASK_32, "time: beyond 32 bits"
    round_id: uint256 = self.latest_round + 1
    self.latest_round = round_id
    answer: uint256 = convert(convert(_answer, bytes32), uint256)
    self._rounds[round_id] = (answer << 64) | (_started_at << 32) | _updated_at


@internal
@view
def _round(_round_id: uint256) -> IChainlinkAggregator.Round:
    packed: uint256 = self._rounds[_round_id]
    if packed == 0 and self.reverts_without_data:
        raise "No data present"
    round_id: uint80 = convert(_round_id, uint80)
    answer: int256 = convert(convert(packed, bytes32), int256) >> 64
    return IChainlinkAggregator.Round(
        round_id=round_id,
        answer=answer,
        started_at=(packed >> 32) & _MASK_32,
        updated_at=packed & _MASK_32,
        answered_in=round_id,
    )
