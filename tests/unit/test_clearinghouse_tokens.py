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


# ── deposit: quote ───────────────────────────────────────────────────────────────────────────────


def test_deposit__quote__becomes_cash_in_wad(ledger):
    account = ledger.open()
    receipt = ledger.deposit(account, 1_234_567)
    assert ledger.cash(account) == 1_234_567 * 10**12
    assert ledger.house.recorded(ledger.usdc) == 1_234_567 * 10**12
    assert ledger.usdc.balanceOf(ledger.house) == 1_234_567
    event = ledger.event(receipt, "Deposited")
    assert event == (account, ledger.usdc.address, 1_234_567, ledger.owner)
    assert ledger.event(receipt, "CashChanged") == (account, 0, 1_234_567 * 10**12)
    assert ledger.house.supply()[2:] == (1_234_567 * 10**12, 0)


def test_deposit__by_operator__is_taken_from_him(ledger, stranger):
    account = ledger.open()
    ledger.house.set_operator(account, stranger, True, sender=ledger.owner)
    ledger.deposit(account, 5, owner=stranger)
    assert ledger.cash(account) == 5 * 10**12


def test_deposit__quote__needs_no_price(ledger):
    account = ledger.open()
    for asset in range(10):
        ledger.set_price(asset, 0, UNUSABLE)
    ledger.deposit(account, 1)


@pytest.mark.parametrize("token", ["usdc", "GOLD", "IRON"])
def test_deposit__zero__reverts(ledger, reverts, token):
    contract = ledger.tokens.get(token, ledger.usdc)
    with reverts("amount: zero"):
        ledger.deposit(ledger.open(), 0, contract)


def test_deposit__unlisted_token__reverts(ledger, reverts):
    token = ledger.deploy("MockERC20", "Zinc", "ZINC", 18)
    with reverts("token: not listed"):
        ledger.deposit(ledger.open(), WAD, token)
    account = ledger.open()
    with reverts("token: not listed"):
        ledger.house.deposit(account, ZERO_ADDRESS, WAD, sender=ledger.owner)
    with reverts("token: not listed"):
        ledger.withdraw(account, 1, token)


@pytest.mark.parametrize("account", [0, POOL, 2, 3, 99, ALL])
def test_deposit__account_of_no_user__reverts(ledger, reverts, account):
    with reverts("account: unknown"):
        ledger.deposit(account, 1)


@pytest.mark.parametrize("amount", [LIMIT // 10**12 + 1, 2**200, ALL])
def test_deposit__more_than_the_books_hold__reverts(ledger, reverts, amount):
    account = ledger.open()
    with reverts("amount: too large"):
        ledger.house.deposit(account, ledger.usdc, amount, sender=ledger.owner)


def test_deposit__cash_beyond_its_bits__reverts(ledger, reverts):
    account = ledger.open()
    ledger.deposit(account, LIMIT // 10**12 - 10**6)
    with reverts("cash: too large"):
        ledger.call_as(ledger.pool, "pay", POOL, account, 10**18 * 10**6)


@pytest.mark.parametrize("token", ["usdc", "GOLD"])
def test_deposit__more_of_a_token_than_can_be_recorded__reverts(ledger, reverts, token):
    contract = ledger.tokens.get(token, ledger.usdc)
    ledger.deposit(ledger.open(), LIMIT // 10 ** (18 - contract.decimals()) - 10**6, contract)
    account = ledger.open()
    with reverts("token: too much held"):
        ledger.deposit(account, 10 ** contract.decimals() * 10**6, contract)


def test_deposit__sum_of_cash_beyond_its_bits__reverts(ledger, reverts):
    supplier = ledger.open(1_000)
    ledger.write_down(ledger.open(), 10**6 * WAD)  # to the floor: a wei is 1e9 scaled ones now
    with reverts("cash: sum too large"):
        ledger.deposit(supplier, 10**12 * 10**6)
    ledger.deposit(supplier, 10**11 * 10**6)


def test_deposit__not_enough_or_not_approved__reverts_with_the_tokens_reason(ledger, reverts):
    account = ledger.open()
    ledger.usdc.mint(ledger.owner, 5)
    with reverts("token: allowance"):
        ledger.house.deposit(account, ledger.usdc, 5, sender=ledger.owner)
    ledger.usdc.approve(ledger.house, 6, sender=ledger.owner)
    with reverts("token: balance"):
        ledger.house.deposit(account, ledger.usdc, 6, sender=ledger.owner)


# ── deposit: collateral ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("symbol", "token_id", "decimals", "asset"),
    [("GOLD", GOLD, 18, 0), ("IRON", IRON, 8, 9), ("TIN", TIN, 6, 9)],
)
def test_deposit__collateral__is_held_in_wad(ledger, symbol, token_id, decimals, asset):
    account, token = ledger.open(), ledger.tokens[symbol]
    amount = 3 * 10**decimals + 1
    receipt = ledger.deposit(account, amount, token)
    wad = amount * 10 ** (18 - decimals)
    assert ledger.amount(account, token_id) == wad
    assert ledger.house.recorded(token) == wad
    assert ledger.house.account(account).collaterals == 1 << token_id
    assert ledger.house.held_assets(account) == 1 << asset
    assert ledger.event(receipt, "CollateralChanged") == (account, token_id, 0, wad)
    assert ledger.event(receipt, "Deposited") == (account, token.address, amount, ledger.owner)
    receipt = ledger.deposit(account, 1, token)
    step = 10 ** (18 - decimals)
    assert ledger.event(receipt, "CollateralChanged") == (account, token_id, wad, wad + step)


def test_deposit__two_tokens_of_one_asset__add_up_in_the_exposure(ledger):
    account = ledger.open()
    ledger.deposit(account, 10**8, ledger.tokens["IRON"])
    ledger.deposit(account, 2 * 10**6, ledger.tokens["TIN"])
    exposure = ledger.house.exposure(account, ledger.words())
    assert exposure.collaterals == 1 << 9
    assert exposure.amounts[9] == 3 * WAD
    assert ledger.house.health(account, ledger.words()).equity == 300 * WAD


@pytest.mark.parametrize("state", NOT_VALID)
def test_deposit__collateral_not_held_without_valid_price__reverts(ledger, reverts, state):
    account, iron = ledger.open(), ledger.tokens["IRON"]
    ledger.set_price(9, PRICE, state)
    with reverts("price: not valid" if state == UNCERTAIN else "price: not usable"):
        ledger.deposit(account, 10**8, iron)
    ledger.set_price(9)
    ledger.deposit(account, 10**8, iron)
    ledger.set_price(9, PRICE, state)
    if state == UNCERTAIN:
        ledger.deposit(account, 1, iron)  # held already: a usable price is enough
    else:
        with reverts("price: not usable"):  # tokens that became worthless would count at their last
            ledger.deposit(account, 1, iron)


def test_deposit__first_of_a_collateral_below_its_least_value__reverts(ledger, reverts):
    account, iron = ledger.open(), ledger.tokens["IRON"]
    least = MIN_VALUE * 10**8 // PRICE
    with reverts("collateral: too little"):
        ledger.deposit(account, least - 1, iron)
    ledger.deposit(account, least, iron)
    assert ledger.amount(account, IRON) * PRICE // WAD == MIN_VALUE


def test_deposit__collateral_into_account_in_auction__reverts(ledger, reverts):
    account, gold = ledger.open(), ledger.tokens["GOLD"]
    ledger.deposit(account, WAD, gold)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        ledger.deposit(account, WAD, gold)


def test_deposit__quote_into_account_in_auction__counts_as_proceeds(ledger):
    account = ledger.open(100)
    ledger.begin_auction(account)
    ledger.deposit(account, 7 * 10**6)
    assert ledger.house.proceeds(account) == 7 * WAD
    assert ledger.cash(account) == 107 * WAD


# ── tokens that behave badly ─────────────────────────────────────────────────────────────────────


def test_token_without_return_value__as_quote_and_collateral__works(chain, artifacts):
    ledger = Ledger(chain, artifacts, quote="MockNoReturnERC20")
    zinc = ledger.list_token("MockNoReturnERC20", "ZINC", 8, 2)
    account = ledger.open(50)
    ledger.deposit(account, 10**8, zinc)
    ledger.withdraw(account, 50 * 10**6)
    ledger.withdraw(account, 10**8, zinc)
    assert ledger.usdc.balanceOf(ledger.owner) == 50 * 10**6
    assert zinc.balanceOf(ledger.owner) == 10**8
    ledger.check()


@pytest.mark.parametrize("quote", [True, False])
def test_token_that_says_no__deposit_and_withdraw__revert(chain, artifacts, reverts, quote):
    ledger = Ledger(chain, artifacts, quote="MockFalseReturnERC20" if quote else "MockERC20")
    token = ledger.usdc if quote else ledger.list_token("MockFalseReturnERC20", "ZINC", 6, 2)
    account = ledger.open()
    ledger.deposit(account, 10**7, token)
    token.set_refusing(True)
    with reverts("token: transfer refused"):
        ledger.deposit(account, 10**7, token)
    with reverts("token: transfer refused"):
        ledger.withdraw(account, 10**7, token)
    token.set_refusing(False)
    assert ledger.house.recorded(token) == 10 * WAD
    ledger.withdraw(account, 10**7, token)
    ledger.check()


@pytest.mark.parametrize("quote", [True, False])
def test_token_with_fee__deposit__reverts(chain, artifacts, reverts, quote):
    ledger = Ledger(chain, artifacts, quote="MockFeeERC20" if quote else "MockERC20")
    token = ledger.usdc if quote else ledger.list_token("MockFeeERC20", "ZINC", 6, 2)
    account = ledger.open()
    ledger.deposit(account, 10**7, token)
    token.set_fee(1)
    with reverts("token: amount mismatch"):
        ledger.deposit(account, 10**7, token)
    assert ledger.house.recorded(token) == 10 * WAD
    ledger.check()


@pytest.mark.parametrize("name", ["deposit", "withdraw", "open_account", "repay", "accrue_funding"])
def test_token_that_calls_back__during_deposit__finds_the_door_locked(ledger, name):
    evil = ledger.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = ledger.open(100)
    house = ledger.house
    arguments = {
        "deposit": (account, ledger.usdc, 1),
        "withdraw": (account, ledger.usdc, 10**6, ledger.owner),
        "open_account": (ledger.owner, 2),
        "repay": (account, 1),
        "accrue_funding": (0,),
    }[name]
    house.set_operator(account, evil, True, sender=ledger.owner)
    evil.set_callback(house, house.function(name).encode(*arguments), True)
    before = house.account_count()
    ledger.deposit(account, WAD, evil)
    assert not evil.succeeded()
    assert house.account_count() == before
    assert ledger.cash(account) == 100 * WAD
    evil.set_callback(house, house.function(name).encode(*arguments), False)
    ledger.fund_payer(evil, WAD)


def test_token_that_calls_back__during_withdraw__finds_the_door_locked(ledger, reverts):
    evil = ledger.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = ledger.open()
    ledger.deposit(account, 2 * WAD, evil)
    ledger.house.set_operator(account, evil, True, sender=ledger.owner)
    again = ledger.house.withdraw.encode(account, evil, WAD, ledger.owner)
    evil.set_callback(ledger.house, again, False)
    with reverts("token: callback failed"):
        ledger.withdraw(account, WAD, evil)
    evil.set_callback(ledger.house, again, True)
    ledger.withdraw(account, WAD, evil)
    assert not evil.succeeded()
    assert ledger.amount(account, 3) == WAD


def test_token_that_calls_back__reading_in_between__is_refused_too(ledger):
    evil = ledger.list_token("MockReentrantERC20", "EVIL", 18, 2)
    account = ledger.open()
    evil.set_callback(ledger.house, ledger.house.function("cash").encode(account), True)
    ledger.deposit(account, WAD, evil)
    assert not evil.succeeded()


def test_donation__changes_no_record(ledger):
    account = ledger.open(10)
    ledger.usdc.mint(ledger.house, 10**6)
    ledger.tokens["GOLD"].mint(ledger.house, WAD)
    assert ledger.house.recorded(ledger.usdc) == 10 * WAD
    assert ledger.house.recorded(ledger.tokens["GOLD"]) == 0
    assert ledger.cash(account) == 10 * WAD


# ── withdraw: without price ──────────────────────────────────────────────────────────────────────


def test_withdraw__without_positions_and_debt__needs_no_price(ledger):
    account = ledger.open(10)
    ledger.deposit(account, WAD, ledger.tokens["GOLD"])
    for asset in range(10):
        ledger.set_price(asset, 0, UNUSABLE)
    ledger.risk.set_requirements(ALL >> 1, ALL >> 1, 0)
    receipt = ledger.withdraw(account, 4 * 10**6)
    assert ledger.event(receipt, "Withdrawn") == (
        account,
        ledger.usdc.address,
        4 * 10**6,
        ledger.owner,
    )
    assert ledger.event(receipt, "CashChanged") == (account, 10 * WAD, 6 * WAD)
    receipt = ledger.withdraw(account, WAD // 4, ledger.tokens["GOLD"])
    assert ledger.event(receipt, "CollateralChanged") == (account, GOLD, WAD, 3 * WAD // 4)
    assert ledger.usdc.balanceOf(ledger.owner) == 4 * 10**6
    assert ledger.tokens["GOLD"].balanceOf(ledger.owner) == WAD // 4
    assert ledger.risk.sample_count() == 0


def test_withdraw__to_another__goes_there(ledger, stranger):
    account = ledger.open(10)
    ledger.house.withdraw(account, ledger.usdc, 10**6, stranger, sender=ledger.owner)
    assert ledger.usdc.balanceOf(stranger) == 10**6


def test_withdraw__all__empties_the_balance(ledger):
    account = ledger.open(10)
    for symbol in ("GOLD", "IRON"):
        token = ledger.tokens[symbol]
        ledger.deposit(account, 10 ** token.decimals(), token)
        ledger.withdraw(account, ALL, token)
        assert token.balanceOf(ledger.owner) == 10 ** token.decimals()
    ledger.withdraw(account, ALL)
    assert ledger.cash(account) == 0
    assert ledger.house.account(account).collaterals == 0
    assert ledger.house.held_assets(account) == 0


def test_withdraw__all_of_nothing_or_of_a_debt__reverts(ledger, reverts):
    account = ledger.open()
    for token in (ledger.usdc, ledger.tokens["IRON"]):
        with reverts("amount: zero"):
            ledger.withdraw(account, ALL, token)
        with reverts("amount: zero"):
            ledger.withdraw(account, 0, token)


def test_withdraw__more_collateral_than_held__reverts(ledger, reverts):
    account, iron = ledger.open(), ledger.tokens["IRON"]
    ledger.deposit(account, 10**8, iron)
    ledger.deposit(ledger.open(), 10**8, iron)
    with reverts("collateral: too little"):
        ledger.withdraw(account, 10**8 + 1, iron)


@pytest.mark.parametrize("receiver", ["zero", "house"])
def test_withdraw__to_nowhere__reverts(ledger, reverts, receiver):
    account = ledger.open(10)
    to = ZERO_ADDRESS if receiver == "zero" else ledger.house.address
    with reverts("receiver: invalid"):
        ledger.house.withdraw(account, ledger.usdc, 1, to, sender=ledger.owner)


def test_withdraw__amount_beyond_the_books__reverts(ledger, reverts):
    account = ledger.open(10)
    with reverts("amount: too large"):
        ledger.withdraw(account, ALL - 1)


def test_withdraw__account_in_auction_or_unknown__reverts(ledger, reverts):
    account = ledger.open(10)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        ledger.withdraw(account, 1)
    for nobody in (0, POOL, 99):
        with reverts("account: unknown"):
            ledger.withdraw(nobody, 1)


# ── withdraw: the one check ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def holder(ledger):
    """100 of cash and a long of 1 at 100."""
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    return account


def test_withdraw__with_positions__samples_and_needs_initial_margin(ledger, holder, reverts):
    ledger.risk.set_requirements(0, 60 * WAD, 0)
    with reverts("margin: below initial"):
        ledger.withdraw(holder, 40 * 10**6 + 1)
    ledger.withdraw(holder, 40 * 10**6)
    assert ledger.risk.sample_count() == 1
    assert ledger.house.health(holder, ledger.words()).equity == 60 * WAD


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__with_any_asset_not_valid__reverts(ledger, holder, reverts, state):
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    ledger.set_price(9, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(holder, 1)
    ledger.set_price(9)
    ledger.set_price(0, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(holder, 1)


def test_withdraw__unrealised_profit__cannot_be_borrowed_against(ledger, holder, reverts):
    ledger.deposit(ledger.open(), 10**9)
    ledger.set_price(0, 10 * PRICE)
    with reverts("cash: below limit"):
        ledger.withdraw(holder, 100 * 10**6 + 1)
    ledger.risk.set_requirements(0, 0, 30 * WAD)
    ledger.withdraw(holder, 130 * 10**6)
    assert ledger.cash(holder) == -30 * WAD


def test_withdraw__collateral_under_a_debt__is_checked(ledger, holder, reverts):
    ledger.deposit(ledger.open(), 10**9)
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    ledger.risk.set_requirements(0, 0, 30 * WAD)
    ledger.withdraw(holder, 130 * 10**6)
    ledger.risk.set_requirements(0, 0, 29 * WAD)
    with reverts("cash: below limit"):
        ledger.withdraw(holder, 1, ledger.tokens["IRON"])


def test_withdraw__quote_lent_beyond_four_fifths__reverts(ledger, holder, reverts):
    lender = ledger.open(100)
    ledger.risk.set_requirements(0, 0, 10**6 * WAD)
    ledger.deposit(holder, 2 * 10**8, ledger.tokens["IRON"])
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 180 * 10**6 + 1)
    ledger.withdraw(holder, 180 * 10**6)
    assert ledger.house.supply()[2:] == (100 * WAD, 80 * WAD)
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 1)
    # it is about what a debtor takes: a supplier leaves, and a debtor may take collateral
    ledger.withdraw(lender, 10 * 10**6)
    ledger.withdraw(holder, 1, ledger.tokens["IRON"])


def test_withdraw__debt_without_any_supply__reverts(ledger, holder, reverts):
    ledger.deposit(holder, 10**8, ledger.tokens["IRON"])
    loser = ledger.open(100)
    ledger.trade(loser, 0, WAD)
    ledger.trade(loser, 0, -WAD, price=1)  # his quote is the pool's now
    ledger.risk.set_requirements(0, 0, 10**6 * WAD)
    with reverts("quote: over utilised"):
        ledger.withdraw(holder, 100 * 10**6 + 1)


def test_withdraw__more_quote_than_recorded__reverts(ledger, reverts):
    # a winner's cash is what the pool owes him, not tokens
    winner = ledger.open(100)
    ledger.trade(winner, 0, WAD)
    ledger.trade(winner, 0, -WAD, price=10 * PRICE)
    assert ledger.cash(winner) == 1_000 * WAD
    assert ledger.cash(POOL) == -900 * WAD
    ledger.usdc.mint(ledger.house, 10**9)  # a donation does not help
    with reverts("token: too little held"):
        ledger.withdraw(winner, 101 * 10**6)
    ledger.withdraw(winner, 100 * 10**6)


# ── withdraw: pending order ──────────────────────────────────────────────────────────────────────


def test_withdraw__with_pending_order__is_checked_as_if_filled(ledger, reverts):
    account = ledger.open(100)
    ledger.set_price(3, PRICE)
    ledger.reserve(account, 3, WAD)
    ledger.risk.set_requirements(0, 50 * WAD, 0)
    with reverts("margin: below initial"):
        ledger.withdraw(account, 50 * 10**6 + 1)
    # an opening at mark leaves equity and cash as they are
    ledger.withdraw(account, 50 * 10**6)
    assert ledger.risk.sample_count() == 1


@pytest.mark.parametrize("state", NOT_VALID)
def test_withdraw__market_of_pending_order_not_valid__reverts(ledger, reverts, state):
    account = ledger.open(100)
    ledger.reserve(account, 3, WAD)
    ledger.set_price(3, PRICE, state)
    with reverts("price: not valid"):
        ledger.withdraw(account, 1)


def test_withdraw__market_of_pending_order_without_price__reverts(ledger, reverts):
    account = ledger.open(100)
    ledger.reserve(account, 3, WAD)
    ledger.oracle.set_word(3, 0)
    with reverts("price: out of bounds"):
        ledger.withdraw(account, 1)


def test_withdraw__pending_order_that_realises_a_loss__counts_it(ledger, reverts):
    account = ledger.open(100)
    ledger.deposit(account, 10**8, ledger.tokens["IRON"])
    ledger.trade(account, 0, WAD)
    ledger.set_price(0, PRICE // 2)
    ledger.reserve(account, 0, -WAD)
    # cash would end at 40, but at -10 once the order has realised its loss
    with reverts("cash: below limit"):
        ledger.withdraw(account, 60 * 10**6)
    ledger.withdraw(account, 50 * 10**6)


# ── dust ─────────────────────────────────────────────────────────────────────────────────────────


def test_withdraw__fraction_of_a_token_unit__falls_to_the_pool(ledger):
    seller, bidder, iron = ledger.open(100), ledger.open(100), ledger.tokens["IRON"]
    ledger.deposit(seller, 10**8 + 1, iron)
    ledger.begin_auction(seller)
    ledger.slice(seller, bidder, WAD // 3)
    got = (10**8 + 1) * 10**10 // 3
    assert ledger.amount(bidder, IRON) == got
    receipt = ledger.withdraw(bidder, ALL, iron)
    assert ledger.event(receipt, "Withdrawn").amount == got // 10**10
    assert ledger.amount(bidder, IRON) == 0
    assert ledger.amount(POOL, IRON) == got % 10**10
    assert ledger.house.account(bidder).collaterals == 0
    assert ledger.house.account(POOL).collaterals == 1 << IRON
    ledger.check()


def test_withdraw__part_of_a_balance_with_a_fraction__leaves_the_fraction(ledger):
    seller, bidder, iron = ledger.open(100), ledger.open(100), ledger.tokens["IRON"]
    ledger.deposit(seller, 10**8 + 1, iron)
    ledger.begin_auction(seller)
    ledger.slice(seller, bidder, WAD // 3)
    got = (10**8 + 1) * 10**10 // 3
    ledger.withdraw(bidder, 10**6, iron)
    assert ledger.amount(bidder, IRON) == got - 10**16
    assert ledger.amount(POOL, IRON) == 0


# ── repay ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def debtor(ledger):
    """Owes 30 and a third."""
    ledger.open(1_000)
    account = ledger.open(100)
    ledger.risk.set_requirements(0, 0, 10**6 * WAD)
    ledger.deposit(account, 10**8, ledger.tokens["IRON"])
    ledger.trade(account, 0, WAD)
    ledger.trade(account, 0, -WAD, price=PRICE // 2 - WAD // 3)
    ledger.withdraw(account, 80 * 10**6)
    assert ledger.cash(account) == -30 * WAD - WAD // 3
    return account


def test_repay__by_anybody__up_to_the_debt_rounded_up(ledger, debtor, stranger):
    ledger.fund_payer(ledger.usdc, 100 * 10**6, stranger)
    receipt = ledger.house.repay(debtor, 10 * 10**6, sender=stranger)
    assert receipt.result == 10 * 10**6
    assert ledger.event(receipt, "Deposited") == (
        debtor,
        ledger.usdc.address,
        10 * 10**6,
        stranger,
    )
    receipt = ledger.house.repay(debtor, ALL, sender=stranger)
    assert receipt.result == 20_333_334
    assert 0 < ledger.cash(debtor) < 10**12
    assert ledger.usdc.balanceOf(stranger) == 100 * 10**6 - 30_333_334


def test_repay__without_debt__reverts(ledger, stranger, reverts):
    with reverts("account: no debt"):
        ledger.house.repay(ledger.open(1), 1, sender=stranger)
    for nobody in (0, POOL, 99):
        with reverts("account: unknown"):
            ledger.house.repay(nobody, 1, sender=stranger)


def test_repay__zero__reverts(ledger, debtor, reverts):
    with reverts("amount: zero"):
        ledger.house.repay(debtor, 0)


def test_repay__account_in_auction__counts_as_proceeds(ledger, debtor):
    ledger.begin_auction(debtor)
    ledger.fund_payer(ledger.usdc, 10**6)
    ledger.house.repay(debtor, 10**6, sender=ledger.owner)
    assert ledger.house.proceeds(debtor) == WAD
