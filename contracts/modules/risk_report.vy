# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title How far a report raises a variance, and the word it is kept in
@custom:contract-name risk_report
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice raised = max(variance, min(floor, range * variance)): a report never lowers what the chain has
        measured, and never raises it beyond `range` times, so a target no further than its root.

        Word: variance (64 bits) | implied variance (64) | issued at (40) | expires at (40) | sequence (48),
        from bit 0 on.
"""

from ..interfaces import IRiskReports

WAD: constant(uint256) = 10**18

MIN_RANGE: constant(uint256) = 10**18  # [wad]
MAX_RANGE: constant(uint256) = 4 * 10**18  # twice the volatility [wad]
MAX_VARIANCE: constant(uint256) = 16 * 10**18  # as PriceOracle's own, < 2**64 [variance per day, wad]

_UINT64: constant(uint256) = 2**64 - 1
_UINT40: constant(uint256) = 2**40 - 1


@internal
@pure
def _raised(_variance: uint256, _floor: uint256, _range: uint256) -> uint256:
    """
    @dev The bound rounds down, against the report.
    @param _variance measured on chain, at most 2**128 [variance per day, wad]
    @param _floor asked for by a report, 0 = none [variance per day, wad]
    @param _range in MIN_RANGE .. MAX_RANGE [wad]
    @return [variance per day, wad]
    """
    # MAX_RANGE < 2**62
    return max(_variance, min(_floor, unsafe_div(unsafe_mul(_variance, _range), WAD)))


@internal
@pure
def _pack(_report: IRiskReports.RiskReport) -> uint256:
    """
    @dev All fields within their bits: `RiskReports.submit` has checked variances, a sequence is at most the time
         of issue, and times lie before 2**40 as long as block times do.
    """
    return (
        _report.variance
        | (_report.implied_variance << 64)
        | (_report.issued_at << 128)
        | (_report.expires_at << 168)
        | (_report.sequence << 208)
    )


@internal
@pure
def _unpack(_asset: uint256, _word: uint256) -> IRiskReports.RiskReport:
    return IRiskReports.RiskReport(
        asset=_asset,
        variance=_word & _UINT64,
        implied_variance=(_word >> 64) & _UINT64,
        sequence=_word >> 208,
        issued_at=(_word >> 128) & _UINT40,
        expires_at=(_word >> 168) & _UINT40,
    )


@internal
@pure
def _floor_at(_word: uint256, _time: uint256) -> uint256:
    """
    @param _time [s]
    @return what the report asks for at that time, 0 from its expiry on [variance per day, wad]
    """
    if _time >= (_word >> 168) & _UINT40:
        return 0
    return max(_word & _UINT64, (_word >> 64) & _UINT64)


@internal
@pure
def _lapsed(_word: uint256) -> uint256:
    """
    @return the word without the report; its sequence stays, so that nothing old counts again
    """
    return (_word >> 208) << 208
