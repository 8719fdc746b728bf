"""All invariants of the fuzzer, asserted after every step, by the names of docs/invariants.md.

`Invariants(world)` follows one world. `reset` when an episode begins, `check` after each step,
`finish` when it ends; what does not hold raises `Violation`.

After every step all globals of the contracts, the accounts of the protocol and those the step names
are read, and every invariant is asserted that reads anything of what changed: the others are
functions of the same numbers as after the step before, when they held. All accounts are read,
summed afresh and everything is asserted at the end of an episode and after a seeded part of the
steps; the compound ones (`invariants_probes`) are tried, in a snapshot, at the same moments. If a
sum does not hold, all accounts are read before it is called broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

from margin_model import requirement, risk_word
from tests.fuzz.invariants_access import ACCESS
from tests.fuzz.invariants_auction import AUCTION
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_dead import DEAD
from tests.fuzz.invariants_fills import FILLS
from tests.fuzz.invariants_forecasts import FORECASTS
from tests.fuzz.invariants_grid import GRID
from tests.fuzz.invariants_line import LINE
from tests.fuzz.invariants_look import Check, Group, Invariant, Look, Start
from tests.fuzz.invariants_mirror import Mirror
from tests.fuzz.invariants_money import MONEY
from tests.fuzz.invariants_portfolio import PORTFOLIOS
from tests.fuzz.invariants_probes import PROBES, Probe, Probes
from tests.fuzz.invariants_shares import SHARES
from tests.fuzz.invariants_words import (
    CALL,
    ESCROW,
    FIRST_USER,
    FUND,
    TIME,
    unpack_episode,
)
from tests.fuzz.record import NOTHING_SENT, Sent
from tests.fuzz.step import Violation
from tests.fuzz.storage import StorageMap
from tests.fuzz.world import World

GROUPS: tuple[Group, ...] = (
    MONEY,
    LINE,
    FORECASTS,
    GRID,
    DEAD,
    PORTFOLIOS,
    AUCTION,
    FILLS,
    SHARES,
    ACCESS,
)
FULL_EVERY = 128
"""Steps between two full readings, on average."""
IDLE_READ = 0.125
"""Part of the steps without a call, or whose call the EVM undid, after which slots are read."""
PROBED = 0.25
"""Part of the full readings after which a probe is tried."""

UNNAMED = "changes of accounts that a step did not name"
"""Counted when a full reading cleared what looked broken."""

_LEAVE_QUIET = ("submit_order", "execute_order", "sample", "start", "bid", "poke", "clear_order")
"""What is done most often and changes neither settings nor tokens; a full reading sees to it."""
_REQUESTS = ("request_entry", "request_exit", "execute_request")
_SETTERS = ("set_tier_table", "set_asset_risk", "list_asset_risk")

EVERYTHING = -1
"""All bits of what a step may change."""
THOROUGH = 64
"""How often a probe is tried when its failure is looked for."""

_MASK_32 = 2**32 - 1
_QUOTE_SCALE = 10**12


class Invariants:
    """All invariants over one world.

    Parameters
    ----------
    world : World
        On a PyrevmChain.
    full_every : int
        Steps between two full readings and compound probes, on average.

    Attributes
    ----------
    counts : Counter
        How often each invariant was asserted, by name.
    """

    def __init__(self, world: World, full_every: int = FULL_EVERY) -> None:
        self._world = world
        contracts = [token.contract for token in world.tokens]
        actors = len(world.actors)  # whoever comes behind them is a contract
        called_back = [account for account, owner in world.owners.items() if owner >= actors]
        slots = StorageMap(
            world.deployment,
            world.evm,
            contracts,
            world.people,
            world.asset_capacity,
            (FUND, ESCROW, *called_back),
        )
        self.books = Books(slots)
        scales = [_QUOTE_SCALE, *(token.scale for token in world.tokens)]
        self.mirror = Mirror(world.deployment, world.evm, world.wire, self.books, scales)
        self._every = [invariant for group in GROUPS for invariant in group]
        self._due: dict[int, list[tuple[str, Check]]] = {}
        self._probes = Probes(world, self.books, self.mirror)
        self._full_every = full_every
        self._random = Random(0)
        self.counts: Counter[str] = Counter()

    def reset(self, seed: int = 0) -> None:
        """Begin an episode; `seed` decides after which steps everything is read."""
        self._random.seed(seed)
        self.books.load()
        self.mirror.forget_tables()
        books = self.books
        starts = []
        for asset in range(books.map.markets):
            risk, memory = risk_word.unpack(books.now("risks", asset)), books.now("memories", asset)
            line = self._line(asset, memory >> 208 & _MASK_32) if risk.depth else 0
            starts.append(Start(line, memory >> 176 & _MASK_32))
        self.look = Look(
            self._world.deployment,
            books,
            self.mirror,
            NOTHING_SENT,
            self.mirror.now,
            starts,
            (books.now("calendar") >> 48, self.mirror.grid()),
            frozenset(int(person, 16) for person in self._world.people[len(self._world.actors) :]),
            books.dust,
        )

    def check(self, last: Sent) -> None:
        """Assert everything after one step."""
        full = self._random.random() * self._full_every < 1
        changed = self.observe(last, full=full)
        try:
            self._assert(EVERYTHING if full else changed)
        except Violation:
            if full:
                raise
            self._look_closer()
            self._assert(EVERYTHING)
            self.counts[UNNAMED] += 1
        if full and self._random.random() < PROBED:
            self.probe()

    def observe(self, last: Sent, *, full: bool = True) -> int:
        """Read what a step may have changed, all accounts if `full`; what did change, in bits."""
        look, books = self.look, self.books
        look.begin(last, self.mirror.now)
        if last.function in _SETTERS:
            self.mirror.forget_tables()
        kind = look.kind
        if full:
            books.step_all()
        elif not kind & CALL and self._random.random() > IDLE_READ:
            books.rest()
            kind = 0
        else:
            # contracts may do anything when they are called back
            quiet = last.function not in _LEAVE_QUIET or look.sender in look.contracts
            books.step(self._named(last), quiet=quiet)
            if last.function in _REQUESTS:
                books.read_requests()
        return books.changed | kind | (TIME if look.now != look.earlier else 0)

    def _look_closer(self) -> None:
        """An account that nobody named may have changed: read them all, as part of the same
        step."""
        self.books.again(self.books.before, dict(self.books.was))
        self.look.fill = None

    def _assert(self, changed: int) -> None:
        """Assert what depends on anything that changed: the rest holds as it did before."""
        due = self._due.get(changed)
        if due is None:
            due = [(i.name, i.check) for i in self._every if i.on & changed]
            self._due[changed] = due
        look, counts = self.look, self.counts
        for name, check in due:
            counts[name] += check(look)

    def probe(self) -> None:
        """Try one of what is asserted by sample, in a snapshot."""
        probe = self._random.choice(PROBES)
        self.counts[probe.name] += self._probes.run(probe, self._random)

    def probe_all(self, name: str) -> None:
        """Try the probe of that name, if there is one, many times over."""
        for probe in PROBES:
            if probe.name == name:
                for seed in range(THOROUGH):
                    self.counts[name] += self._probes.run(probe, Random(seed))

    def finish(self) -> None:
        """Read and sum everything afresh: it must be what was followed step by step."""
        books = self.books
        followed, told = list(books.accounts), books.after
        books.load()
        last = books.at["held"]  # from here on tokens, which may be given away without a call
        if told[:last] != books.after[:last]:
            changed = [i for i in range(last) if told[i] != books.after[i]]
            raise Violation("untold change", f"globals {changed}")
        for account, (held, found) in enumerate(zip(followed, books.accounts, strict=True), 1):
            if held != found:
                raise Violation("untold change", f"account {account}: {held}, in truth {found}")
        self.look.begin(NOTHING_SENT, self.look.now)
        self._assert(EVERYTHING)

    def _named(self, last: Sent) -> Iterable[int]:
        """Accounts that a step can have changed: those it names, and whoever started their
        auctions."""
        accounts = set(last.accounts)
        for account in last.accounts:
            if FIRST_USER <= account <= len(self.books.accounts):
                accounts.add(unpack_episode(self.books.held(account).episode).starter)
        return accounts

    def _line(self, asset: int, live: int) -> int:
        risk = risk_word.unpack(self.books.now("risks", asset))
        return requirement.line_at(risk, live, self.mirror.parameters)


def all_invariants() -> list[Invariant | Probe]:
    """Every invariant, in the order of the books."""
    return [*(invariant for group in GROUPS for invariant in group), *PROBES]


def table() -> str:
    """The invariants as docs/invariants.md lists them."""
    rows = ["| name | sentence | book | asserted |", "|---|---|---|---|"]
    for invariant in all_invariants():
        rows.append(
            f"| **{invariant.name}** | {invariant.sentence} | {invariant.book} | {invariant.when} |"
        )
    return "\n".join(rows)
