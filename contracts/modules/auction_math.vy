# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an auction offers, and what a slice of it is worth
@custom:contract-name auction_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice One leg through solvency and insolvency:

            MMp = MM at start * unsold                    BMp = (1 + b) * MMp
            I   = min(s * MMp, max(E, 0) + what the fund may still pay)
            pen = min(p * MMp, max(0, E - I))
            P   = (E - C) - I
            f   = 0 if E >= BMp; 1 if E <= I + pen, or if the rest would be dust;
                  else (BMp - E) / (BMp - I - pen)

        A slice f takes f * (E - C) of equity out of the account, brings f * P in, costs f * pen and is
        topped up by f * max(0, I - E), so that afterwards E' = E - f * (I + pen) + f * max(0, I - E).
        That is (1 - f) * BMp after the largest slice of a solvent account and (1 - f) * E after any
        slice of one with E <= I: a fill never lowers E / MMp.

        Domain: |E|, C, MM, the fund's and the limits' amounts < 2**127, fractions <= 1; no product
        of two of them leaves 256 bits, and outside the domain checked arithmetic reverts.
"""

from . import fixed_point


struct Offer:
    maintenance: uint256  # MMp [quote wad]
    buffered: uint256  # BMp [quote wad]
    incentive: uint256  # I [quote wad]
    penalty: uint256  # pen [quote wad]
    price: int256  # P [quote wad]
    largest_slice: uint256  # [wad]


@internal
@pure
def _discount(_elapsed: uint256, _s0: uint256, _s1: uint256, _fast_phase: uint256, _slow_phase: uint256) -> uint256:
    """
    @notice s(t): s0 -> s1 over the fast phase, s1 -> 1 over the slow one; rounded down, against the
            bidder. Needs s0 <= s1 <= 1 and both phases > 0.
    @param _elapsed oracle-live time since the start [s]
    @return s [wad]
    """
    if _elapsed < _fast_phase:
        return _s0 + (_s1 - _s0) * _elapsed // _fast_phase
    beyond: uint256 = _elapsed - _fast_phase
    if beyond < _slow_phase:
        return _s1 + (fixed_point.WAD - _s1) * beyond // _slow_phase
    return fixed_point.WAD


@internal
@pure
def _requirement(_maintenance: uint256, _unsold: uint256, _buffer: uint256) -> (uint256, uint256):
    """
    @return MMp and BMp [quote wad], rounded down: the account is sold no further than it must be
    """
    maintenance: uint256 = fixed_point._mul_wad_down(_maintenance, _unsold)
    return maintenance, fixed_point._mul_wad_down(maintenance, fixed_point.WAD + _buffer)


@internal
@pure
def _offer(
    _equity: int256,
    _proceeds: uint256,
    _maintenance: uint256,
    _unsold: uint256,
    _discount_now: uint256,
    _buffer: uint256,
    _penalty_rate: uint256,
    _fund_available: uint256,
    _dust: uint256,
) -> Offer:
    """
    @param _equity E [quote wad]
    @param _proceeds C [quote wad]
    @param _maintenance MM at start [quote wad]
    @param _unsold [wad]
    @param _discount_now s [wad]
    @param _buffer b [wad]
    @param _penalty_rate p [wad]
    @param _fund_available what the fund may still pay above max(E, 0) [quote wad]
    @param _dust least MMp worth leaving behind [quote wad]
    """
    offer: Offer = empty(Offer)
    solvent: uint256 = convert(max(_equity, 0), uint256)
    offer.maintenance, offer.buffered = self._requirement(_maintenance, _unsold, _buffer)
    # amounts the bidder and the fund get are rounded down: the account pays them
    offer.incentive = min(fixed_point._mul_wad_down(_discount_now, offer.maintenance), solvent + _fund_available)
    if solvent > offer.incentive:
        offer.penalty = min(
            fixed_point._mul_wad_down(_penalty_rate, offer.maintenance),
            unsafe_sub(solvent, offer.incentive),
        )
    offer.price = _equity - convert(_proceeds, int256) - convert(offer.incentive, int256)
    offer.largest_slice = self._largest_slice(_equity, offer, _dust)
    return offer


@internal
@pure
def _largest_slice(_equity: int256, _offer: Offer, _dust: uint256) -> uint256:
    """
    @dev Rounded up: E' - (1 - f) * BMp grows with f, so only the upper neighbour surely reaches the
         buffer. It costs the owner, who was short of margin, at most 1e-18 of his account.
    """
    charged: uint256 = _offer.incentive + _offer.penalty
    if _equity >= convert(_offer.buffered, int256):
        return 0
    if _equity <= convert(charged, int256):
        return fixed_point.WAD
    # BMp > E > I + pen >= 0, so 0 < numerator < denominator and the fraction is at most 1
    equity: uint256 = convert(_equity, uint256)
    fraction: uint256 = fixed_point._mul_div_up(
        unsafe_sub(_offer.buffered, equity),
        fixed_point.WAD,
        unsafe_sub(_offer.buffered, charged),
    )
    rest: uint256 = unsafe_sub(fixed_point.WAD, fraction)
    if fixed_point._mul_wad_down(_offer.maintenance, rest) < _dust:
        return fixed_point.WAD
    return fraction


@internal
@pure
def _fund_parts(_equity: int256, _incentive: uint256, _fraction: uint256) -> (uint256, uint256):
    """
    @notice What must be paid into the account for a slice: f * max(0, I - E), rounded down once, so
            that it never exceeds what the slice lacks and always covers what the bidder is paid.
    @return the part above max(E, 0), which is incentive [quote wad]
    @return the part below zero, which is shortfall [quote wad]
    """
    lacking: int256 = convert(_incentive, int256) - _equity
    if lacking <= 0:
        return 0, 0
    total: uint256 = fixed_point._mul_wad_down(convert(lacking, uint256), _fraction)
    if _equity >= 0:
        return total, 0
    incentive: uint256 = fixed_point._mul_wad_down(_incentive, _fraction)
    return incentive, total - incentive


@internal
@pure
def _grossed_up(_amount: uint256, _own: uint256, _bearable: uint256, _supply: uint256) -> uint256:
    """
    @notice What suppliers must be written down by so that an account which is one of them ends up with
            `_amount` more: of w it bears w * own / supply itself, and at most what the floor of the supply
            index lets it lose. Rounded up.
    @dev w - min(w * own / supply, bearable) = amount: whichever is met first.
    @param _own positive cash of the account [quote wad] < 2**128
    @param _bearable of it, what a fall of the index to its floor would take [quote wad]
    @param _supply positive cash of all users [quote wad] < 2**128
    """
    most: uint256 = _amount + _bearable
    if _own >= _supply:
        return most
    return min(most, fixed_point._mul_div_up(_amount, _supply, unsafe_sub(_supply, _own)))


@internal
@pure
def _reward(_tip: uint256, _chip: uint256, _fraction: uint256, _maintenance: uint256, _incentive: uint256) -> uint256:
    """
    @notice What the starter gets of the first fill: min(tip + chip * f * MMp, f * I / 2), rounded down.
            At most half of what the bidder gains, so starting and bidding at once earns nothing more.
    @param _tip [quote wad]
    @param _chip [wad]
    """
    sold: uint256 = fixed_point._mul_wad_down(_maintenance, _fraction)
    return min(
        _tip + fixed_point._mul_wad_down(_chip, sold),
        fixed_point._mul_wad_down(_incentive, _fraction) // 2,
    )


@internal
@pure
def _scale_up(_amount: int256, _fraction: uint256) -> int256:
    """
    @return _amount * _fraction, rounded towards +infinity
    """
    return fixed_point._mul_wad_ceil_signed(_amount, convert(_fraction, int256))


@internal
@pure
def _scale_down(_amount: int256, _fraction: uint256) -> int256:
    """
    @return _amount * _fraction, rounded towards -infinity
    """
    return -fixed_point._mul_wad_ceil_signed(-_amount, convert(_fraction, int256))
