"""The Clearinghouse's books and the tokens, read from storage.

Slots come from the compiler's layout (`storage`), the layout of words from who packs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import repeat

from chain import Contract
from margin_model import funding_math, interest_math, ledger_math
from tests.fuzz.invariants_words import unpack_amounts, unpack_balance, unpack_position
from tests.fuzz.model import FIRST_USER, FUND, POOL, Account, Holding, bits, unpack_account
from tests.fuzz.storage import element
from tests.fuzz.world import World

MASK_128 = 2**128 - 1

advance = lru_cache(4096)(interest_math.advance)


class Place:
    """Slots of one contract's variables."""

    def __init__(self, contract: Contract) -> None:
        self.address = contract.address
        self._artifact = contract.artifact
        self._slots: dict[str, int] = {}

    def slot(self, path: str) -> int:
        found = self._slots.get(path)
        if found is None:
            found = self._slots[path] = self._artifact.slot(path)
        return found


class Books:
    """Reads balances of one world on the in-process EVM, with interest up to now, as views show it.

    Every method asks the chain anew; nothing but interest is remembered, until the wire moves on.
    """

    def __init__(self, world: World) -> None:
        deployment = world.deployment
        self._read = world.evm.storage
        self._wire = world.wire
        self._curve = interest_math.Curve(*deployment.interest.parameters())
        house = self._house = Place(deployment.clearinghouse)
        self._address = house.address
        self._tokens = [Place(token.contract) for token in world.tokens]
        self._quote = Place(deployment.quote)
        self._words = house.slot("accounts.words")
        self._operators = house.slot("accounts.operators")
        self._balances = house.slot("cash_book.balances")
        self._sides = house.slot("cash_book.sides")
        self._positions = house.slot("position_book.positions")
        self._amounts = house.slot("collateral_book.amounts")
        self._funding = house.slot("position_book.funding")
        self._interest = (-1, (0, 0, 0, 0))  # as of a version of the wire

    def _of_house(self, path: str, key: int | None = None) -> int:
        slot = self._house.slot(path)
        return int(self._read(self._address, slot if key is None else element(slot, key)))

    @property
    def last_account(self) -> int:
        """Highest account id."""
        return self._of_house("accounts.last_id")

    def account(self, account: int) -> Account:
        """The word of an account, taken apart."""
        return unpack_account(self._read(self._address, element(self._words, account)))

    def accounts(self, accounts: Sequence[int]) -> list[Account]:
        """The words of several accounts, taken apart."""
        return list(map(unpack_account, self._elements(self._words, accounts)))

    def debtors(self, accounts: Sequence[int]) -> list[int]:
        """Those of several accounts whose cash is negative."""
        balances = self._elements(self._balances, accounts)
        return [a for a, word in zip(accounts, balances, strict=True) if word >> 255]

    def _elements(self, base: int, keys: Sequence[int]) -> Iterator[int]:
        """Elements of a map, read together."""
        slots = [element(base, key) for key in keys]
        return map(self._read, repeat(self._address), slots)

    def is_operator(self, account: int, caller: int) -> bool:
        """Whether an address was approved by the owner."""
        slot = element(element(self._operators, account), caller)
        return bool(self._read(self._address, slot))

    def _accrued(self) -> tuple[int, int, int, int]:
        """Words of both sides now, and what pool and fund have earned since they were stored."""
        moment, accrued = self._interest
        if moment != self._wire.version:
            read, now = self._read, self._wire.now
            supply, debt = read(self._address, self._sides), read(self._address, self._sides + 1)
            if interest_math.unpack_side(supply)[2] in (0, now):
                accrued = supply, debt, 0, 0
            else:
                accrued = advance(supply, debt, self._curve, now)
            self._interest = self._wire.version, accrued
        return accrued

    def side(self, debt: bool) -> tuple[int, int]:
        """Scaled sum and index of users' supply or debt."""
        return interest_math.unpack_side(self._accrued()[debt])[:2]

    def cash(self, account: int) -> int:
        """[quote wad]"""
        stored = self.stored_cash(account)
        if account >= FIRST_USER:
            return ledger_math.from_scaled(stored, self.side(stored < 0)[1])
        if account == POOL:
            return stored + self._accrued()[2]
        return stored + self._accrued()[3] if account == FUND else stored

    def kept(self, cash: int) -> int:
        """What is left of an account's cash once it has been stored, which rounds [quote wad]."""
        index = self.side(cash < 0)[1]
        return ledger_math.from_scaled(ledger_math.to_scaled(cash, index), index)

    def stored_cash(self, account: int) -> int:
        """As it is stored: divided by the index of its sign."""
        return self._balance(account)[0]

    def proceeds(self, account: int) -> int:
        """[quote wad]"""
        return self._balance(account)[1]

    def _balance(self, account: int) -> tuple[int, int]:
        return unpack_balance(self._read(self._address, element(self._balances, account)))

    def position(self, account: int, market: int) -> tuple[int, int]:
        """Size [wad units] and cost [quote wad]."""
        slot = (element(self._positions, account) + market) % 2**256
        return unpack_position(self._read(self._address, slot))

    def amount(self, account: int, token: int) -> int:
        """Collateral [wad units]."""
        slot = (element(self._amounts, account) + token // 2) % 2**256
        return unpack_amounts(self._read(self._address, slot))[token % 2]

    def reservation(self, account: int) -> tuple[int, int]:
        """Market and size delta of the reserved order; 0, 0 when there is none."""
        word = signed(self._of_house("position_book.reservations", account))
        return word & 255, word >> 8

    def holding(self, account: int) -> Holding:
        """All an account has."""
        held = self.account(account)
        return Holding(
            held.kind,
            self.cash(account),
            {m: self.position(account, m) for m in bits(held.markets)},
            {t: self.amount(account, t) for t in bits(held.collaterals)},
            self.reservation(account) if held.reserved else None,
        )

    @property
    def uncovered(self) -> int:
        """R [quote wad]."""
        return self._of_house("cash_book.shortfall")

    @property
    def listed_markets(self) -> int:
        """Bitmap."""
        return self._of_house("position_book.listed")

    @property
    def token_count(self) -> int:
        """Collateral tokens listed."""
        return self._of_house("collateral_book.token_count")

    def on_record(self, token: str) -> int:
        """What all accounts hold of a token [wad units]."""
        return self._of_house("collateral_book.on_record", int(token, 16))

    def funding(self, market: int) -> funding_math.Funding:
        """Funding state of a market."""
        return funding_math.unpack(self._read(self._address, self._funding + market))

    def book(self, market: int) -> tuple[int, int]:
        """Long interest and skew scale [wad units]."""
        word = self._read(self._address, self._house.slot("position_book.books") + market)
        return word & MASK_128, (word >> 128 & (2**72 - 1)) * 10**9

    def skew(self, market: int) -> int:
        """Traders' net position [wad units]."""
        return -self.position(POOL, market)[0]

    def _token(self, token: int) -> Place:
        return self._quote if token < 0 else self._tokens[token]

    def token_value(self, token: int, path: str, *keys: int) -> int:
        """A variable of a token (-1: quote), or the element at `keys` of a map."""
        place = self._token(token)
        slot = place.slot(path)
        for key in keys:
            slot = element(slot, key)
        return int(self._read(place.address, slot))


def signed(word: int) -> int:
    """A word as a signed number."""
    return word - 2**256 if word >> 255 else word
