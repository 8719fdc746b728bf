"""What a transaction's storage and addresses alone cost: the floor below which no code can get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INTRINSIC = 21_000
ZERO_BYTE, OTHER_BYTE = 4, 16
COLD_SLOT = 2_100
COLD_ADDRESS = 2_600
MAX_REFUND_QUOTIENT = 5  # EIP-3529

_PRECOMPILES = 0x20
# Where the target address stands on the stack, from its top, for each operation that touches one.
_TARGETS = {
    "CALL": -2,
    "STATICCALL": -2,
    "DELEGATECALL": -2,
    "EXTCODESIZE": -1,
    "EXTCODEHASH": -1,
    "EXTCODECOPY": -1,
    "BALANCE": -1,
}


def gas_floor(transaction: Mapping[str, str], trace: Mapping[str, Any]) -> int:
    """Intrinsic gas, calldata, cold slots, cold addresses and writes, less the refund.

    Parameters
    ----------
    transaction : mapping
        As `eth_getTransactionByHash` gives it: `from`, `to`, `input`.
    trace : mapping
        As `debug_traceTransaction` gives it, with stacks.

    Returns
    -------
    int
        [gas]
    """
    data = bytes.fromhex(transaction["input"][2:])
    zeros = data.count(0)
    gas = INTRINSIC + ZERO_BYTE * zeros + OTHER_BYTE * (len(data) - zeros)
    warm = {int(transaction["from"], 16), int(transaction["to"], 16)}
    steps = trace["structLogs"]
    for step in steps:
        operation = step["op"]
        if operation == "SSTORE" or (operation == "SLOAD" and step["gasCost"] == COLD_SLOT):
            gas += step["gasCost"]
        elif operation in _TARGETS:
            address = int(step["stack"][_TARGETS[operation]], 16)
            if address > _PRECOMPILES and address not in warm:
                warm.add(address)
                gas += COLD_ADDRESS
    refund = steps[-1]["refund"] if steps else 0
    return gas - min(refund, gas // MAX_REFUND_QUOTIENT)
