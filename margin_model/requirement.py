"""Exact integer mirror of ``contracts/modules/requirement.vy``: what an account requires.

Whoever knows an account's exposure, the readings and the assets' risk words recomputes here, to the
wei, every number that can liquidate it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from margin_model import margin_math, portfolio_math, price_word, ramp, tier_table
from margin_model.account_value import PROTOCOL, held, value
from margin_model.correlation_word import pack_correlations
from margin_model.fixed_point import WAD, div_up
from margin_model.risk_word import RiskWord

PORTFOLIO = 3
"""A kind of account; all others are under standard margin."""

ASSETS = 16


@dataclass(frozen=True)
class Parameters:
    """Immutables of a RiskEngine, in the order of its constructor."""

    im_multiplier: int  # [wad]
    buffer: int  # b [wad]
    ramp_up: int  # u [wad per hour]
    ramp_down: int  # d [wad per hour]
    keeper_cost: int  # [quote wad]
    breakdown: int  # delta [bps]
    floor: int  # of gross legs [bps]


class Asset(NamedTuple):
    """What the engine stores of one listed asset for a margin check."""

    risk: RiskWord
    table: int  # the word of its tier table
    shocks: Sequence[int] = (0,) * portfolio_math.SCENARIOS  # [percent]


class Exposure(NamedTuple):
    """``IRiskEngine.Exposure``."""

    kind: int
    cash: int  # [quote wad]
    base: int  # [quote wad]
    markets: int  # bitmap
    collaterals: int  # bitmap
    sizes: Sequence[int]  # [wad units]
    amounts: Sequence[int]  # [wad units]


class Breakdown(NamedTuple):
    """``IRiskEngine.Breakdown``."""

    tail: int
    high_tail: int
    stress: int
    scenario: int
    floor: int
    weights: Sequence[int]
    shorts: int

    @property
    def maintenance(self) -> int:
        """MM without keeper cost [quote wad]."""
        return max(self.tail, self.stress, self.floor)

    @property
    def high_maintenance(self) -> int:
        """The same at max(line, target), and no less [quote wad]."""
        return max(self.high_tail, self.maintenance)


UNCORRELATED = tuple(pack_correlations([]))
"""Words of the oracle before any correlation was seen."""


class Health(NamedTuple):
    """``IRiskEngine.Health``."""

    cash: int
    equity: int
    strict_equity: int
    maintenance: int
    initial: int
    borrow_limit: int
    gross: int
    worst_state: int
    live: bool


def line_at(risk: RiskWord, live: int, parameters: Parameters) -> int:
    """Line of an asset when its oracle-live time is `live` [s] (wad)."""
    elapsed = max(0, live - risk.started_at)
    return ramp.line_at(risk.line, risk.target, elapsed, parameters.ramp_up, parameters.ramp_down)


def assess(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    later: int = 0,
    rows: Sequence[int] = UNCORRELATED,
    off_peg: bool = False,
) -> Health:
    """Equity, requirements and what else decides about an account.

    Parameters
    ----------
    exposure : Exposure
    words : sequence of int, shape (16,)
        Readings, see `price_word`.
    assets : mapping of asset id to Asset
        All assets held.
    parameters : Parameters
    later : int
        Evaluate the lines so much later, in oracle-live time [s].
    rows : sequence of int, shape (8,)
        Packed correlations, see `portfolio_math`; they count for PORTFOLIO accounts.
    off_peg : bool
        Whether the last sample found the quote token off its peg: then no state is VALID.
    """
    at_mark = value(exposure, words)
    strict_value = 0  # [1e-36 quote]
    maintenance = initial = uncertainty = borrow_limit = dead = 0
    worst_state = price_word.UNCERTAIN if off_peg else price_word.VALID

    for asset in held(exposure):
        reading, risk = price_word.unpack(words[asset]), assets[asset].risk
        price = reading.price
        if reading.state == price_word.RETIRED:
            units, frozen = _settled(exposure, asset)
            strict_value += (units - frozen) * price
            dead += div_up(frozen * price, WAD)
            continue
        lower, higher = min(price, reading.ema), max(price, reading.ema)
        line = line_at(risk, reading.live + later, parameters)
        high_line = max(line, risk.target)
        worth = 0

        if (exposure.markets >> asset) & 1:
            size = exposure.sizes[asset]
            notional = -(-abs(size) * price // WAD)
            tier = tier_table.requirement(assets[asset].table, notional)
            required, required_high = margin_math.position(
                notional, risk.depth, line, high_line, tier
            )
            maintenance += required
            initial += required_high
            strict_value += size * (lower if size > 0 else higher)
            worth += notional

        if (exposure.collaterals >> asset) & 1:
            amount = exposure.amounts[asset]
            collateral_value = -(-amount * price // WAD)
            required, required_high, haircut = margin_math.collateral(
                collateral_value,
                risk.depth,
                line,
                high_line,
                risk.haircut_floor,
                risk.haircut_cap,
            )
            maintenance += required
            initial += required_high
            strict_value += amount * lower
            borrow_limit += margin_math.lendable(amount * lower, haircut, parameters.im_multiplier)
            worth += collateral_value

        uncertainty += worth * reading.confidence
        worst_state = min(worst_state, reading.state)

    if exposure.markets == 0 and exposure.cash >= 0:
        maintenance = initial = 0
    else:
        if exposure.kind == PORTFOLIO:
            terms = breakdown(exposure, words, assets, parameters, later, rows)
            maintenance, initial = terms.maintenance, terms.high_maintenance
        maintenance += parameters.keeper_cost + dead
        initial = margin_math.scale_up(
            initial + parameters.keeper_cost, parameters.im_multiplier
        ) + margin_math.confidence_charge(uncertainty)

    return Health(
        exposure.cash,
        at_mark.equity,
        exposure.base + margin_math.value_floor(strict_value),
        maintenance,
        initial,
        borrow_limit,
        at_mark.gross,
        worst_state,
        at_mark.live,
    )


def _settled(exposure: Exposure, asset: int) -> tuple[int, int]:
    """Units of a retired asset that count at its price, and those that count as much in MM."""
    counts = exposure.collaterals >> asset & 1 and exposure.kind != PROTOCOL
    frozen = exposure.amounts[asset] if counts else 0
    return exposure.sizes[asset] * (exposure.markets >> asset & 1) + frozen, frozen


def breakdown(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    later: int = 0,
    rows: Sequence[int] = UNCORRELATED,
) -> Breakdown:
    """What the MM of an exposure is made of as a PORTFOLIO account; parameters as in `assess`."""
    values, weights, high_weights = [0] * ASSETS, [0] * ASSETS, [0] * ASSETS
    gross = 0
    for asset in held(exposure):
        reading, risk = price_word.unpack(words[asset]), assets[asset].risk
        if reading.state == price_word.RETIRED:
            continue
        size = exposure.sizes[asset] if exposure.markets >> asset & 1 else 0
        amount = exposure.amounts[asset] if exposure.collaterals >> asset & 1 else 0
        legs = div_up(abs(size) * reading.price, WAD) + div_up(amount * reading.price, WAD)
        gross += legs
        net = (size + amount) * reading.price
        value = div_up(abs(net), WAD)
        factor = margin_math.size_factor(legs, risk.depth)
        line = line_at(risk, reading.live + later, parameters)
        sign = -1 if net < 0 else 1
        values[asset] = sign * value
        weights[asset] = sign * margin_math.weight(value, factor, line)
        high_weights[asset] = sign * margin_math.weight(value, factor, max(line, risk.target))
    shocks = [assets[asset].shocks if asset in assets else [0] * 16 for asset in range(ASSETS)]
    worst = portfolio_math.stress(values, shocks)
    return Breakdown(
        portfolio_math.tail(weights, rows, parameters.breakdown),
        portfolio_math.tail(high_weights, rows, parameters.breakdown),
        worst.loss,
        worst.scenario,
        div_up(gross * parameters.floor, portfolio_math.BPS),
        [abs(weight) for weight in weights],
        sum(1 << asset for asset, value in enumerate(values) if value < 0),
    )
