"""What an invariant looks at, and the list it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, NamedTuple

from chain.deployment import Deployment
from margin_model.covariance import Grid
from margin_model.fixed_point import WAD
from margin_model.ledger_math import RAY
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_mirror import Mirror
from tests.fuzz.invariants_words import (
    CALL,
    CALLS,
    REFUSAL,
    SHARING,
    SILENCE,
    Episode,
    Held,
    unpack_episode,
)

if TYPE_CHECKING:
    from tests.fuzz.record import Sent


_PRICE = 2**88 - 1


class Start(NamedTuple):
    """An asset's line when the episode began."""

    line: int  # [wad]
    checkpoint: int  # [s]


class Curve(NamedTuple):
    """Where an auction stood when its terms were looked at.

    Attributes
    ----------
    elapsed : int
        Its oracle-live time [s].
    sale : tuple of int
        What it sells: MM at start, part unsold, proceeds.
    """

    elapsed: int
    sale: tuple[int, ...]


@dataclass
class Watch:
    """An account whose notice is running.

    Attributes
    ----------
    account : int
        0: nobody.
    equity : int
        When the watch began [quote wad].
    exposure, words
        Then; a reading with its asset.
    lines : list of int
        The highest at which it was seen not to be liquidatable, by asset [wad].
    until : int
        End of the notice [s].
    parameters : list of int
        Of the owner, on which it depends.
    steps : int
        For which it has been watched.
    """

    account: int = 0
    held: Held | None = None
    equity: int = 0
    until: int = 0
    exposure: Any = None
    words: list[tuple[int, int]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)
    steps: int = 0


@dataclass
class Look:
    """One moment between two steps.

    Attributes
    ----------
    books, mirror
        What is stored, and what prices make of it.
    earlier, now : int
        Time before and after the step [s].
    last : Sent
        What the step did.
    done : str
        The function that was called with success; empty otherwise.
    sender : int
        Who sent it, as a number.
    kind : int
        What kind of call it was, in the bits of `invariants_words`.
    starts : list of Start
        By asset.
    contracts : frozenset of int
        Owners of accounts that act when they are called back.
    grid : tuple of int and Grid
        Time of the last update of correlations [s], and what it left.
    dust : int
        Recorded quote that nobody can claim, before the step [quote wad * 1e27].
    watch : Watch
    curves : dict of int to Curve
        By account in auction.
    retired : dict of int to int
        Price, EMA and oracle-live time by retired asset, as they are remembered.
    viewed : list of tuple
        Auctions looked at after this step: account, whether its clock runs, what the view showed.
    fill
        What the step's bid did, once somebody asked.
    """

    deployment: Deployment
    books: Books
    mirror: Mirror
    last: Sent
    now: int
    starts: list[Start]
    grid: tuple[int, Grid]
    contracts: frozenset[int] = frozenset()
    dust: int = 0
    watch: Watch = field(default_factory=Watch)
    curves: dict[int, Curve] = field(default_factory=dict)
    retired: dict[int, int] = field(default_factory=dict)
    viewed: list[tuple[int, bool, Any]] = field(default_factory=list)
    fill: Any = None

    def __post_init__(self) -> None:
        self.begin(self.last, self.now)

    def begin(self, last: Sent, now: int) -> None:
        """Look at the next step, which ended at `now` [s]."""
        self.earlier, self.now, self.last, self.fill = self.now, now, last, None
        self.done = last.function if last.reason is None else ""
        self.sender = int(last.sender, 16)
        self.kind = kind_of(last)

    def is_operator(self, account: int) -> bool:
        """Whether whoever sent it may act for an account."""
        return bool(self.deployment.clearinghouse.is_authorized(account, self.last.sender))

    def episodes(self, account: int) -> tuple[Episode, Episode]:
        """An account's episode before and after the step."""
        books = self.books
        before, after = books.held_before(account), books.held(account)
        return unpack_episode(before.episode), unpack_episode(after.episode)

    @property
    def written_down(self) -> bool:
        """Whether suppliers were charged: interest alone never lowers their index."""
        return self.books.index < self.mirror.accrued(before=True).supply

    @property
    def dust_of_cash(self) -> int:
        """What cash may lose when it is stored divided by an index, and multiplied again [quote
        wad]."""
        return self.books.index // RAY + self.books.borrow_index // RAY

    def slack(self, *accounts: Held) -> int:
        """What one unit in the last place of every holding is worth, by its price or by its cost
        [quote wad]."""
        worth, words = 4 * self.dust_of_cash, self.mirror.words_for(*accounts)
        for account in accounts:
            for market, (size, cost) in enumerate(zip(account.sizes, account.costs, strict=True)):
                if size:
                    index = abs(self.mirror.funding_index(market, words[market]))
                    price = (words[market] & _PRICE) + index
                    worth += price // WAD + abs(cost) // abs(size) + 4
            for token, amount in enumerate(account.amounts):
                if amount:
                    worth += (words[self.mirror.asset_of(token)] & _PRICE) // WAD + 4
        return worth


def kind_of(last: Sent) -> int:
    """What a step did, in the bits of `invariants_words`."""
    if not last.function:
        return SILENCE
    return CALLS.get(last.function, CALL | SHARING) if last.reason is None else REFUSAL


Check = Callable[[Look], int]

EVERY_STEP = "every step"


@dataclass(frozen=True)
class Invariant:
    """A named sentence and the function that asserts it, which says how often it did.

    Attributes
    ----------
    on : int
        What its function reads, in the bits of `invariants_words`. Where a step changed nothing of
        that, the function would find what it found after the step before: it is not called.
    """

    name: str
    book: str
    check: Check
    on: int
    when: str = EVERY_STEP

    @property
    def sentence(self) -> str:
        """As docs/invariants.md has it."""
        return " ".join(cleandoc(self.check.__doc__ or "").split())


class Group(list[Invariant]):
    """The invariants of one book."""

    def __init__(self, book: str) -> None:
        super().__init__()
        self.book = book

    def named(self, name: str, on: int, when: str = EVERY_STEP) -> Callable[[Check], Check]:
        """Take a function in under a name; `when` says how often it is asserted."""

        def take(check: Check) -> Check:
            self.append(Invariant(name, self.book, check, on, when))
            return check

        return take
