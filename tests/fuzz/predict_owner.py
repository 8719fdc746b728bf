"""What owned functions and guarded ones will say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from margin_model import (
    funding_math,
    margin_math,
    portfolio_math,
    price_validity,
    price_word,
    ramp,
    risk_word,
    tier_table,
)
from tests.fuzz.predict import (
    FINE_TOKEN,
    LATE_MIN_VALUE,
    PERSON_AS_TOKEN,
    UNKNOWN_TOKEN,
    Models,
    require,
)

__all__ = ["LATE_MIN_VALUE", "LIKE", "NEW", "NEW_RISK", "WRONG_LISTINGS", "Risk"]

WAD = 10**18
LIKE, NEW = 1, 5
"""The asset that may be listed within an episode has the feeds of another one."""
MAX_FEE = 200  # [bps]
MAX_CAP = 100_000  # [bps]
MIN_SCALE, MAX_SCALE, SCALE_UNIT = 10**9, 10**30, 10**9
MAX_MIN_VALUE = 10**24


FEEDS = 16
"""Of an adapter, at most."""


class Risk(NamedTuple):
    """What `set_asset_risk` takes."""

    kappa: int
    horizon: int
    line_floor: int
    line_cap: int
    depth: int
    tier_table: int
    haircut_floor: int
    haircut_cap: int
    deposit_cap: int
    shocks: tuple[int, ...]  # [percent]


NEW_RISK = Risk(
    6 * WAD,
    3_600,
    WAD // 50,
    WAD * 3 // 10,
    10**7,
    1,
    300,
    5_000,
    10**6 * WAD,
    (-8, 8, -4, 4, *[0] * 12),
)

WRONG_LISTINGS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"sources": []}, "sources: none"),
    ({"max_confidence": 0}, "confidence bound: out of bounds"),
    ({"max_confidence": 5_001}, "confidence bound: out of bounds"),
    ({"max_disagreement": 0}, "disagreement: out of bounds"),
    ({"deviation": 5_001}, "deviation: out of bounds"),
    ({"jump_bound": 9}, "jump bound: too small"),
    ({"jump_bound": 5_001}, "jump bound: too large"),
    ({"jump_bound": 505}, "jump bound: not in tens"),
    ({"source": {"adapter": "0x" + "77" * 20}}, "source: no contract"),
    ({"source": {"feed": FEEDS}}, "source: unknown feed"),
    ({"source": {"feed": FEEDS - 1}}, "source: unknown feed"),
    ({"variance_fast": 10**9}, "variance: too small"),
    ({"variance_slow": 10**20}, "variance: too large"),
    ({"variance_floor": 2**255}, "variance: too large"),
    ({"correlations": [0, 0, 0]}, "correlations: wrong number"),
    ({"correlations": [0, -10_001, 0, 0, 0]}, "correlation: out of bounds"),
)
"""Fields of a listing, or of its only source, out of range, and what the oracle says to them."""


# ── ownership ────────────────────────────────────────────────────────────────────────────────────


def owned(m: Models, contract: str, sender: int) -> None:
    require(m.state.owner(contract)[0] == sender, "ownable: caller is not the owner")


def accept_ownership(m: Models, contract: str, sender: int) -> None:
    pending = m.state.owner(contract)[1]
    require(pending == sender, "ownable_2step: caller is not the new owner")


# ── oracle ───────────────────────────────────────────────────────────────────────────────────────


def set_source(m: Models, sender: int, asset: int, index: int, place: int, number: int) -> None:
    owned(m, "PriceOracle", sender)
    require(asset < m.state.calendar[1], "asset: unknown")
    listing = m.oracle.listings[asset]
    require(index < len(listing.sources), "source: unknown index")
    before = m.oracle.reading(asset)
    first = int(asset in m.oracle.unasked)  # then the primary source is nobody's
    others = [other for i, other in enumerate(listing.sources) if i != index and i >= first]
    twice = (place, number) in others
    require(not twice, "source: listed twice")
    price, confidence, time, *timing = m.feeds.sources[place][number].latest(m.now)
    grade = price_validity.grade(price, confidence, time, m.now, *timing)
    require(grade == price_validity.FRESH, "source: no fresh price")
    if price_word.is_usable(before):
        side = price_validity.side(price, before & (2**88 - 1), listing.jump_bound)
        require(side == price_validity.NEAR, "source: off the price")


def list_asset(m: Models, sender: int, wrong: int) -> None:
    owned(m, "PriceOracle", sender)
    if wrong:
        fields, reason = WRONG_LISTINGS[wrong - 1]
        # one with each asset listed so far
        miscounted = "correlations" in fields and m.state.calendar[1] != NEW
        require(False, "correlations: wrong number" if miscounted else reason)
    require(m.oracle.up(), "sequencer: down")
    seen = m.oracle.observe(m.world.listings[LIKE], 0)
    require(seen.state == price_word.VALID, "asset: no valid price")
    m.answer = NEW


# ── risk engine ──────────────────────────────────────────────────────────────────────────────────


def check_risk(m: Models, risk: Risk) -> None:
    """Bounds of an asset's parameters."""
    require(ramp.MIN_KAPPA <= risk.kappa <= ramp.MAX_KAPPA, "kappa: out of range")
    require(risk.horizon >= ramp.MIN_HORIZON, "horizon: too short")
    require(risk.horizon <= ramp.MAX_HORIZON, "horizon: too long")
    require(risk.line_floor >= ramp.MIN_LINE, "line floor: too low")
    require(risk.line_floor <= risk.line_cap, "line floor: above cap")
    require(risk.line_cap <= ramp.MAX_LINE, "line cap: too high")
    require(risk.kappa % risk_word.KAPPA_UNIT == 0, "kappa: not in thousandths")
    require(risk.line_floor % risk_word.LINE_UNIT == 0, "line floor: not in bps")
    require(risk.line_cap % risk_word.LINE_UNIT == 0, "line cap: not in bps")
    require(risk.depth >= margin_math.MIN_DEPTH, "depth: too low")
    require(risk.depth <= margin_math.MAX_DEPTH, "depth: too high")
    require(risk.tier_table < 256, "tier table: unknown")
    require(m.state.tier_table(risk.tier_table) != 0, "tier table: not set")
    require(risk.haircut_floor <= risk.haircut_cap, "haircut floor: above cap")
    require(risk.haircut_cap <= margin_math.MAX_HAIRCUT, "haircut cap: too high")
    require(risk.deposit_cap <= 2**127, "deposit cap: too high")
    within = all(abs(shock) <= portfolio_math.MAX_SHOCK for shock in risk.shocks)
    require(within, "shock: out of range")


def set_asset_risk(m: Models, sender: int, asset: int, risk: Risk) -> None:
    owned(m, "RiskEngine", sender)
    require(asset < 16 and m.state.risk_word(asset) != 0, "asset: not listed")
    check_risk(m, risk)


def list_asset_risk(m: Models, sender: int, asset: int, line: int) -> None:
    owned(m, "RiskEngine", sender)
    require(asset < m.state.calendar[1], "asset: unknown")
    require(m.state.risk_word(asset) == 0, "asset: already listed")
    check_risk(m, NEW_RISK)
    require(line >= NEW_RISK.line_floor, "initial line: below floor")
    require(line <= NEW_RISK.line_cap, "initial line: above cap")


def set_tier_table(m: Models, sender: int, table: int, tiers: Sequence[tuple[int, int]]) -> None:
    owned(m, "RiskEngine", sender)
    require(table < 256, "tier table: unknown")
    require(len(tiers) != 0, "tiers: none")
    require(tiers[0][0] == 0, "tiers: first bound not 0")
    require(tiers[0][1] >= tier_table.MIN_RATE, "tiers: rate too low")
    for (low, rate), (bound, higher) in pairwise(tiers):
        require(bound > low, "tiers: bounds not increasing")
        require(higher >= rate, "tiers: rates decreasing")
    require(tiers[-1][0] <= tier_table.MAX_BOUND, "tiers: bound too high")
    require(tiers[-1][1] <= tier_table.MAX_RATE, "tiers: rate too high")


# ── Clearinghouse and pool ───────────────────────────────────────────────────────────────────────


def _known(m: Models, asset: int) -> None:
    require(asset < 16 and m.state.risk_word(asset) != 0, "asset: unknown")


def list_market(m: Models, sender: int, market: int, scale: int, velocity: int) -> None:
    owned(m, "Clearinghouse", sender)
    _known(m, market)
    require(not m.state.listed_markets >> market & 1, "market: already listed")
    bounded = MIN_SCALE <= scale <= MAX_SCALE and scale % SCALE_UNIT == 0
    require(bounded, "skew scale: out of bounds")
    require(velocity <= funding_math.MAX_VELOCITY, "velocity: out of bounds")


def list_collateral(m: Models, sender: int, token: int, asset: int, least: int) -> None:
    owned(m, "Clearinghouse", sender)
    _known(m, asset)
    require(token != -1, "token: is quote")
    require(not 0 <= token < m.state.token_count, "token: already listed")
    require(least <= MAX_MIN_VALUE, "min value: out of bounds")
    require(token != PERSON_AS_TOKEN, "token: no contract")
    require(token != UNKNOWN_TOKEN, "")  # a contract that does not say its decimals
    require(token != FINE_TOKEN, "token: decimals")


def set_market_fees(m: Models, sender: int, market: int, fees: Sequence[int]) -> None:
    owned(m, "LiquidityPool", sender)
    require(market < 16 and bool(m.state.listed_markets >> market & 1), "market: unknown")
    maker, taker, cap = fees
    require(maker <= MAX_FEE, "maker fee: too high")
    require(taker <= MAX_FEE, "taker fee: too high")
    require(cap >= 1, "interest cap: too low")
    require(cap <= MAX_CAP, "interest cap: too high")


# ── guarded functions ────────────────────────────────────────────────────────────────────────────


def guarded(m: Models, reason: str) -> None:
    """A caller who is never allowed."""
    del m
    require(False, reason)
