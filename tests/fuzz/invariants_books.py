"""What the slots say: accounts taken apart, sums kept up to date, and what the last step
changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from margin_model import interest_math
from margin_model.ledger_math import RAY
from tests.fuzz.invariants_words import (
    ACCOUNTS,
    EPISODES,
    ESCROW,
    FIRST_USER,
    FIXED,
    FUNDS,
    HOLDINGS,
    IN_AUCTION,
    LINES,
    MARKETS,
    POOL,
    REQUESTS,
    SETTINGS,
    SUMS,
    TOKENS,
    Held,
    unpack_amounts,
    unpack_balance,
    unpack_position,
)
from tests.fuzz.storage import StorageMap

_PARTS = (
    (SUMS, "last_id"),
    (MARKETS, "funding"),
    (FUNDS, "lp_supply"),
    (LINES, "clock"),
    (ACCOUNTS, "sentinels"),
    (SETTINGS, "token_count"),
    (TOKENS, "recorded"),
)
"""What the globals consist of, each part from the first of its names to that of the next."""


def _index(word: int) -> int:
    """Of a side of users' cash [1e27]."""
    return interest_math.unpack_side(word)[1]


class Books:
    """The books before and after the last step, and everything decoded that follows from them.

    Attributes
    ----------
    before, after : list of int
        The globals.
    accounts : list of Held
        After the step; account `i` at `i - 1`.
    was : dict of int to Held
        Before the step: the accounts it changed.
    touched : list of int
        Those accounts.
    episodes : list of int
        Accounts whose episode it changed.
    changed : int
        What it changed, in the bits of `invariants_words`.
    requests : list of int
        Two words of each request of providers.
    cost : int
        Sum over all accounts [quote wad].
    system : int
        Cash of the protocol's accounts [quote wad].
    supply, debt : int
        Sums of users' scaled cash by sign [quote wad / index].
    sizes, longs, amounts : list of int
        Sums by market, of users' long sizes by market, by token [wad units].
    index, borrow_index : int
        Of supply and of debt after the step, `indices_before` before it [1e27].
    orders : int
        Orders pending at the pool.
    in_auction : set of int
        Accounts that are for sale.
    """

    def __init__(self, slots: StorageMap) -> None:
        self.map = slots
        self.at = slots.at
        places = [slots.at[name] for _, name in _PARTS]
        parts = map(slice, places, [*places[1:], len(slots.globals)])
        self._parts = list(zip((bit for bit, _ in _PARTS), parts, strict=True))
        starts = sorted({*self.at.values(), len(slots.globals)})
        following = dict(pairwise(starts))
        self._ends = {name: following[place] for name, place in self.at.items()}
        nothing = (0,) * slots.markets
        self._decoded = lru_cache(4096)(self._decode)
        self._nobody = Held(0, 0, 0, 0, 0, 0, 0, nothing, nothing, (0,) * slots.tokens)
        self.load()

    def load(self) -> None:
        """Read and sum everything afresh."""
        slots = self.map
        held = slots.globals.read()
        self._take(held, held)
        self._follow()
        self._blocks = [run.read() for run in slots.accounts]
        self.accounts = [self._decoded(tuple(block)) for block in self._blocks]
        self.touched: list[int] = []
        self.episodes: list[int] = []
        self.was: dict[int, Held] = {}
        self.changed = 0
        self.requests = slots.requests.read()
        self._sum()

    def step(self, named: Iterable[int], *, quiet: bool = True) -> None:
        """Read the globals, the accounts named and those the globals point to; find out what
        changed.

        Parameters
        ----------
        named : iterable of int
        quiet : bool
            Read settings and tokens too.
        """
        old, slots = self.after, self.map
        new = slots.globals.read(None if quiet else slots.quiet)
        new += old[len(new) :]
        self._take(old, new)
        self.was = {}
        self.episodes = []
        self.changed = 0
        accounts = set(named)
        if new != old:
            for bit, part in self._parts:
                if new[part] != old[part]:
                    self.changed |= bit
            self._follow()
            accounts.update((POOL, *range(self.then("last_id") + 1, self.now("last_id") + 1)))
            place = self.at["sentinels"]
            for account in self.map.sentinels:
                if new[place : place + 2] != old[place : place + 2]:
                    accounts.add(account)
                place += 2
        runs, blocks = self.map.accounts, self._blocks
        for account in accounts:
            if 0 < account <= len(blocks):
                block, known = runs[account - 1].read(), blocks[account - 1]
                if block != known:
                    blocks[account - 1] = block
                    self._replace(account, cash_only=block[FIXED:] == known[FIXED:])
        if self.was:
            self.touched = sorted(self.was)
            self.changed |= ACCOUNTS
        else:
            self.touched = []

    def rest(self) -> None:
        """A step that nobody looks at: nothing changed."""
        self._take(self.after, self.after)
        self.was = {}
        self.touched = []
        self.episodes = []
        self.changed = 0

    def again(self, before: list[int], was: dict[int, Held]) -> None:
        """Read all accounts, as part of the step before which they and the globals were these."""
        self.step_all()
        self._take(before, self.after)
        self.was = {**self.was, **was}
        self.touched = sorted(self.was)

    def _take(self, before: list[int], after: list[int]) -> None:
        """Globals before and after the step."""
        self.before, self.after = before, after
        place = self.at["sides"]
        self.indices_before = _index(before[place]), _index(before[place + 1])
        self.index, self.borrow_index = _index(after[place]), _index(after[place + 1])

    def read_requests(self) -> None:
        """Requests may have changed."""
        before, self.requests = self.requests, self.map.requests.read()
        if self.requests != before:
            self.changed |= REQUESTS

    def step_all(self) -> None:
        """The same with all accounts."""
        self.map.follow(self.map.globals.read()[self.at["last_id"]], 0)
        self.step(range(1, len(self.map.accounts) + 1))
        self.read_requests()

    def now(self, name: str, index: int = 0) -> int:
        """A global after the step."""
        return self.after[self.at[name] + index]

    def then(self, name: str, index: int = 0) -> int:
        """A global before the step."""
        return self.before[self.at[name] + index]

    def moved(self, name: str, index: int = 0) -> bool:
        """Whether the step changed a global."""
        place = self.at[name] + index
        return self.after[place] != self.before[place]

    def any_moved(self, name: str) -> bool:
        """Whether the step changed anything in an array."""
        place, end = self.at[name], self._ends[name]
        return self.after[place:end] != self.before[place:end]

    def changes(self, name: str) -> list[tuple[int, int, int]]:
        """What the step changed in an array: place, old and new word."""
        array = slice(self.at[name], self._ends[name])
        before, after = self.before[array], self.after[array]
        if before == after:
            return []
        pairs = zip(before, after, strict=True)
        return [(place, old, new) for place, (old, new) in enumerate(pairs) if old != new]

    def held(self, account: int) -> Held:
        """An account after the step."""
        return self.accounts[account - 1]

    def held_before(self, account: int) -> Held:
        """An account before the step."""
        return self.was.get(account) or self.accounts[account - 1]

    def users(self) -> range:
        """Ids of users' accounts."""
        return range(FIRST_USER, self.now("last_id") + 1)

    @property
    def dust(self) -> int:
        """Recorded quote less Σ cash plus Σ cost, all of it as of the last accrual; users' cash is
        taken together, before an account's is rounded [quote wad * 1e27]."""
        exact = self.now("recorded") - self.system + self.cost
        return exact * RAY - self.supply * self.index + self.debt * self.borrow_index

    def _follow(self) -> None:
        slots = self.map
        slots.follow(self.now("last_id"), self.now("request_count"))
        new = len(slots.accounts) - len(getattr(self, "accounts", slots.accounts))
        if new:
            self.accounts.extend([self._nobody] * new)
            self._blocks.extend([[0] * len(slots.accounts[0])] * new)

    def _decode(self, block: Sequence[int], like: Held | None = None) -> Held:
        """An account of its words; its holdings are those of `like`, if that is given."""
        markets = self.map.markets
        stored, proceeds = unpack_balance(block[1])
        last = FIXED + markets
        sizes: tuple[int, ...]
        costs: tuple[int, ...]
        if like is None:
            sizes, costs = zip(*map(unpack_position, block[FIXED:last]), strict=True)
            amounts = tuple(each for word in block[last:] for each in unpack_amounts(word))
            amounts = amounts[: self.map.tokens]
        else:
            sizes, costs, amounts = like.sizes, like.costs, like.amounts
        return Held(
            block[0],
            stored,
            proceeds,
            block[2],
            block[3],
            block[4],
            block[5],
            sizes,
            costs,
            amounts,
        )

    def _replace(self, account: int, *, cash_only: bool) -> None:
        old = self.accounts[account - 1]
        new = self._decode(self._blocks[account - 1], old if cash_only else None)
        self.was.setdefault(account, old)
        self.accounts[account - 1] = new
        if new.episode != old.episode:
            self.episodes.append(account)
            self.changed |= EPISODES
        if (new.word ^ old.word) & IN_AUCTION:
            self.in_auction ^= {account}
        self.orders += (new.order != 0) - (old.order != 0)
        if account < FIRST_USER:
            self.system += new.stored - old.stored
        else:
            self.supply += max(new.stored, 0) - max(old.stored, 0)
            self.debt += max(-new.stored, 0) - max(-old.stored, 0)
        if cash_only:
            return
        self.changed |= HOLDINGS
        if new.costs != old.costs or new.sizes != old.sizes:
            self.cost += sum(new.costs) - sum(old.costs)
            for market, (size, before) in enumerate(zip(new.sizes, old.sizes, strict=True)):
                self.sizes[market] += size - before
                if account != POOL:
                    self.longs[market] += max(size, 0) - max(before, 0)
        if new.amounts != old.amounts:
            for token, (amount, less) in enumerate(zip(new.amounts, old.amounts, strict=True)):
                self.amounts[token] += amount - less

    def _sum(self) -> None:
        every, users = self.accounts, self.accounts[ESCROW:]
        markets, tokens = range(self.map.markets), range(self.map.tokens)
        self.system = sum(held.stored for held in every[:ESCROW])
        self.cost = sum(sum(held.costs) for held in every)
        self.supply = sum(max(held.stored, 0) for held in users)
        self.debt = sum(max(-held.stored, 0) for held in users)
        self.in_auction = {i for i, held in enumerate(every, 1) if held.word & IN_AUCTION}
        self.orders = sum(held.order != 0 for held in every)
        self.sizes = [sum(held.sizes[m] for held in every) for m in markets]
        self.longs = [sum(max(held.sizes[m], 0) for held in every[POOL:]) for m in markets]
        self.amounts = [sum(held.amounts[t] for held in every) for t in tokens]
