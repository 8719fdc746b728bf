"""What takes more than one transaction to see: tried in a snapshot, by sample, and undone.

A probe that cannot be carried out (an account in auction, a frozen token, prices nobody may trade
at) counts as no check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import cleandoc
from random import Random

from chain.interface import Reverted
from margin_model import price_word
from margin_model.fixed_point import WAD
from margin_model.share_math import VIRTUAL
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_mirror import Mirror
from tests.fuzz.step import Violation
from tests.fuzz.views import Views
from tests.fuzz.world import World

_FOREVER = 2**256 - 1
_ALL = 2**16 - 1
_RESERVED_OR_SOLD = 3
_TRADES = 4  # roundings of a closed loop


class Probes:
    """Tries a probe and undoes it.

    Parameters
    ----------
    world : World
    books : Books
    mirror : Mirror
    """

    def __init__(self, world: World, books: Books, mirror: Mirror) -> None:
        self.world, self.books, self.mirror = world, books, mirror
        self.deployment = world.deployment
        self.chain = world.chain
        self.views = Views(world.deployment, world.people, [world.registry])
        self._people = {int(person, 16): person for person in world.actors.values()}

    def run(self, probe: Probe, random: Random) -> int:
        """How often it asserted its sentence: not at all when it could not be carried out."""
        with self._undone():
            try:
                return probe.check(self, random)
            except Reverted as error:
                if probe.may_revert:
                    return 0
                raise Violation(probe.name, " ".join([str(error), *error.__notes__])) from None

    @contextmanager
    def _undone(self) -> Iterator[None]:
        snapshot = self.world.snapshot()
        try:
            yield
        finally:
            self.world.restore(snapshot)
            self.look_again()

    def look_again(self) -> None:
        """Read the books afresh, and the prices when they are asked for."""
        self.world.wire.version += 1
        self.books.load()

    def pick_user(self, random: Random) -> tuple[int, str]:
        """An account that is neither in auction nor waiting, of somebody who is no contract."""
        users = [
            (account, self._people[owner])
            for account in self.books.users()
            if not (word := self.books.held(account).word) & _RESERVED_OR_SOLD
            and (owner := word >> 96) in self._people
        ]
        if not users:
            raise Reverted("nobody is free")
        return random.choice(users)

    def pay_debts(self) -> None:
        """Repay what everybody owes: no interest runs while time passes."""
        house, payer = self.deployment.clearinghouse, self.world.actors["stranger"]
        for account in self.books.users():
            if self.books.held(account).stored < 0:
                house.repay(account, _FOREVER, sender=payer)
        self.look_again()

    def publish(self) -> None:
        """Say again what every feed said, as of now."""
        words = self.mirror.words()
        for symbol, asset in self.deployment.assets.items():
            self.deployment.set_price(symbol, price_word.unpack(words[asset]).price)
        self.world.wire.version += 1

    def wait(self, seconds: int) -> None:
        """Let time pass at constant prices."""
        self.chain.advance(seconds)
        self.world.wire.version += 1
        self.publish()


@dataclass(frozen=True)
class Probe:
    """An invariant that is tried."""

    name: str
    check: Callable[[Probes, Random], int]
    may_revert: bool
    book: str = "probe"
    when: str = "by sample"

    @property
    def sentence(self) -> str:
        """As docs/invariants.md has it."""
        return " ".join(cleandoc(self.check.__doc__ or "").split())


def views_never_revert(probes: Probes, random: Random) -> int:
    """Views of existing ids never revert: every view of every contract, of one account, market,
    token and request after the other."""
    return probes.views.ask(random)


def deposit_withdraw(probes: Probes, random: Random) -> int:
    """Depositing a token and withdrawing the same at once never gains."""
    house = probes.deployment.clearinghouse
    account, owner = probes.pick_user(random)
    token = random.choice([probes.world.quote, *probes.world.tokens]).contract
    amount = random.choice((1, 10 ** token.decimals(), 1_000 * 10 ** token.decimals() + 1))
    had = token.balanceOf(owner)
    house.deposit(account, token, amount, sender=owner)
    house.withdraw(account, token, amount, owner, sender=owner)
    if token.balanceOf(owner) > had:
        raise Violation(
            "deposit and withdraw", f"{amount} of {token}: {token.balanceOf(owner) - had}"
        )
    return 1


def stake_unstake(probes: Probes, random: Random) -> int:
    """Staking and leaving again, with nothing in between, never gains."""
    fund, house = probes.deployment.fund, probes.deployment.clearinghouse
    probes.pay_debts()
    account, owner = probes.pick_user(random)
    had = house.cash(account)
    amount = max(1, had // random.choice((1, 2, 1_000, 10**18)))
    shares = fund.stake(account, amount, 0, sender=owner).result
    fund.request_unstake(shares, sender=owner)
    probes.chain.advance(fund.COOLDOWN())
    fund.unstake(account, 0, sender=owner)
    if house.cash(account) > had:
        raise Violation("stake and unstake", f"{amount}: {house.cash(account) - had} gained")
    return 1


def enter_leave(probes: Probes, random: Random) -> int:
    """Entering the pool and leaving it gains no more than the pool's shares did meanwhile."""
    pool, house, mirror = probes.deployment.pool, probes.deployment.clearinghouse, probes.mirror
    probes.pay_debts()
    account, owner = probes.pick_user(random)
    amount = max(pool.MIN_REQUEST(), house.cash(account) // random.choice((2, 10)))
    had = house.cash(account)
    kept = pool.balanceOf(owner)
    request = pool.request_entry(account, amount, 0, sender=owner).result
    probes.wait(pool.REQUEST_DELAY())
    pool.execute_request(request, sender=owner)
    probes.look_again()
    nav, supply = mirror.nav(mirror.words()), pool.totalSupply()
    shares = pool.balanceOf(owner) - kept
    request = pool.request_exit(account, shares, 0, sender=owner).result
    probes.wait(pool.EXIT_DELAY())
    probes.deployment.risk.sample()
    probes.look_again()
    later = mirror.nav(mirror.words())
    pool.execute_request(request, sender=owner)
    most = max(amount, amount * (later + VIRTUAL) // (nav + VIRTUAL) if nav + VIRTUAL > 0 else 0)
    gained = house.cash(account) - had
    if gained > most - amount + amount * VIRTUAL // max(supply, 1) + 2:
        raise Violation("enter and leave", f"{amount}: {gained} gained, NAV {nav} to {later}")
    return 1


def closed_loop(probes: Probes, random: Random) -> int:
    """No value for free: opening and closing at a constant price, executed by oneself, gains
    nothing but the funding of the seconds between."""
    deployment, mirror = probes.deployment, probes.mirror
    house, pool, oracle = deployment.clearinghouse, deployment.pool, deployment.oracle
    probes.pay_debts()
    account, owner = probes.pick_user(random)
    symbol, market = random.choice(list(deployment.assets.items()))
    probes.publish()
    price = price_word.unpack(mirror.words()[market]).price
    equity = house.health(account, oracle.read(_ALL)).equity
    size = max(1, equity * WAD // max(price, 1) // random.choice((1, 3, 100)))
    size *= random.choice((-1, 1))
    indices = _funding(probes)
    held = [abs(house.position(account, m).size) for m in range(len(deployment.assets))]
    for delta in (size, -size):
        limit = 2**88 - 1 if delta > 0 else 0
        pool.submit_order(account, market, delta, limit, sender=owner)
        probes.wait(pool.MIN_DELAY() + 1)
        proof = deployment.feeds[symbol][0].proof(probes.chain.time - 1) or b""
        if not pool.execute_order(account, account, proof, sender=owner, value=10).result:
            return 0
    slack = _TRADES + sum(
        (size_held + abs(size) * (m == market)) * abs(after - before) // WAD + 2
        for m, (size_held, before, after) in enumerate(
            zip(held, indices, _funding(probes), strict=True)
        )
    )
    gained = house.health(account, oracle.read(_ALL)).equity - equity
    if gained > slack:
        raise Violation(
            "no value for free", f"account {account}, {size} of {symbol}: {gained} gained"
        )
    return 1


def _funding(probes: Probes) -> list[int]:
    """F of every market now [quote wad per unit]."""
    probes.look_again()
    words = probes.mirror.words()
    assets = range(len(probes.deployment.assets))
    return [probes.mirror.funding_index(m, words[m]) for m in assets]


PROBES = (
    Probe("views never revert", views_never_revert, may_revert=False),
    Probe("deposit and withdraw", deposit_withdraw, may_revert=True),
    Probe("stake and unstake", stake_unstake, may_revert=True),
    Probe("enter and leave", enter_leave, may_revert=True),
    Probe("no value for free", closed_loop, may_revert=True),
)
