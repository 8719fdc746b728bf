# pragma version 0.4.3
"""
@title MockCaller: calls whatever it is told to
@custom:contract-name MockCaller
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double for a contract that others recognise by its address. Takes ether only when told to.
"""

takes_ether: public(bool)


@external
@payable
def __default__():
    assert self.takes_ether, "caller: takes no ether"


@external
def set_takes_ether(_takes_ether: bool):
    self.takes_ether = _takes_ether


@external
@payable
def relay(_target: address, _data: Bytes[8192]) -> Bytes[1024]:
    """
    @notice A revert of the target passes through.
    """
    return raw_call(_target, _data, max_outsize=1024, value=msg.value)
