"""What the insurance fund should hold: the stressed shortfall over all accounts.

In each of the sixteen stress scenarios every asset moves by its shock at once, nothing is sold on
the way, and what accounts then lack adds up; the worst scenario counts. The fund pays before
anybody else does, so nothing is taken off for the pool.
"""

from __future__ import annotations

from margin_model.fleet import Conditions, Fleet, Floats

MIN_TARGET, MAX_TARGET = 10**18, 10**30
"""What ``InsuranceFund.post_target`` takes [quote wad]."""


def stressed_shortfalls(fleet: Fleet, conditions: Conditions) -> Floats:
    """What accounts lack in each scenario: ``Σ max(0, -E_s)``.

    Parameters
    ----------
    fleet : Fleet
        M users' accounts.
    conditions : Conditions
        Prices and shocks.

    Returns
    -------
    ndarray, shape (16,)
        [quote]
    """
    stressed = conditions.prices[:, None] * (1 + conditions.shocks)
    equity = fleet.base[:, None] + (fleet.sizes + fleet.amounts) @ stressed
    lacking: Floats = (-equity).clip(min=0).sum(axis=0)
    return lacking


def next_target(wanted: int, posted: int) -> int:
    """The target that may be posted on the way to what is wanted: at most twice and at least half
    of the last one, within the contract's bounds.

    Parameters
    ----------
    wanted : int
        [quote wad]
    posted : int
        The last one [quote wad]; 0: none yet.
    """
    target = min(max(wanted, MIN_TARGET), MAX_TARGET)
    if posted == 0:
        return target
    return min(max(target, (posted + 1) // 2), 2 * posted)
