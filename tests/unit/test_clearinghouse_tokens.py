"""Clearinghouse: tokens in and out."""

import pytest

from chain.deployment import POOL
from chain.interface import ZERO_ADDRESS
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VOLATILE
from tests.unit.ledger_world import (
    ALL,
    GOLD,
    IRON,
    LIMIT,
    MIN_VALUE,
    PRICE,
    TIN,
    WAD,
    Ledger,
)

NOT_VALID = [UNUSABLE, VOLATILE, STALE, UNCERTAIN]


@pytest.fixture
def world(chain, artifacts):
    world = Ledger(chain, artifacts)
    yield world
    world.check()


# ── deposit: quote ───────────────────────────────────────────────────────────────────────────────


def test_deposit__quote__becomes_cash_in_wad(world):
    account = world.open()
    receipt = world.deposit(account, 1_234_567)
    assert world.cash(account) == 1_234_567 * 10**12
    assert world.house.recorded(world.usdc) == 1_234_567 * 10**12
    assert world.usdc.balanceOf(world.house) == 1_234_567
    event = world.event(receipt, "Deposited")
    assert event == (account, world.usdc.address, 1_234_567, world.owner)
    assert world.event(receipt, "CashChanged") == (account, 0, 1_234_567 * 10**12)
    assert world.house.supply()[2:] == (1_234_567 * 10**12, 0)


def test_deposit__by_operator__is_taken_from_him(world, stranger):
    account = world.open()
    world.house.set_operator(account, stranger, True, sender=world.owner)
    world.deposit(account, 5, owner=stranger)
    assert world.cash(account) == 5 * 10**12


def test_deposit__quote__needs_no_price(world):
    account = world.open()
    for asset in range(10):
        world.set_price(asset, 0, UNUSABLE)
    world.deposit(account, 1)


@pytest.mark.parametrize("token", ["usdc", "GOLD", "IRON"])
def test_deposit__zero__reverts(world, reverts, token):
    contract = world.tokens.get(token, world.usdc)
    with reverts("amount: zero"):
        world.deposit(world.open(), 0, contract)


def test_deposit__unlisted_token__reverts(world, reverts):
    token = world.deploy("MockERC20", "Zinc", "ZINC", 18)
    with reverts("token: not listed"):
        world.deposit(world.open(), WAD, token)
    account = world.open()
    with reverts("token: not listed"):
        world.house.deposit(account, ZERO_ADDRESS, WAD, sender=world.owner)
    with reverts("token: not listed"):
        world.withdraw(account, 1, token)


@pytest.mark.parametrize("account", [0, POOL, 2, 3, 99, ALL])
def test_deposit__account_of_no_user__reverts(world, reverts, account):
    with reverts("account: unknown"):
        world.deposit(account, 1)


@pytest.mark.parametrize("amount", [LIMIT // 10**12 + 1, 2**200, ALL])
def test_deposit__more_than_the_books_hold__reverts(world, reverts, amount):
    account = world.open()
    with reverts("amount: too large"):
        world.house.deposit(account, world.usdc, amount, sender=world.owner)


def test_deposit__cash_beyond_its_bits__reverts(world, reverts):
    account = world.open()
    world.deposit(account, LIMIT // 10**12 - 10**6)
    with reverts("cash: too large"):
        world.call_as(world.pool, "pay", POOL, account, 10**18 * 10**6)


@pytest.mark.parametrize("token", ["usdc", "GOLD"])
def test_deposit__more_of_a_token_than_can_be_recorded__reverts(world, reverts, token):
    contract = world.tokens.get(token, world.usdc)
    world.deposit(world.open(), LIMIT // 10 ** (18 - contract.decimals()) - 10**6, contract)
    account = world.open()
    with reverts("token: too much held"):
        world.deposit(account, 10 ** contract.decimals() * 10**6, contract)


def test_deposit__sum_of_cash_beyond_its_bits__reverts(world, reverts):
    supplier = world.open(1_000)
    world.write_down(world.open(), 10**6 * WAD)  # to the floor: a wei is 1e9 scaled ones now
    with reverts("cash: sum too large"):
        world.deposit(supplier, 10**12 * 10**6)
    world.deposit(supplier, 10**11 * 10**6)


def test_deposit__not_enough_or_not_approved__reverts_with_the_tokens_reason(world, reverts):
    account = world.open()
    world.usdc.mint(world.owner, 5)
    with reverts("token: allowance"):
        world.house.deposit(account, world.usdc, 5, sender=world.owner)
    world.usdc.approve(world.house, 6, sender=world.owner)
    with reverts("token: balance"):
        world.house.deposit(account, world.usdc, 6, sender=world.owner)


# ── deposit: collateral ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("symbol", "token_id", "decimals", "asset"),
    [("GOLD", GOLD, 18, 0), ("IRON", IRON, 8, 9), ("TIN", TIN, 6, 9)],
)
def test_deposit__collateral__is_held_in_wad(world, symbol, token_id, decimals, asset):
    account, token = world.open(), world.tokens[symbol]
    amount = 3 * 10**decimals + 1
    receipt = world.deposit(account, amount, token)
    wad = amount * 10 ** (18 - decimals)
    assert world.amount(account, token_id) == wad
    assert world.house.recorded(token) == wad
    assert world.house.account(account).collaterals == 1 << token_id
    assert world.house.held_assets(account) == 1 << asset
    assert world.event(receipt, "CollateralChanged") == (account, token_id, 0, wad)
    assert world.event(receipt, "Deposited") == (account, token.address, amount, world.owner)
    receipt = world.deposit(account, 1, token)
    step = 10 ** (18 - decimals)
    assert world.event(receipt, "CollateralChanged") == (account, token_id, wad, wad + step)


def test_deposit__two_tokens_of_one_asset__add_up_in_the_exposure(world):
    account = world.open()
    world.deposit(account, 10**8, world.tokens["IRON"])
    world.deposit(account, 2 * 10**6, world.tokens["TIN"])
    exposure = world.house.exposure(account, world.words())
    assert exposure.collaterals == 1 << 9
    assert exposure.amounts[9] == 3 * WAD
    assert world.house.health(account, world.words()).equity == 300 * WAD


@pytest.mark.parametrize("state", NOT_VALID)
def test_deposit__collateral_not_held_without_valid_price__reverts(world, reverts, state):
    account, iron = world.open(), world.tokens["IRON"]
    world.set_price(9, PRICE, state)
    with reverts("price: not valid" if state == UNCERTAIN else "price: not usable"):
        world.deposit(account, 10**8, iron)
    world.set_price(9)
    world.deposit(account, 10**8, iron)
    world.set_price(9, PRICE, state)
    if state == UNCERTAIN:
        world.deposit(account, 1, iron)  # held already: a usable price is enough
    else:
        with reverts("price: not usable"):  # tokens that became worthless would count at their last
            world.deposit(account, 1, iron)


def test_deposit__first_of_a_collateral_below_its_least_value__reverts(world, reverts):
    account, iron = world.open(), world.tokens["IRON"]
    least = MIN_VALUE * 10**8 // PRICE
    with reverts("collateral: too little"):
        world.deposit(account, least - 1, iron)
    world.deposit(account, least, iron)
    assert world.amount(account, IRON) * PRICE // WAD == MIN_VALUE


def test_deposit__collateral_into_account_in_auction__reverts(world, reverts):
    account, gold = world.open(), world.tokens["GOLD"]
    world.deposit(account, WAD, gold)
    world.begin_auction(account)
    with reverts("account: in auction"):
        world.deposit(account, WAD, gold)


def test_deposit__quote_into_account_in_auction__counts_as_proceeds(world):
    account = world.open(100)
    world.begin_auction(account)
    world.deposit(account, 7 * 10**6)
    assert world.house.proceeds(account) == 7 * WAD
    assert world.cash(account) == 107 * WAD


# ── tokens that behave badly ─────────────────────────────────────────────────────────────────────


def test_token_without_return_value__as_quote_and_collateral__works(chain, artifacts):
    world = Ledger(chain, artifacts, quote="MockNoReturnERC20")
    zinc = world.list_token("MockNoReturnERC20", "ZINC", 8, 2)
    account = world.open(50)
    world.deposit(account, 10**8, zinc)
    world.withdraw(account, 50 * 10**6)
    world.withdraw(account, 10**8, zinc)
    assert world.usdc.balanceOf(world.owner) == 50 * 10**6
    assert zinc.balanceOf(world.owner) == 10**8
    world.check()


@pytest.mark.parametrize("quote", [True, False])
def test_token_that_says_no__deposit_and_withdraw__revert(chain, artifacts, reverts, quote):
    world = Ledger(chain, artifacts, quote="MockFalseReturnERC20" if quote else "MockERC20")
    token = world.usdc if quote else world.list_token("MockFalseReturnERC20", "ZINC", 6, 2)
    account = world.open()
    world.deposit(account, 10**7, token)
    token.set_refusing(True)
    with reverts("token: transfer refused"):
        world.deposit(account, 10**7, token)
    with reverts("token: transfer refused"):
        world.withdraw(account, 10**7, token)
    token.set_refusing(False)
    assert world.house.recorded(token) == 10 * WAD
    world.withdraw(account, 10**7, token)
    world.check()


@pytest.mark.parametrize("quote", [True, False])
def test_token_with_fee__deposit__reverts(chain, artifacts, reverts, quote):
    world = Ledger(chain, artifacts, quote="MockFeeERC20" if quote else "MockERC20")
    token = world.usdc if quote else world.list_token("MockFeeERC20", "ZINC", 6, 2)
    account = world.open()
    world.deposit(account, 10**7, token)
    token.set_fee(1)
    with reverts("token: amount mismatch"):
        world.deposit(account, 10**7, token)
    assert world.house.recorded(token) == 10 * WAD
    world.check()


@pytest.mark.parametrize("name", ["deposit", "withdraw", "open_account", "repay", "accrue_funding"])
def test_token_that_calls_back__during_deposit__finds_the_door_locked(world, name):
    evil = world.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = world.open(100)
    house = world.house
    arguments = {
        "deposit": (account, world.usdc, 1),
        "withdraw": (account, world.usdc, 10**6, world.owner),
        "open_account": (world.owner, 2),
        "repay": (account, 1),
        "accrue_funding": (0,),
    }[name]
    house.set_operator(account, evil, True, sender=world.owner)
    evil.set_callback(house, house.function(name).encode(*arguments), True)
    before = house.account_count()
    world.deposit(account, WAD, evil)
    assert not evil.succeeded()
    assert house.account_count() == before
    assert world.cash(account) == 100 * WAD
    evil.set_callback(house, house.function(name).encode(*arguments), False)
    world.fund_payer(evil, WAD)


def test_token_that_calls_back__during_withdraw__finds_the_door_locked(world, reverts):
    evil = world.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = world.open()
    world.deposit(account, 2 * WAD, evil)
    world.house.set_operator(account, evil, True, sender=world.owner)
    again = world.house.withdraw.encode(account, evil, WAD, world.owner)
    evil.set_callback(world.house, again, False)
    with reverts("token: callback failed"):
        world.withdraw(account, WAD, evil)
    evil.set_callback(world.house, again, True)
    world.withdraw(account, WAD, evil)
    assert not evil.succeeded()
    assert world.amount(account, 3) == WAD


def test_token_that_calls_back__reading_in_between__is_refused_too(world):
    evil = world.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = world.open()
    evil.set_callback(world.house, world.house.function("cash").encode(account), True)
    world.deposit(account, WAD, evil)
    assert not evil.succeeded()


def test_donation__changes_no_record(world):
    account = world.open(10)
    world.usdc.mint(world.house, 10**6)
    world.tokens["GOLD"].mint(world.house, WAD)
    assert world.house.recorded(world.usdc) == 10 * WAD
    assert world.house.recorded(world.tokens["GOLD"]) == 0
    assert world.cash(account) == 10 * WAD


# ── withdraw: without price ──────────────────────────────────────────────────────────────────────


def test_withdraw__without_positions_and_debt__needs_no_price(world):
    account = world.open(10)
    world.deposit(account, WAD, world.tokens["GOLD"])
    for asset in range(10):
        world.set_price(asset, 0, UNUSABLE)
    world.risk.set_requirements(ALL >> 1, ALL >> 1, 0)
    receipt = world.withdraw(account, 4 * 10**6)
    assert world.event(receipt, "Withdrawn") == (
        account,
        world.usdc.address,
        4 * 10**6,
        world.owner,
    )
    assert world.event(receipt, "CashChanged") == (account, 10 * WAD, 6 * WAD)
    receipt = world.withdraw(account, WAD // 4, world.tokens["GOLD"])
    assert world.event(receipt, "CollateralChanged") == (account, GOLD, WAD, 3 * WAD // 4)
    assert world.usdc.balanceOf(world.owner) == 4 * 10**6
    assert world.tokens["GOLD"].balanceOf(world.owner) == WAD // 4
    assert world.risk.sample_count() == 0


def test_withdraw__to_another__goes_there(world, stranger):
    account = world.open(10)
    world.house.withdraw(account, world.usdc, 10**6, stranger, sender=world.owner)
    assert world.usdc.balanceOf(stranger) == 10**6


def test_withdraw__all__empties_the_balance(world):
    account = world.open(10)
    for symbol in ("GOLD", "IRON"):
        token = world.tokens[symbol]
        world.deposit(account, 10 ** token.decimals(), token)
        world.withdraw(account, ALL, token)
        assert token.balanceOf(world.owner) == 10 ** token.decimals()
    world.withdraw(account, ALL)
    assert world.cash(account) == 0
    assert world.house.account(account).collaterals == 0
    assert world.house.held_assets(account) == 0


def test_withdraw__all_of_nothing_or_of_a_debt__reverts(world, reverts):
    account = world.open()
    for token in (world.usdc, world.tokens["IRON"]):
        with reverts("amount: zero"):
            world.withdraw(account, ALL, token)
        with reverts("amount: zero"):
            world.withdraw(account, 0, token)


def test_withdraw__more_collateral_than_held__reverts(world, reverts):
    account, iron = world.open(), world.tokens["IRON"]
    world.deposit(account, 10**8, iron)
    world.deposit(world.open(), 10**8, iron)
    with reverts("collateral: too little"):
        world.withdraw(account, 10**8 + 1, iron)


@pytest.mark.parametrize("receiver", ["zero", "house"])
def test_withdraw__to_nowhere__reverts(world, reverts, receiver):
    account = world.open(10)
    to = ZERO_ADDRESS if receiver == "zero" else world.house.address
    with reverts("receiver: invalid"):
        world.house.withdraw(account, world.usdc, 1, to, sender=world.owner)


def test_withdraw__amount_beyond_the_books__reverts(world, reverts):
    account = world.open(10)
    with reverts("amount: too large"):
        world.withdraw(account, ALL - 1)


def test_withdraw__account_in_auction_or_unknown__reverts(world, reverts):
    account = world.open(10)
    world.begin_auction(account)
    with reverts("account: in auction"):
        world.withdraw(account, 1)
    for nobody in (0, POOL, 99):
        with reverts("account: unknown"):
            world.withdraw(nobody, 1)


# ── withdraw: the one check ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def holder(world):
    """100 of cash and a long of 1 at 100."""
    account = world.open(100)
    world.trade(account, 0, WAD)
    return account


def test_withdraw__with_positions__samples_and_needs_initial_margin(world, holder, reverts):
    world.risk.set_requirements(0, 60 * WAD, 0)
    with reverts("margin: below initial"):
        world.withdraw(holder, 40 * 10**6 + 1)
    world.withdraw(holder, 40 * 10**6)
    assert world.risk.sample_count() == 1
    assert world.house.health(holder, world.words()).equity == 60 * WAD


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__with_any_asset_not_valid__reverts(world, holder, reverts, state):
    world.deposit(holder, 10**8, world.tokens["IRON"])
    world.set_price(9, PRICE, state)
    with reverts("price: not valid"):
        world.withdraw(holder, 1)
    world.set_price(9)
    world.set_price(0, PRICE, state)
    with reverts("price: not valid"):
        world.withdraw(holder, 1)


def test_withdraw__unrealised_profit__cannot_be_borrowed_against(world, holder, reverts):
    world.deposit(world.open(), 10**9)
    world.set_price(0, 10 * PRICE)
    with reverts("cash: below limit"):
        world.withdraw(holder, 100 * 10**6 + 1)
    world.risk.set_requirements(0, 0, 30 * WAD)
    world.withdraw(holder, 130 * 10**6)
    assert world.cash(holder) == -30 * WAD


def test_withdraw__collateral_under_a_debt__is_checked(world, holder, reverts):
    world.deposit(world.open(), 10**9)
    world.deposit(holder, 10**8, world.tokens["IRON"])
    world.risk.set_requirements(0, 0, 30 * WAD)
    world.withdraw(holder, 130 * 10**6)
    world.risk.set_requirements(0, 0, 29 * WAD)
    with reverts("cash: below limit"):
        world.withdraw(holder, 1, world.tokens["IRON"])


def test_withdraw__quote_lent_beyond_four_fifths__reverts(world, holder, reverts):
    lender = world.open(100)
    world.risk.set_requirements(0, 0, 10**6 * WAD)
    world.deposit(holder, 2 * 10**8, world.tokens["IRON"])
    with reverts("quote: over utilised"):
        world.withdraw(holder, 180 * 10**6 + 1)
    world.withdraw(holder, 180 * 10**6)
    assert world.house.supply()[2:] == (100 * WAD, 80 * WAD)
    with reverts("quote: over utilised"):
        world.withdraw(holder, 1)
    # it is about what a debtor takes: a supplier leaves, and a debtor may take collateral
    world.withdraw(lender, 10 * 10**6)
    world.withdraw(holder, 1, world.tokens["IRON"])


def test_withdraw__debt_without_any_supply__reverts(world, holder, reverts):
    world.deposit(holder, 10**8, world.tokens["IRON"])
    loser = world.open(100)
    world.trade(loser, 0, WAD)
    world.trade(loser, 0, -WAD, price=1)  # his quote is the pool's now
    world.risk.set_requirements(0, 0, 10**6 * WAD)
    with reverts("quote: over utilised"):
        world.withdraw(holder, 100 * 10**6 + 1)


def test_withdraw__more_quote_than_recorded__reverts(world, reverts):
    # a winner's cash is what the pool owes him, not tokens
    winner = world.open(100)
    world.trade(winner, 0, WAD)
    world.trade(winner, 0, -WAD, price=10 * PRICE)
    assert world.cash(winner) == 1_000 * WAD
    assert world.cash(POOL) == -900 * WAD
    world.usdc.mint(world.house, 10**9)  # a donation does not help
    with reverts("token: too little held"):
        world.withdraw(winner, 101 * 10**6)
    world.withdraw(winner, 100 * 10**6)


# ── withdraw: pending order ──────────────────────────────────────────────────────────────────────


def test_withdraw__with_pending_order__is_checked_as_if_filled(world, reverts):
    account = world.open(100)
    world.set_price(3, PRICE)
    world.reserve(account, 3, WAD)
    world.risk.set_requirements(0, 50 * WAD, 0)
    with reverts("margin: below initial"):
        world.withdraw(account, 50 * 10**6 + 1)
    # an opening at mark leaves equity and cash as they are
    world.withdraw(account, 50 * 10**6)
    assert world.risk.sample_count() == 1


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__market_of_pending_order_not_valid__reverts(world, reverts, state):
    account = world.open(100)
    world.reserve(account, 3, WAD)
    world.set_price(3, PRICE, state)
    with reverts("price: not valid"):
        world.withdraw(account, 1)


def test_withdraw__market_of_pending_order_without_price__reverts(world, reverts):
    account = world.open(100)
    world.reserve(account, 3, WAD)
    world.oracle.set_word(3, 0)
    with reverts("price: out of bounds"):
        world.withdraw(account, 1)


def test_withdraw__pending_order_that_realises_a_loss__counts_it(world, reverts):
    account = world.open(100)
    world.deposit(account, 10**8, world.tokens["IRON"])
    world.trade(account, 0, WAD)
    world.set_price(0, PRICE // 2)
    world.reserve(account, 0, -WAD)
    # cash would end at 40, but at -10 once the order has realised its loss
    with reverts("cash: below limit"):
        world.withdraw(account, 60 * 10**6)
    world.withdraw(account, 50 * 10**6)


# ── dust ─────────────────────────────────────────────────────────────────────────────────────────


def test_withdraw__fraction_of_a_token_unit__falls_to_the_pool(world):
    seller, bidder, iron = world.open(100), world.open(100), world.tokens["IRON"]
    world.deposit(seller, 10**8 + 1, iron)
    world.begin_auction(seller)
    world.slice(seller, bidder, WAD // 3)
    got = (10**8 + 1) * 10**10 // 3
    assert world.amount(bidder, IRON) == got
    receipt = world.withdraw(bidder, ALL, iron)
    assert world.event(receipt, "Withdrawn").amount == got // 10**10
    assert world.amount(bidder, IRON) == 0
    assert world.amount(POOL, IRON) == got % 10**10
    assert world.house.account(bidder).collaterals == 0
    assert world.house.account(POOL).collaterals == 1 << IRON
    world.check()


def test_withdraw__part_of_a_balance_with_a_fraction__leaves_the_fraction(world):
    seller, bidder, iron = world.open(100), world.open(100), world.tokens["IRON"]
    world.deposit(seller, 10**8 + 1, iron)
    world.begin_auction(seller)
    world.slice(seller, bidder, WAD // 3)
    got = (10**8 + 1) * 10**10 // 3
    world.withdraw(bidder, 10**6, iron)
    assert world.amount(bidder, IRON) == got - 10**16
    assert world.amount(POOL, IRON) == 0


# ── repay ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def debtor(world):
    """Owes 30 and a third."""
    world.open(1_000)
    account = world.open(100)
    world.risk.set_requirements(0, 0, 10**6 * WAD)
    world.deposit(account, 10**8, world.tokens["IRON"])
    world.trade(account, 0, WAD)
    world.trade(account, 0, -WAD, price=PRICE // 2 - WAD // 3)
    world.withdraw(account, 80 * 10**6)
    assert world.cash(account) == -30 * WAD - WAD // 3
    return account


def test_repay__by_anybody__up_to_the_debt_rounded_up(world, debtor, stranger):
    world.fund_payer(world.usdc, 100 * 10**6, stranger)
    receipt = world.house.repay(debtor, 10 * 10**6, sender=stranger)
    assert receipt.result == 10 * 10**6
    assert world.event(receipt, "Deposited") == (
        debtor,
        world.usdc.address,
        10 * 10**6,
        stranger,
    )
    receipt = world.house.repay(debtor, ALL, sender=stranger)
    assert receipt.result == 20_333_334
    assert 0 < world.cash(debtor) < 10**12
    assert world.usdc.balanceOf(stranger) == 100 * 10**6 - 30_333_334


def test_repay__without_debt__reverts(world, stranger, reverts):
    with reverts("account: no debt"):
        world.house.repay(world.open(1), 1, sender=stranger)
    for nobody in (0, POOL, 99):
        with reverts("account: unknown"):
            world.house.repay(nobody, 1, sender=stranger)


def test_repay__zero__reverts(world, debtor, reverts):
    with reverts("amount: zero"):
        world.house.repay(debtor, 0)


def test_repay__account_in_auction__counts_as_proceeds(world, debtor):
    world.begin_auction(debtor)
    world.fund_payer(world.usdc, 10**6)
    world.house.repay(debtor, 10**6, sender=world.owner)
    assert world.house.proceeds(debtor) == WAD
