"""What the Clearinghouse will say, check by check in the order of its code."""

from __future__ import annotations

from margin_model import price_word
from tests.fuzz.model import KINDS, Account
from tests.fuzz.predict import (
    ALL,
    LATE_MIN_VALUE,
    LIMIT,
    QUOTE,
    SUCCEEDING,
    Models,
    acting,
    authorized,
    check_isolated,
    refuse,
    require,
    user,
)
from tests.fuzz.predict_exits import leave
from tests.fuzz.world import QUOTE_UNIT

# ── accounts ─────────────────────────────────────────────────────────────────────────────────────


def open_account(m: Models, owner: int, kind: int) -> None:
    require(owner != 0, "owner: zero")
    require(kind in KINDS, "account: unknown kind")
    m.answer = m.state.last_account + 1


def set_kind(m: Models, sender: int, account: int, kind: int) -> None:
    found = acting(m, account, sender)
    require(kind in KINDS, "account: unknown kind")
    holding = m.state.holding(account)
    holding.kind = kind
    check_isolated(found._replace(kind=kind), 1 << holding.pending[0] if holding.pending else 0)
    refuse(m.margin.withdrawal(account, holding, False))


def set_operator(m: Models, sender: int, account: int, operator: int) -> None:
    require(user(m, account).owner == sender, "account: not owner")
    require(operator != 0, "operator: zero")


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────


def to_wad(amount: int, scale: int) -> int:
    moved = min(amount, LIMIT) * scale
    require(moved < LIMIT, "amount: too large")
    return moved


def listed(m: Models, token: int) -> None:
    require(0 <= token < m.state.token_count, "token: not listed")


def record_in(m: Models, token: int, amount: int) -> None:
    held = m.state.on_record(_address(m, token)) + amount
    require(held < LIMIT, "amount: too large")


def _address(m: Models, token: int) -> str:
    return m.world.quote.address if token == QUOTE else m.world.tokens[token].address


def _kind(m: Models, token: int) -> str:
    return m.world.quote.kind if token == QUOTE else m.world.tokens[token].kind


def pull(m: Models, token: int, payer: int, amount: int) -> None:
    """Tokens come into the Clearinghouse."""
    house = int(m.world.deployment.clearinghouse.address, 16)
    kind, value = _kind(m, token), m.state.token_value
    refusing = kind == "MockFalseReturnERC20" and value(token, "refusing")
    require(not refusing, "token: transfer refused")
    require(value(token, "allowance", payer, house) >= amount, "token: allowance")
    _transfer(m, token, payer, house, amount)
    if kind == "MockFeeERC20":
        fee = amount * value(token, "fee_bps") // 10_000
        require(fee == 0, "token: amount mismatch")


def push(m: Models, token: int, receiver: int, amount: int) -> None:
    """Tokens leave the Clearinghouse."""
    house = int(m.world.deployment.clearinghouse.address, 16)
    refusing = _kind(m, token) == "MockFalseReturnERC20" and m.state.token_value(token, "refusing")
    require(not refusing, "token: transfer refused")
    _transfer(m, token, house, receiver, amount)


def _transfer(m: Models, token: int, sender: int, receiver: int, amount: int) -> None:
    kind, value = _kind(m, token), m.state.token_value
    if kind == "MockFreezableERC20":
        require(not value(token, "paused"), "token: paused")
        frozen = value(token, "frozen", sender) or value(token, "frozen", receiver)
        require(not frozen, "token: frozen")
    require(value(token, "balanceOf", sender) >= amount, "token: balance")
    if kind == "MockReentrantERC20":
        callback, tolerant = m.callback
        fails = callback != "none" and callback not in SUCCEEDING
        require(tolerant or not fails, "token: callback failed")


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


def credit(m: Models, account: int, amount: int) -> None:
    """Cash that comes from outside."""
    require(-LIMIT < m.state.cash(account) + amount < LIMIT, "cash: too large")


def receive_quote(m: Models, sender: int, account: int, amount: int) -> None:
    """`amount` token units."""
    moved = to_wad(amount, QUOTE_UNIT)
    credit(m, account, moved)
    _receive(m, sender, QUOTE, amount, moved)


def _receive(m: Models, sender: int, token: int, amount: int, moved: int) -> None:
    require(amount != 0, "amount: zero")
    record_in(m, token, moved)
    pull(m, token, sender, amount)


def repay(m: Models, sender: int, account: int, amount: int) -> None:
    user(m, account)
    cash = m.state.cash(account)
    require(cash < 0, "account: no debt")
    m.answer = min(amount, -(cash // QUOTE_UNIT))
    receive_quote(m, sender, account, m.answer)


def accrue_funding(m: Models, market: int) -> None:
    require(market < 16 and bool(m.state.listed_markets >> market & 1), "market: not listed")


# ── deposits and withdrawals ─────────────────────────────────────────────────────────────────────


def deposit(m: Models, sender: int, account: int, token: int, amount: int) -> None:
    found = authorized(m, account, sender)
    if token == QUOTE:
        receive_quote(m, sender, account, amount)
        return
    require(not found.in_auction, "account: in auction")
    listed(m, token)
    moved = to_wad(amount, m.world.tokens[token].scale)
    admit(m, found, token, moved)
    _receive(m, sender, token, amount, moved)
    held = m.state.on_record(m.world.tokens[token].address) + moved
    require(held <= m.state.deposit_cap(m.world.tokens[token].asset), "collateral: above cap")


def admit(m: Models, account: Account, token: int, amount: int) -> None:
    """Collateral comes into an account [wad units]."""
    require(amount != 0, "amount: zero")
    word = m.oracle.reading(m.world.tokens[token].asset)
    require(price_word.is_usable(word), "price: not usable")
    if not account.collaterals >> token & 1:
        require(word >> 248 == price_word.VALID, "price: not valid")
        value = amount * (word & (2**88 - 1)) // 10**18
        collateral = m.world.config.collaterals.get(m.world.tokens[token].symbol)
        least = collateral.min_value if collateral else LATE_MIN_VALUE
        require(value >= least, "collateral: too little")


def withdraw(m: Models, sender: int, account: int, token: int, amount: int, receiver: int) -> None:
    """`amount` token units, or all of it."""
    acting(m, account, sender)
    house = int(m.world.deployment.clearinghouse.address, 16)
    require(receiver not in (0, house), "receiver: invalid")
    holding = m.state.holding(account)
    scale, held = QUOTE_UNIT, max(holding.cash, 0)
    if token != QUOTE:
        listed(m, token)
        scale, held = m.world.tokens[token].scale, holding.amounts.get(token, 0)
    units = held // scale if amount == ALL else amount
    moved = to_wad(units, scale)
    if token == QUOTE:
        kept = leave(m, account, holding, moved, scale)
        require(holding.cash > -LIMIT, "cash: too large")
        moved -= kept
        units = moved // scale
    else:
        require(moved <= held, "collateral: too little")
        # what is left of less than a token unit falls to the pool
        holding.amounts[token] = held - moved
        if held - moved < scale:
            holding.amounts.pop(token)
    require(units != 0, "amount: zero")
    require(moved <= m.state.on_record(_address(m, token)), "token: too little held")
    refuse(m.margin.withdrawal(account, holding, token == QUOTE))
    push(m, token, receiver, units)


def collect(m: Models, sender: int, account: int, amount: int, destination: int) -> None:
    """The pool or the fund takes cash of an account that its manager hands in [quote wad]."""
    acting(m, account, sender)
    require(amount != 0, "amount: zero")
    require(amount < LIMIT, "amount: too large")
    require(m.state.cash(destination) + amount < LIMIT, "cash: too large")
    holding = m.state.holding(account)
    leave(m, account, holding, amount)
    require(holding.cash > -LIMIT, "cash: too large")
    refuse(m.margin.withdrawal(account, holding, True))
