"""Exact integer mirror of ``contracts/modules/share_math.vy``."""

from margin_model.fixed_point import WAD, checked

VIRTUAL = 10**12  # shares, and assets behind them
MAX_TOTAL = 2**127
KEPT_DIVISOR = 10**4  # what shares of a lost balance keep of the next entry [1 / it]


def shares_for(assets: int, total_assets: int, total_shares: int) -> int:
    """Shares for assets brought in, rounded down.

    Parameters
    ----------
    assets, total_assets : int
        What comes in and what is there before [quote wad].
    total_shares : int
        Supply before.
    """
    return checked(assets * (total_shares + VIRTUAL)) // (total_assets + VIRTUAL)


def least_total(assets: int, total_shares: int) -> int:
    """What a balance counts as at least for who brings assets in [quote wad].

    Parameters
    ----------
    assets : int
        What comes in [quote wad].
    total_shares : int
        Supply before.
    """
    return min(assets, total_shares) // KEPT_DIVISOR


def assets_for(shares: int, total_assets: int, total_shares: int) -> int:
    """Assets for shares handed back, rounded down, never more than there is [quote wad]."""
    claim = checked(shares * (total_assets + VIRTUAL)) // (total_shares + VIRTUAL)
    return min(total_assets, claim)


def share_price(total_assets: int, total_shares: int) -> int:
    """Quote per share, rounded down [wad]."""
    return checked((total_assets + VIRTUAL) * WAD) // (total_shares + VIRTUAL)
