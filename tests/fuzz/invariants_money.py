"""Money: what is on record, who it belongs to, and what rounding leaves."""

from __future__ import annotations

from margin_model import funding_math
from margin_model.ledger_math import RAY
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import (
    ACCOUNTS,
    ESCROW,
    FUND,
    HOLDINGS,
    MARKETS,
    PAYOUTS,
    POOL,
    REQUESTS,
    RESERVED,
    SUMS,
    TOKENS,
)
from tests.fuzz.step import Violation

MONEY = Group("money")

_MASK_128 = 2**128 - 1
_SKEW_UNIT = 10**9
_ISOLATED = 1
_ENTERING = 1 << 252
_STORES = 4
_AMONG_USERS = ("deposit", "withdraw", "repay", "submit_order", "clear_order", "request_entry")
"""What moves no cash of pool or fund."""


@MONEY.named("I1", ACCOUNTS | SUMS | TOKENS)
def recorded_quote(look: Look) -> int:
    """Recorded quote is at least Σ cash − Σ cost over all accounts, exactly that until an index
    moves, and the tokens held are at least what is recorded."""
    books = look.books
    recorded, dust = books.now("recorded"), books.dust
    if dust < 0 or (dust and books.index == books.borrow_index == RAY):
        raise Violation("I1", f"recorded {recorded} is off by {dust / RAY}")
    held = books.now("held") * look.mirror.scales[0]
    if held < recorded:
        raise Violation("I1", f"{recorded - held} of the recorded quote is missing")
    return 1


@MONEY.named("rounding dust", ACCOUNTS | SUMS | TOKENS)
def rounding_dust(look: Look) -> int:
    """Recorded quote that nobody can claim never becomes less, and more by less than a wei and a
    unit of the indices each time that cash is stored, and by less than three wei and a unit of the
    index for each unit supplied when one moves; not at all while both are 1."""
    books = look.books
    dust = books.dust
    grown, most = dust - look.dust, 0
    if (books.index, books.borrow_index) != books.indices_before:
        most += 3 * RAY + books.supply
    if most or not books.index == books.borrow_index == RAY:
        # A transaction changes the cash of an account a few times.
        most += _STORES * len(books.touched) * (RAY + max(books.index, books.borrow_index))
    if not 0 <= grown <= most:
        raise Violation("rounding dust", f"{grown / RAY} wei, {most / RAY} at most")
    look.dust = dust
    return 1


@MONEY.named("interest", SUMS, "every step that moves an index")
def interest(look: Look) -> int:
    """What debtors pay is what suppliers earn and what pool and fund get, the fund with the dust:
    both indices grow as the exact mirror says (write-downs and, while R is not 0, shares of exits
    besides), and where nothing else moves the cash of pool and fund they have just their parts
    more."""
    books = look.books
    before = books.indices_before
    if (books.index, books.borrow_index) == before:
        return 0
    accrued = look.mirror.accrued(before=True)
    if books.borrow_index != accrued.debt:
        raise Violation("interest", f"index of debt {books.borrow_index} for {accrued}")
    charged = books.then("uncovered") != 0
    raised = charged and books.index > accrued.supply
    if books.index != accrued.supply and look.done not in PAYOUTS and not raised:
        raise Violation("interest", f"index of supply {books.index} for {accrued}")
    paid = (books.then("sides", 1) & _MASK_128) * (accrued.debt - before[1])
    earned = (books.then("sides") & _MASK_128) * (accrued.supply - before[0])
    dust = paid - earned - RAY * (accrued.to_pool + accrued.to_fund)
    if not 0 <= dust < 2 * RAY:
        raise Violation("interest", f"{dust / RAY} wei of {paid // RAY} are nobody's")
    if look.done in _AMONG_USERS and not charged:
        for account, part in ((POOL, accrued.to_pool), (FUND, accrued.to_fund)):
            gained = books.held(account).stored - books.held_before(account).stored
            if gained != part:
                raise Violation("interest", f"account {account} has {gained} more, not {part}")
    return 1


@MONEY.named("I2", HOLDINGS)
def sizes_cancel(look: Look) -> int:
    """For every market Σ size = 0."""
    if any(look.books.sizes):
        raise Violation("I2", f"sums of sizes by market {look.books.sizes}")
    return 1


@MONEY.named("I3", HOLDINGS | TOKENS)
def recorded_collateral(look: Look) -> int:
    """For every collateral token recorded balance = Σ amounts ≤ tokens held."""
    books, place = look.books, look.books.at["recorded"] + 1
    recorded = books.after[place : place + books.map.tokens]
    if recorded != books.amounts:
        raise Violation("I3", f"on record {recorded}, amounts {books.amounts}")
    place = books.at["held"] + 1
    held = books.after[place : place + books.map.tokens]
    for amount, tokens, scale in zip(recorded, held, look.mirror.scales[1:], strict=True):
        if tokens * scale < amount:
            raise Violation("I3", f"{amount - tokens * scale} of {amount} is missing")
    return 1


@MONEY.named("sums of cash", ACCOUNTS | SUMS)
def sums_of_cash(look: Look) -> int:
    """The sums of scaled supply and debt are what the users' accounts store."""
    books = look.books
    supply, debt = books.now("sides") & _MASK_128, books.now("sides", 1) & _MASK_128
    if (supply, debt) != (books.supply, books.debt):
        raise Violation(
            "sums of cash", f"supply {supply} for {books.supply}, debt {debt} for {books.debt}"
        )
    return 1


@MONEY.named("open interest", HOLDINGS | MARKETS)
def open_interest(look: Look) -> int:
    """Long interest is the sum of the users' long sizes, and the funding velocity follows the
    skew."""
    books = look.books
    for market in range(books.map.markets):
        book = books.now("books", market)
        if book & _MASK_128 != books.longs[market]:
            raise Violation("open interest", f"{book & _MASK_128} for {books.longs[market]}")
        if books.held(POOL).sizes[market] == books.held_before(POOL).sizes[market]:
            continue
        skew, scale = -books.held(POOL).sizes[market], (book >> 128 & (2**72 - 1)) * _SKEW_UNIT
        velocity = funding_math.unpack(books.now("funding", market)).velocity
        if velocity != funding_math.velocity_at(skew, scale, book >> 200):
            raise Violation("open interest", f"velocity {velocity} at skew {skew} of {scale}")
    return 1


@MONEY.named("bitmaps", ACCOUNTS)
def bitmaps(look: Look) -> int:
    """An account's bits say what it holds: markets, collaterals, a pending order; an ISOLATED one
    holds one market at most, that of its order included; no size, no cost."""
    books = look.books
    for account in books.touched:
        held, before = books.held(account), books.held_before(account)
        if held[0] == before[0] and held[3:5] == before[3:5] and held.holdings == before.holdings:
            continue
        markets = collaterals = 0
        for market, size in enumerate(held.sizes):
            if size:
                markets |= 1 << market
        for token, amount in enumerate(held.amounts):
            if amount:
                collaterals |= 1 << token
        if (markets, collaterals) != (held.markets, held.collaterals):
            raise Violation("bitmaps", f"account {account}: {held}")
        if any(cost and not size for size, cost in zip(held.sizes, held.costs, strict=True)):
            raise Violation("bitmaps", f"account {account}: a cost without a size: {held}")
        if bool(held.word & RESERVED) != bool(held.reservation):
            raise Violation("bitmaps", f"account {account}: reservation {held.reservation:#x}")
        if held.reservation:
            markets |= 1 << (held.reservation & 255)
            if held.order == 0:
                raise Violation("bitmaps", f"account {account}: reserved without an order")
        if held.word >> 8 & 255 == _ISOLATED and markets & (markets - 1):
            raise Violation("bitmaps", f"isolated account {account} in markets {markets:#b}")
    return len(books.touched)


@MONEY.named("escrow", ACCOUNTS | REQUESTS)
def escrow(look: Look) -> int:
    """ESCROW holds the keeper fee of every order and the amount of every request to enter, nothing
    else."""
    books = look.books
    moved = ESCROW in books.was or books.changed & REQUESTS
    if not moved and all(
        books.held(account).order == held.order for account, held in books.was.items()
    ):
        return 0
    requests = books.requests
    entering = sum(
        requests[i + 1] & _MASK_128 for i in range(0, len(requests), 2) if requests[i] & _ENTERING
    )
    owed = books.orders * look.mirror.keeper_fee + entering
    if books.held(ESCROW).stored != owed:
        raise Violation("escrow", f"{books.held(ESCROW).stored} for {owed}")
    return 1
