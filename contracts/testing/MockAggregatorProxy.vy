# pragma version 0.4.3
"""
@title MockAggregatorProxy: a Chainlink proxy that switches aggregators by phases
@custom:contract-name MockAggregatorProxy
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Round id = phase << 64 | round of the phase's aggregator. The current phase and
        its aggregator share a slot, as in the real proxy.
"""

from ..interfaces import IChainlinkAggregator

implements: IChainlinkAggregator

_MASK_64: constant(uint256) = 2**64 - 1
_MASK_160: constant(uint256) = 2**160 - 1

_current: uint256  # phase << 160 | aggregator
_aggregators: HashMap[uint256, IChainlinkAggregator]  # by phase


@deploy
def __init__(_aggregator: IChainlinkAggregator):
    self._set_aggregator(_aggregator)


@external
def set_aggregator(_aggregator: IChainlinkAggregator):
    """
    @notice Starts the next phase.
    """
    self._set_aggregator(_aggregator)


@external
@view
def decimals() -> uint8:
    return staticcall self._aggregator(self._current).decimals()


@external
@view
def phaseId() -> uint16:
    return convert(self._current >> 160, uint16)


@external
@view
def latestRoundData() -> IChainlinkAggregator.Round:
    current: uint256 = self._current
    newest: IChainlinkAggregator.Round = staticcall self._aggregator(current).latestRoundData()
    newest.round_id = self._with_phase(current >> 160, newest.round_id)
    newest.answered_in = self._with_phase(current >> 160, newest.answered_in)
    return newest


@external
@view
def getRoundData(_round_id: uint80) -> IChainlinkAggregator.Round:
    phase: uint256 = convert(_round_id, uint256) >> 64
    round_id: uint80 = convert(convert(_round_id, uint256) & _MASK_64, uint80)
    found: IChainlinkAggregator.Round = staticcall self._aggregators[phase].getRoundData(round_id)
    found.round_id = _round_id
    found.answered_in = self._with_phase(phase, found.answered_in)
    return found


@internal
def _set_aggregator(_aggregator: IChainlinkAggregator):
    phase: uint256 = (self._current >> 160) + 1
    self._current = (phase << 160) | convert(_aggregator.address, uint256)
    self._aggregators[phase] = _aggregator


@internal
@pure
def _aggregator(_packed: uint256) -> IChainlinkAggregator:
    return IChainlinkAggregator(convert(_packed & _MASK_160, address))


@internal
@pure
def _with_phase(_phase: uint256, _round_id: uint80) -> uint80:
    return convert((_phase << 64) | convert(_round_id, uint256), uint80)
