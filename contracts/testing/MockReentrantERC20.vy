# pragma version 0.4.3
"""
@title A token that calls back
@custom:contract-name MockReentrantERC20
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Every transfer calls `target` with `payload` once the balances have moved; a
        failing call fails the transfer unless `tolerant`, and `succeeded` says how the last one went.
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
target: public(address)  # whom a transfer calls; zero: nobody
payload: public(Bytes[1024])  # with what
tolerant: public(bool)  # whether the transfer survives a failing call
succeeded: public(bool)  # whether the last call did not revert


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
def set_callback(_target: address, _payload: Bytes[1024], _tolerant: bool):
    """
    @notice Sets whom a transfer calls, with what, and whether a failure of that call matters.
    """
    self.target = _target
    self.payload = _payload
    self.tolerant = _tolerant


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
    assert self.balanceOf[_sender] >= _amount, "token: balance"
    self.balanceOf[_sender] -= _amount
    self.balanceOf[_receiver] += _amount
    log Transfer(sender=_sender, receiver=_receiver, value=_amount)
    self._call_back()


@internal
def _call_back():
    if self.target == empty(address):
        return
    success: bool = raw_call(self.target, self.payload, revert_on_failure=False)
    self.succeeded = success
    assert success or self.tolerant, "token: callback failed"
