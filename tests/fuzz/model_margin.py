"""What an account is worth and what it needs: the exact mirror of the risk engine, on storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from margin_model import (
    funding_math,
    ledger_math,
    price_word,
    ramp,
    requirement,
    risk_engine,
    risk_report,
    risk_word,
)
from margin_model.requirement import Asset, Exposure, Health, Parameters
from tests.fuzz.model import PORTFOLIO, Holding, bits
from tests.fuzz.model_oracle import OracleModel
from tests.fuzz.model_state import State
from tests.fuzz.world import WAD, World

MAX_UTILISATION = 8 * 10**17
_LIVE = (2**32 - 1) << 176
_EMA = (2**88 - 1) << 88  # its bits in a price word


class Trade(NamedTuple):
    """A trade that has not happened."""

    market: int
    size_delta: int  # [wad units]
    price: int  # [quote wad per unit]
    fee: int = 0  # [quote wad]


class MarginModel:
    """Predicts healths and the one margin check.

    Parameters
    ----------
    world, state, oracle : World, State, OracleModel
        Of this episode.
    """

    def __init__(self, world: World, state: State, oracle: OracleModel) -> None:
        self._state = state
        self._oracle = oracle
        self._wire = world.wire
        self._token_assets = [token.asset for token in world.tokens]
        self._max_rate = world.config.max_funding_rate
        self.parameters = Parameters(**world.config.risk)
        self._quote_asset = world.deployment.assets[world.config.peg.asset]
        self._reach = world.config.reports.range
        self._peg_bound = world.config.peg.bound
        self.supply_index: int | None = None
        """Of the transaction that is predicted, where it raises the stored one [1e27]."""

    # ── exposure and health ──────────────────────────────────────────────────────────────────────

    def held_assets(self, holding: Holding) -> int:
        """Bitmap of the assets whose price a holding depends on."""
        held = 0
        for market in holding.positions:
            held |= 1 << market
        for token in holding.amounts:
            held |= 1 << self._token_assets[token]
        return held

    def funding_index(self, market: int, word: int) -> int:
        """F at a reading [quote wad per unit]."""
        live = word >> 176 & (2**32 - 1) if price_word.is_usable(word) else 0
        price = word & (2**88 - 1)
        return funding_math.index_at(self._state.funding(market), live, price, self._max_rate)

    def exposure(self, holding: Holding, words: list[int], trade: Trade | None = None) -> Exposure:
        """What the risk engine is told of a holding, as it is or as a trade would leave it."""
        cash, base = holding.cash, 0
        sizes, amounts = [0] * 16, [0] * 16
        markets = collaterals = 0
        positions = holding.positions
        if trade is not None:
            cash -= trade.fee
            positions = {trade.market: (0, 0), **positions}
        for market, position in positions.items():
            size, cost = position
            index = self.funding_index(market, words[market])
            if trade is not None and trade.market == market:
                notional = ledger_math.notional(trade.size_delta, trade.price, index)
                size, cost, delta = ledger_math.trade(size, cost, trade.size_delta, notional)
                cash += delta
            if size:
                markets |= 1 << market
            sizes[market] = size
            base -= ledger_math.funding_owed(size, index) + cost
        for token, amount in holding.amounts.items():
            asset = self._token_assets[token]
            collaterals |= 1 << asset
            amounts[asset] += amount
        return Exposure(holding.kind, cash, base + cash, markets, collaterals, sizes, amounts)

    def health(
        self,
        holding: Holding,
        words: list[int],
        trade: Trade | None = None,
        assets: dict[int, Asset] | None = None,
    ) -> Health:
        """Of a holding, at what is stored; as a sample would leave it if `assets` is of that."""
        exposure = self.exposure(holding, words, trade)
        rows: Sequence[int] = requirement.UNCORRELATED
        sampled = assets is not None and self.is_sample_due()
        off_peg = self._off_peg_after_sample() if sampled else self._state.off_peg
        if holding.kind == PORTFOLIO:
            rows = self._oracle.sampled_grid().rows() if sampled else self._state.rows
        if assets is None:
            held = exposure.markets | exposure.collaterals
            assets = {asset: self._state.risk(asset) for asset in bits(held)}
        return requirement.assess(
            exposure, words, assets, self.parameters, rows=rows, off_peg=off_peg
        )

    def status(self, health: Health) -> int:
        """HEALTHY, REDUCE_ONLY, MARGIN_CALL, LIQUIDATABLE or BANKRUPT."""
        return risk_engine.status(health, self.parameters)

    # ── as a sample would leave it ───────────────────────────────────────────────────────────────

    def is_sample_due(self) -> bool:
        """Whether `RiskEngine.sample` would do anything now."""
        return self._wire.now >= self._state.risk_sampled_at + self._oracle.interval

    def after_sample(self, assets: int) -> tuple[list[int], dict[int, Asset]]:
        """Words and risks of a bitmap of assets once `RiskEngine.sample` was called."""
        if not self.is_sample_due():
            words = self._oracle.read(assets)
            return words, {a: self._state.risk(a) for a in bits(assets)}
        words, risks = [0] * 16, {}
        for asset in bits(assets):
            words[asset], variance, _ = self._oracle.sampled(asset)
            risks[asset] = self._updated(asset, words[asset], variance)
        return words, risks

    def _off_peg_after_sample(self) -> bool:
        """What `RiskEngine.sample` will find of the quote token."""
        word = self._oracle.sampled(self._quote_asset)[0]
        return not price_word.is_usable(word) or word & (2**88 - 1) < self._peg_bound

    def fresh_after_sample(self, assets: int) -> list[int]:
        """`read_fresh` of a bitmap of assets once `RiskEngine.sample` was called."""
        if not self.is_sample_due():
            return self._oracle.read(assets, fresh=True)
        words = [0] * 16
        for asset in bits(assets):
            word, _, accepted = self._oracle.sampled(asset)
            fresh = self._oracle.reading(asset, fresh=True, accepted=accepted)
            # the price of now either way; only EMA and live time have moved
            moved = _EMA
            if self._oracle.is_due(asset, self._state.memory(asset)):
                moved |= _LIVE
            words[asset] = fresh & ~moved | word & moved
        return words

    def _updated(self, asset: int, word: int, variance: int) -> Asset:
        found = self._state.risk(asset)
        if not price_word.is_usable(word):
            return found
        live = word >> 176 & (2**32 - 1)
        kappa, horizon, floor, cap = risk_word.target_of(self._state.target_lane(asset))
        line = requirement.line_at(found.risk, live, self.parameters)
        forecast = risk_report.floor_at(self._state.report_word(asset), self._wire.now)
        variance = risk_report.raised(variance, forecast, self._reach)
        target = ramp.target(kappa, variance, horizon, floor, cap)
        risk = found.risk._replace(line=line, target=target, started_at=live)
        return Asset(risk, found.table, found.shocks)

    # ── the one margin check ─────────────────────────────────────────────────────────────────────

    def withdrawal(self, account: int, holding: Holding, cash_left: bool) -> str | None:
        """Why something may not leave an account, whose holding is as it would be afterwards."""
        pending = holding.pending
        if holding.cash >= 0 and not holding.positions and pending is None:
            return None
        if cash_left and holding.cash < 0 and self._is_over_utilised(account, holding.cash):
            return "quote: over utilised"
        if holding.cash != self._state.cash(account):
            holding.cash = self.kept(holding.cash)
        held = self.held_assets(holding)
        if pending is not None:
            held |= 1 << pending[0]
        words, assets = self.after_sample(held)
        reason = self._initial(self.health(holding, words, None, assets))
        if reason is None and pending is not None:
            price = words[pending[0]] & (2**88 - 1)
            trade = Trade(pending[0], pending[1], price)
            reason = self._initial(self.health(holding, words, trade, assets))
        return reason

    def kept(self, cash: int) -> int:
        """What is left of an account's cash once it has been stored [quote wad]; where the supply
        index was raised on the way, that is what it was raised to."""
        raised = self.supply_index is not None and cash > 0
        return cash if raised else self._state.kept(cash)

    def _is_over_utilised(self, account: int, cash: int) -> bool:
        """With the sums as they would be once the account's cash had become `cash`."""
        stored = self._state.stored_cash(account)
        totals = []
        for debt in (False, True):
            scaled, index = self._state.side(debt)
            if (stored < 0) == debt:
                scaled -= abs(stored)
            if not debt and self.supply_index is not None:
                index = self.supply_index
            if (cash < 0) == debt:
                scaled += abs(ledger_math.to_scaled(cash, index))
            totals.append(ledger_math.divide(scaled * index, ledger_math.RAY, up=debt))
        supply, owed = totals
        return owed * WAD > supply * MAX_UTILISATION

    def _initial(self, health: Health) -> str | None:
        if health.worst_state != price_word.VALID:
            return "price: not valid"
        if health.strict_equity < health.initial:
            return "margin: below initial"
        return self._borrowing(health)

    def fee(self, holding: Holding) -> str | None:
        """Why a keeper fee may not have left a holding."""
        health = self.health(holding, self._oracle.read(self.held_assets(holding)))
        if health.equity < 0:
            return "equity: below zero"
        if health.cash >= 0:
            return None
        if not health.live:
            return "price: not usable"
        if health.equity < health.maintenance:
            return "margin: below maintenance"
        return self._borrowing(health)

    @staticmethod
    def _borrowing(health: Health) -> str | None:
        return "cash: below limit" if health.cash + health.borrow_limit < 0 else None
