"""Deleveraging: its bounds to the wei and to the second, among neighbours that say just that."""

from __future__ import annotations

import pytest

from chain import Reverted
from margin_model import price_word
from margin_model.price_word import RETIRED, UNUSABLE, VALID
from tests.unit.deleveraging_world import FIRST_PHASE, LENGTH, LIVE, NOTHING, PATIENCE
from tests.unit.surroundings import WAD, Surroundings

MARKET = 0
ACCOUNT = 4  # the first that is nobody's of the protocol
PRICE = 100 * WAD
MARGIN = 1_000 * WAD  # of the pool [quote wad]
TENTH = WAD // 10


class Rounds(Surroundings):
    """Deleveraging of one market whose traders are 1,000 units long; the pool lacks a tenth of its
    margin, so rounds are of a tenth."""

    def __init__(self, chain, artifacts):
        super().__init__(chain, artifacts)
        self.say("Clearinghouse", "connected", *[self.neighbour.address] * 3)
        self.say("Clearinghouse", "listed_markets", 1 << MARKET)
        self.contract = self.deploy("Deleveraging", *[self.neighbour] * 3)
        self.say_live(0)
        self.say_pool(1_000 * WAD)
        self.say_health()
        self.say_position(WAD, 0)

    def say_live(self, seconds, state=VALID, price=PRICE):
        """All prices, and how much later in oracle-live time it is."""
        self.live = LIVE + seconds
        words = [price_word.pack(price, price, self.live, 0, state)] * 16
        self.say("PriceOracle", "read", words)
        self.say("PriceOracle", "read_fresh", words)

    def say_health(self, equity=9 * MARGIN // 10, live=True):
        """Of every account; with less of a position nobody needs any margin."""
        fields = {"equity": equity, "maintenance": MARGIN, "live": live}
        self.say_fields("Clearinghouse", "health", **fields)
        self.say_fields("Clearinghouse", "health_after", live=True)

    def say_pool(self, traders, collateral=0):
        """Net position of the traders, and collateral the pool has taken over [wad units]."""
        sizes, amounts = [-traders] + [0] * 15, [collateral] + [0] * 15
        self.say_fields("Clearinghouse", "exposure", sizes=sizes, amounts=amounts)
        self.say_fields(
            "Clearinghouse", "market", skew=traders, long_interest=max(traders, 1_000 * WAD)
        )

    def say_position(self, size, cost, **account):
        """Of every account [wad units, quote wad]."""
        self.say_fields("Clearinghouse", "position", size=size, cost=cost)
        self.say_fields("Clearinghouse", "account", **account)

    def open_round(self):
        """The round it opens."""
        self.contract.open_round(MARKET)
        return self.contract.deleveraging_round(MARKET)

    def cut(self):
        """What the account is due."""
        return self.contract.deleveraging_cut(MARKET, ACCOUNT)


@pytest.fixture
def rounds(chain, artifacts):
    return Rounds(chain, artifacts)


# ── rounds ────────────────────────────────────────────────────────────────────────────────────────


def test_open_round__twice_as_much_to_cut__to_the_last_digit(rounds, reverts):
    assert rounds.open_round().fraction == TENTH
    rounds.say_health(8 * MARGIN // 10 + 10_000)
    with reverts("round: running"):
        rounds.contract.open_round(MARKET)
    rounds.say_health(8 * MARGIN // 10)
    assert rounds.open_round().fraction == 2 * TENTH


@pytest.mark.parametrize(("equity", "lost_since"), [(1, 0), (0, 0), (-1, LIVE)])
def test_open_round__below_zero__is_remembered_from_the_first_wei(rounds, equity, lost_since):
    rounds.say_health(equity)
    assert rounds.open_round().lost_since == lost_since


def test_open_round__below_zero_after_a_round_above_it__counts_from_now(rounds):
    assert rounds.open_round().lost_since == 0
    rounds.say_live(LENGTH)
    rounds.say_health(-1)
    assert rounds.open_round().lost_since == LIVE + LENGTH


@pytest.mark.parametrize(
    ("gap", "lost_since"),
    [(LENGTH, LIVE), (2 * LENGTH, LIVE), (2 * LENGTH + 1, LIVE + 2 * LENGTH + 1)],
)
def test_open_round__below_zero_twice__one_loss_if_a_length_apart_at_most(rounds, gap, lost_since):
    """Between the end of a round and the next one."""
    rounds.say_health(-1)
    rounds.open_round()
    rounds.say_live(gap)
    assert rounds.open_round().lost_since == lost_since


def test_open_round__below_zero_after_an_ended_round__counts_from_now(rounds):
    rounds.say_health(-1)
    rounds.open_round()
    rounds.say_health(MARGIN)
    rounds.contract.end_round(MARKET)
    rounds.say_live(60)
    rounds.say_health(-1)
    assert rounds.open_round().lost_since == LIVE + 60


def test_end_round__equity_is_the_margin__is_met(rounds, reverts):
    rounds.open_round()
    rounds.say_health(MARGIN - 1)
    with reverts("pool: margin not met"):
        rounds.contract.end_round(MARKET)
    rounds.say_health(MARGIN)
    rounds.contract.end_round(MARKET)
    assert rounds.contract.deleveraging_round(MARKET).ended
    with reverts("pool: margin met"):
        rounds.contract.open_round(MARKET)


def test_open_round__price_of_another_asset_not_usable__reverts(rounds, reverts):
    rounds.say_health(live=False)
    with reverts("price: not usable"):
        rounds.contract.open_round(MARKET)


def test_deleverage__more_accounts_than_a_call_takes__reverts(rounds):
    rounds.open_round()
    with pytest.raises(Reverted):
        rounds.contract.deleverage(MARKET, [ACCOUNT] * 33)
    assert rounds.contract.deleverage(MARKET, [ACCOUNT] * 32).result == 1


# ── who is cut ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cost", "expected"), [(100 * WAD - 1, (-TENTH, PRICE)), (100 * WAD, NOTHING)]
)
def test_deleveraging_cut__profit__begins_with_a_wei(rounds, cost, expected):
    rounds.open_round()
    rounds.say_position(WAD, cost)
    assert rounds.cut() == expected


def test_deleveraging_cut__least_position_and_least_need__is_cut(rounds):
    rounds.open_round()
    rounds.say_position(1, 0)
    assert rounds.cut() == (-1, PRICE)
    rounds.say_position(WAD, 0)
    rounds.say_pool(1)
    rounds.say_health(-1)
    assert rounds.cut().size_delta == -1


def test_deleveraging_cut__winner_of_the_other_side__is_not_due(rounds, reverts):
    """His position is one the pool needs: to be cut as the others are it would have to grow."""
    rounds.open_round()
    rounds.say_position(-WAD, -200 * WAD)
    assert rounds.cut() == NOTHING
    with reverts("round: nobody to cut"):
        rounds.contract.deleverage(MARKET, [ACCOUNT])


def test_deleverage__pool_has_changed_sides__nobody_is_due(rounds, reverts):
    rounds.open_round()
    rounds.say_pool(-1_000 * WAD)
    with reverts("round: nobody to cut"):
        rounds.contract.deleverage(MARKET, [ACCOUNT])


def test_deleveraging_cut__order_pending__after_the_first_phase_to_the_second(rounds):
    rounds.open_round()
    rounds.say_position(WAD, 0, reserved=True)
    rounds.say_live(FIRST_PHASE - 1)
    assert rounds.cut() == NOTHING
    rounds.say_live(FIRST_PHASE)
    assert rounds.cut() == (-TENTH, PRICE)


@pytest.mark.parametrize(("more", "due"), [(0, True), (1, False)])
def test_deleveraging_cut__first_phase__where_no_cushion_falls(rounds, more, due):
    """The requirement after the cut against the one before it."""
    rounds.open_round()
    rounds.say_fields("Clearinghouse", "health_after", live=True, maintenance=MARGIN + more)
    assert (rounds.cut() != NOTHING) == due


@pytest.fixture
def hopeless(rounds):
    """A loser, and the third round below zero in a row, opened 400 s before losers are due."""
    rounds.say_position(WAD, 200 * WAD)
    rounds.say_health(-1)
    for seconds in (0, 2 * LENGTH, PATIENCE - 400):
        rounds.say_live(seconds)
        assert rounds.open_round().lost_since == LIVE
    rounds.say_live(PATIENCE)
    return rounds


def test_deleveraging_cut__loser__after_an_hour_to_the_second(hopeless):
    hopeless.say_live(PATIENCE - 1)
    assert hopeless.cut() == NOTHING
    hopeless.say_live(PATIENCE)
    assert hopeless.cut() == (-WAD, PRICE)


def test_deleveraging_cut__loser_and_pool_at_zero__nothing_is_lost(hopeless):
    hopeless.say_health(0)
    assert hopeless.cut() == NOTHING


# ── what is left ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("equity", "size", "collateral", "reason"),
    [
        (0, 0, 0, "pool: not below zero"),
        (-10_000, 0, 100, None),
        (-10_000, 0, 101, "pool: collateral to sell"),
        (-10_000, -100, 0, None),
        (-10_000, 101, 0, "pool: positions to close"),
        (-99, 0, 0, None),
        (-99, 1, 0, "pool: positions to close"),
    ],
)
def test_write_off_pool__what_it_may_keep__is_a_hundredth(
    rounds, reverts, equity, size, collateral, reason
):
    rounds.say_live(0, price=WAD)
    rounds.say_pool(size, collateral)
    rounds.say_health(equity)
    if reason:
        with reverts(reason):
            rounds.contract.write_off_pool()
    else:
        rounds.contract.write_off_pool()


def test_write_off_pool__what_has_no_price__holds_nobody_up(rounds):
    rounds.say_live(0, UNUSABLE)
    rounds.say_pool(WAD, WAD)
    rounds.say_health(-99)
    rounds.contract.write_off_pool()


def test_settle__first_account_of_all__is_settled(rounds):
    rounds.say_live(0, RETIRED)
    (event,) = rounds.contract.events(rounds.contract.settle(ACCOUNT, MARKET))
    assert tuple(event.args) == (ACCOUNT, MARKET, WAD, PRICE)
