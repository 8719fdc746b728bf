# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title ChainProbe: one of everything that `chain/` has to carry to a contract and back
@custom:contract-name ChainProbe
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double.
"""


struct Pair:
    left: uint256
    right: int256


struct Bag:
    owner: address
    pairs: DynArray[Pair, 3]
    name: String[16]


event Written:
    writer: indexed(address)
    old_number: uint256
    new_number: uint256
    pair: Pair


event Named:
    name: String[16]


SEED: public(immutable(uint256))
number: public(uint256)
_used: transient(bool)


@deploy
@payable
def __init__(_seed: uint256):
    assert _seed != 0, "seed: zero"
    SEED = _seed


@external
def write(_number: uint256, _twice: bool = False) -> uint256:
    """
    @notice May run once a transaction.
    """
    assert not self._used, "probe: used"
    self._used = True
    number: uint256 = 2 * _number if _twice else _number
    log Written(
        writer=msg.sender,
        old_number=self.number,
        new_number=number,
        pair=Pair(left=number, right=-convert(number, int256)),
    )
    self.number = number
    return number


@external
def announce(_name: String[16]) -> (String[16], uint256):
    log Named(name=_name)
    return _name, len(_name)


@external
@payable
def keep() -> uint256:
    return msg.value


@external
@view
def now() -> (uint256, uint256):
    return block.timestamp, block.number


@external
@view
def sender() -> address:
    return msg.sender


@external
@pure
def echo(_bag: Bag, _words: uint256[3], _data: Bytes[64], _word: bytes32) -> (Bag, uint256[3], Bytes[64], bytes32):
    return _bag, _words, _data, _word


@external
@pure
def pair(_left: uint256, _right: int256) -> Pair:
    return Pair(left=_left, right=_right)


@external
@pure
def fail(_kind: uint256):
    """
    @param _kind 0 with a reason, 1 without one, 2 burns all gas
    """
    assert _kind != 0, "probe: asked to"
    if _kind == 1:
        raise
    raise UNREACHABLE
