"""What everybody in the crowd brings and intends, drawn from a scenario."""

from dataclasses import dataclass, field

import numpy as np

from chain.deployment import CROSS, ISOLATED, PORTFOLIO
from oracle_sim.scenario import RESPONSES, Scenario


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
        ISOLATED, CROSS or PORTFOLIO.
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


@dataclass(frozen=True)
class BorrowerPlan:
    """What a borrower brings and takes.

    Attributes
    ----------
    collateral : str
        Asset of what he brings.
    value : float
        Of it [quote].
    share : float
        Of the value, what he takes out in quote [1].
    begins, ends : float
        When he does, and when he pays it back, if ever [s since the start].
    answers : bool
        Whether a margin call makes him repay a part.
    """

    collateral: str
    value: float
    share: float
    begins: float
    ends: float | None
    answers: bool


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
        leverage = float(rng.choice(scenario.leverages))
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


def draw_hedgers(
    scenario: Scenario,
    markets: tuple[str, ...],
    collaterals: tuple[str, ...],
    rng: np.random.Generator,
) -> list[TraderPlan]:
    """Draw who hedges under portfolio margin; parameters as those of `draw_traders`.

    Every second one is short of collateral he holds, as far as there is any; the others hold two
    markets against each other, as far as there are two.
    """
    plans = []
    for number in range(scenario.hedgers):
        equity = scenario.trader_cash * float(np.exp(rng.normal(0.0, scenario.trader_cash_spread)))
        held = str(rng.choice(collaterals)) if collaterals and number % 2 else None
        leverage = float(rng.uniform(*scenario.hedge_leverage))
        if held is not None:
            legs = [(held, -scenario.hedge_collateral)]
        elif len(markets) > 1:
            one, other = (str(name) for name in rng.choice(markets, size=2, replace=False))
            legs = [(one, leverage), (other, -leverage)]
        else:
            legs = []
        opening_at = np.sort(rng.uniform(0.0, scenario.opening_period, size=len(legs)))
        plans.append(
            TraderPlan(
                kind=PORTFOLIO,
                equity=max(1_500.0, equity),
                collateral=held,
                collateral_part=scenario.hedge_collateral if held else 0.0,
                response="add",
                trades=tuple(
                    Trade(float(at), market, signed, scenario.slippage)
                    for (market, signed), at in zip(legs, opening_at, strict=True)
                ),
            )
        )
    return plans


def draw_borrowers(
    scenario: Scenario, collaterals: tuple[str, ...], duration: float, rng: np.random.Generator
) -> list[BorrowerPlan]:
    """Draw who borrows; parameters as those of `draw_traders`. Nobody where nothing is accepted."""
    plans = []
    for number in range(scenario.borrowers if collaterals else 0):
        begins = float(rng.uniform(0.0, scenario.opening_period))
        ends = float(rng.uniform(begins, max(begins, duration)))
        plans.append(
            BorrowerPlan(
                collateral=collaterals[number % len(collaterals)],
                value=scenario.borrower_value
                * float(np.exp(rng.normal(0.0, scenario.trader_cash_spread))),
                share=float(rng.uniform(*scenario.borrowed_share)),
                begins=begins,
                ends=ends if rng.random() < scenario.repaying_share else None,
                answers=bool(rng.random() < scenario.answering_share),
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
