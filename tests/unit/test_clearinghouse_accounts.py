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
    Ledger,
)


@pytest.fixture
def world(chain, artifacts):
    return Ledger(chain, artifacts)


# ── construction ─────────────────────────────────────────────────────────────────────────────────


def test_constructor__good_arguments__keeps_them(world):
    house = world.house
    assert house.QUOTE() == world.usdc.address
    assert house.ORACLE() == world.oracle.address
    assert house.RISK() == world.risk.address
    assert house.MAX_FUNDING_RATE() == MAX_RATE
    assert house.account_count() == 4  # three of the protocol and the keeper's
    assert house.supply() == (10**27, 10**27, 0, 0)
    assert house.connected() == tuple(c.address for c in (world.pool, world.auction, world.fund))


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
def test_constructor__bad_argument__reverts(world, chain, reverts, argument, value, reason):
    arguments = world.arguments()
    arguments[argument] = chain.accounts[9] if value == "stranger" else value
    with reverts(reason):
        world.deploy("Clearinghouse", *arguments)


def test_constructor__quote_too_fine__reverts(world, reverts):
    fine = world.deploy("MockERC20", "Fine", "FINE", 19)
    with reverts("token: decimals"):
        world.deploy("Clearinghouse", fine, *world.arguments()[1:])


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────


def test_open_account__by_anybody__belongs_to_the_owner_named(world, trader, stranger):
    receipt = world.house.open_account(trader, ISOLATED, sender=stranger)
    account = receipt.result
    assert account == world.house.account_count() == 5
    assert world.event(receipt, "AccountOpened") == (account, trader, ISOLATED)
    assert world.house.account(account) == (trader, ISOLATED, 0, 0, False, False)


def test_open_account__zero_owner__reverts(world, reverts):
    with reverts("owner: zero"):
        world.house.open_account(ZERO_ADDRESS, CROSS)


@pytest.mark.parametrize("kind", [0, 4, 255, 2**256 - 1])
def test_open_account__unknown_kind__reverts(world, trader, reverts, kind):
    with reverts("account: unknown kind"):
        world.house.open_account(trader, kind)


def test_account__of_the_protocol_or_unknown__has_no_owner(world):
    for account in (0, POOL, FUND, ESCROW, 5, ALL):
        assert world.house.account(account).owner == ZERO_ADDRESS
        assert not world.house.is_authorized(account, ZERO_ADDRESS)
        assert world.house.held_assets(account) == 0


def test_set_operator__by_owner__lets_him_act_and_no_more(world, stranger, reverts):
    account = world.open(100)
    receipt = world.house.set_operator(account, stranger, True, sender=world.owner)
    assert world.event(receipt, "OperatorSet") == (account, stranger, True)
    assert world.house.is_authorized(account, stranger)
    assert world.house.is_authorized(account, world.owner)
    world.withdraw(account, 10**6, owner=stranger)
    with reverts("account: not owner"):
        world.house.set_operator(account, stranger, False, sender=stranger)
    world.house.set_operator(account, stranger, False, sender=world.owner)
    assert not world.house.is_authorized(account, stranger)
    with reverts("account: not authorized"):
        world.withdraw(account, 10**6, owner=stranger)


def test_set_operator__zero_or_unknown_account__reverts(world, stranger, reverts):
    with reverts("operator: zero"):
        world.house.set_operator(world.open(), ZERO_ADDRESS, True, sender=world.owner)
    for account in (0, POOL, 99):
        with reverts("account: unknown"):
            world.house.set_operator(account, stranger, True, sender=world.owner)


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


@pytest.mark.parametrize("name", POOL_CALLS)
@pytest.mark.parametrize("caller", ["auction", "fund", "deployer", "owner"])
def test_pool_function__called_by_others__reverts(world, deployer, reverts, name, caller):
    arguments = POOL_CALLS[name](world, world.open())
    with reverts("caller: not allowed"):
        if caller in ("deployer", "owner"):
            sender = deployer if caller == "deployer" else world.owner
            world.house.function(name)(*arguments, sender=sender)
        else:
            world.call_as(getattr(world, caller), name, *arguments)


@pytest.mark.parametrize("name", AUCTION_CALLS)
@pytest.mark.parametrize("caller", ["pool", "fund", "deployer", "owner"])
def test_auction_function__called_by_others__reverts(world, deployer, reverts, name, caller):
    arguments = AUCTION_CALLS[name](world, world.open())
    with reverts("caller: not allowed"):
        if caller in ("deployer", "owner"):
            sender = deployer if caller == "deployer" else world.owner
            world.house.function(name)(*arguments, sender=sender)
        else:
            world.call_as(getattr(world, caller), name, *arguments)


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
    world, stranger, reverts, name, caller, account
):
    user = world.open(100)
    arguments = (user, account, 1, world.owner) if name == "collect" else (account, user, 1)
    with reverts("caller: not allowed"):
        if caller == "stranger":
            world.house.function(name)(*arguments, sender=stranger)
        else:
            world.call_as(getattr(world, caller), name, *arguments)


@pytest.mark.parametrize("name", OWNER_CALLS)
@pytest.mark.parametrize("caller", ["pool", "auction", "fund", "owner"])
def test_owner_function__called_by_others__reverts(world, reverts, name, caller):
    arguments = OWNER_CALLS[name](world, None)
    with reverts("ownable: caller is not the owner"):
        if caller == "owner":  # of an account
            world.house.function(name)(*arguments, sender=world.owner)
        else:
            world.call_as(getattr(world, caller), name, *arguments)


@pytest.mark.parametrize("name", ["deposit", "withdraw"])
@pytest.mark.parametrize("caller", ["stranger", "pool", "auction", "fund", "deployer"])
def test_owner_of_account_function__called_by_others__reverts(
    world, stranger, deployer, reverts, name, caller
):
    account = world.open(100)
    arguments = (account, world.usdc, 1) + ((stranger,) if name == "withdraw" else ())
    with reverts("account: not authorized"):
        if caller in ("stranger", "deployer"):
            sender = stranger if caller == "stranger" else deployer
            world.house.function(name)(*arguments, sender=sender)
        else:
            world.call_as(getattr(world, caller), name, *arguments)


def test_ownership__two_steps__moves(world, stranger, deployer, reverts):
    world.house.transfer_ownership(stranger)
    assert world.house.owner() == deployer
    assert world.house.pending_owner() == stranger
    with reverts("ownable_2step: caller is not the new owner"):
        world.house.accept_ownership()
    world.house.accept_ownership(sender=stranger)
    assert world.house.owner() == stranger
    with reverts("ownable: caller is not the owner"):
        world.house.list_market(MARKETS, SCALE, 0)


def test_ownership__cannot_be_renounced(world):
    assert "renounce_ownership" not in world.house.functions


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


def test_list_market__new__opens_it(world):
    receipt = world.house.list_market(9, 10**9, 0)
    assert world.event(receipt, "MarketListed") == (9, 10**9, 0)
    assert world.house.listed_markets() == 2**10 - 1
    assert world.house.market(9) == (0, 0, 0, 0, 10**9)


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
def test_list_market__bad_argument__reverts(world, reverts, market, scale, velocity, reason):
    with reverts(reason):
        world.house.list_market(market, scale, velocity)
    assert world.house.listed_markets() == 2**MARKETS - 1


def test_list_market__at_its_bounds__keeps_them(world):
    world.house.list_market(9, 10**30, 2**55 - 1)
    assert world.house.market(9).skew_scale == 10**30


def test_list_collateral__new__is_accepted(world):
    token = world.deploy("MockERC20", "Zinc", "ZINC", 0)
    receipt = world.house.list_collateral(token, 3, 10**24)
    assert world.event(receipt, "CollateralListed") == (3, token.address, 3, 10**24)
    assert world.house.collateral_count() == 4
    assert world.house.collateral_token(3) == (token.address, 3, 10**18, 10**24)


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
    world, stranger, reverts, token, asset, min_value, reason
):
    tokens = {
        "usdc": world.usdc,
        "gold": world.tokens["GOLD"],
        "fine": world.deploy("MockERC20", "Fine", "FINE", 19),
        "zinc": world.deploy("MockERC20", "Zinc", "ZINC", 8),
        "nobody": stranger,
    }
    with reverts(reason):
        world.house.list_collateral(tokens[token], asset, min_value)
    assert world.house.collateral_count() == 3


def test_list_collateral__more_than_sixteen__reverts(world, reverts):
    for i in range(3, 16):
        world.list_token("MockERC20", f"T{i}", 18, i % ASSETS)
    assert world.house.collateral_count() == 16
    with reverts("token: too many"):
        world.list_token("MockERC20", "T16", 18, 0)


# ── views at ids that are none ───────────────────────────────────────────────────────────────────


def test_views__id_out_of_range__revert_by_name(world, reverts):
    with reverts("id: unknown"):
        world.house.position(4, 16)
    with reverts("id: unknown"):
        world.house.collateral_amount(4, 16)
    with reverts("id: unknown"):
        world.house.market(16)
    with reverts("collateral: unknown"):
        world.house.collateral_token(3)
    assert world.house.position(ALL, 15) == (0, 0)
    assert world.house.market(15) == (0, 0, 0, 0, 0)
    assert world.house.reservation(99) == (0, 0)
    assert world.house.proceeds(99) == 0


def test_accrue_funding__unlisted_market__reverts(world, reverts):
    for market in (MARKETS, 16, ALL):
        with reverts("market: not listed"):
            world.house.accrue_funding(market)


def test_min_value__of_the_tokens__is_what_was_listed(world):
    assert world.house.collateral_token(0).min_value == MIN_VALUE
