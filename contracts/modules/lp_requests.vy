# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Requests to enter and to leave the pool
@custom:contract-name lp_requests
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Entries execute in any order, exits first in first out: while the pool cannot do without its
        equity, nobody overtakes. A request is two words:

        0   bits 0..159 owner   160..215 account   216..251 submitted_at [s]   252 entering
        1   bits 0..127 amount  128..255 minimum
"""

from ..interfaces import ILiquidityPool

_MASK_160: constant(uint256) = 2**160 - 1
_MASK_128: constant(uint256) = 2**128 - 1
_MASK_56: constant(uint256) = 2**56 - 1
_MASK_36: constant(uint256) = 2**36 - 1

_requests: HashMap[uint256, uint256[2]]  # by id, from 1
_count: uint256  # highest id
_exits: HashMap[uint256, uint256]  # place in line, from 0 -> id
_first: uint256  # place of the first exit not yet done
_last: uint256  # place the next exit gets


@internal
def _submit(_account: uint256, _owner: address, _amount: uint256, _minimum: uint256, _entering: bool) -> uint256:
    """
    @dev The account exists, so its id fits.
    @return id
    """
    assert _amount <= _MASK_128, "request: amount out of range"
    assert _minimum <= _MASK_128, "request: minimum out of range"
    request: uint256 = self._count + 1
    self._count = request
    self._requests[request] = [
        convert(_owner, uint256) | (_account << 160) | (block.timestamp << 216) | (convert(_entering, uint256) << 252),
        _amount | (_minimum << 128),
    ]
    if not _entering:
        place: uint256 = self._last
        self._exits[place] = request
        self._last = place + 1
    return request


@internal
@view
def _load(_request: uint256) -> ILiquidityPool.Request:
    words: uint256[2] = self._requests[_request]
    return ILiquidityPool.Request(
        account=(words[0] >> 160) & _MASK_56,
        owner=convert(words[0] & _MASK_160, address),
        amount=words[1] & _MASK_128,
        minimum=words[1] >> 128,
        submitted_at=(words[0] >> 216) & _MASK_36,
        entering=(words[0] >> 252) != 0,
    )


@internal
@view
def _next_exit() -> uint256:
    """
    @return id of the first exit in line; 0 when nobody waits
    """
    return self._exits[self._first]


@internal
def _close(_request: uint256, _entering: bool):
    """
    @dev An exit is closed only when it is the first in line.
    """
    self._requests[_request] = [0, 0]
    if not _entering:
        place: uint256 = self._first
        self._exits[place] = 0
        self._first = place + 1
