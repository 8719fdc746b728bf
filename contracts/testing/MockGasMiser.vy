# pragma version 0.4.3
"""
@title MockGasMiser: a caller that grants a call little gas
@custom:contract-name MockGasMiser
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double for the attack on sources by starvation.
"""


@external
def forward(_target: address, _data: Bytes[4096], _gas: uint256) -> Bytes[1024]:
    """
    @notice Calls with `_gas`; passes on what comes back, or the revert.
    """
    return raw_call(_target, _data, max_outsize=1024, gas=_gas)
