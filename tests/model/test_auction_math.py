"""`auction_math`: contract = mirror to the wei = published vectors, and what it promises."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from margin_model import auction_math
from margin_model.fixed_point import WAD
from tests.model.vectors import cases

AMOUNT = 2**127 - 1

fractions = st.integers(0, WAD)
amounts = st.one_of(
    st.integers(0, AMOUNT), st.integers(0, 10**7).map(lambda x: x * WAD), st.integers(0, 1000)
)


@st.composite
def signed_near(draw, scale):
    """Equity from far below zero to above the buffer of `scale`, dense around both."""
    kind = draw(st.sampled_from(["ratio", "near", "any"]))
    if kind == "ratio":
        return scale * draw(st.integers(-2 * 10**6, 2 * 10**6)) // 10**6
    if kind == "near":
        return draw(st.sampled_from([-1, 0, 1])) * scale + draw(st.integers(-3, 3))
    return draw(st.integers(-AMOUNT, AMOUNT))


@st.composite
def situations(draw):
    """Arguments of `offer` within its domain."""
    maintenance = draw(amounts)
    return {
        "equity": max(-AMOUNT, min(AMOUNT, draw(signed_near(maintenance)))),
        "proceeds": draw(amounts),
        "maintenance": maintenance,
        "unsold": draw(st.one_of(st.just(WAD), fractions)),
        "discount_now": draw(fractions),
        "buffer": draw(st.integers(WAD // 100, WAD)),
        "penalty_rate": draw(st.one_of(st.just(0), st.integers(0, WAD // 5))),
        "fund_available": draw(st.one_of(st.just(0), amounts)),
        "dust": draw(st.one_of(st.just(0), amounts)),
    }


@pytest.fixture(scope="module")
def contract(harness):
    return harness("AuctionMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(
    elapsed=st.integers(0, 2**24),
    shares=st.tuples(fractions, fractions).map(sorted),
    fast_phase=st.integers(1, 86_400),
    slow_phase=st.integers(1, 7 * 86_400),
)
def test_discount__whole_domain__is_the_mirror(contract, elapsed, shares, fast_phase, slow_phase):
    arguments = (elapsed, *shares, fast_phase, slow_phase)
    assert contract.discount(*arguments) == auction_math.discount(*arguments)


@given(maintenance=amounts, unsold=fractions, buffer=fractions)
def test_requirement__whole_domain__is_the_mirror(contract, maintenance, unsold, buffer):
    arguments = (maintenance, unsold, buffer)
    assert tuple(contract.requirement(*arguments)) == auction_math.requirement(*arguments)


@given(situation=situations())
@settings(max_examples=300)
def test_offer__whole_domain__is_the_mirror(contract, situation):
    arguments = tuple(situation.values())
    assert tuple(contract.offer(*arguments)) == tuple(auction_math.offer(*arguments))


@given(
    equity=st.integers(-AMOUNT, AMOUNT) | st.integers(-1000, 1000),
    incentive=amounts,
    fraction=fractions,
)
def test_fund_parts__whole_domain__is_the_mirror(contract, equity, incentive, fraction):
    assert tuple(contract.fund_parts(equity, incentive, fraction)) == auction_math.fund_parts(
        equity, incentive, fraction
    )


@given(
    amount=amounts, own=amounts, others=amounts, part=st.integers(0, 100), lost=st.integers(0, 2)
)
def test_grossed_up__whole_domain__is_the_mirror(contract, amount, own, others, part, lost):
    arguments = (amount, own, own * part // 100, max(0, own + others - lost))
    assert contract.grossed_up(*arguments) == auction_math.grossed_up(*arguments)


@given(arguments=st.tuples(amounts, fractions, fractions, amounts, amounts))
def test_reward__whole_domain__is_the_mirror(contract, arguments):
    assert contract.reward(*arguments) == auction_math.reward(*arguments)


@given(
    amount=st.integers(-AMOUNT, AMOUNT) | st.integers(-1000, 1000),
    fraction=fractions,
)
def test_scale__whole_domain__is_the_mirror(contract, amount, fraction):
    assert contract.scale_up(amount, fraction) == auction_math.scale_up(amount, fraction)
    assert contract.scale_down(amount, fraction) == auction_math.scale_down(amount, fraction)


# ── = published vectors ──────────────────────────────────────────────────────────────────────────


def wad(text):
    return int(Decimal(text) * WAD)


def close(text, value):
    """`value` equals the published number to the digits given."""
    digits = -Decimal(text).as_tuple().exponent
    return abs(Decimal(value) / WAD - Decimal(text)) <= Decimal(1).scaleb(-digits)


@pytest.mark.parametrize("case", cases("auction_one_leg"))
def test_auction_one_leg__vector__is_contract_and_mirror(contract, case):
    arguments = (
        wad(case["E"]),
        wad(case["C"]),
        wad(case["MM_start"]),
        wad(case["unsold"]),
        wad(case["s"]),
        wad(case["buffer"]),
        wad(case["penalty_rate"]),
        10**12 * WAD,  # the fund's cap is not binding
        0,
    )
    offer = auction_math.offer(*arguments)
    assert tuple(contract.offer(*arguments)) == tuple(offer)
    assert close(case["incentive"], offer.incentive)
    assert close(case["penalty"], offer.penalty)
    assert close(case["price_all"], offer.price)
    assert close(case["slice"], offer.largest_slice)

    paid = auction_math.scale_up(offer.price, offer.largest_slice)
    assert contract.scale_up(offer.price, offer.largest_slice) == paid
    # the published slice is rounded to nine digits, what follows from it was not
    assert close(case["bidder_pays"], paid)
    parts = auction_math.fund_parts(arguments[0], offer.incentive, offer.largest_slice)
    assert tuple(contract.fund_parts(arguments[0], offer.incentive, offer.largest_slice)) == parts
    assert close(case["fund_pays"], sum(parts))
    assert close(case["E_after"], equity_after(arguments[0], arguments[1], offer))


# ── what a sale must keep ─────────────────────────────────────────────────────────────────────────


def equity_after(equity, proceeds, offer, fraction=None):
    """E after a slice, as the Clearinghouse moves it: exact but for roundings of one wei."""
    fraction = offer.largest_slice if fraction is None else fraction
    return (
        equity
        - auction_math.scale_down(equity - proceeds, fraction)
        + auction_math.scale_up(offer.price, fraction)
        - offer.penalty * fraction // WAD
        + sum(auction_math.fund_parts(equity, offer.incentive, fraction))
    )


@given(situation=situations())
def test_largest_slice__solvent_account__reaches_the_buffer(situation):
    situation["dust"] = 0
    offer = auction_math.offer(**situation)
    if not 0 < offer.largest_slice < WAD:
        return
    after = equity_after(situation["equity"], situation["proceeds"], offer)
    unsold = situation["unsold"] * (WAD - offer.largest_slice) // WAD
    _, buffered = auction_math.requirement(situation["maintenance"], unsold, situation["buffer"])
    assert after >= buffered
    # rounding the fraction up by 1e-18 costs at most BMp * 1e-18; the buffer's own roundings
    # lose three units of 1e-18 of MM and three wei
    assert after - buffered <= 5 * situation["maintenance"] // WAD + 8


@given(situation=situations(), fraction=fractions)
def test_slice__any__never_worsens_the_account(situation, fraction):
    offer = auction_math.offer(**situation)
    fraction = min(fraction, offer.largest_slice)
    equity = situation["equity"]
    after = equity_after(equity, situation["proceeds"], offer, fraction)
    # E' / (1 - f) >= E, so E' / MMp' >= E / MMp; four roundings of one wei each
    assert after * WAD >= equity * (WAD - fraction) - 4 * WAD


@given(situation=situations(), fraction=fractions)
def test_slice__any__gives_the_bidder_the_incentive(situation, fraction):
    offer = auction_math.offer(**situation)
    received = auction_math.scale_down(situation["equity"] - situation["proceeds"], fraction)
    gain = received - auction_math.scale_up(offer.price, fraction)
    incentive = offer.incentive * fraction // WAD
    assert incentive - 1 <= gain <= incentive + 1


@given(situation=situations(), fraction=fractions)
def test_fund_parts__any__cover_what_the_bidder_is_paid(situation, fraction):
    """C + payment - penalty + fund >= 0: what the account pays out never exceeds its proceeds."""
    offer = auction_math.offer(**situation)
    parts = auction_math.fund_parts(situation["equity"], offer.incentive, fraction)
    left = (
        situation["proceeds"]
        + auction_math.scale_up(offer.price, fraction)
        - offer.penalty * fraction // WAD
        + sum(parts)
    )
    assert left >= 0
    assert sum(parts) * WAD <= max(0, offer.incentive - situation["equity"]) * fraction
    assert parts[0] <= situation["fund_available"]


@given(situation=situations(), step=st.integers(-5, 5))
@example(
    situation={
        "equity": 0,
        "proceeds": 0,
        "maintenance": 1000 * WAD,
        "unsold": WAD,
        "discount_now": WAD // 2,
        "buffer": WAD // 10,
        "penalty_rate": WAD // 50,
        "fund_available": 100 * WAD,
        "dust": 0,
    },
    step=1,
)
def test_price__equity_moves_by_wei__moves_by_as_much(situation, step):
    """Through E = 0 and E = C there is no jump: between -step and +2 steps of change."""
    for point in (0, situation["proceeds"], situation["equity"]):
        here = auction_math.offer(**{**situation, "equity": point})
        there = auction_math.offer(**{**situation, "equity": point + step})
        assert abs(there.price - here.price) <= abs(step)
        assert (there.price - here.price) * step >= 0


@given(amount=amounts, own=amounts, others=amounts, part=st.integers(0, 100))
def test_grossed_up__any__leaves_the_account_with_the_amount(amount, own, others, part):
    """At the floor of the index (part 0) it bears nothing, so nothing is given back."""
    supply = own + others
    bearable = own * part // 100
    written = auction_math.grossed_up(amount, own, bearable, supply)
    borne = min(bearable, -(-written * own // supply)) if supply else 0
    assert amount <= written <= amount + bearable
    # one wei of `written` and one of `borne`
    assert -1 <= written - borne - amount <= 1


@given(
    shares=st.tuples(fractions, fractions).map(sorted),
    phases=st.tuples(st.integers(1, 86_400), st.integers(1, 86_400)),
    elapsed=st.integers(0, 2 * 86_400),
)
def test_discount__later__never_lower(shares, phases, elapsed):
    arguments = (*shares, *phases)
    now = auction_math.discount(elapsed, *arguments)
    assert shares[0] <= now <= auction_math.discount(elapsed + 1, *arguments) <= WAD
    assert auction_math.discount(0, *arguments) == shares[0]
    assert auction_math.discount(phases[0], *arguments) == shares[1]
    assert auction_math.discount(sum(phases), *arguments) == WAD


def test_largest_slice__at_the_buffer__is_zero_even_for_dust(contract):
    offer = contract.offer(11 * WAD, 0, 10 * WAD, WAD, WAD, WAD // 10, WAD, 0, 10**6 * WAD)
    assert offer.buffered == 11 * WAD
    assert offer.largest_slice == 0


def test_largest_slice__rest_is_dust__is_everything(contract):
    arguments = [5 * WAD, 0, 10 * WAD, WAD, WAD // 50, WAD // 10, 0, 0, 0]
    fraction = contract.offer(*arguments).largest_slice
    rest = 10 * WAD * (WAD - fraction) // WAD
    assert contract.offer(*arguments[:-1], rest).largest_slice == fraction
    assert contract.offer(*arguments[:-1], rest + 1).largest_slice == WAD


def test_offer__fund_exhausted_and_bankrupt__no_incentive(contract):
    offer = contract.offer(-5 * WAD, 2 * WAD, 10 * WAD, WAD, WAD, WAD // 10, WAD // 10, 0, 0)
    assert (offer.incentive, offer.penalty, offer.price) == (0, 0, -7 * WAD)
    assert offer.largest_slice == WAD


# ── the packed episode ───────────────────────────────────────────────────────────────────────────


@given(
    episode=st.tuples(
        st.integers(0, 2**102 - 1),
        fractions,
        st.integers(0, 2**24 - 1),
        st.integers(0, 2**36 - 1),
        st.integers(0, 2**32 - 1),
        st.booleans(),
        st.booleans(),
    )
)
def test_pack__whole_domain__unpacks_to_itself(contract, episode):
    assert tuple(contract.unpack(contract.pack(episode))) == episode


def test_pack__elapsed_too_long__saturates(contract):
    episode = (1, 2, 2**30, 3, 4, True, False)
    assert tuple(contract.unpack(contract.pack(episode))) == (1, 2, 2**24 - 1, 3, 4, True, False)
