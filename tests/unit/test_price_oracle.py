"""PriceOracle: who may do what, first prices, and the views."""

import pytest

from margin_model.price_word import MAX_PRICE, unpack
from tests.unit.oracle_world import (
    HEARTBEAT,
    PRICE,
    REVERT,
    TOLERANCE,
    WAD,
    Listing,
    Oracle,
)


@pytest.fixture
def oracle(chain, artifacts):
    return Oracle(chain, artifacts)


def entry(source):
    return (source.address, 0)


# ── access ───────────────────────────────────────────────────────────────────────────────────────


def test_owner_functions__called_by_everyone_else__revert(
    oracle, trader, keeper, liquidator, bidder, stranger, provider, staker, reverts
):
    oracle.add(PRICE)
    source = oracle.source(PRICE)
    for caller in (trader, keeper, liquidator, bidder, stranger, provider, staker):
        with reverts("ownable: caller is not the owner"):
            oracle.contract.list_asset(Listing((entry(source),)), sender=caller)
        with reverts("ownable: caller is not the owner"):
            oracle.contract.set_source(0, 0, entry(source), sender=caller)
        with reverts("ownable: caller is not the owner"):
            oracle.contract.transfer_ownership(caller, sender=caller)


def test_ownership__two_steps__then_the_new_owner_lists(
    oracle, deployer, stranger, keeper, reverts
):
    contract = oracle.contract
    started = contract.events(contract.transfer_ownership(stranger))
    assert [event.name for event in started] == ["OwnershipTransferStarted"]
    assert (contract.owner(), contract.pending_owner()) == (deployer, stranger)
    with reverts("ownable_2step: caller is not the new owner"):
        contract.accept_ownership(sender=keeper)
    accepted = contract.events(contract.accept_ownership(sender=stranger))
    assert [event.name for event in accepted] == ["OwnershipTransferred"]
    assert contract.owner() == stranger
    source = oracle.source(PRICE)
    contract.list_asset(Listing((entry(source),)), sender=stranger)
    with reverts("ownable: caller is not the owner"):
        contract.list_asset(Listing((entry(oracle.source(PRICE)),)))


# ── first prices ─────────────────────────────────────────────────────────────────────────────────


def test_first_price__push_feed__is_the_round_proved(chain, deploy, oracle):
    feed = deploy("MockAggregator", 8)
    feed.set_round(2_000 * 10**8, chain.time)
    source = deploy("ChainlinkSource", [(feed.address, 0, 10**18, HEARTBEAT, TOLERANCE)])
    oracle.contract.list_asset(Listing((entry(source),)))
    since = chain.time + 1
    chain.advance(20)
    feed.set_round(2_001 * 10**8, since)
    feed.set_round(2_002 * 10**8, since + 5)
    proof = (2).to_bytes(32, "big")
    assert oracle.contract.first_price(0, since, proof).result == (2_001 * WAD, since, 0)
    assert oracle.contract.last_update(0) == since + 5


def test_first_price__pull_feed__returns_the_value_beyond_the_fee(chain, oracle, keeper):
    oracle.add(PRICE, pull=True)
    source = oracle.sources[0][0]
    source.set_fee(30)
    before = chain.balance(keeper)
    receipt = oracle.contract.first_price(0, chain.time - 1, b"proof", sender=keeper, value=100)
    assert receipt.result == (PRICE, chain.time, 0)
    assert (source.asked_since(), source.asked_proof()) == (chain.time - 1, b"proof")
    assert chain.balance(keeper) == before - 30
    assert chain.balance(oracle.contract.address) == 0
    assert chain.balance(source.address) == 30


def test_first_price__exact_fee__nothing_comes_back(chain, oracle, keeper):
    oracle.add(PRICE, pull=True)
    oracle.sources[0][0].set_fee(30)
    before = chain.balance(keeper)
    oracle.contract.first_price(0, chain.time, b"", sender=keeper, value=30)
    assert chain.balance(keeper) == before - 30


def test_first_price__less_sure_than_the_bound__says_how_much(chain, oracle):
    oracle.add(PRICE, max_confidence=100)
    oracle.say(PRICE, confidence=PRICE // 100)
    assert oracle.contract.first_price(0, chain.time, b"").result == (PRICE, chain.time, 0)
    oracle.say(PRICE, confidence=PRICE // 50)
    assert oracle.contract.first_price(0, chain.time, b"").result == (PRICE, chain.time, WAD // 50)


def test_first_price__only_the_primary_source__counts(chain, oracle, reverts):
    oracle.add(PRICE, PRICE + 1)
    oracle.sources[0][0].set_mode(REVERT)
    with reverts("source: broken"):
        oracle.contract.first_price(0, chain.time, b"")


def test_first_price__others_say_otherwise__is_the_interval_between(chain, oracle):
    oracle.add(PRICE, PRICE, PRICE, max_disagreement=200)
    bent = PRICE * 108 // 100
    oracle.say(bent)
    price, _, doubt = oracle.contract.first_price(0, chain.time, b"").result
    half_width = -(-price * doubt // WAD)
    assert bent <= price + half_width <= bent + 2 * WAD // 10**9
    assert PRICE - 2 * WAD // 10**9 <= price - half_width <= PRICE
    oracle.say(PRICE * 102 // 100)  # as far as they may disagree
    assert oracle.contract.first_price(0, chain.time, b"").result[2] == 0


@pytest.mark.parametrize(
    ("price", "offset", "reason"),
    [
        (0, 0, "first price: out of bounds"),
        (MAX_PRICE + 1, 0, "first price: out of bounds"),
        (PRICE, -1, "first price: bad time"),
        (PRICE, 1, "first price: bad time"),
    ],
)
def test_first_price__bad_answer__reverts(chain, oracle, reverts, price, offset, reason):
    oracle.add(PRICE)
    oracle.sources[0][0].set_answer(price, 0, chain.time + offset)
    with reverts(reason):
        oracle.contract.first_price(0, chain.time, b"")


def test_default__value_from_anybody__reverts(chain, oracle, stranger, reverts):
    with reverts("value: not expected"):
        chain.send(oracle.contract.address, b"", stranger, 1)


# ── views of unknown assets ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["last_update", "deviation", "variances", "sources", "bounds", "stored"]
)
def test_views__unknown_asset__revert(oracle, reverts, name):
    oracle.add(PRICE)
    for asset in (1, 16, 2**255):
        with reverts("asset: unknown"):
            getattr(oracle.contract, name)(asset)


def test_first_price__unknown_asset__reverts(oracle, reverts):
    with reverts("asset: unknown"):
        oracle.contract.first_price(0, 0, b"")


def test_read__bits_of_unknown_assets__are_zero_words(oracle):
    oracle.add(PRICE)
    words = oracle.contract.read(2**256 - 1)
    assert unpack(words[0]).price == PRICE
    assert words[1:] == [0] * 15
    assert oracle.contract.read(2**200) == [0] * 16
    assert oracle.contract.read(0) == [0] * 16


def test_last_update__failing_source__is_zero(oracle, chain):
    oracle.add(PRICE, PRICE)
    assert oracle.contract.last_update(0) == chain.time
    oracle.sources[0][0].set_mode(REVERT)
    assert oracle.contract.last_update(0) == 0
