"""LiquidityPool: what an order needs, to the wei, among neighbours that say just that."""

from __future__ import annotations

import pytest

from margin_model import price_word
from margin_model.price_word import VALID
from tests.unit.auction_world import POOL_PARAMS
from tests.unit.surroundings import WAD, Surroundings

MARKET, ACCOUNT = 0, 4
PRICE = 100 * WAD
JUMP_BOUND = 1_000  # [bps]
TERMS = (0, 0, 0, 10 * WAD, 10**30)  # of the market: the skew of a scale without end costs nothing
DELAY = 5  # after which an order is executed [s]


class Orders(Surroundings):
    """A pool of one market, and an account that closes one of two units."""

    def __init__(self, chain, artifacts):
        super().__init__(chain, artifacts)
        self.pool = self.deploy("LiquidityPool", *[self.neighbour] * 3, POOL_PARAMS)
        self.say("Clearinghouse", "listed_markets", 1 << MARKET)
        self.say("Clearinghouse", "market", TERMS)
        self.pool.set_market_fees(MARKET, (0, 0, 100_000))
        words = [price_word.pack(PRICE, PRICE, 0, 0, VALID)] * 16
        self.say("PriceOracle", "read", words)
        self.say("PriceOracle", "bounds", 0, 0, JUMP_BOUND, 0)
        self.say("PriceOracle", "first_price", PRICE, 1, 0)
        self.say("Clearinghouse", "pending", (MARKET, -WAD, 2 * WAD, 1 << MARKET, TERMS))

    def say_health(self, function, **fields):
        """Before (`health`) or after the order (`health_after`)."""
        self.say_fields("Clearinghouse", function, live=True, worst_state=VALID, **fields)

    def outcome(self):
        """Why the order was cancelled; "" where it was filled."""
        self.pool.submit_order(ACCOUNT, MARKET, -WAD, 1)
        self.chain.advance(DELAY)
        events = self.pool.events(self.pool.execute_order(ACCOUNT, ACCOUNT, b"proof"))
        reasons = {e.name: getattr(e.args, "reason", "") for e in events}
        assert len({"OrderExecuted", "OrderCancelled"} & reasons.keys()) == 1
        return reasons.get("OrderCancelled", "")


@pytest.fixture
def orders(chain, artifacts):
    return Orders(chain, artifacts)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"strict_equity": 7, "initial": 7}, ""),
        ({"strict_equity": 6, "initial": 7}, "margin"),
        ({"cash": -5, "borrow_limit": 5}, ""),
        ({"cash": -6, "borrow_limit": 5}, "margin"),
    ],
)
def test_execute_order__has_what_an_opening_needs__to_the_wei(orders, after, expected):
    """A reduction whose cushion falls, so that nothing else lets it through."""
    orders.say_health("health", equity=10**6)
    orders.say_health("health_after", **after)
    assert orders.outcome() == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((50, 40), (50, 40), ""),
        ((50, 40), (49, 39), ""),
        ((50, 40), (49, 40), "margin"),
        ((0, 40), (0, 40), ""),
        ((0, 40), (-1, 39), "margin"),
        ((-3, 40), (-3, 40), ""),
        ((-3, 40), (-4, 39), "margin"),
    ],
)
def test_execute_order__reduction_without_initial_margin__cushion_as_it_was_is_enough(
    orders, before, after, expected
):
    """Equity and requirement; what the requirement frees is not spent below zero."""
    for function, (equity, maintenance) in (("health", before), ("health_after", after)):
        orders.say_health(function, equity=equity, maintenance=maintenance, initial=1)
    assert orders.outcome() == expected


@pytest.mark.parametrize(("beyond", "expected"), [(0, ""), (1, "volatile")])
def test_execute_order__first_price_off_the_average__at_the_jump_bound_is_filled(
    orders, beyond, expected
):
    orders.say_health("health")
    orders.say_health("health_after")
    first = PRICE + PRICE * JUMP_BOUND // 10_000 + beyond
    orders.say("PriceOracle", "first_price", first, 1, 0)
    assert orders.outcome() == expected
