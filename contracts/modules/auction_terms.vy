# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an auction asks for a slice
@custom:contract-name auction_terms
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The parameters of auctions, their clock, and what a slice of an account costs now. The formulas are
        `auction_math`'s.
"""

from ..interfaces import IInsuranceFund
from ..interfaces import ILiquidationAuction

from . import account_value
from . import auction_math
from . import auction_word
from . import fixed_point


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MIN_SLICE: constant(uint256) = 10**16  # unless the largest slice is smaller [wad]

MIN_PHASE: constant(uint256) = 60  # [s]
MAX_PHASE: constant(uint256) = 7 * 86_400  # [s]
MIN_S0: constant(uint256) = 10**15  # [wad]
MAX_PENALTY: constant(uint256) = 2 * 10**17  # [wad]
MAX_TIP: constant(uint256) = 10**21  # [quote wad]
MAX_CHIP: constant(uint256) = 5 * 10**16  # [wad]
MAX_DUST: constant(uint256) = 10**23  # [quote wad]

BUFFER: immutable(uint256)  # b [wad]
MAX_STEP: immutable(uint256)  # most the clock runs between two touches [s]

S0: immutable(uint256)  # [wad]
S1: immutable(uint256)  # [wad]
FAST_PHASE: immutable(uint256)  # [s]
SLOW_PHASE: immutable(uint256)  # [s]
PENALTY: immutable(uint256)  # p [wad]
TIP: immutable(uint256)  # [quote wad]
CHIP: immutable(uint256)  # [wad]
DUST: immutable(uint256)  # [quote wad]


# A slice about to be sold.
struct Sale:
    fraction: uint256  # [wad]
    bought: int256  # equity at mark the bidder gets [quote wad]
    payment: int256  # what he pays [quote wad]
    incentive: uint256  # his gain [quote wad]
    penalty: uint256  # from the account to the fund [quote wad]
    fund_incentive: uint256  # paid in by the fund, above max(E, 0) [quote wad]
    shortfall: uint256  # paid in by the waterfall, below zero [quote wad]


@deploy
def __init__(_params: ILiquidationAuction.Params, _buffer: uint256, _keeper_cost: uint256, _sample_interval: uint256):
    """
    @param _buffer b, of the risk engine [wad]
    @param _keeper_cost of the risk engine [quote wad]
    @param _sample_interval of the oracle [s]
    """
    assert _params.s0 >= MIN_S0 and _params.s0 <= _params.s1, "parameter: s0"
    assert _params.s1 <= fixed_point.WAD, "parameter: s1"
    assert _params.fast_phase >= MIN_PHASE, "parameter: fast phase"
    assert _params.fast_phase <= MAX_PHASE, "parameter: fast phase"
    assert _params.slow_phase >= MIN_PHASE, "parameter: slow phase"
    assert _params.slow_phase <= MAX_PHASE, "parameter: slow phase"
    assert _params.penalty <= MAX_PENALTY, "parameter: penalty"
    assert _params.tip <= MAX_TIP, "parameter: tip"
    assert _params.chip <= MAX_CHIP, "parameter: chip"
    assert _params.dust <= MAX_DUST, "parameter: dust"
    # what a slice leaves keeps b * MMp >= b * dust above its MM: enough for the part that did not shrink
    assert (_params.dust * _buffer >= _keeper_cost * fixed_point.WAD), "parameter: dust"
    S0 = _params.s0
    S1 = _params.s1
    FAST_PHASE = _params.fast_phase
    SLOW_PHASE = _params.slow_phase
    PENALTY = _params.penalty
    TIP = _params.tip
    CHIP = _params.chip
    DUST = _params.dust
    BUFFER = _buffer
    MAX_STEP = 2 * _sample_interval


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def parameters() -> ILiquidationAuction.Params:
    """@custom:see ILiquidationAuction"""
    return ILiquidationAuction.Params(
        s0=S0,
        s1=S1,
        fast_phase=FAST_PHASE,
        slow_phase=SLOW_PHASE,
        penalty=PENALTY,
        tip=TIP,
        chip=CHIP,
        dust=DUST,
    )


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _touched(_episode: auction_word.Episode, _live: bool) -> auction_word.Episode:
    """
    @dev Oracle-live time: a touch counts what passed since the last one, but no more than two
         sample intervals, and nothing while the account's assets are not usable. Touching more often
         adds nothing; touching rarely only slows the clock.
    """
    episode: auction_word.Episode = _episode
    if _live:
        episode.elapsed += min(block.timestamp - episode.touched_at, MAX_STEP)
    episode.touched_at = block.timestamp
    return episode


@internal
@view
def _buffered(_episode: auction_word.Episode) -> int256:
    """
    @return BMp [quote wad]
    """
    maintenance: uint256 = 0
    buffered: uint256 = 0
    maintenance, buffered = auction_math._requirement(_episode.maintenance, _episode.unsold, BUFFER)
    return convert(buffered, int256)


@internal
@view
def _terms(
    _fund: IInsuranceFund, _proceeds: uint256, _episode: auction_word.Episode, _value: account_value.Value
) -> ILiquidationAuction.Terms:
    """
    @param _proceeds C [quote wad]
    @param _episode touched now
    """
    discount: uint256 = auction_math._discount(_episode.elapsed, S0, S1, FAST_PHASE, SLOW_PHASE)
    offer: auction_math.Offer = auction_math._offer(
        _value.equity,
        _proceeds,
        _episode.maintenance,
        _episode.unsold,
        discount,
        BUFFER,
        PENALTY,
        self._fund_available(_fund, _value.equity, _episode, discount),
        DUST,
    )
    return ILiquidationAuction.Terms(
        equity=_value.equity,
        proceeds=_proceeds,
        maintenance=offer.maintenance,
        incentive=offer.incentive,
        penalty=offer.penalty,
        price=offer.price,
        largest_slice=offer.largest_slice,
        elapsed=_episode.elapsed,
        live=_value.live,
    )


@internal
@view
def _fund_available(
    _fund: IInsuranceFund, _equity: int256, _episode: auction_word.Episode, _discount: uint256
) -> uint256:
    """
    @dev The fund is asked only when the account's own equity does not cover s * MMp, and never for
         dust: the constant part of MM comes back with every start, and could be earned again and again.
    """
    maintenance: uint256 = fixed_point._mul_wad_down(_episode.maintenance, _episode.unsold)
    if maintenance < DUST or _equity >= convert(fixed_point._mul_wad_down(maintenance, _discount), int256):
        return 0
    return staticcall _fund.available_incentive()


@internal
@view
def _sale(_terms: ILiquidationAuction.Terms, _asked: uint256) -> Sale:
    """
    @notice The slice that is sold of what was asked: what the bidder pays is rounded up, what he and
            the fund get is rounded down.
    """
    assert _terms.largest_slice > 0, "auction: buffer reached"
    fraction: uint256 = min(_asked, _terms.largest_slice)
    assert fraction >= min(MIN_SLICE, _terms.largest_slice), "slice: too small"
    if fraction < fixed_point.WAD and _terms.largest_slice == fixed_point.WAD:
        # all of it is for sale: it may not be ground to dust, which nobody would want
        rest: uint256 = fixed_point._mul_wad_down(_terms.maintenance, fixed_point.WAD - fraction)
        assert rest >= DUST, "slice: leaves dust"
    fund_incentive: uint256 = 0
    shortfall: uint256 = 0
    fund_incentive, shortfall = auction_math._fund_parts(_terms.equity, _terms.incentive, fraction)
    return Sale(
        fraction=fraction,
        bought=auction_math._scale_down(_terms.equity - convert(_terms.proceeds, int256), fraction),
        payment=auction_math._scale_up(_terms.price, fraction),
        incentive=fixed_point._mul_wad_down(_terms.incentive, fraction),
        penalty=fixed_point._mul_wad_down(_terms.penalty, fraction),
        fund_incentive=fund_incentive,
        shortfall=shortfall,
    )
