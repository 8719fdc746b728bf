"""`account_value`: contract = mirror = what the risk engine says of the same exposure."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain.deployment import CROSS, ISOLATED, PORTFOLIO
from margin_model import account_value, price_word
from margin_model.account_value import PROTOCOL
from margin_model.fixed_point import WAD
from margin_model.margin_math import MAX_AMOUNT, MAX_SIZE
from tests.model.test_risk_engine import accounts, build_world
from tests.unit.risk_world import exposure_of

KINDS = (PROTOCOL, ISOLATED, CROSS, PORTFOLIO)
PRICE = 1000 * WAD


@pytest.fixture(scope="module")
def world(session_chain, artifacts):
    return build_world(session_chain, artifacts)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("AccountValueHarness")


def readings(states, price=PRICE):
    """Words of assets 0, 1, ... in these states."""
    words = [price_word.pack(price, price, 10**6, 0, state) for state in states]
    return words + [0] * (16 - len(words))


def said_by_both(contract, world, exposure, words):
    """What the contract says, which is what mirror and risk engine say."""
    found = contract.value_of(exposure, words)
    assert found == account_value.value(exposure, words)
    health = world.engine.assess(exposure, words)
    assert found == (health.cash, health.equity, health.gross, health.live)
    return found


@given(account=st.sampled_from(KINDS).flatmap(lambda kind: accounts(kind=kind)))
@example(account=(exposure_of(), [0] * 16))
@example(account=(exposure_of(cash=-1), [0] * 16))
@settings(max_examples=400)
def test_value__any_account__is_what_the_risk_engine_says(world, contract, account):
    said_by_both(contract, world, *account)


@given(
    kind=st.sampled_from(KINDS),
    sizes=st.lists(st.sampled_from([-MAX_SIZE, -WAD, -1, 1, WAD, MAX_SIZE]), max_size=16),
    amounts=st.lists(st.sampled_from([1, WAD, MAX_AMOUNT]), max_size=16),
    words=st.lists(
        st.builds(
            price_word.pack,
            st.sampled_from([0, 1, PRICE, 2**88 - 1]),
            st.just(PRICE),
            st.just(10**6),
            st.just(0),
            st.integers(price_word.UNUSABLE, price_word.RETIRED),
        ).filter(bool),
        min_size=16,
        max_size=16,
    ),
)
def test_value__all_assets_in_any_state__is_what_the_risk_engine_says(
    world, contract, kind, sizes, amounts, words
):
    held = exposure_of(WAD, dict(enumerate(sizes)), dict(enumerate(amounts)), kind=kind)
    said_by_both(contract, world, held, words)


@pytest.mark.parametrize(
    ("state", "idle", "live"),
    [
        (price_word.STALE, WAD, True),
        (price_word.STALE, WAD + 1, False),
        (price_word.VOLATILE, WAD + 1, False),
        (price_word.UNUSABLE, WAD + 1, False),
        (price_word.UNCERTAIN, 100 * WAD, True),
        (price_word.RETIRED, 100 * WAD, True),
    ],
)
def test_value__tenth_of_gross_unusable__stops_nothing_yet(world, contract, state, idle, live):
    words = readings([price_word.VALID, state])
    for exposure in (
        exposure_of(0, {0: 9 * WAD, 1: -idle}),
        exposure_of(0, {0: -9 * WAD}, {1: idle}),
    ):
        assert said_by_both(contract, world, exposure, words).live is live


def test_value__retired_collateral__carries_nothing_for_the_protocol(world, contract):
    words = readings([price_word.RETIRED])
    for kind in KINDS:
        held = exposure_of(0, {0: WAD}, {0: 2 * WAD}, kind=kind)
        equity = PRICE if kind == PROTOCOL else 3 * PRICE
        assert said_by_both(contract, world, held, words) == (0, equity, 0, True)


@pytest.mark.parametrize(
    ("exposure", "states", "reason"),
    [
        (exposure_of(0, {1: WAD}), [price_word.VALID], "asset: no reading"),
        (exposure_of(0, {}, {1: WAD}), [price_word.VALID], "asset: no reading"),
        (exposure_of()._replace(markets=1 << 16), [], "asset: unknown"),
        (exposure_of()._replace(collaterals=1 << 255), [], "asset: unknown"),
        *[
            (exposure_of(0, {0: size}), [state], "size: out of range")
            for size in (MAX_SIZE + 1, -MAX_SIZE - 1, 2**255 - 1, -(2**255))
            for state in (price_word.VALID, price_word.RETIRED)
        ],
        *[
            (exposure_of(0, {}, {0: amount}), [state], "amount: out of range")
            for amount in (MAX_AMOUNT + 1, 2**256 - 1)
            for state in (price_word.VALID, price_word.RETIRED)
        ],
    ],
)
def test_value__outside_its_domain__is_refused_as_by_the_risk_engine(
    world, contract, reverts, exposure, states, reason
):
    for refuse in (contract.value_of, world.engine.assess):
        with reverts(reason):
            refuse(exposure, readings(states))
