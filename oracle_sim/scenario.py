"""Who takes part in a replay and with how much: a frozen description, no state."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    traders: _Some = 68
    hedgers: _Count = 4
    borrowers: _Count = 6
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

    # borrowers: bring collateral and take out quote against it
    borrower_value: _Quote = 40_000.0  # median of what they bring, spread as traders' cash
    borrowed_share: tuple[_Share, _Share] = (0.4, 0.85)  # of its value
    repaying_share: _Share = 0.3  # so many pay everything back, some time before the end
    answering_share: _Share = 0.4  # so many answer margin calls by repaying a part

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
        takers = self.traders + self.hedgers + self.borrowers
        return takers + self.bidders + self.providers + self.stakers + 1

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
