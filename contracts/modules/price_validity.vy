# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Which price counts, and how good it is
@custom:contract-name price_validity
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice From the answers of one to three sources to one price and one state. Fresh answers go before
        late ones; among equals the median counts. Of two the one nearer the EMA counts, whether they
        agree or not: whoever bends one of two feeds must then bend it against the EMA to be heard.

        Disagreement is the distance from the price that counts to the nearest other answer of the
        same grade. Of three, one may lie anywhere, then, and the two others outvote it; only three
        that lie apart from each other, or two that do, make the asset UNCERTAIN.
"""

from . import fixed_point
from . import price_word

# Grades of a source's answer.
INVALID: constant(uint256) = 0
LATE: constant(uint256) = 1
FRESH: constant(uint256) = 2

# Where a price lies with respect to the EMA.
NEAR: constant(uint256) = 0
ABOVE: constant(uint256) = 1
BELOW: constant(uint256) = 2

HARD_AGE: constant(uint256) = 2  # [heartbeats]
BPS: constant(uint256) = 10_000


@internal
@pure
def _grade(
    _price: uint256, _confidence: uint256, _updated_at: uint256, _now: uint256, _heartbeat: uint256, _tolerance: uint256
) -> uint256:
    """
    @param _heartbeat [s] < 2**32
    @param _tolerance at most a heartbeat [s]
    """
    # price - 1 wraps at price 0, and the age of a time to come wraps: both beyond any bound
    if unsafe_sub(_price, 1) >= price_word.MAX_PRICE:
        return INVALID
    if _confidence > price_word.MAX_PRICE:
        return INVALID
    if _updated_at == 0:
        return INVALID
    age: uint256 = unsafe_sub(_now, _updated_at)
    if age <= unsafe_add(_heartbeat, _tolerance):
        return FRESH
    return LATE if age <= unsafe_mul(HARD_AGE, _heartbeat) else INVALID


@internal
@pure
def _distance(_a: uint256, _b: uint256) -> uint256:
    return unsafe_sub(_a, _b) if _a > _b else unsafe_sub(_b, _a)


@internal
@pure
def _without_old(_grades: uint256[3], _old: bool[3]) -> uint256[3]:
    """
    @notice Beside a source that speaks of now, the last price somebody pushed of a pull feed does not
            count as fresh: it could hide a move, being nearer to the EMA.
    @param _old which answers are of a pull feed and not of the last seconds
    """
    current: bool = False
    for i: uint256 in range(3):
        current = current or (_grades[i] == FRESH and not _old[i])
    grades: uint256[3] = _grades
    if current:
        for i: uint256 in range(3):
            if grades[i] == FRESH and _old[i]:
                grades[i] = LATE
    return grades


@internal
@pure
def _choose(_prices: uint256[3], _grades: uint256[3], _ema: uint256) -> (uint256, uint256):
    """
    @param _prices [quote wad per unit]; what an INVALID source says is not looked at
    @param _ema 0 before the first sample
    @return index of the source that counts; of an INVALID one when all are
    @return disagreement [quote wad per unit]; 0 when it stands alone
    """
    best: uint256 = max(_grades[0], max(_grades[1], _grades[2]))
    if best == INVALID:
        return 0, 0
    peers: DynArray[uint256, 3] = []
    for i: uint256 in range(3):
        if _grades[i] == best:
            peers.append(i)
    if len(peers) == 1:
        return peers[0], 0
    if len(peers) == 2:
        a: uint256 = _prices[peers[0]]
        b: uint256 = _prices[peers[1]]
        # a tie goes to the source listed first
        nearer: uint256 = peers[1] if self._distance(b, _ema) < self._distance(a, _ema) else peers[0]
        return nearer, self._distance(a, b)
    low: uint256 = min(_prices[0], _prices[1])
    high: uint256 = max(_prices[0], _prices[1])
    median: uint256 = max(low, min(high, _prices[2]))
    disagreement: uint256 = min(
        unsafe_sub(median, min(low, _prices[2])),
        unsafe_sub(max(high, _prices[2]), median),
    )
    if _prices[0] == median:
        return 0, disagreement
    return 1 if _prices[1] == median else 2, disagreement


@internal
@pure
def _side(_price: uint256, _ema: uint256, _jump_bound: uint256) -> uint256:
    """
    @param _price, _ema <= price_word.MAX_PRICE
    @param _jump_bound [bps]
    @return NEAR while |price / EMA - 1| is within the bound, else ABOVE or BELOW
    """
    if _price > _ema:
        if unsafe_mul(unsafe_sub(_price, _ema), BPS) > unsafe_mul(_jump_bound, _ema):
            return ABOVE
    elif unsafe_mul(unsafe_sub(_ema, _price), BPS) > unsafe_mul(_jump_bound, _ema):
        return BELOW
    return NEAR


@internal
@pure
def _doubt(
    _price: uint256, _confidence: uint256, _disagreement: uint256, _max_confidence: uint256, _max_disagreement: uint256
) -> (bool, uint256):
    """
    @param _price, _confidence, _disagreement of the source that counts [quote wad per unit]
    @param _max_confidence, _max_disagreement [bps]
    @return whether the price is UNCERTAIN
    @return confidence / price, rounded up; a disagreement beyond its bound is confidence lost [1e-9]
    """
    # all at most 1e26 < 2**87, so no product leaves 256 bits
    disagree: bool = unsafe_mul(_disagreement, BPS) > unsafe_mul(_max_disagreement, _price)
    half_width: uint256 = max(_confidence, _disagreement) if disagree else _confidence
    ratio: uint256 = fixed_point._div_up(unsafe_mul(half_width, price_word.CONFIDENCE_PRECISION), _price)
    return disagree or unsafe_mul(_confidence, BPS) > unsafe_mul(_max_confidence, _price), ratio


@internal
@pure
def _is_confirmed(
    _side: uint256, _stored_side: uint256, _started_at: uint256, _now: uint256, _confirmation: uint256
) -> bool:
    """
    @notice Further moves the same way do not restart the timer; it does not matter whether anybody
            sampled since.
    @param _started_at of the stored excursion; 0 when there is none [s] <= now
    @return whether a price off the EMA on that side has been so for `_confirmation` [s]
    """
    return _started_at != 0 and _side == _stored_side and unsafe_sub(_now, _started_at) >= _confirmation
