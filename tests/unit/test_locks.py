"""Every lock: a call in the middle of another one is refused, function by function.

What gets past a lock either succeeds or says why not; the lock itself says nothing. So each call is
made twice by the same stranger: from outside, where it must not fail silently, and from within.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from chain import Artifacts, Chain, Contract, load_artifacts
from chain.interface import ZERO_ADDRESS
from tests.unit.auction_world import FUND_PARAMS, PARAMS, POOL_PARAMS
from tests.unit.ledger_world import WAD, Ledger
from tests.unit.oracle_world import Oracle
from tests.unit.surroundings import Surroundings, plain_call

USER = 4
# snekmate's, which nothing here depends on while it runs.
_UNLOCKED = {"transfer_ownership", "accept_ownership", "transfer", "transferFrom", "approve"}


class Scene(NamedTuple):
    """A contract in the middle of something.

    Attributes
    ----------
    neighbour : Contract
        Calls back as told by `call_back`, in the middle of `act`.
    """

    contract: Contract
    neighbour: Contract
    call_back: Callable[[bytes], Any]
    act: Callable[[], Any]


def _functions(name: str) -> list[str]:
    """All functions of a contract that change more than its owner or somebody's shares."""
    return sorted(
        {
            entry["name"]
            for entry in load_artifacts()[name].abi
            if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
        }
        - _UNLOCKED
    )


# ── a way into the middle of each ────────────────────────────────────────────────────────────────


def _clearinghouse(chain: Chain, artifacts: Artifacts) -> Scene:
    """A token calls back while it is deposited."""
    ledger = Ledger(chain, artifacts)
    neighbour = ledger.deploy("MockNeighbour")
    token = ledger.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = ledger.open(100)

    def call_back(data: bytes) -> None:
        token.set_callback(neighbour, neighbour.attempt.encode(ledger.house, data), True)

    return Scene(ledger.house, neighbour, call_back, lambda: ledger.deposit(account, WAD, token))


def _among(
    around: Surroundings, name: str, args: tuple[Any, ...], where: tuple[str, str], act: Any
) -> Scene:
    """A contract that calls its neighbour at `where` in the middle of `act`."""
    contract = around.deploy(name, *args)
    selector = around.selector(*where)
    return Scene(
        contract,
        around.neighbour,
        lambda data: around.neighbour.call_back(selector, contract, data),
        lambda: act(contract),
    )


def _pool(chain: Chain, artifacts: Artifacts) -> Scene:
    around = Surroundings(chain, artifacts)
    args = (*[around.neighbour] * 3, POOL_PARAMS)
    where = ("RiskEngine", "sample")
    return _among(around, "LiquidityPool", args, where, lambda pool: pool.refresh_nav())


def _auction(chain: Chain, artifacts: Artifacts) -> Scene:
    around = Surroundings(chain, artifacts)
    args = (*[around.neighbour] * 6, tuple(PARAMS.values()))
    around.say("Clearinghouse", "cash", -1)
    where = ("InsuranceFund", "pay")
    return _among(
        around, "LiquidationAuction", args, where, lambda auction: auction.write_off(USER)
    )


def _deleveraging(chain: Chain, artifacts: Artifacts) -> Scene:
    around = Surroundings(chain, artifacts)
    around.say("Clearinghouse", "connected", *[around.neighbour.address] * 3)
    around.say("Clearinghouse", "health", (0, -1, -1, 0, 0, 0, 0, 0, True))
    args = (around.neighbour,) * 3
    where = ("LiquidationAuction", "cover_pool")
    return _among(around, "Deleveraging", args, where, lambda winners: winners.write_off_pool())


def _fund(chain: Chain, artifacts: Artifacts) -> Scene:
    around = Surroundings(chain, artifacts)
    args = (around.neighbour, FUND_PARAMS)
    where = ("Clearinghouse", "collect")
    return _among(around, "InsuranceFund", args, where, lambda fund: fund.stake(USER, WAD, 0))


def _risk_engine(chain: Chain, artifacts: Artifacts) -> Scene:
    around = Surroundings(chain, artifacts)
    rest = (2 * WAD, WAD // 10, WAD // 4, WAD // 10, 5 * WAD, 3_000, 100, WAD, 0, 0)
    args = (around.neighbour, ZERO_ADDRESS, *rest)
    where = ("PriceOracle", "sample")
    return _among(around, "RiskEngine", args, where, lambda engine: engine.sample())


def _oracle(chain: Chain, artifacts: Artifacts) -> Scene:
    """Who asks for a first price calls back when he gets his change."""
    oracle = Oracle(chain, artifacts)
    asset = oracle.add(100 * WAD)
    neighbour = chain.deploy(artifacts["MockNeighbour"])
    caller = chain.deploy(artifacts["MockReentrantCaller"])

    def call_back(data: bytes) -> None:
        caller.set_callback(neighbour, neighbour.attempt.encode(oracle.contract, data), True)

    ask = oracle.contract.first_price.encode(asset, chain.time, b"")
    return Scene(
        oracle.contract, neighbour, call_back, lambda: caller.relay(oracle.contract, ask, value=7)
    )


SCENES = {
    "Clearinghouse": _clearinghouse,
    "LiquidityPool": _pool,
    "LiquidationAuction": _auction,
    "Deleveraging": _deleveraging,
    "InsuranceFund": _fund,
    "RiskEngine": _risk_engine,
    "PriceOracle": _oracle,
}
# Views that would show half a transfer.
VIEWS = {
    "Clearinghouse": (
        "account",
        "account_count",
        "cash",
        "collateral_amount",
        "collateral_count",
        "collateral_token",
        "current_health",
        "exposure",
        "health",
        "health_after",
        "held_assets",
        "is_authorized",
        "listed_markets",
        "market",
        "pending",
        "position",
        "proceeds",
        "recorded",
        "supply",
    ),
    "PriceOracle": ("bounds", "deviation", "last_update", "sources"),
}
LOCKED = [
    *((name, function) for name in SCENES for function in _functions(name)),
    *((name, view) for name, views in VIEWS.items() for view in views),
]


@pytest.fixture(scope="module")
def scenes(session_chain, artifacts):
    return {name: build(session_chain, artifacts) for name, build in SCENES.items()}


@pytest.mark.parametrize(("name", "function"), LOCKED)
def test_lock__call_from_within__refused_without_a_word(chain, scenes, name, function):
    scene = scenes[name]
    data = plain_call(scene.contract, function)
    before = chain.snapshot()
    scene.neighbour.attempt(scene.contract, data)
    assert scene.neighbour.succeeded() or scene.neighbour.outcome() != b"", "a bad example"
    chain.revert(before)

    attempts = scene.neighbour.attempts()
    scene.call_back(data)
    scene.act()
    assert scene.neighbour.attempts() > attempts
    assert not scene.neighbour.succeeded()
    assert scene.neighbour.outcome() == b""
