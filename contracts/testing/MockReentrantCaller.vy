# pragma version 0.4.3
"""
@title MockReentrantCaller: a contract that owns accounts and calls back when it is paid
@custom:contract-name MockReentrantCaller
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double of a bidder or keeper. Ether sent to it makes it call `target` with `payload`; a
        failing call refuses the ether unless `tolerant`, and `succeeded` says how the last one went.
"""

target: public(address)  # whom it calls when paid; zero: nobody
payload: public(Bytes[1024])  # with what
tolerant: public(bool)  # whether it takes the ether when that call fails
calls: public(uint256)  # how often it called back
succeeded: public(bool)  # whether the last call did not revert


@external
@payable
def __default__():
    if self.target == empty(address):
        return
    success: bool = raw_call(self.target, self.payload, revert_on_failure=False)
    self.calls += 1
    self.succeeded = success
    assert success or self.tolerant, "caller: callback failed"


@external
def set_callback(_target: address, _payload: Bytes[1024], _tolerant: bool):
    """
    @notice Sets whom it calls when paid, with what, and whether a failure of that call matters.
    """
    self.target = _target
    self.payload = _payload
    self.tolerant = _tolerant


@external
@payable
def relay(_target: address, _data: Bytes[8192]) -> Bytes[1024]:
    """
    @notice A revert of the target passes through.
    """
    return raw_call(_target, _data, max_outsize=1024, value=msg.value)
