# pragma version 0.4.3
"""
@title AccountValueHarness: the functions of `account_value`, made callable
@custom:contract-name AccountValueHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` and the risk engine are compared against it.
"""

from ..interfaces import IRiskEngine
from ..modules import account_value


@external
@pure
def value_of(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> account_value.Value:
    return account_value._value_of(_exposure, _words)
