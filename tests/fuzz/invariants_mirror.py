"""What prices make of the books: health, terms of an auction and the pool's value, by the exact
mirrors.

Balances come from storage, readings from the oracle's own view, everything else from
`margin_model`. Asked about the moment before a step, balances and funding are those from before it,
prices, time and interest up to it those of now: what a single transaction changed, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain.deployment import Deployment
from margin_model import (
    auction_math,
    covariance,
    funding_math,
    ledger_math,
    margin_math,
    portfolio_notice,
    price_word,
    requirement,
    risk_engine,
    risk_word,
    skew_pricing,
    tier_table,
)
from margin_model.account_value import PROTOCOL
from margin_model.fixed_point import WAD, mul_wad_down
from margin_model.requirement import Asset, Breakdown, Exposure, Health, Parameters
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_cash import Cash
from tests.fuzz.invariants_prices import SLOTS
from tests.fuzz.invariants_words import (
    POOL,
    PORTFOLIO,
    Episode,
    Held,
    unpack_episode,
    unpack_shocks,
)

_BPS = 10**4
_PRICE = 2**88 - 1
_NO_PREMIUM = 2**160  # skew scale of a market that is settled [wad units]


class Mirror(Cash):
    """Valuation of the books of one deployment.

    Parameters
    ----------
    deployment : Deployment
    evm : pyrevm.EVM
    wire
        Its `version` grows with everything that may change a reading.
    books : Books
    scales : sequence of int
        Of a token unit of the quote token, then of each collateral [wad units].
    """

    def __init__(
        self, deployment: Deployment, evm: Any, wire: Any, books: Books, scales: Sequence[int]
    ) -> None:
        super().__init__(deployment, evm, wire, books)
        self.scales = scales
        self.keeper_fee = int(deployment.pool.KEEPER_FEE())
        risk = deployment.risk
        self.parameters = Parameters(
            risk.IM_MULTIPLIER(),
            risk.BUFFER(),
            risk.RAMP_UP(),
            risk.RAMP_DOWN(),
            risk.KEEPER_COST(),
            risk.BREAKDOWN(),
            risk.FLOOR(),
        )
        self._risk = risk
        self._shocks = risk.artifact.slot("risk_book.shocks")
        self._tables: dict[int, int] = {}
        self._steepest: dict[int, int] = {}
        self.tables_set = 0  # how often
        self.auction = deployment.auction.parameters()
        self.sample_interval = int(deployment.oracle.SAMPLE_INTERVAL())
        self._max_rate = int(deployment.clearinghouse.MAX_FUNDING_RATE())
        self._epoch_length = int(deployment.fund.EPOCH_LENGTH())
        self._epoch_cap = int(deployment.fund.EPOCH_CAP())

    # ── accounts ─────────────────────────────────────────────────────────────────────────────────

    def exposure(self, held: Held, words: Sequence[int], *, before: bool = False) -> Exposure:
        """What an account is exposed to, as the risk engine takes it."""
        cash = base = self.cash(held, before=before)
        markets = held.markets
        sizes, amounts = [0] * SLOTS, [0] * SLOTS
        rest, market = markets, 0
        while rest:
            if rest & 1:
                size = held.sizes[market]
                index = self.funding_index(market, words[market], before=before)
                base -= ledger_math.funding_owed(size, index) + held.costs[market]
                sizes[market] = size
            rest >>= 1
            market += 1
        collaterals, rest, token = 0, held.collaterals, 0
        while rest:
            if rest & 1:
                asset = self.asset_of(token)
                collaterals |= 1 << asset
                amounts[asset] += held.amounts[token]
            rest >>= 1
            token += 1
        return Exposure(held.kind, cash, base, markets, collaterals, sizes, amounts)

    def funding_index(self, market: int, word: int, *, before: bool = False) -> int:
        """F at a reading [quote wad per unit]."""
        stored = self.books.then if before else self.books.now
        reading = price_word.unpack(word)
        live = reading.live if reading.usable else 0
        return funding_math.index_at(
            funding_math.unpack(stored("funding", market)), live, reading.price, self._max_rate
        )

    def health(
        self, held: Held, words: Sequence[int], *, before: bool = False, later: int = 0
    ) -> Health:
        """Equity and requirements of an account."""
        exposure = self.exposure(held, words, before=before)
        return self.assess(exposure, words, later)

    def assess(self, exposure: Exposure, words: Sequence[int], later: int = 0) -> Health:
        """Equity and requirements of an exposure."""
        rows = requirement.UNCORRELATED if exposure.kind != PORTFOLIO else self.rows()
        assets = self._assets_of(exposure)
        off_peg = bool(self.books.now("clock") >> 40)
        return requirement.assess(exposure, words, assets, self.parameters, later, rows, off_peg)

    def breakdown(self, exposure: Exposure, words: Sequence[int]) -> Breakdown:
        """What MM is made of under portfolio margin."""
        assets = self._assets_of(exposure)
        rows = self.rows()
        return requirement.breakdown(exposure, words, assets, self.parameters, rows=rows)

    def notice(self, exposure: Exposure, words: Sequence[int], health: Health) -> int:
        """Seconds for which lines and correlations alone cannot make an account liquidatable."""
        live = self._live_notice(exposure, words, health)
        if live == risk_engine.FOREVER or health.worst_state >= price_word.UNCERTAIN:
            return live
        return max(0, live - 2 * self.sample_interval)

    def _live_notice(self, exposure: Exposure, words: Sequence[int], health: Health) -> int:
        """[s of oracle-live time]"""
        if exposure.kind != PORTFOLIO or health.equity <= health.maintenance:
            return risk_engine.notice(health, self.parameters)
        if health.maintenance == 0:
            return risk_engine.FOREVER
        terms, parameters = self.breakdown(exposure, words), self.parameters
        return portfolio_notice.notice(
            terms.weights,
            terms.tail,
            health.equity - (health.maintenance - terms.maintenance),
            parameters.ramp_up,
            max(0, (self.books.now("calendar") >> 48) + covariance.GRID - self.now),
            covariance.STEP,
        )

    def _assets_of(self, exposure: Exposure) -> dict[int, Asset]:
        rest, assets = exposure.markets | exposure.collaterals, {}
        asset = 0
        while rest:
            if rest & 1:
                assets[asset] = self.asset(asset)
            rest >>= 1
            asset += 1
        return assets

    def asset(self, asset: int) -> Asset:
        """Risk parameters of an asset."""
        risk = risk_word.unpack(self.books.now("risks", asset))
        table = self._tables.get(risk.tier_table)
        if table is None:
            tiers = self._risk.tiers(risk.tier_table)
            table = tier_table.pack([tier_table.Tier(*tier) for tier in tiers])
            self._tables[risk.tier_table] = table
        shocks = self._evm.storage(self._risk.address, self._shocks + (asset >> 1))
        return Asset(risk, table, unpack_shocks(shocks, asset))

    def steepest_tier(self, table: int) -> int:
        """Rate of a table's last bracket [wad]."""
        if table not in self._steepest:
            self._steepest[table] = self._risk.tiers(table)[-1].rate * WAD // _BPS
        return self._steepest[table]

    def forget_tables(self) -> None:
        """Tier tables may have been changed."""
        self._tables.clear()
        self._steepest.clear()
        self.tables_set += 1

    def equity(self, held: Held, words: Sequence[int], *, before: bool = False) -> int:
        """Equity at mark [quote wad]."""
        exposure = self.exposure(held, words, before=before)
        held_assets = exposure.markets | exposure.collaterals
        value, asset = 0, 0
        while held_assets >> asset:
            word, amount = words[asset], exposure.amounts[asset]
            if amount and exposure.kind == PROTOCOL and word >> 248 == price_word.RETIRED:
                amount = 0  # nobody buys it of the pool
            value += (exposure.sizes[asset] + amount) * (word & _PRICE)
            asset += 1
        return exposure.base + margin_math.value_floor(value)

    def live(self, held: Held, words: Sequence[int]) -> bool:
        """Whether the prices of an account are usable but for a tenth of what it holds."""
        assets, asset = self.assets_of(held), 0
        while assets >> asset:
            if assets >> asset & 1 and words[asset] >> 248 < price_word.UNCERTAIN:
                return self.health(held, words).live
            asset += 1
        return True

    # ── auctions ─────────────────────────────────────────────────────────────────────────────────

    def elapsed(self, episode: Episode) -> int:
        """Oracle-live time of an auction when it is touched now and prices are usable [s]."""
        return episode.elapsed + min(self.now - episode.touched_at, 2 * self.sample_interval)

    def offer(
        self, held: Held, equity: int, elapsed: int, *, before: bool = False
    ) -> auction_math.Offer:
        """Terms of a running auction [quote wad]."""
        episode, terms = unpack_episode(held.episode), self.auction
        discount = auction_math.discount(
            elapsed, terms.s0, terms.s1, terms.fast_phase, terms.slow_phase
        )
        return auction_math.offer(
            equity,
            held.proceeds,
            episode.maintenance,
            episode.unsold,
            discount,
            self.parameters.buffer,
            terms.penalty,
            self._available(equity, episode, discount, before=before),
            terms.dust,
        )

    def _available(self, equity: int, episode: Episode, discount: int, *, before: bool) -> int:
        maintenance = mul_wad_down(episode.maintenance, episode.unsold)
        if maintenance < self.auction.dust or equity >= mul_wad_down(maintenance, discount):
            return 0
        return self.available(before=before)

    def available(self, *, before: bool = False) -> int:
        """Incentive the fund may still pay in this epoch [quote wad]."""
        books = self.books
        stored = books.then if before else books.now
        balance = max(self.fund_cash(before=before), 0)
        if stored("epoch") == self.now // self._epoch_length:
            return min(stored("allowance"), balance)
        return balance * self._epoch_cap // _BPS

    # ── the pool ─────────────────────────────────────────────────────────────────────────────────

    def nav(self, words: Sequence[int], *, before: bool = False) -> int:
        """The pool at mark: less premium it will give back, collateral after haircut [quote
        wad]."""
        books = self.books
        pool = books.held_before(POOL) if before else books.held(POOL)
        exposure = self.exposure(pool, words, before=before)
        value = exposure.base + self.accrued(before=before).to_pool
        rest, asset = exposure.markets | exposure.collaterals, 0
        while rest:
            if rest & 1:
                reading = price_word.unpack(words[asset])
                size, amount = exposure.sizes[asset], exposure.amounts[asset]
                if size:
                    scale = books.now("terms", asset) >> 96
                    if reading.state == price_word.RETIRED:
                        scale = _NO_PREMIUM
                    value += skew_pricing.pool_value_down(size, reading.price, scale)
                if amount and reading.state != price_word.RETIRED:
                    worth = mul_wad_down(amount, reading.price)
                    value += mul_wad_down(worth, WAD - self.haircut(asset, worth, reading.live))
            rest >>= 1
            asset += 1
        return value

    def haircut(self, asset: int, value: int, live: int) -> int:
        """Haircut of collateral of that value [wad]."""
        risk = self.asset(asset).risk
        line = requirement.line_at(risk, live, self.parameters)
        factor = margin_math.size_factor(value, risk.depth)
        return margin_math.haircut(line, factor, risk.haircut_floor, risk.haircut_cap)
