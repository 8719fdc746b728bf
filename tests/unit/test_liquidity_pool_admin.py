"""LiquidityPool: construction, fees, ownership, ether."""

import pytest

from chain.interface import ZERO_ADDRESS
from tests.unit.venue_world import (
    CAP,
    EXIT_DELAY,
    FUND_SHARE,
    KEEPER_FEE,
    MAKER,
    MIN_DELAY,
    MIN_REQUEST,
    REQUEST_DELAY,
    REQUEST_WINDOW,
    SAMPLE_INTERVAL,
    TAKER,
    WAD,
    Venue,
)

DAY = 86_400


@pytest.fixture(scope="module")
def built_venue(session_chain, artifacts):
    return Venue(session_chain, artifacts, liquidity=0)


# ── constructor ──────────────────────────────────────────────────────────────────────────────────


def test_constructor__parameters__are_readable(venue):
    pool = venue.pool
    assert pool.CLEARINGHOUSE() == venue.house.address
    assert pool.ORACLE() == venue.oracle.address
    assert pool.RISK() == venue.risk.address
    assert pool.KEEPER_FEE() == KEEPER_FEE
    assert pool.MIN_DELAY() == MIN_DELAY
    assert pool.REQUEST_DELAY() == REQUEST_DELAY
    assert pool.EXIT_DELAY() == EXIT_DELAY
    assert pool.REQUEST_WINDOW() == REQUEST_WINDOW
    assert pool.MIN_REQUEST() == MIN_REQUEST
    assert pool.FUND_SHARE() == FUND_SHARE
    assert pool.owner() == venue.chain.accounts[0]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("house", ZERO_ADDRESS, "clearinghouse: zero address"),
        ("oracle", ZERO_ADDRESS, "oracle: zero address"),
        ("risk", ZERO_ADDRESS, "risk engine: zero address"),
        ("keeper_fee", 10**15 - 1, "keeper fee: too low"),
        ("keeper_fee", 100 * WAD + 1, "keeper fee: too high"),
        ("min_delay", 0, "min delay: too short"),
        ("min_delay", 31, "min delay: too long"),
        ("request_delay", SAMPLE_INTERVAL - 1, "request delay: too short"),
        ("request_delay", 7 * DAY + 1, "request delay: too long"),
        ("exit_delay", REQUEST_DELAY - 1, "exit delay: too short"),
        ("exit_delay", 30 * DAY + 1, "exit delay: too long"),
        ("request_window", 599, "request window: too short"),
        ("request_window", 30 * DAY + 1, "request window: too long"),
        ("min_request", 10**16 - 1, "min request: too small"),
        ("min_request", 10**24 + 1, "min request: too large"),
        ("fund_share", 5_001, "fund share: too large"),
    ],
)
def test_constructor__out_of_range__reverts(venue, name, value, reason, reverts):
    with reverts(reason):
        venue.deploy_pool(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keeper_fee", 10**15),
        ("keeper_fee", 100 * WAD),
        ("min_delay", 1),
        ("min_delay", 30),
        ("request_delay", SAMPLE_INTERVAL),
        ("request_delay", EXIT_DELAY),
        ("exit_delay", REQUEST_DELAY),
        ("exit_delay", 30 * DAY),
        ("request_window", 600),
        ("request_window", 30 * DAY),
        ("min_request", 10**16),
        ("min_request", 10**24),
        ("fund_share", 0),
        ("fund_share", 5_000),
    ],
)
def test_constructor__at_its_bound__deploys(venue, name, value):
    assert getattr(venue.deploy_pool(**{name: value}), name.upper())() == value


# ── fees ─────────────────────────────────────────────────────────────────────────────────────────


def test_set_market_fees__owner__sets_them_and_says_what_they_were(venue):
    receipt = venue.pool.set_market_fees(1, (0, 200, 100_000))
    assert venue.event(receipt, "MarketFeesSet") == (1, (MAKER, TAKER, CAP), (0, 200, 100_000))
    assert venue.pool.market_fees(1) == (0, 200, 100_000)
    assert venue.pool.market_fees(0) == (MAKER, TAKER, CAP)
    assert venue.pool.market_fees(7) == (0, 0, 0)


def test_set_market_fees__not_the_owner__reverts(venue, stranger, reverts):
    with reverts("ownable: caller is not the owner"):
        venue.pool.set_market_fees(0, (MAKER, TAKER, CAP), sender=stranger)


@pytest.mark.parametrize("market", [3, 15, 16, 2**256 - 1])
def test_set_market_fees__market_not_listed__reverts(venue, market, reverts):
    with reverts("market: unknown"):
        venue.pool.set_market_fees(market, (MAKER, TAKER, CAP))


@pytest.mark.parametrize(
    ("fees", "reason"),
    [
        ((201, TAKER, CAP), "maker fee: too high"),
        ((MAKER, 201, CAP), "taker fee: too high"),
        ((MAKER, TAKER, 0), "interest cap: too low"),
        ((MAKER, TAKER, 100_001), "interest cap: too high"),
    ],
)
def test_set_market_fees__out_of_range__reverts(venue, fees, reason, reverts):
    with reverts(reason):
        venue.pool.set_market_fees(0, fees)
    assert venue.pool.market_fees(0) == (MAKER, TAKER, CAP)


# ── ownership ────────────────────────────────────────────────────────────────────────────────────


def test_transfer_ownership__two_steps__hands_over(venue, stranger, reverts):
    venue.pool.transfer_ownership(stranger)
    assert venue.pool.pending_owner() == stranger
    assert venue.pool.owner() == venue.chain.accounts[0]
    with reverts("ownable_2step: caller is not the new owner"):
        venue.pool.accept_ownership(sender=venue.owner)
    venue.pool.accept_ownership(sender=stranger)
    assert venue.pool.owner() == stranger
    venue.pool.set_market_fees(0, (0, 0, CAP), sender=stranger)


def test_transfer_ownership__not_the_owner__reverts(venue, stranger, reverts):
    with reverts("ownable: caller is not the owner"):
        venue.pool.transfer_ownership(stranger, sender=stranger)


# ── ether ────────────────────────────────────────────────────────────────────────────────────────


def test_default__ether_from_anybody_but_the_oracle__reverts(venue, stranger, reverts):
    with reverts("pool: ether not accepted"):
        venue.chain.send(venue.pool.address, b"", stranger, 1)


def test_default__unknown_function__reverts(venue, stranger, reverts):
    with reverts("pool: ether not accepted"):
        venue.chain.send(venue.pool.address, b"\x12\x34\x56\x78", stranger)
