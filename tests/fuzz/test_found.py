"""What the campaign found, shrunk, and kept: each failed before it was mended."""

import pytest

from tests.fuzz.export import replay

# The supply index at its floor: an account in auction, itself a supplier, was credited its share of
# a loss that it could no longer bear.
AT_FLOOR = [
    ["submit order", 0, 0, 4, 7, 1, -1500000000000000000000, 0],
    ["execute order", 5, 0, 0, 7, 4, 0, 1, 1700000161, 0, 0, 0],
    ["refresh nav", 0, 0, 0],
    [
        "submit order",
        0,
        0,
        10,
        14,
        1,
        1500000000000000000000,
        115792089237316195423570985008687907853269984665640564039457000000000000000000,
    ],
    ["execute order", 3, 0, 0, 14, 10, 0, 1, 1700000451, 0, 0, 0],
    ["withdraw", 100, 0, 0, 0, 0, 0, 0],
    ["crash", 0, 0, 1, 25266, 0],
    ["crash", 60, 0, 1, 1500, 0],
    ["start", 120, 0, 0, 7, 0],
    ["bid", 0, 0, 10, 7, 14, 500000000000000000, 0, -170141183460469231731000000000000000000],
    ["bid", 0, 0, 10, 7, 14, 500000000000000000, 0, -170141183460469231731000000000000000000],
]

TWO_SLICES = [
    ["execute order", 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ["submit order", 0, 0, 6, 6, 1, -100000000000000000000, 0],
    ["execute order", 0, 0, 0, 0, 0, 0, 1, 0, 0, -24, 0],
    [
        "submit order",
        5,
        0,
        7,
        12,
        1,
        1503000000000000000000,
        115792089237316195423570985008687907853269984665640564039457000000000000000000,
    ],
    ["execute order", 0, 0, 0, 6, 4, 0, 1, 1700000074, 0, 0, 0],
    ["deposit", 4, 0, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 12, 5, 0, 1, 1700000090, 0, 0, 0],
    ["crash", 0, 0, 1, 30000, 0],
    ["crash", 48, 0, 1, 30000, 0],
    ["start", 180, 0, 0, 0, 0],
    ["start", 0, 0, 0, 6, 0],
    ["crash", 60, 0, 1, 30000, 0],
    ["submit order", 10, 0, 0, 0, 0, 0, 0],
    ["execute order", 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ["poke", 30, 0, 0, 0],
    ["start", 137, 0, 0, 0, 0],
    ["bid", 0, 0, 7, 6, 12, 500000000000000000, 0, -170141183460469231731000000000000000000],
    ["bid", 0, 0, 7, 6, 12, 100000000000000000, 0, -170141183460469231731000000000000000000],
]

# A provider entered at the last accepted price of a pull feed, more or less its IM, while the feed
# said far less: the price was older than may be chosen, so it did not count.
UNPUSHED = [
    ["request entry", 0, 0, 7, 17, 10000000000000000000000, 0],
    [
        "submit order",
        0,
        0,
        10,
        14,
        2,
        14666000000000000000000,
        115792089237316195423570985008687907853269984665640564039457000000000000000000,
    ],
    ["execute order", 3, 0, 0, 14, 10, 0, 2, 0, 0, 0, 1],
    ["submit order", 143, 0, 0, 0, 0, 0, 0],
    ["crash", 0, 0, 2, -1761, 0],
    ["withdraw", 100, 0, 0, 0, 0, 0, 0],
    ["set source", 64, 0, 0, 0, 0, 0, 0],
    ["withdraw", 115, 0, 0, 0, 0, 0, 0],
    ["wait", 60710, 0],
    ["submit order", 78, 0, 0, 0, 0, 0, 0],
    ["unstake", 198130, 0, 0, 0, 0],
    ["request entry", 82, 0, 4, 7, 100000000000000000000000, 0],
    ["execute request", 60, 0, 0, 0],
    ["submit order", 3385, 0, 0, 0, 0, 0, 0],
    ["submit order", 1152, 0, 6, 6, 2, -9013000000000000000000, 0],
    ["sample", 0, 1, 0, 0],
    ["crash", 57, 0, 2, -2922, 0],
    ["submit order", 0, 0, 1, 8, 2, -4114000000000000000000, 0],
    ["withdraw", 2, 0, 0, 0, 0, 0, 0],
    ["withdraw", 72, 0, 0, 0, 0, 0, 0],
    ["change token", 12, 0, 0, 0, 0],
    ["sample", 25, 0, 0, 0],
    ["sample", 0, 0, 0, 0],
    ["break feed", 12, 0, 2, 0, 7, 0, 100],
    ["submit order", 0, 0, 7, 17, 1, -1500000000000000000000, 0],
    ["execute order", 0, 0, 0, 8, 4, 0, 2, 0, 0, 0, 1],
    ["execute order", 0, 0, 0, 6, 5, 0, 2, 1700264136, 0, 0, 1],
    ["submit order", 3, 0, 0, 0, 0, 0, 0],
    ["start", 1, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 17, 4, 0, 1, 1700264344, 0, 0, 0],
    ["execute request", 0, 0, 0, 3],
]

# A cut at mark of an account with another position rounds three times, and cash twice.
CUT_AT_MARK = [
    [
        "submit order",
        0,
        0,
        7,
        13,
        1,
        630000000000000000000,
        115792089237316195423570985008687907853269984665640564039457000000000000000000,
    ],
    ["list collateral", 10, 0, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 13, 10, 0, 1, 1700000062, 0, -10, 0],
    ["submit order", 0, 0, 7, 20, 2, 1, 0],
    ["bid", 100, 0, 0, 0, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 20, 10, 0, 2, 0, 0, 0, 1],
    ["crash", 60, 0, 1, 1776, 0],
    ["deleverage", 15, 0, 0, 0, 0, 0],
    ["deleverage", 165, 0, 0, 0, 1, 0, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ["deleverage", 1, 0, 0, 1, 1, 0, 0, 0, 13, 0, 0],
]

# The pool's last position of a market was cut off a winner below zero: a mirror that had forgotten
# that market took the pool to be above zero.
CUT_TO_NOTHING = [
    ["submit order", 0, 0, 4, 7, 1, 1494000000000000000000, 2**256 - 1],
    ["execute order", 3, 0, 0, 7, 4, 0, 1, 1700008270, 0, 0, 0],
    ["deleverage", 100, 0, 0, 0, 0, 0, 0, 0, 0],
    ["crash", 0, 0, 1, 10000, 0],
    ["wait", 57, 0],
    ["deleverage", 123, 0, 0, 0, 1, 0],
    ["deleverage", 0, 0, 0, 1, 1, 7],
]

# A target that only the line's own floor holds up: a model that took a forecast's floor for it
# filled what the contract cancelled.
FLOOR_RAISED = [
    ["set asset risk", 100, 0, 0, 2, 5 * 10**18, 1000, 932 * 10**14, 10**17, 5_000_000, *[0] * 20],
    ["submit order", 0, 0, 5, 19, 2, 20389 * 10**18, 2**256 - 10**18],
    ["execute order", 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ["execute order", 0, 0, 0, 19, 10, 0, 2, 0, 0, 0, 1],
]

# A stranger settled a position after a write-down, when cash rounds by a wei at most: the trade of
# a settlement rounds, too.
SETTLED = [
    ["submit order", 1, 0, 2, 18, 1, -460 * 10**18, 0],
    ["execute order", 3, 0, 0, 18, 4, 0, 1, 1700000133, 0, 10, 0],
    ["crash", 57, 0, 1, 678, 0],
    ["start", 1, 0, 0, 18, 0],
    ["bid", 0, 0, 7, 18, 17, 5 * 10**17, 170141183460469231731 * 10**18, 0],
    ["withdraw", 100, 0, 0, 0, 0, 0, 0],
    ["crash", 0, 0, 1, 10000, 0],
    ["bid", 30, 0, 0, 0, 0, 0, 0, 0],
    ["bid", 60, 0, 0, 0, 0, 0, 0, 0],
    ["start", 81, 0, 0, 0, 0],
    ["feeds fail", 0, 0, 1, 1],
    ["bid", 10, 0, 7, 18, 13, 10**18, 0, -170141183460469231731 * 10**18],
    ["watch death", 10000, 0, 0, 1],
    ["request exit", 11, 0, 0, 0, 0, 0],
    ["watch death", 604789, 0, 0, 1],
    ["execute order", 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0],
    ["deleverage", 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
    ["move price", 0, 0, 0, 41],
    ["settle", 0, 0, 0, 17, 1],
]


@pytest.mark.parametrize("steps", [AT_FLOOR, TWO_SLICES])
def test_write_down__at_the_floor_of_the_index__gives_back_only_what_is_borne(
    steps: list[list[int | str]],
) -> None:
    replay(steps, "slice at the view's terms")


def test_execute_request__price_nobody_pushed__waits() -> None:
    replay(UNPUSHED, "pool share")


def test_deleverage__cut_at_mark__takes_only_what_a_trade_rounds() -> None:
    replay(CUT_AT_MARK, "equity is the owner's")


def test_deleverage__last_position_of_the_pool__is_cut_below_zero() -> None:
    replay(CUT_TO_NOTHING, "equity is the owner's")


def test_execute_order__target_on_the_floor_of_its_line__cancels_as_predicted() -> None:
    replay(FLOOR_RAISED, "execution predicted")


def test_settle__after_a_write_down__takes_only_what_a_trade_rounds() -> None:
    replay(SETTLED, "equity is the owner's")
