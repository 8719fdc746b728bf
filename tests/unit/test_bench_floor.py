"""The gas floor counts what the EVM charges for, and nothing else."""

from __future__ import annotations

from typing import Any

from bench.floor import gas_floor

SENDER, TARGET, OTHER = "0x" + "aa" * 20, "0x" + "bb" * 20, "0x" + "cc" * 20


def _transaction(data: str = "0x") -> dict[str, str]:
    return {"from": SENDER, "to": TARGET, "input": data}


def _step(op: str, cost: int, *stack: str, refund: int = 0) -> dict[str, Any]:
    return {"op": op, "gasCost": cost, "stack": list(stack), "refund": refund}


def _floor(*steps: dict[str, Any], data: str = "0x") -> int:
    return gas_floor(_transaction(data), {"structLogs": list(steps)})


def test_gas_floor__plain_transfer__is_intrinsic() -> None:
    assert _floor() == 21_000


def test_gas_floor__calldata__costs_by_byte() -> None:
    assert _floor(data="0x00ff00") == 21_000 + 2 * 4 + 16


def test_gas_floor__cold_and_warm_reads__counts_cold_ones() -> None:
    assert _floor(_step("SLOAD", 2_100, "0x1"), _step("SLOAD", 100, "0x1")) == 21_000 + 2_100


def test_gas_floor__writes__count_whole() -> None:
    assert _floor(_step("SSTORE", 22_100, "0x5", "0x1")) == 21_000 + 22_100


def test_gas_floor__calls__count_each_new_address_once() -> None:
    call = _step("STATICCALL", 30_000, OTHER, "0x5208")
    own = _step("STATICCALL", 30_000, TARGET, "0x5208")
    precompile = _step("STATICCALL", 30_000, "0x1", "0x5208")
    assert _floor(call, call, own, precompile) == 21_000 + 2_600


def test_gas_floor__refund__is_capped_at_a_fifth() -> None:
    write = _step("SSTORE", 5_000, "0x0", "0x1")
    assert _floor(write, _step("STOP", 0, refund=4_800)) == 26_000 - 4_800
    assert _floor(write, _step("STOP", 0, refund=9_600)) == 26_000 - 26_000 // 5
