"""Who takes part in a replay and with how much: a frozen description, no state."""

from dataclasses import dataclass, field

import numpy as np

ISOLATED = 1
CROSS = 2

LEVERAGES = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0)
"""Notional over equity that traders aim at."""

RESPONSES = ("hold", "add", "close")
"""What a trader does when a margin call reaches him."""


@dataclass(frozen=True)
class Scenario:
    """Size and temper of the crowd. Amounts in quote, times in seconds, shares as fractions."""

    seed: int = 2020
    traders: int = 78
    bidders: int = 9
    providers: int = 7
    stakers: int = 5

    # traders
    trader_cash: float = 12_000.0  # median of a lognormal
    trader_cash_spread: float = 0.9  # standard deviation of its logarithm
    short_share: float = 0.2
    isolated_share: float = 0.25
    collateral_share: float = 0.3  # of cross accounts: those that hold a collateral besides quote
    response_weights: tuple[float, float, float] = (0.45, 0.25, 0.30)  # as RESPONSES
    opening_period: float = 6 * 3_600.0  # first positions are opened within it
    later_trades: float = 2.0  # mean number of further trades per trader and week
    least_later_trades: float = 0.5  # the same, however short the replay
    slippage: float = 0.02  # how far from the price an order usually may fill
    tight_share: float = 0.2  # of later orders: limit tighter than the price
    tight_slippage: float = -0.002

    # providers and stakers
    provider_cash: float = 900_000.0
    staker_cash: float = 12_000.0

    # bidders: each asks an incentive of at least this share of the MM he takes over
    bidder_cash: tuple[float, float] = (6_000.0, 24_000.0)
    bidder_thresholds: tuple[float, float] = (0.08, 0.45)
    bidder_use: float = 0.8  # of free equity committed to one slice
    bidder_unwind: float = 3_600.0  # how long he waits before he sells what he bought

    @property
    def accounts(self) -> int:
        """Accounts of the crowd: everyone above and the keeper."""
        return self.traders + self.bidders + self.providers + self.stakers + 1


@dataclass(frozen=True)
class Trade:
    """One intended trade.

    Attributes
    ----------
    at : float
        Seconds after the start of the replay.
    market : str
    leverage : float
        Signed notional over the equity the trader started with.
    slippage : float
        Worst fill he takes, relative to the price, against himself; negative is tighter.
    """

    at: float
    market: str
    leverage: float
    slippage: float


@dataclass(frozen=True)
class TraderPlan:
    """What a trader brings and intends.

    Attributes
    ----------
    kind : int
        ISOLATED or CROSS.
    equity : float
        [quote] at the start, collateral included.
    collateral : str or None
        Asset of the collateral he holds.
    collateral_part : float
        Its part of his equity.
    response : str
        One of RESPONSES.
    trades : tuple of Trade
        By time.
    """

    kind: int
    equity: float
    collateral: str | None
    collateral_part: float
    response: str
    trades: tuple[Trade, ...] = field(default=())


def draw_traders(
    scenario: Scenario,
    markets: tuple[str, ...],
    collaterals: tuple[str, ...],
    duration: float,
    rng: np.random.Generator,
) -> list[TraderPlan]:
    """Draw the traders of a replay.

    Parameters
    ----------
    scenario : Scenario
    markets : tuple of str
        Assets with a market, the most traded first.
    collaterals : tuple of str
        Assets accepted as collateral.
    duration : float
        Length of the replay [s].
    rng : numpy.random.Generator

    Returns
    -------
    list of TraderPlan
    """
    weights = 1.0 / (1.0 + np.arange(len(markets)))
    weights /= weights.sum()
    plans = []
    for _ in range(scenario.traders):
        equity = scenario.trader_cash * float(np.exp(rng.normal(0.0, scenario.trader_cash_spread)))
        kind = ISOLATED if rng.random() < scenario.isolated_share else CROSS
        holds = kind == CROSS and bool(collaterals) and rng.random() < scenario.collateral_share
        legs = 1 if kind == ISOLATED else min(len(markets), int(rng.integers(1, 4)))
        chosen = [str(name) for name in rng.choice(markets, size=legs, replace=False, p=weights)]
        leverage = float(rng.choice(LEVERAGES))
        side = -1.0 if rng.random() < scenario.short_share else 1.0
        opening_at = rng.uniform(0.0, scenario.opening_period, size=legs)
        trades = [
            Trade(float(at), market, side * leverage / legs, scenario.slippage)
            for market, at in zip(chosen, opening_at, strict=True)
        ]
        trades += _later_trades(scenario, chosen, leverage, side, duration, rng)
        plans.append(
            TraderPlan(
                kind=kind,
                equity=max(1_500.0, equity),
                collateral=str(rng.choice(collaterals)) if holds else None,
                collateral_part=float(rng.uniform(0.3, 0.7)) if holds else 0.0,
                response=str(rng.choice(RESPONSES, p=scenario.response_weights)),
                trades=tuple(sorted(trades, key=lambda trade: trade.at)),
            )
        )
    return plans


def _later_trades(
    scenario: Scenario,
    markets: list[str],
    leverage: float,
    side: float,
    duration: float,
    rng: np.random.Generator,
) -> list[Trade]:
    """Draw what a trader does after he has opened: mostly more of the same, sometimes less."""
    mean = max(scenario.least_later_trades, scenario.later_trades * duration / (7 * 86_400.0))
    trades = []
    for _ in range(int(rng.poisson(mean))):
        at = float(rng.uniform(scenario.opening_period, max(duration, scenario.opening_period + 1)))
        change = float(rng.uniform(0.1, 0.4)) * leverage * side * (1 if rng.random() < 0.7 else -1)
        tight = rng.random() < scenario.tight_share
        slippage = scenario.tight_slippage if tight else scenario.slippage
        trades.append(Trade(at, str(rng.choice(markets)), change, slippage))
    return trades
