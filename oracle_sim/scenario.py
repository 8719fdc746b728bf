"""Who takes part in a replay and with how much: a frozen description, no state."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from chain.deployment import CROSS, ISOLATED, PORTFOLIO

RESPONSES = ("hold", "add", "close")
"""What a trader does when a margin call reaches him."""

LONE_INTERVAL = 1_800.0
"""How long a bidder without rivals lets auctions run before he looks again [s]."""

_Count = Annotated[int, Field(ge=0, le=1_000)]
_Some = Annotated[int, Field(ge=1, le=1_000)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Quote = Annotated[float, Field(gt=0, le=1e9)]
_Seconds = Annotated[float, Field(ge=0, le=1e8)]
_Slippage = Annotated[float, Field(gt=-1, lt=1)]
_Leverage = Annotated[float, Field(gt=0, le=100)]


class Scenario(BaseModel):
    """Size and temper of the crowd. Amounts in quote, times in seconds, shares as fractions."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    seed: int = 2020
    traders: _Some = 74
    hedgers: _Count = 4
    bidders: _Count = 9
    providers: _Some = 7
    stakers: _Count = 5

    # traders
    trader_cash: _Quote = 12_000.0  # median of a lognormal
    trader_cash_spread: Annotated[float, Field(ge=0, le=3)] = 0.9  # deviation of its logarithm
    short_share: _Share = 0.2
    isolated_share: _Share = 0.25
    leverages: Annotated[tuple[_Leverage, ...], Field(min_length=1)] = (
        2.0,
        3.0,
        4.0,
        5.0,
        6.0,
        7.0,
        8.0,
        10.0,
        12.0,
        15.0,
    )  # notional over equity that traders aim at, each as likely as the others
    collateral_share: _Share = 0.3  # of cross accounts: those that hold more than quote
    response_weights: tuple[_Share, _Share, _Share] = (0.45, 0.25, 0.30)  # as RESPONSES
    opening_period: _Seconds = 6 * 3_600.0  # first positions are opened within it
    later_trades: Annotated[float, Field(ge=0, le=1_000)] = 2.0  # mean number a trader and week
    least_later_trades: Annotated[float, Field(ge=0, le=1_000)] = 0.5  # however short the replay
    slippage: _Slippage = 0.02  # how far from the price an order usually may fill
    tight_share: _Share = 0.2  # of later orders: limit tighter than the price
    tight_slippage: _Slippage = -0.002

    # hedgers: portfolio accounts, in turn long one market against another, and short of what they
    # hold
    hedge_leverage: tuple[_Leverage, _Leverage] = (2.0, 5.0)  # of each leg, notional over equity
    hedge_collateral: _Share = 0.8  # part of their equity that those who hold something hold

    # providers and stakers
    provider_cash: _Quote = 900_000.0
    leaving_providers: _Count = 1  # so many ask for half of their shares back
    leaving_at: _Share = 0.5  # of the replay
    staker_cash: _Quote = 12_000.0

    # bidders: each asks an incentive of at least this share of the MM he takes over
    bidder_cash: tuple[_Quote, _Quote] = (3_000.0, 12_000.0)
    bidder_thresholds: tuple[_Share, _Share] = (0.08, 0.45)
    bidder_use: _Share = 0.8  # of free equity committed to one slice
    bidder_unwind: _Seconds = 3_600.0  # how long he waits before he sells what he bought
    bidder_interval: _Seconds = 0.0  # he looks at auctions once in it; 0: every block

    @model_validator(mode="after")
    def _check(self) -> "Scenario":
        if abs(sum(self.response_weights) - 1) > 1e-9:
            raise ValueError("response_weights: do not sum to 1")
        if self.leaving_providers > self.providers:
            raise ValueError("leaving_providers: more than there are")
        return self

    @property
    def accounts(self) -> int:
        """Accounts of the crowd: everyone above and the keeper."""
        return self.traders + self.hedgers + self.bidders + self.providers + self.stakers + 1

    def backed_by(
        self, fund: float | None = None, pool: float | None = None, bidders: int | None = None
    ) -> "Scenario":
        """The same crowd with other money behind it; None leaves a thing as it is.

        Parameters
        ----------
        fund : float, optional
            What stakers put in together [quote]; without any there are no stakers.
        pool : float, optional
            What providers put in together [quote].
        bidders : int, optional
            A single one, whom nobody can forestall, looks at auctions once in `LONE_INTERVAL`.
        """
        changes: dict[str, float] = {}
        if fund == 0:
            changes["stakers"] = 0
        elif fund is not None:
            changes["stakers"] = max(1, self.stakers)
            changes["staker_cash"] = fund / changes["stakers"]
        if pool is not None:
            changes["provider_cash"] = pool / self.providers
        if bidders is not None:
            changes["bidders"] = bidders
            changes["bidder_interval"] = LONE_INTERVAL if bidders == 1 else self.bidder_interval
        return Scenario(**{**self.model_dump(), **changes})


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
