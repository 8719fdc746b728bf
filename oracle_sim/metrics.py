"""Numbers of a replay, from the protocol's own events alone."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from oracle_sim.desk import Happening
from oracle_sim.wallet import WAD

EVENTS = (
    "OrderSubmitted",
    "OrderExecuted",
    "OrderCancelled",
    "RequestSubmitted",
    "RequestExecuted",
    "RequestLapsed",
    "MarginCalled",
    "EpisodeClosed",
    "AuctionStarted",
    "SliceSold",
    "StarterRewarded",
    "AuctionEnded",
    "BackstopTaken",
    "ShortfallCovered",
    "SupplyWrittenDown",
    "CollateralSold",
    "Staked",
    "FeeShared",
    "Unstaked",
    "FundPaid",
    "InterestAccrued",
)
"""What is decoded during a replay."""


@dataclass(frozen=True)
class Metrics:
    """What happened, counted. Amounts in quote, times in seconds.

    Attributes
    ----------
    orders : dict of str to int
        submitted, executed, cancelled.
    cancel_reasons : dict of str to int
    requests : dict of str to int
        Of providers: entered, left, lapsed.
    margin_calls, auctions, fills, backstops : int
    liquidations : dict of str to int
        Auctions in which something was sold or taken over: `solvent`, or `insolvent` when equity
        was below zero at a fill or a shortfall remained; `recovered` ended without a sale.
    first_bid_seconds : float or None
        Median time from the start of an auction to its first fill.
    first_bid_seconds_worst : float or None
    penalties, fees, incentives, rewards : float
        Of fees, what trading brought the fund.
    fund_in, fund_out : float
        Stakes, penalties, fees and interest; payments to auctions and to leaving stakers.
    fund_paid : float
        Payments to auctions alone.
    pool_in, pool_out : float
        Of providers who entered and left.
    shortfall, covered_by_fund, covered_by_pool, written_down : float
        The waterfall.
    """

    orders: dict[str, int]
    cancel_reasons: dict[str, int]
    requests: dict[str, int]
    margin_calls: int
    auctions: int
    liquidations: dict[str, int]
    fills: int
    backstops: int
    collateral_sales: int
    first_bid_seconds: float | None
    first_bid_seconds_worst: float | None
    penalties: float
    fees: float
    incentives: float
    rewards: float
    fund_in: float
    fund_out: float
    fund_paid: float
    pool_in: float
    pool_out: float
    shortfall: float
    covered_by_fund: float
    covered_by_pool: float
    written_down: float


def measure(happenings: list[Happening]) -> Metrics:
    """Count what happened.

    Parameters
    ----------
    happenings : list of Happening
        All events of a replay named in `EVENTS`, in order.
    """
    events: dict[str, list[Any]] = defaultdict(list)
    for happening in happenings:
        events[happening.name].append(happening.args)

    def total(name: str, field: str) -> float:
        return float(sum(getattr(args, field) for args in events[name]) / WAD)

    auctions = _auctions(happenings)
    waits = [auction.first_bid for auction in auctions if auction.first_bid is not None]
    outcomes = Counter(auction.outcome for auction in auctions)
    penalties, fees = total("SliceSold", "penalty"), total("FeeShared", "fund_share")
    earned = penalties + fees + total("InterestAccrued", "to_fund")
    fund_paid = total("FundPaid", "old_balance") - total("FundPaid", "new_balance")
    amounts: dict[bool, list[int]] = {True: [], False: []}  # of entering, of leaving [quote wad]
    for args in events["RequestExecuted"]:
        amounts[bool(args.entering)].append(args.amount)
    return Metrics(
        orders={
            "submitted": len(events["OrderSubmitted"]),
            "executed": len(events["OrderExecuted"]),
            "cancelled": len(events["OrderCancelled"]),
        },
        cancel_reasons=dict(Counter(args.reason for args in events["OrderCancelled"])),
        requests={
            "entered": len(amounts[True]),
            "left": len(amounts[False]),
            "lapsed": len(events["RequestLapsed"]),
        },
        margin_calls=len(events["MarginCalled"]),
        auctions=len(auctions),
        liquidations={
            name: outcomes[name] for name in ("solvent", "insolvent", "recovered", "running")
        },
        fills=len(events["SliceSold"]),
        backstops=len(events["BackstopTaken"]),
        collateral_sales=len(events["CollateralSold"]),
        first_bid_seconds=float(median(waits)) if waits else None,
        first_bid_seconds_worst=float(max(waits)) if waits else None,
        penalties=penalties,
        fees=fees,
        incentives=total("SliceSold", "incentive"),
        rewards=total("StarterRewarded", "reward"),
        fund_in=earned + total("Staked", "amount"),
        fund_out=fund_paid + total("Unstaked", "amount"),
        fund_paid=fund_paid,
        pool_in=sum(amounts[True]) / WAD,
        pool_out=sum(amounts[False]) / WAD,
        shortfall=total("ShortfallCovered", "shortfall"),
        covered_by_fund=total("ShortfallCovered", "by_fund"),
        covered_by_pool=total("ShortfallCovered", "by_pool"),
        written_down=total("SupplyWrittenDown", "amount"),
    )


@dataclass
class _Auction:
    """One auction while its events are read."""

    started_at: int
    first_bid: float | None = None
    sold: bool = False
    insolvent: bool = False
    ended: bool = False

    @property
    def outcome(self) -> str:
        if self.insolvent:
            return "insolvent"
        if self.sold:
            return "solvent"
        return "recovered" if self.ended else "running"


def _auctions(happenings: list[Happening]) -> list[_Auction]:
    """Read all auctions out of the events."""
    running: dict[int, _Auction] = {}
    auctions = []
    for happening in happenings:
        args = happening.args
        if happening.name == "AuctionStarted":
            running[args.account] = _Auction(happening.time)
            auctions.append(running[args.account])
            continue
        auction = running.get(getattr(args, "account", 0))
        if auction is None:
            continue
        match happening.name:
            case "SliceSold":
                auction.sold = True
                auction.insolvent |= args.old_equity < 0
                if auction.first_bid is None:
                    auction.first_bid = float(happening.time - auction.started_at)
            case "BackstopTaken":
                auction.sold = True
                auction.insolvent |= args.shortfall > 0
            case "ShortfallCovered":
                auction.insolvent |= args.shortfall > 0
            case "AuctionEnded":
                auction.ended = True
                del running[args.account]
    return auctions
