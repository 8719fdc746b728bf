# pragma version 0.4.3
"""
@title RiskReportHarness: the functions of `risk_report`, made callable
@custom:contract-name RiskReportHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..interfaces import IRiskReports

from ..modules import risk_report


@external
@pure
def raised(_variance: uint256, _floor: uint256, _range: uint256) -> uint256:
    return risk_report._raised(_variance, _floor, _range)


@external
@pure
def pack(_report: IRiskReports.RiskReport) -> uint256:
    return risk_report._pack(_report)


@external
@pure
def unpack(_asset: uint256, _word: uint256) -> IRiskReports.RiskReport:
    return risk_report._unpack(_asset, _word)


@external
@pure
def floor_at(_word: uint256, _time: uint256) -> uint256:
    return risk_report._floor_at(_word, _time)


@external
@pure
def lapsed(_word: uint256) -> uint256:
    return risk_report._lapsed(_word)
