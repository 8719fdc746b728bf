"""What a machine sees when it chooses: prices, means, auctions, who is near liquidation."""

from __future__ import annotations

from typing import Any

from margin_model.requirement import Health
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import POOL, bits
from tests.fuzz.predict_owner import LIKE
from tests.fuzz.world import World
from tests.fuzz.world_feeds import AnyFeed, Feeds
from tests.fuzz.world_wire import Wire


class Sight:
    """State of one episode, as far as it is needed to choose.

    Attributes
    ----------
    feeds : Feeds
        What the doubles of all feeds say now.
    models
        Mirrors of the protocol on its storage; `None` on a chain whose storage is not read.
    accounts : list of int
        Of users, those opened in the episode included.
    suspects : list of int
        Accounts the last moves of prices were aimed at.
    squeezed : bool
        A move was aimed at the pool.
    primaries : dict of int to tuple of int
        By asset, the feed its primary source was replaced with.
    bidders : bool
        Whether there are any in this episode: without, auctions run into the backstop.
    changes : int
        Grows with every transaction but feeds': only they change accounts.
    """

    world: World
    wire: Wire
    feeds: Feeds
    models: Any
    accounts: list[int]
    owners: dict[int, int]
    suspects: list[int]
    squeezed: bool
    bidders: bool
    primaries: dict[int, tuple[int, int]]
    changes: int
    _running: tuple[int, list[int]]
    _debtors: tuple[int, list[int]]

    def price(self, asset: int) -> int:
        """What an asset is really worth [quote wad per unit]."""
        return self.feeds.prices[asset if asset < len(self.feeds.prices) else LIKE]

    def place(self, asset: int) -> int:
        """Whose feeds an asset was listed with."""
        return asset if asset < len(self.feeds.sources) else LIKE

    def primary(self, asset: int) -> AnyFeed:
        """The double behind the primary source of an asset."""
        place, index = self.primaries.get(asset, (self.place(asset), 0))
        return self.feeds.sources[place][index]

    def running(self) -> list[int]:
        """Accounts in auction."""
        if self._running[0] != self.changes:
            words = self.models.state.accounts(self.accounts)
            running = [a for a, word in zip(self.accounts, words, strict=True) if word.in_auction]
            self._running = self.changes, running
        return self._running[1]

    def debtors(self) -> list[int]:
        """Accounts with negative cash."""
        if self._debtors[0] != self.changes:
            self._debtors = self.changes, self.models.state.debtors(self.accounts)
        return self._debtors[1]

    def bare_debtors(self) -> list[int]:
        """Those of them that have nothing else."""
        words = ((a, self.models.state.account(a)) for a in self.debtors())
        return [a for a, word in words if not (word.markets or word.collaterals)]

    def pool_health(self) -> Health:
        """Of the pool, at the prices of now."""
        margin, holding = self.models.margin, self.models.state.holding(POOL)
        words = self.models.oracle.read(margin.held_assets(holding))
        health: Health = margin.health(holding, words)
        return health

    def rounds(self) -> list[int]:
        """Markets in which a round of deleveraging runs."""
        state = self.models.state
        last = ((m, state.round(m)) for m in bits(state.account(POOL).markets))
        return [m for m, found in last if found.number and not found.ended]

    def openings(self) -> list[str]:
        """Actions that can rarely be done, and can now, as far as one sees at a glance."""
        found = []
        if self.bare_debtors():
            found.append("write off")
        if self.models.state.account(POOL).collaterals:
            found.append("buy collateral")
        needed = sum(self.world.config.auction[phase] for phase in ("fast_phase", "slow_phase"))
        if any(self.models.state.episode(a).elapsed >= needed for a in self.running()):
            found.append("backstop")
        if self.squeezed:
            health = self.pool_health()
            if health.equity < health.maintenance or health.equity < 0:
                found.append("deleverage")
        return found

    def means(self, account: int) -> int:
        """About what an account has [quote wad]."""
        state = self.models.state
        total = max(0, state.cash(account))
        for token in bits(state.account(account).collaterals):
            asset = self.world.tokens[token].asset
            total += state.amount(account, token) * self.price(asset) // 10**18
        return int(total)

    def margins(self, chooser: Chooser) -> tuple[int, int, int] | None:
        """An account, the asset it depends on most, and the move [bps] that makes it liquidatable;
        now and then the pool, and the move that leaves it less than MM."""
        state, margin = self.models.state, self.models.margin
        words_of = dict(zip(self.accounts, state.accounts(self.accounts), strict=True))
        candidates = [a for a, w in words_of.items() if w.markets and not w.in_auction]
        if chooser.chance(1, 4):
            debtors = [a for a in self.debtors() if words_of[a].collaterals]
            candidates = [a for a in debtors if not words_of[a].in_auction] or candidates
        if not candidates:
            return None
        # an order that closes a bankrupt account's last position leaves a bare debt
        waiting = [a for a in candidates if words_of[a].reserved]
        account = chooser.pick(waiting if waiting and chooser.chance(1, 4) else candidates)
        # where auctions lack something, what matters is whether the pool has it
        odds = 2 if state.reserves.deficits else 6
        if chooser.chance(1, odds) and state.account(POOL).markets:
            account = POOL
        holding = state.holding(account)
        readings = self.models.oracle.read(margin.held_assets(holding))
        health = margin.health(holding, readings)
        units = {m: size for m, (size, _) in holding.positions.items()}
        for token, amount in holding.amounts.items():
            asset = self.world.tokens[token].asset
            units[asset] = units.get(asset, 0) + amount
        worth = {a: amount * self.price(a) // 10**18 for a, amount in units.items()}
        market = max(worth, key=lambda m: abs(worth[m]))
        if worth[market] == 0:
            return None
        cushion = max(0, health.equity - health.maintenance)
        return account, market, -cushion * 10_000 // worth[market]

    def suspect(self, account: int) -> None:
        """An account that may be liquidatable now, or a pool that may be short of margin."""
        self.squeezed |= account == POOL
        if account not in self.suspects and account in self.owners:
            self.suspects.append(account)
