"""LiquidationAuction: margin calls, episodes, the starter's reward, attempts to gain by them."""

import pytest

from chain.deployment import FUND
from margin_model import auction_math
from margin_model.price_word import STALE
from tests.unit.auction_world import KEEPER_COST, PARAMS, PRICE, WAD

ROUNDING = 10**6


@pytest.fixture
def account(world):
    """Cash 10,000 and 1,000 units long at 100."""
    return world.long(10_000 * WAD, {0: 1000 * WAD})


@pytest.fixture
def buyer(world, bidder):
    return world.open(10**6 * WAD, bidder)


@pytest.fixture
def starter(world, keeper):
    return world.open(0, keeper)


# ── margin call ──────────────────────────────────────────────────────────────────────────────────


def test_issue_margin_call__below_the_buffer__announced_once(world, account, stranger, reverts):
    world.set_price(0, 95 * WAD)
    health = world.health(account)
    assert health.maintenance < health.equity < health.maintenance * 11 // 10
    assert not world.auction.margin_called(account)
    receipt = world.auction.issue_margin_call(account, sender=stranger)
    assert world.event(receipt, "MarginCalled") == (account, health.equity, health.maintenance)
    assert world.auction.margin_called(account)
    with reverts("margin call: already issued"):
        world.auction.issue_margin_call(account)


def test_issue_margin_call__liquidatable_and_in_auction__announced(world, account):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    world.auction.issue_margin_call(account)
    assert world.auction.margin_called(account)
    assert world.auction.auction(account).unsold == WAD


def test_issue_margin_call__above_the_buffer__reverts(world, account, reverts):
    for price in (96 * WAD, PRICE):
        world.set_price(0, price)
        with reverts("margin call: not due"):
            world.auction.issue_margin_call(account)


def test_issue_margin_call__price_not_usable__reverts(world, account, reverts):
    world.set_price(0, 95 * WAD, STALE)
    with reverts("price: not usable"):
        world.auction.issue_margin_call(account)


def test_issue_margin_call__protocol_account__reverts(world, reverts):
    with reverts("account: protocol account"):
        world.auction.issue_margin_call(FUND)


# ── episode ──────────────────────────────────────────────────────────────────────────────────────


def test_close_episode__healthy_again__next_call_is_a_new_one(world, account, stranger):
    world.set_price(0, 95 * WAD)
    world.auction.issue_margin_call(account)
    world.set_price(0, PRICE)
    receipt = world.auction.close_episode(account, sender=stranger)
    assert world.event(receipt, "EpisodeClosed") == (account,)
    assert not world.auction.margin_called(account)
    world.set_price(0, 95 * WAD)
    world.auction.issue_margin_call(account)


def test_close_episode__nothing_in_it__reverts(world, account, reverts):
    for holder in (account, FUND, 10**6):
        with reverts("episode: nothing to close"):
            world.auction.close_episode(holder)


def test_close_episode__not_healthy__reverts(world, account, reverts):
    world.set_price(0, 95 * WAD)
    world.auction.issue_margin_call(account)
    world.set_price(0, 97 * WAD)
    with reverts("episode: not healthy"):
        world.auction.close_episode(account)


def test_close_episode__price_not_usable__reverts(world, account, reverts):
    world.set_price(0, 95 * WAD)
    world.auction.issue_margin_call(account)
    world.set_price(0, PRICE, STALE)
    with reverts("price: not usable"):
        world.auction.close_episode(account)


def test_close_episode__in_auction__reverts(world, account, reverts):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    world.auction.issue_margin_call(account)
    world.set_price(0, PRICE)
    with reverts("auction: running"):
        world.auction.close_episode(account)


# ── the starter's reward ─────────────────────────────────────────────────────────────────────────


def expected_reward(terms, fraction):
    return auction_math.reward(
        PARAMS["tip"], PARAMS["chip"], fraction, terms.maintenance, terms.incentive
    )


def test_bid__first_fill__rewards_the_starter_out_of_the_incentive(
    world, account, buyer, bidder, starter
):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, starter)
    terms = world.auction.terms(account)
    before = world.equity(buyer)
    receipt = world.bid(account, buyer, bidder, WAD // 5)
    reward = expected_reward(terms, WAD // 5)
    assert reward == 2 * WAD + terms.maintenance // 5 // 200
    assert world.event(receipt, "StarterRewarded") == (account, starter, reward)
    assert world.cash(starter) == reward
    incentive = world.event(receipt, "SliceSold").incentive
    assert abs(world.equity(buyer) - before - incentive + reward) <= ROUNDING
    assert world.auction.rewarded(account)
    world.check()


def test_bid__second_fill__no_reward(world, account, buyer, bidder, starter):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, starter)
    world.bid(account, buyer, bidder, WAD // 10)
    receipt = world.bid(account, buyer, bidder, WAD // 10)
    assert not world.events(receipt, "StarterRewarded")


def test_bid__small_first_fill__at_most_half_the_incentive(world, account, buyer, bidder, starter):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, starter)
    receipt = world.bid(account, buyer, bidder, WAD // 100)
    incentive = world.event(receipt, "SliceSold").incentive
    assert world.event(receipt, "StarterRewarded").reward == incentive // 2


def test_bid__restarted_in_the_same_episode__no_second_reward(
    world, account, buyer, bidder, starter
):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, starter)
    world.bid(account, buyer, bidder)
    world.auction.end(account)
    assert world.auction.rewarded(account)
    world.set_price(0, 93 * WAD)
    world.auction.start(account, starter)
    assert not world.events(world.bid(account, buyer, bidder), "StarterRewarded")
    world.auction.end(account)
    world.set_price(0, 100 * WAD)
    world.auction.close_episode(account)
    world.set_price(0, 92 * WAD)
    world.auction.start(account, starter)
    assert world.events(world.bid(account, buyer, bidder), "StarterRewarded")


def test_bid__started_by_nobody__next_start_may_still_earn(world, account, buyer, bidder, starter):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    assert not world.events(world.bid(account, buyer, bidder), "StarterRewarded")
    assert not world.auction.rewarded(account)
    world.auction.end(account)
    world.set_price(0, 93 * WAD)
    world.auction.start(account, starter)
    assert world.events(world.bid(account, buyer, bidder), "StarterRewarded")


def test_bid__bidder_started_himself__nothing_moves(world, account, buyer, bidder):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, buyer)
    before = world.equity(buyer)
    receipt = world.bid(account, buyer, bidder, WAD // 5)
    assert not world.events(receipt, "StarterRewarded")
    assert world.auction.rewarded(account)
    incentive = world.event(receipt, "SliceSold").incentive
    assert abs(world.equity(buyer) - before - incentive) <= ROUNDING


def test_bid__starter_in_auction_himself__reward_is_his_proceeds(world, account, buyer, bidder):
    other = world.long(10_000 * WAD, {1: 1000 * WAD})
    world.set_price(1, 94 * WAD)
    world.auction.start(other, 0)
    world.set_price(0, 94 * WAD)
    world.auction.start(account, other)
    receipt = world.bid(account, buyer, bidder, WAD // 5)
    assert world.clearinghouse.proceeds(other) == world.event(receipt, "StarterRewarded").reward
    world.check()


# ── nobody gains by it ───────────────────────────────────────────────────────────────────────────


def test_attack__owner_liquidates_himself__pays_the_penalty(world, account):
    """Solvent: what his other accounts gain his account loses, and the fund gets the penalty."""
    mine = world.open(10**6 * WAD)
    third = world.open()
    world.set_price(0, 94 * WAD)
    before = world.equity(account) + world.equity(mine)
    world.auction.start(account, third)
    sold = world.event(world.bid(account, mine, world.owner), "SliceSold")
    after = world.equity(account) + world.equity(mine) + world.equity(third)
    assert sold.penalty > 0
    assert abs(after - before + sold.penalty) <= ROUNDING


@pytest.mark.parametrize("slices", [1, 5, 20])
def test_attack__many_small_slices__gain_no_more_than_one(world, account, buyer, bidder, slices):
    """f_1 .. f_n in a row earn less than their sum at once: each is of a smaller rest."""
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    terms = world.auction.terms(account)
    before = world.equity(buyer)
    for _ in range(slices):
        world.bid(account, buyer, bidder, WAD // 100)
    gain = world.equity(buyer) - before
    assert gain <= terms.incentive * slices // 100 + ROUNDING


def test_attack__bid_in_the_block_of_the_start__gets_the_least_incentive(
    world, account, buyer, bidder
):
    world.set_price(0, 94 * WAD)
    pinned = world.health(account).maintenance
    world.auction.start(account, buyer)
    receipt = world.bid(account, buyer, bidder, WAD // 10)
    assert world.event(receipt, "SliceSold").incentive == pinned * PARAMS["s0"] // WAD // 10


def test_attack__ended_at_the_buffer__cannot_be_started_again(
    world, account, buyer, bidder, reverts
):
    """The keeper cost does not shrink with a slice; the dust rule leaves room for it."""
    world.set_price(0, 94 * WAD)
    small = world.long(1000 * WAD, {3: 100 * WAD})
    world.set_price(3, 94 * WAD)
    for holder in (account, small):
        world.auction.start(holder, 0)
        largest = world.auction.terms(holder).largest_slice
        world.bid(holder, buyer, bidder)
        assert largest < WAD
        world.auction.end(holder)
        with reverts("account: not liquidatable"):
            world.auction.start(holder, 0)
    assert PARAMS["dust"] >= KEEPER_COST


def test_attack__withdraw_trade_or_unstake_in_auction__reverts(world, account, reverts):
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    owner = world.owner
    usdc = world.usdc.address
    with reverts("account: in auction"):
        world.clearinghouse.withdraw(account, usdc, 1, owner, sender=owner)
    with reverts("account: in auction"):
        world.pool.submit_order(account, 0, -WAD, 1, sender=owner)
    with reverts("account: in auction"):
        world.fund.stake(account, WAD, 0, sender=owner)
    with reverts("unstake: reserved for auctions"):
        world.fund.request_unstake(world.fund.shares(owner), sender=owner)
        world.chain.advance(86_400)
        world.fund.unstake(world.open(), 0, sender=owner)
