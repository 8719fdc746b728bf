"""What is left of a replay when it is over."""

from dataclasses import dataclass

from oracle_sim.fleet import Fleet
from oracle_sim.history import History
from oracle_sim.lending import Lending
from oracle_sim.metrics import Metrics


@dataclass(frozen=True)
class Outcome:
    """A finished replay.

    Attributes
    ----------
    event : str
    assets : tuple of str
    blocks, transactions, accounts : int
    metrics : Metrics
    lending : Lending
    history : History
    fleet : Fleet
        All user accounts at the end.
    stuck : tuple of int
        Accounts the keeper could not help although prices were usable.
    invariants : dict of str to bool
    checks : int
        How often the invariants were checked.
    failures : list of str
        What broke one.
    refusals : dict of str to int
        What the protocol refused, by reason.
    liquidated : float
        Positions and collateral sold in auctions or taken over by the pool, at mark [quote].
    pool : float
        Equity of the pool at the end, at mark [quote].
    borrowers : int
    hedgers : int
        Portfolio accounts.
    hedge_ratio : float or None
        What they were asked for, over what standard margin would have asked, on average [1].
    """

    event: str
    assets: tuple[str, ...]
    blocks: int
    transactions: int
    accounts: int
    metrics: Metrics
    lending: Lending
    history: History
    fleet: Fleet
    stuck: tuple[int, ...]
    invariants: dict[str, bool]
    checks: int
    failures: list[str]
    refusals: dict[str, int]
    liquidated: float
    pool: float
    borrowers: int
    hedgers: int
    hedge_ratio: float | None
