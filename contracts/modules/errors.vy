# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Reverts with a reason, in little code
@custom:contract-name errors
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice `assert x, "noun: reason"` costs 124 bytes of code each time, `if not x: errors._fail(...)`
        67: a contract with many reasons could not be deployed otherwise.
"""


@internal
@pure
def _fail(_reason: String[32]):
    raise _reason
