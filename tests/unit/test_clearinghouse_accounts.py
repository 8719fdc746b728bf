"""Clearinghouse: accounts, operators, who may call what, listing."""

import pytest

from chain.deployment import CROSS, ESCROW, FUND, ISOLATED, POOL
from chain.interface import ZERO_ADDRESS
from tests.unit.ledger_world import (
    ALL,
    ASSETS,
    MARKETS,
    MAX_RATE,
    MIN_VALUE,
    NO_WORDS,
    PRICE,
    SCALE,
    WAD,
)

# ── construction ─────────────────────────────────────────────────────────────────────────────────


def test_constructor__good_arguments__keeps_them(ledger):
    house = ledger.house
    assert house.QUOTE() == ledger.usdc.address
    assert house.ORACLE() == ledger.oracle.address
    assert house.RISK() == ledger.risk.address
    assert house.MAX_FUNDING_RATE() == MAX_RATE
    assert house.account_count() == 4  # three of the protocol and the keeper's
    assert house.supply() == (10**27, 10**27, 0, 0)
    assert house.connected() == tuple(c.address for c in (ledger.pool, ledger.auction, ledger.fund))


@pytest.mark.parametrize(
    ("argument", "value", "reason"),
    [
        (0, "stranger", "token: no contract"),
        (1, "stranger", "oracle: no contract"),
        (2, "stranger", "risk engine: no contract"),
        (3, "stranger", "interest model: no contract"),
        (4, 0, "funding rate: out of bounds"),
        (4, 2**55, "funding rate: out of bounds"),
        (5, ZERO_ADDRESS, "pool: zero address"),
        (6, ZERO_ADDRESS, "auction: zero address"),
        (7, ZERO_ADDRESS, "fund: zero address"),
    ],
)
def test_constructor__bad_argument__reverts(ledger, chain, reverts, argument, value, reason):
    arguments = ledger.arguments()
    arguments[argument] = chain.accounts[9] if value == "stranger" else value
    with reverts(reason):
        ledger.deploy("Clearinghouse", *arguments)


def test_constructor__quote_too_fine__reverts(ledger, reverts):
    fine = ledger.deploy("MockERC20", "Fine", "FINE", 19)
    with reverts("token: decimals"):
        ledger.deploy("Clearinghouse", fine, *ledger.arguments()[1:])


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────


def test_open_account__by_anybody__belongs_to_the_owner_named(ledger, trader, stranger):
    receipt = ledger.house.open_account(trader, ISOLATED, sender=stranger)
    account = receipt.result
    assert account == ledger.house.account_count() == 5
    assert ledger.event(receipt, "AccountOpened") == (account, trader, ISOLATED)
    assert ledger.house.account(account) == (trader, ISOLATED, 0, 0, False, False)


def test_open_account__zero_owner__reverts(ledger, reverts):
    with reverts("owner: zero"):
        ledger.house.open_account(ZERO_ADDRESS, CROSS)


@pytest.mark.parametrize("kind", [0, 4, 255, 2**256 - 1])
def test_open_account__unknown_kind__reverts(ledger, trader, reverts, kind):
    with reverts("account: unknown kind"):
        ledger.house.open_account(trader, kind)


def test_account__of_the_protocol_or_unknown__has_no_owner(ledger):
    for account in (0, POOL, FUND, ESCROW, 5, ALL):
        assert ledger.house.account(account).owner == ZERO_ADDRESS
        assert not ledger.house.is_authorized(account, ZERO_ADDRESS)
        assert ledger.house.held_assets(account) == 0


def test_set_operator__by_owner__lets_him_act_and_no_more(ledger, stranger, reverts):
    account = ledger.open(100)
    receipt = ledger.house.set_operator(account, stranger, True, sender=ledger.owner)
    assert ledger.event(receipt, "OperatorSet") == (account, stranger, True)
    assert ledger.house.is_authorized(account, stranger)
    assert ledger.house.is_authorized(account, ledger.owner)
    ledger.withdraw(account, 10**6, owner=stranger)
    with reverts("account: not owner"):
        ledger.house.set_operator(account, stranger, False, sender=stranger)
    ledger.house.set_operator(account, stranger, False, sender=ledger.owner)
    assert not ledger.house.is_authorized(account, stranger)
    with reverts("account: not authorized"):
        ledger.withdraw(account, 10**6, owner=stranger)


def test_set_operator__zero_or_unknown_account__reverts(ledger, stranger, reverts):
    with reverts("operator: zero"):
        ledger.house.set_operator(ledger.open(), ZERO_ADDRESS, True, sender=ledger.owner)
    for account in (0, POOL, 99):
        with reverts("account: unknown"):
            ledger.house.set_operator(account, stranger, True, sender=ledger.owner)


# ── who may call ─────────────────────────────────────────────────────────────────────────────────

POOL_CALLS = {
    "reserve": lambda w, a: (a, 0, WAD, 0, w.owner),
    "fill": lambda w, a: (a, PRICE, 0, 0, w.keeper, 0),
    "cancel": lambda w, a: (a, w.keeper, 0),
    "sell_pool_collateral": lambda w, a: (a, 0, WAD, 0, w.owner),
    "absorb": lambda w, a: (a, 0, NO_WORDS),
}
AUCTION_CALLS = {
    "begin_auction": lambda w, a: (a,),
    "end_auction": lambda w, a: (a,),
    "transfer_slice": lambda w, a: (a, w.keeper, WAD, 0, 0, 0, 0),
    "write_down": lambda w, a: (a, 1),
}
OWNER_CALLS = {
    "list_market": lambda w, a: (9, SCALE, 0),
    "list_collateral": lambda w, a: (w.usdc, 0, 0),
}


def call_as(ledger, deployer, caller, name, arguments):
    if caller in ("deployer", "owner"):
        sender = deployer if caller == "deployer" else ledger.owner
        ledger.house.function(name)(*arguments, sender=sender)
    else:
        ledger.call_as(getattr(ledger, caller), name, *arguments)


@pytest.mark.parametrize("name", POOL_CALLS)
@pytest.mark.parametrize("caller", ["auction", "fund", "deployer", "owner"])
def test_pool_function__called_by_others__reverts(ledger, deployer, reverts, name, caller):
    arguments = POOL_CALLS[name](ledger, ledger.open())
    with reverts("caller: not allowed"):
        call_as(ledger, deployer, caller, name, arguments)


@pytest.mark.parametrize("name", AUCTION_CALLS)
@pytest.mark.parametrize("caller", ["pool", "fund", "deployer", "owner"])
def test_auction_function__called_by_others__reverts(ledger, deployer, reverts, name, caller):
    arguments = AUCTION_CALLS[name](ledger, ledger.open())
    with reverts("caller: not allowed"):
        call_as(ledger, deployer, caller, name, arguments)


@pytest.mark.parametrize("name", ["collect", "pay"])
@pytest.mark.parametrize(
    ("caller", "account"),
    [
        ("pool", FUND),
        ("pool", 4),
        ("pool", 0),
        ("fund", POOL),
        ("fund", ESCROW),
        ("fund", 4),
        ("auction", POOL),
        ("auction", FUND),
        ("stranger", POOL),
        ("stranger", FUND),
        ("stranger", ESCROW),
    ],
)
def test_cash_moves__of_an_account_that_is_not_the_callers__revert(
    ledger, stranger, reverts, name, caller, account
):
    user = ledger.open(100)
    arguments = (user, account, 1, ledger.owner) if name == "collect" else (account, user, 1)
    with reverts("caller: not allowed"):
        if caller == "stranger":
            ledger.house.function(name)(*arguments, sender=stranger)
        else:
            ledger.call_as(getattr(ledger, caller), name, *arguments)


@pytest.mark.parametrize("name", OWNER_CALLS)
@pytest.mark.parametrize("caller", ["pool", "auction", "fund", "owner"])
def test_owner_function__called_by_others__reverts(ledger, reverts, name, caller):
    arguments = OWNER_CALLS[name](ledger, None)
    with reverts("ownable: caller is not the owner"):
        if caller == "owner":  # of an account
            ledger.house.function(name)(*arguments, sender=ledger.owner)
        else:
            ledger.call_as(getattr(ledger, caller), name, *arguments)


@pytest.mark.parametrize("name", ["deposit", "withdraw"])
@pytest.mark.parametrize("caller", ["stranger", "pool", "auction", "fund", "deployer"])
def test_owner_of_account_function__called_by_others__reverts(
    ledger, stranger, deployer, reverts, name, caller
):
    account = ledger.open(100)
    arguments = (account, ledger.usdc, 1) + ((stranger,) if name == "withdraw" else ())
    with reverts("account: not authorized"):
        if caller in ("stranger", "deployer"):
            sender = stranger if caller == "stranger" else deployer
            ledger.house.function(name)(*arguments, sender=sender)
        else:
            ledger.call_as(getattr(ledger, caller), name, *arguments)


def test_ownership__two_steps__moves(ledger, stranger, deployer, reverts):
    ledger.house.transfer_ownership(stranger)
    assert ledger.house.owner() == deployer
    assert ledger.house.pending_owner() == stranger
    with reverts("ownable_2step: caller is not the new owner"):
        ledger.house.accept_ownership()
    ledger.house.accept_ownership(sender=stranger)
    assert ledger.house.owner() == stranger
    with reverts("ownable: caller is not the owner"):
        ledger.house.list_market(MARKETS, SCALE, 0)


def test_ownership__cannot_be_renounced(ledger):
    assert "renounce_ownership" not in ledger.house.functions


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


def test_list_market__new__opens_it(ledger):
    receipt = ledger.house.list_market(9, 10**9, 0)
    assert ledger.event(receipt, "MarketListed") == (9, 10**9, 0)
    assert ledger.house.listed_markets() == 2**10 - 1
    assert ledger.house.market(9) == (0, 0, 0, 0, 10**9)


@pytest.mark.parametrize(
    ("market", "scale", "velocity", "reason"),
    [
        (0, SCALE, 0, "market: already listed"),
        (ASSETS, SCALE, 0, "asset: unknown"),
        (ALL, SCALE, 0, "asset: unknown"),
        (9, 0, 0, "skew scale: out of bounds"),
        (9, 10**9 - 1, 0, "skew scale: out of bounds"),
        (9, 10**9 + 1, 0, "skew scale: out of bounds"),
        (9, 10**30 + 10**9, 0, "skew scale: out of bounds"),
        (9, SCALE, 2**55, "velocity: out of bounds"),
    ],
)
def test_list_market__bad_argument__reverts(ledger, reverts, market, scale, velocity, reason):
    with reverts(reason):
        ledger.house.list_market(market, scale, velocity)
    assert ledger.house.listed_markets() == 2**MARKETS - 1


def test_list_market__at_its_bounds__keeps_them(ledger):
    ledger.house.list_market(9, 10**30, 2**55 - 1)
    assert ledger.house.market(9).skew_scale == 10**30


def test_list_collateral__new__is_accepted(ledger):
    token = ledger.deploy("MockERC20", "Zinc", "ZINC", 0)
    receipt = ledger.house.list_collateral(token, 3, 10**24)
    assert ledger.event(receipt, "CollateralListed") == (3, token.address, 3, 10**24)
    assert ledger.house.collateral_count() == 4
    assert ledger.house.collateral_token(3) == (token.address, 3, 10**18, 10**24)


@pytest.mark.parametrize(
    ("token", "asset", "min_value", "reason"),
    [
        ("usdc", 0, 0, "token: is quote"),
        ("gold", 0, 0, "token: already listed"),
        ("fine", 0, 0, "token: decimals"),
        ("nobody", 0, 0, "token: no contract"),
        ("zinc", ASSETS, 0, "asset: unknown"),
        ("zinc", 0, 10**24 + 1, "min value: out of bounds"),
    ],
)
def test_list_collateral__bad_argument__reverts(
    ledger, stranger, reverts, token, asset, min_value, reason
):
    tokens = {
        "usdc": ledger.usdc,
        "gold": ledger.tokens["GOLD"],
        "fine": ledger.deploy("MockERC20", "Fine", "FINE", 19),
        "zinc": ledger.deploy("MockERC20", "Zinc", "ZINC", 8),
        "nobody": stranger,
    }
    with reverts(reason):
        ledger.house.list_collateral(tokens[token], asset, min_value)
    assert ledger.house.collateral_count() == 3


def test_list_collateral__more_than_sixteen__reverts(ledger, reverts):
    for i in range(3, 16):
        ledger.list_token("MockERC20", f"T{i}", 18, i % ASSETS)
    assert ledger.house.collateral_count() == 16
    with reverts("token: too many"):
        ledger.list_token("MockERC20", "T16", 18, 0)


# ── views at ids that are none ───────────────────────────────────────────────────────────────────


def test_views__id_out_of_range__revert_by_name(ledger, reverts):
    with reverts("id: unknown"):
        ledger.house.position(4, 16)
    with reverts("id: unknown"):
        ledger.house.collateral_amount(4, 16)
    with reverts("id: unknown"):
        ledger.house.market(16)
    with reverts("collateral: unknown"):
        ledger.house.collateral_token(3)
    assert ledger.house.position(ALL, 15) == (0, 0)
    assert ledger.house.market(15) == (0, 0, 0, 0, 0)
    assert ledger.house.pending(99)[:2] == (0, 0)
    assert ledger.house.proceeds(99) == 0


def test_accrue_funding__unlisted_market__reverts(ledger, reverts):
    for market in (MARKETS, 16, ALL):
        with reverts("market: not listed"):
            ledger.house.accrue_funding(market)


def test_min_value__of_the_tokens__is_what_was_listed(ledger):
    assert ledger.house.collateral_token(0).min_value == MIN_VALUE
