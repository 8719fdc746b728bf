"""Clearinghouse: tokens in, tokens that behave badly, dust, debts repaid."""

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
    assert ledger.event(receipt, "Deposited") == (account, ledger.usdc.address, 1_234_567)
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
    with reverts("amount: too large"):
        ledger.deposit(account, 10 ** contract.decimals() * 10**6, contract)


def test_deposit__above_the_cap_of_the_asset__reverts(ledger, reverts):
    gold = ledger.tokens["GOLD"]
    first, second = ledger.open(), ledger.open()
    ledger.risk.set_deposit_cap(3 * WAD)
    ledger.deposit(first, 2 * WAD, gold)
    with reverts("collateral: above cap"):
        ledger.deposit(second, WAD + 1, gold)
    ledger.deposit(second, WAD, gold)
    assert ledger.house.recorded(gold) == 3 * WAD


def test_deposit__quote__knows_no_cap(ledger):
    ledger.risk.set_deposit_cap(0)
    ledger.deposit(ledger.open(), 1)


def test_withdraw__what_is_held_beyond_a_lowered_cap__stays_and_may_leave(ledger, reverts):
    gold = ledger.tokens["GOLD"]
    account = ledger.open()
    ledger.deposit(account, 3 * WAD, gold)
    ledger.risk.set_deposit_cap(WAD)
    with reverts("collateral: above cap"):
        ledger.deposit(account, 1, gold)
    ledger.withdraw(account, WAD, gold)
    assert ledger.house.recorded(gold) == 2 * WAD


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
    assert ledger.event(receipt, "Deposited") == (account, token.address, amount)
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
    assert ledger.event(receipt, "Deposited") == (debtor, ledger.usdc.address, 10 * 10**6)
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
