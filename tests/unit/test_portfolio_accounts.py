"""PORTFOLIO accounts: changing kind, hedged books, and what the lens says of them."""

import pytest

from chain.deployment import CROSS, ISOLATED, PORTFOLIO
from margin_model import portfolio_notice
from margin_model.price_word import STALE
from tests.unit.venue_world import KEEPER_COST, PRICES, WAD, Venue

FOREVER = 2**256 - 1
HEALTHY, REDUCE_ONLY = 0, 1
SIZE = 40 * WAD
IRON_UNIT = 10**8


@pytest.fixture(scope="module")
def built_venue(session_chain, artifacts):
    venue = Venue(session_chain, artifacts)
    venue.open(100_000 * WAD)  # whose quote is lent
    return venue


@pytest.fixture
def venue(built_venue, chain):
    yield built_venue
    built_venue.check()


@pytest.fixture
def lens(venue):
    return venue.deploy("AccountLens", venue.house, venue.oracle, venue.risk, venue.auction)


def hedged(venue, equity=4_000):
    """Forty IRON, worth 4,000, against a short of as much in their own market."""
    account = venue.open(500 * WAD, kind=PORTFOLIO)
    venue.deposit(account, venue.tokens[1], 40 * IRON_UNIT)
    venue.trade(account, 0, -SIZE)
    excess = venue.health(account).equity // WAD - equity
    venue.house.withdraw(account, venue.usdc, excess * 10**6, venue.owner, sender=venue.owner)
    return account


def set_kind(venue, account, kind, sender=None):
    return venue.house.set_kind(account, kind, sender=sender or venue.owner)


# ── set_kind ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [ISOLATED, CROSS, PORTFOLIO])
def test_set_kind__by_owner_or_operator__changes_it(venue, chain, kind):
    account, operator = venue.open(100 * WAD), chain.accounts[7]
    venue.house.set_operator(account, operator, True, sender=venue.owner)
    receipt = set_kind(venue, account, kind, operator)
    assert venue.event(receipt, "KindSet", venue.house) == (account, CROSS, kind)
    assert venue.house.account(account).kind == kind
    assert venue.house.account(account).owner == venue.owner


def test_set_kind__keeps_what_the_account_holds(venue):
    account = hedged(venue)
    before = venue.house.account(account)
    set_kind(venue, account, CROSS)
    assert venue.house.account(account) == before._replace(kind=CROSS)


def test_set_kind__by_somebody_else__reverts(venue, chain, reverts):
    account = venue.open(100 * WAD)
    with reverts("account: not authorized"):
        set_kind(venue, account, PORTFOLIO, chain.accounts[7])


@pytest.mark.parametrize("kind", [0, 4, 2**256 - 1])
def test_set_kind__unknown__reverts(venue, reverts, kind):
    account = venue.open(100 * WAD)
    with reverts("account: unknown kind"):
        set_kind(venue, account, kind)


def test_set_kind__to_isolated_with_two_markets__reverts(venue, reverts):
    account = venue.open(10_000 * WAD)
    venue.trade(account, 0, WAD)
    venue.trade(account, 2, WAD)
    with reverts("account: isolated"):
        set_kind(venue, account, ISOLATED)
    venue.trade(account, 2, -WAD)
    set_kind(venue, account, ISOLATED)


def test_set_kind__to_isolated_with_an_order_in_a_second_market__reverts(venue, reverts):
    account = venue.open(10_000 * WAD)
    venue.trade(account, 0, WAD)
    venue.submit(account, 2, WAD)
    with reverts("account: isolated"):
        set_kind(venue, account, ISOLATED)


def test_set_kind__not_healthy_under_the_new_rule__reverts(venue, reverts):
    account = hedged(venue, equity=500)
    with reverts("margin: below initial"):
        set_kind(venue, account, CROSS)
    set_kind(venue, account, PORTFOLIO)  # as it was


def test_set_kind__not_healthy_with_the_pending_order__reverts(venue, reverts):
    account = hedged(venue, equity=800)
    set_kind(venue, account, CROSS)
    set_kind(venue, account, PORTFOLIO)
    venue.submit(account, 0, -SIZE)
    with reverts("margin: below initial"):
        set_kind(venue, account, CROSS)


def test_set_kind__price_not_valid__reverts(venue, reverts):
    account = hedged(venue)
    venue.set_state(0, STALE)
    with reverts("price: not valid"):
        set_kind(venue, account, PORTFOLIO)


def test_set_kind__in_auction__reverts(venue, reverts):
    account = venue.open(100 * WAD)
    venue.begin_auction(account)
    with reverts("account: in auction"):
        set_kind(venue, account, PORTFOLIO)


# ── requirements ─────────────────────────────────────────────────────────────────────────────────


def test_health__spot_against_short__needs_the_floor_only(venue):
    account = hedged(venue)
    assert venue.health(account).maintenance == 8_000 * WAD // 100 + KEEPER_COST


def test_health__same_book_under_standard_margin__needs_both_legs(venue):
    account = hedged(venue)
    before = venue.health(account).maintenance
    set_kind(venue, account, CROSS)
    assert venue.health(account).maintenance > 4 * before


def test_health__collateral_of_the_asset_it_is_long_of__raises_what_it_needs(venue):
    account = venue.open(2_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    before = venue.health(account).maintenance
    venue.deposit(account, venue.tokens[1], 10 * IRON_UNIT)
    assert venue.health(account).maintenance > before


def test_health__two_markets_against_each_other__falls_with_their_correlation(venue):
    account = venue.open(5_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    venue.trade(account, 1, -2 * WAD)
    needed = []
    for correlation in (-10_000, -5_000, 0, 5_000, 10_000):
        venue.oracle.set_correlation(1, 0, correlation)
        needed.append(venue.health(account).maintenance)
    assert needed == sorted(needed, reverse=True)
    assert len(set(needed)) > 3


def test_health__collateral_alone_with_debt__is_charged_as_a_long(venue):
    account = venue.open(0, kind=PORTFOLIO)
    venue.deposit(account, venue.tokens[1], 100 * IRON_UNIT)
    assert venue.health(account).maintenance == 0
    venue.house.withdraw(account, venue.usdc, 10**6, venue.owner, sender=venue.owner)
    # the worst scenario takes 8 percent, rounded up in units of a lane
    needed = 10_000 * WAD * 8 // 100 + KEEPER_COST
    assert needed < venue.health(account).maintenance < needed + 2**26


# ── lens ─────────────────────────────────────────────────────────────────────────────────────────


def test_margin__of_a_hedged_book__names_what_binds(venue, lens):
    account = hedged(venue)
    margin = lens.margin(account)
    assert margin.kind == PORTFOLIO
    assert margin.maintenance == margin.terms.floor + margin.keeper_cost
    assert margin.keeper_cost == KEEPER_COST
    assert margin.terms.tail == margin.terms.stress == 0
    assert margin.terms.floor == 80 * WAD


def test_margin__of_a_long__marginal_adds_up_to_what_it_needs(venue, lens):
    account = venue.open(2_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    margin = lens.margin(account)
    assert margin.terms.scenario == 0
    per_unit = margin.marginal[0]
    assert (
        abs(per_unit * SIZE // WAD + KEEPER_COST - margin.maintenance) < margin.maintenance // 1_000
    )
    assert not any(margin.marginal[1:])


def test_margin__of_a_pair__marginals_add_up_and_foretell_the_next_unit(venue, lens):
    """MM without keeper cost grows with the book: legs times marginals are all of it."""
    venue.oracle.set_correlation(1, 0, 8_000)
    account = venue.open(5_000 * WAD, kind=PORTFOLIO)
    short = -WAD
    venue.trade(account, 0, SIZE)
    venue.trade(account, 1, short)
    margin = lens.margin(account)
    terms = margin.terms
    assert terms.tail > max(terms.stress, terms.floor)
    first, second = margin.marginal[:2]
    needed = margin.maintenance - KEEPER_COST
    assert abs(first * SIZE + second * short - needed * WAD) < needed * WAD // 1_000
    assert first > 0
    assert second > 0  # short of it: one more sold lowers MM
    assert not any(margin.marginal[2:])
    step = WAD // 1_000
    for market, marginal in ((0, first), (1, second)):
        for size in (step, -step):
            after = lens.what_if(account, market, size, PRICES[market], 0).after.maintenance
            change = marginal * size // WAD
            assert abs(after - margin.maintenance - change) <= abs(change) // 100


def test_margin__without_anything_to_close__is_nothing(venue, lens):
    margin = lens.margin(venue.open(100 * WAD, kind=PORTFOLIO))
    assert margin.maintenance == margin.keeper_cost == 0


def test_what_if__trade__is_the_health_after_it(venue, lens):
    account = venue.open(3_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    price = venue.fill(1, -2 * WAD)
    answer = lens.what_if(account, 1, -2 * WAD, price, 0)
    assert answer.before == venue.health(account)
    words = venue.words()
    assert answer.after == venue.house.health_after(account, words, 1, -2 * WAD, price, 0)
    assert (answer.status_before, answer.status_after) == (HEALTHY, HEALTHY)
    for terms, health in (
        (answer.terms_before, answer.before),
        (answer.terms_after, answer.after),
    ):
        assert health.maintenance == max(terms.tail, terms.stress, terms.floor) + KEEPER_COST
    too_much = lens.what_if(account, 0, 10 * SIZE, PRICES[0], 0)
    assert too_much.status_after > REDUCE_ONLY


def test_notice__of_a_portfolio__is_the_mirror_and_stands_in_its_row(venue, lens):
    account = venue.open(1_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    venue.trade(account, 1, -WAD)
    terms, health = lens.margin(account).terms, venue.health(account)
    expected = portfolio_notice.notice(
        terms.weights,
        terms.tail,
        health.equity - KEEPER_COST,
        venue.risk.RAMP_UP(),
        venue.oracle.until_correlations(),
        venue.oracle.RHO_STEP(),
    )
    assert 0 < expected < FOREVER
    assert lens.notice(account) == expected
    assert lens.page(account, 1)[0].notice == expected


def test_notice__of_a_perfect_hedge__is_for_ever(venue, lens):
    assert lens.notice(hedged(venue)) == FOREVER


def test_notice__of_a_portfolio_below_maintenance__is_nothing(venue, lens):
    account = venue.open(1_000 * WAD, kind=PORTFOLIO)
    venue.trade(account, 0, SIZE)
    venue.set_price(0, 70 * WAD)
    assert lens.notice(account) == 0
