"""Exact integer mirror of ``contracts/modules/auction_math.vy``.

Amounts are quote in wad, fractions are wad, times are seconds.
"""

from typing import NamedTuple

from margin_model.fixed_point import WAD, mul_div_up, mul_wad_ceil_signed, mul_wad_down


class Offer(NamedTuple):
    """What an auction offers now."""

    maintenance: int  # MMp [quote wad]
    buffered: int  # BMp [quote wad]
    incentive: int  # I [quote wad]
    penalty: int  # pen [quote wad]
    price: int  # P of all that is unsold [quote wad]
    largest_slice: int  # [wad]


def discount(elapsed: int, s0: int, s1: int, fast_phase: int, slow_phase: int) -> int:
    """Share s(t) of the requirement that is offered as incentive.

    Parameters
    ----------
    elapsed : int
        Oracle-live time since the start [s].
    s0, s1 : int
        Share at the start and after the fast phase [wad], ``s0 <= s1 <= WAD``.
    fast_phase, slow_phase : int
        Lengths of the two linear phases [s], positive.

    Returns
    -------
    int
        s, rounded down [wad].
    """
    if elapsed < fast_phase:
        return s0 + (s1 - s0) * elapsed // fast_phase
    beyond = elapsed - fast_phase
    if beyond < slow_phase:
        return s1 + (WAD - s1) * beyond // slow_phase
    return WAD


def requirement(maintenance: int, unsold: int, buffer: int) -> tuple[int, int]:
    """MMp and BMp [quote wad], rounded down, of MM at the start, the unsold part and b [wad]."""
    required = mul_wad_down(maintenance, unsold)
    return required, mul_wad_down(required, WAD + buffer)


def offer(
    equity: int,
    proceeds: int,
    maintenance: int,
    unsold: int,
    discount_now: int,
    buffer: int,
    penalty_rate: int,
    fund_available: int,
    dust: int,
) -> Offer:
    """Terms of the auction of one account.

    Parameters
    ----------
    equity : int
        E, signed [quote wad].
    proceeds : int
        C, cash paid in since the start, not for sale [quote wad].
    maintenance : int
        MM at the start [quote wad].
    unsold : int
        Fraction not yet sold [wad].
    discount_now : int
        s [wad].
    buffer, penalty_rate : int
        b and p [wad].
    fund_available : int
        What the fund may still pay above ``max(E, 0)`` [quote wad].
    dust : int
        Least MMp worth leaving behind [quote wad].

    Returns
    -------
    Offer
    """
    required, buffered = requirement(maintenance, unsold, buffer)
    solvent = max(equity, 0)
    incentive = min(mul_wad_down(discount_now, required), solvent + fund_available)
    penalty = min(mul_wad_down(penalty_rate, required), max(0, solvent - incentive))
    return Offer(
        required,
        buffered,
        incentive,
        penalty,
        equity - proceeds - incentive,
        _largest_slice(equity, required, buffered, incentive + penalty, dust),
    )


def _largest_slice(equity: int, required: int, buffered: int, charged: int, dust: int) -> int:
    if equity >= buffered:
        return 0
    if equity <= charged:
        return WAD
    fraction = mul_div_up(buffered - equity, WAD, buffered - charged)
    return WAD if mul_wad_down(required, WAD - fraction) < dust else fraction


def fund_parts(equity: int, incentive: int, fraction: int) -> tuple[int, int]:
    """What must be paid into the account for a slice, ``f * max(0, I - E)`` rounded down.

    Returns
    -------
    tuple of int
        The part above ``max(E, 0)``, which is incentive, and the part below zero, which is
        shortfall [quote wad].
    """
    total = mul_wad_down(max(0, incentive - equity), fraction)
    above = total if equity >= 0 else mul_wad_down(incentive, fraction)
    return above, total - above


def grossed_up(amount: int, own: int, bearable: int, supply: int) -> int:
    """What suppliers are written down by so that one of them ends up with `amount` more.

    Parameters
    ----------
    amount : int
        [quote wad].
    own, supply : int
        Positive cash of that account and of all users [quote wad].
    bearable : int
        What a fall of the supply index to its floor would take of the account's [quote wad].

    Returns
    -------
    int
        ``amount * supply / (supply - own)``, rounded up, at most ``amount + bearable`` [quote wad].
    """
    most = amount + bearable
    if own >= supply:
        return most
    return min(most, mul_div_up(amount, supply, supply - own))


def reward(tip: int, chip: int, fraction: int, maintenance: int, incentive: int) -> int:
    """What the starter gets of the first fill, ``min(tip + chip * f * MMp, f * I / 2)``.

    Parameters
    ----------
    tip : int
        [quote wad].
    chip, fraction : int
        [wad].
    maintenance, incentive : int
        MMp and I [quote wad].

    Returns
    -------
    int
        Rounded down [quote wad].
    """
    sold = mul_wad_down(maintenance, fraction)
    return min(tip + mul_wad_down(chip, sold), mul_wad_down(incentive, fraction) // 2)


def scale_up(amount: int, fraction: int) -> int:
    """A fraction of a signed amount, rounded towards +infinity."""
    return mul_wad_ceil_signed(amount, fraction)


def scale_down(amount: int, fraction: int) -> int:
    """A fraction of a signed amount, rounded towards -infinity."""
    return -mul_wad_ceil_signed(-amount, fraction)
