# pragma version 0.4.3
"""
@title A token whose issuer can stop it
@custom:contract-name MockFreezableERC20
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double, as the large stablecoins are: while `paused` nothing moves, and a `frozen` holder
        neither sends nor receives.
"""


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


name: public(String[64])
symbol: public(String[32])
decimals: public(uint8)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])  # [token units]
allowance: public(HashMap[address, HashMap[address, uint256]])  # [token units]
paused: public(bool)
frozen: public(HashMap[address, bool])


@deploy
def __init__(_name: String[64], _symbol: String[32], _decimals: uint8):
    self.name = _name
    self.symbol = _symbol
    self.decimals = _decimals


@external
def mint(_receiver: address, _amount: uint256):
    """
    @notice Anybody mints anything: this is a toy.
    """
    self.totalSupply += _amount
    self.balanceOf[_receiver] += _amount
    log Transfer(sender=empty(address), receiver=_receiver, value=_amount)


@external
def set_paused(_paused: bool):
    self.paused = _paused


@external
def set_frozen(_holder: address, _frozen: bool):
    self.frozen[_holder] = _frozen


@external
def approve(_spender: address, _amount: uint256) -> bool:
    self.allowance[msg.sender][_spender] = _amount
    log Approval(owner=msg.sender, spender=_spender, value=_amount)
    return True


@external
def transfer(_receiver: address, _amount: uint256) -> bool:
    self._transfer(msg.sender, _receiver, _amount)
    return True


@external
def transferFrom(_sender: address, _receiver: address, _amount: uint256) -> bool:
    self._spend(_sender, _amount)
    self._transfer(_sender, _receiver, _amount)
    return True


@internal
def _spend(_owner: address, _amount: uint256):
    granted: uint256 = self.allowance[_owner][msg.sender]
    assert granted >= _amount, "token: allowance"
    if granted < max_value(uint256):
        self.allowance[_owner][msg.sender] = granted - _amount


@internal
def _transfer(_sender: address, _receiver: address, _amount: uint256):
    assert not self.paused, "token: paused"
    assert not self.frozen[_sender] and not self.frozen[_receiver], "token: frozen"
    assert self.balanceOf[_sender] >= _amount, "token: balance"
    self.balanceOf[_sender] -= _amount
    self.balanceOf[_receiver] += _amount
    log Transfer(sender=_sender, receiver=_receiver, value=_amount)
