"""No invariant is blind: a slot is corrupted behind the contracts' back, and the one it breaks says
so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from chain.artifacts import ROOT
from margin_model.fixed_point import WAD
from tests.fuzz.conftest import OTHER, TRADER, assert_says_so, named
from tests.fuzz.episode import Stage
from tests.fuzz.invariants import Invariants, table
from tests.fuzz.invariants_words import PROCEEDS_BITS
from tests.fuzz.record import NOTHING_SENT, Sent
from tests.fuzz.storage import spot

RAY = 10**27
UNIT = 1 << 128


@dataclass(frozen=True)
class Case:
    """A slot and what is added to it; `sent` is what the step pretends to have been."""

    name: str
    contract: str
    path: str
    keys: tuple[int | str, ...] = ()
    offset: int = 0
    add: int = 1
    sent: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case("I1", "clearinghouse", "collateral_book.on_record", ("quote",)),
    Case("I1", "clearinghouse", "cash_book.balances", (TRADER,), add=1 << PROCEEDS_BITS),
    Case("rounding dust", "clearinghouse", "collateral_book.on_record", ("quote",)),
    Case("I2", "clearinghouse", "position_book.positions", (TRADER,), add=UNIT),
    Case("I3", "clearinghouse", "collateral_book.amounts", (TRADER,)),
    Case("I3", "clearinghouse", "collateral_book.on_record", ("WETH",)),
    Case("sums of cash", "clearinghouse", "cash_book.balances", (TRADER,), add=1 << PROCEEDS_BITS),
    Case("sums of cash", "clearinghouse", "cash_book.sides"),
    Case("interest", "clearinghouse", "cash_book.sides", add=UNIT),
    Case("interest", "clearinghouse", "cash_book.sides", add=UNIT, offset=1),
    Case("open interest", "clearinghouse", "position_book.positions", (TRADER,), add=UNIT),
    Case("open interest", "clearinghouse", "position_book.positions", (1,), add=UNIT),
    Case("bitmaps", "clearinghouse", "position_book.positions", (TRADER,), 2, add=UNIT),
    Case("bitmaps", "clearinghouse", "accounts.words", (TRADER,), add=2),
    Case("escrow", "clearinghouse", "cash_book.balances", (3,), add=1 << PROCEEDS_BITS),
    Case("escrow", "pool", "order_book._orders", (TRADER + 1,)),
    Case("live time", "oracle", "asset_readings.memories", add=1 << 208),
    Case("ramp bounded", "risk", "risk_book.risks", add=1),
    Case("parameters by the owner", "risk", "risk_book.risks", add=1 << 160),
    Case("parameters by the owner", "risk", "risk_book.targets"),
    Case("parameters by the owner", "pool", "market_terms._words", (2,)),
    Case("forecast only raises", "risk", "risk_book.risks", add=1 << 64),
    Case("forecasts in sequence", "reports", "_reports", add=1 << 208),
    Case("forecasts in sequence", "reports", "_reports", add=1, sent={"function": "set_signers"}),
    Case("auction flag", "auction", "_words", (TRADER,), add=1 << 186),
    Case("auction flag", "clearinghouse", "accounts.words", (TRADER,)),
    Case("auction flag", "clearinghouse", "cash_book.balances", (TRADER,)),
    Case("auction clock", "auction", "_words", (OTHER,), add=1 << 162),
    Case("reserve", "fund", "_totals"),
    Case("reserve", "fund", "_totals", add=1 << 110),
    Case("reserve", "fund", "_total_own"),
    Case("R", "clearinghouse", "cash_book.shortfall", add=1, sent={"function": "poke"}),
    Case("reserve", "auction", "_words", (OTHER,), add=10),
    Case("fund share", "clearinghouse", "cash_book.balances", (2,), add=-1 << PROCEEDS_BITS),
    Case("fund share", "fund", "total_shares", add=10**6),
    Case("pool share", "clearinghouse", "cash_book.balances", (1,), add=-(10**9) << PROCEEDS_BITS),
    Case("pool share", "pool", "erc20.totalSupply", add=10**18),
    Case("sums of shares", "pool", "erc20.totalSupply", sent={"contract": "LiquidityPool"}),
    Case("sums of shares", "fund", "total_shares", sent={"contract": "InsuranceFund"}),
    Case("reverted changes nothing", "pool", "pool_nav._word", sent={"reason": "no"}),
    Case("nothing without a call", "fund", "_allowance", sent={"function": ""}),
    Case(
        "equity is the owner's",
        "clearinghouse",
        "cash_book.balances",
        (TRADER,),
        add=-3 << PROCEEDS_BITS,
    ),
    Case("ownership", "risk", "ownable.owner"),
    Case("ownership", "reports", "ownable.owner"),
    Case("kind", "clearinghouse", "accounts.words", (TRADER,), add=1 << 8),
    Case(
        "start only on LIQUIDATABLE",
        "auction",
        "_words",
        (TRADER,),
        add=(1 << 186) + (WAD << 102) + WAD,
    ),
    Case("nothing left behind", "auction", "_words", (OTHER,), add=0),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.path}")
def test_invariant__slot_corrupted__says_so(
    stage: Stage, invariants: Invariants, case: Case
) -> None:
    world = stage.world
    tokens = {"quote": world.quote, **{token.symbol: token for token in world.tokens}}
    keys = [tokens[key].address if isinstance(key, str) else key for key in case.keys]
    place = spot(getattr(world.deployment, case.contract), case.path, *keys)
    evm, slot = world.evm, place.slot + case.offset
    old = evm.storage(place.address, slot)
    new = (old + case.add) % 2**256 if case.add else 0
    evm.insert_account_storage(place.address, slot, new)

    sent = Sent(world.actors["stranger"], "", "anything", (), (), None, b"")
    changed = invariants.observe(sent._replace(**case.sent))
    assert named(case.name).on & changed  # or nobody would have asked
    assert_says_so(invariants, case.name)


def test_invariant__position_cut_below_a_pending_reduction__says_so(
    stage: Stage, invariants: Invariants
) -> None:
    world, house = stage.world, stage.world.deployment.clearinghouse
    pending = spot(house, "position_book.reservations", TRADER)
    world.evm.insert_account_storage(*pending, (-(10**17) << 8) % 2**256)
    invariants.reset()
    position = spot(house, "position_book.positions", TRADER)
    size = world.evm.storage(*position) - 10**16 * UNIT
    world.evm.insert_account_storage(*position, size % 2**256)
    world.wire.version += 1
    sent = Sent(world.actors["stranger"], "", "deleverage", (0,), (TRADER,), None, b"")
    changed = invariants.observe(sent)
    assert named("a reduction stays one").on & changed
    assert_says_so(invariants, "a reduction stays one")


def test_invariants__nothing_corrupted__all_hold(invariants: Invariants) -> None:
    invariants.check(NOTHING_SENT)
    invariants.finish()


def test_docs__fuzzer_table__is_this_list() -> None:
    assert table() in (ROOT / "docs" / "invariants.md").read_text()
