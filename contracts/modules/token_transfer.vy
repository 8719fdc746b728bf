# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Tokens in and out
@custom:contract-name token_transfer
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The only place where tokens move. Accepts tokens that return nothing; refuses those that
        return false or deliver another amount than asked (fee on transfer).
"""

from ethereum.ercs import IERC20
from . import errors


@internal
def _pull(_token: address, _payer: address, _amount: uint256):
    """
    @param _amount [token units]
    """
    before: uint256 = self._held(_token)
    self._check(extcall IERC20(_token).transferFrom(_payer, self, _amount, default_return_value=True))
    after: uint256 = self._held(_token)
    # A token that shrinks our balance makes this wrap, beyond any amount that fits the books.
    if unsafe_sub(after, before) != _amount:
        errors._fail("token: amount mismatch")


@internal
def _push(_token: address, _receiver: address, _amount: uint256):
    """
    @param _amount [token units]
    """
    self._check(extcall IERC20(_token).transfer(_receiver, _amount, default_return_value=True))


@internal
@pure
def _check(_transferred: bool):
    if not _transferred:
        errors._fail("token: transfer refused")


@internal
@view
def _held(_token: address) -> uint256:
    return staticcall IERC20(_token).balanceOf(self)
