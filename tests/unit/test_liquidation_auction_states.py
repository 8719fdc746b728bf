"""LiquidationAuction in states the real contracts never reach together, by `MockVault`."""

import pytest

from margin_model.price_word import VALID
from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE, PARAMS, WAD, World

ACCOUNT, BUYER, STARTER = 4, 5, 6


class Vault:
    """An auction whose Clearinghouse, pool and fund are one double."""

    def __init__(self, world, deploy):
        self.world = world
        self.vault = deploy("MockVault")
        here = self.vault.address
        self.auction = deploy(
            "LiquidationAuction",
            here,
            world.oracle.address,
            world.risk.address,
            here,
            here,
            here,
            tuple(PARAMS.values()),
        )

    def set(self, equity, maintenance, cash=0, held=1, account=ACCOUNT):
        health = (cash, equity, equity, maintenance, 0, 0, 0, VALID, True)
        self.vault.set_account(account, held, health)


@pytest.fixture(scope="module")
def built(session_chain, artifacts):
    return World(session_chain, artifacts)


@pytest.fixture
def double(built, chain, deploy):
    double = Vault(built, deploy)
    double.set(equity=10**6 * WAD, maintenance=0, account=BUYER)
    double.set(equity=-100 * WAD, maintenance=1000 * WAD)
    return double


def test_end__nothing_left_to_sell__ends_without_the_buffer(double):
    double.auction.start(ACCOUNT, 0)
    double.set(equity=5 * WAD, maintenance=0, cash=5 * WAD, held=0)
    (event,) = double.auction.events(double.auction.end(ACCOUNT))
    assert event.args == (ACCOUNT, 5 * WAD, WAD)
    assert not double.vault.in_auction()


def test_end__debt_left__is_written_off_instead(double, reverts):
    double.auction.start(ACCOUNT, 0)
    double.vault.set_pool(10**6 * WAD)
    double.set(equity=-5 * WAD, maintenance=WAD, cash=-5 * WAD, held=0)
    with reverts("auction: debt left"):
        double.auction.end(ACCOUNT)
    receipt = double.auction.write_off(ACCOUNT)
    covered, ended = double.auction.events(receipt)
    assert covered.args == (ACCOUNT, 5 * WAD, 0, 5 * WAD, 0)
    assert ended.args == (ACCOUNT, 0, WAD)
    assert not double.vault.in_auction()
    assert double.vault.reserve() == 0


def test_bid__fund_breaks_its_promise__waterfall_pays_the_bidder(double):
    """The fund said 60 and has 25: pool and suppliers bear the rest, the bidder his terms."""
    double.auction.start(ACCOUNT, 0)
    double.vault.set_fund(60 * WAD, 25 * WAD)
    double.vault.set_pool(30 * WAD)
    terms = double.auction.terms(ACCOUNT)
    assert terms.incentive == 50 * WAD
    double.set(equity=-100 * WAD, maintenance=0, cash=-100 * WAD)
    receipt = double.auction.bid(ACCOUNT, BUYER, WAD // 2, ANY_PRICE, ANY_EQUITY)
    assert double.vault.incentive_asked() == 25 * WAD
    assert double.vault.shortfall_asked() == 50 * WAD
    covered, sold = double.auction.events(receipt)
    assert covered.args == (ACCOUNT, 50 * WAD, 0, 30 * WAD, 20 * WAD)
    assert sold.args.fund_paid == 25 * WAD
    assert double.vault.payment() == sold.args.payment == -75 * WAD


def test_bid__reward__is_named_to_the_clearinghouse(double):
    double.auction.start(ACCOUNT, STARTER)
    double.set(equity=500 * WAD, maintenance=0)
    receipt = double.auction.bid(ACCOUNT, BUYER, WAD // 5, ANY_PRICE, ANY_EQUITY)
    sold, rewarded = double.auction.events(receipt)
    assert rewarded.args == (ACCOUNT, STARTER, 3 * WAD)
    assert sold.args.incentive == 10 * WAD


@pytest.mark.parametrize(("count", "starter"), [(2**32 - 1, True), (2**32, False), (2**40, False)])
def test_start__starter_beyond_the_word__reverts(double, reverts, count, starter):
    if starter:
        double.auction.start(ACCOUNT, count)
        assert double.auction.auction(ACCOUNT).starter == count
    else:
        with reverts("starter: unknown account"):
            double.auction.start(ACCOUNT, count)
