# pragma version 0.4.3
"""
@title PortfolioNoticeHarness: `portfolio_notice`, made callable
@custom:contract-name PortfolioNoticeHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import portfolio_notice


@external
@pure
def notice(
    _weights: uint256[16], _tail: uint256, _equity: uint256, _ramp_up: uint256, _until: uint256, _step: uint256
) -> uint256:
    return portfolio_notice._notice(_weights, _tail, _equity, _ramp_up, _until, _step)
