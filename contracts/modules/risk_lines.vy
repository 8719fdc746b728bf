# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Lines as they stand, and the ramps a sample starts
@custom:contract-name risk_lines
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice A line moves between samples by oracle-live time alone (`ramp`). What a signed report asks for
        reaches it through the target, as everything else does.
"""

from ..interfaces import IRiskEngine
from ..interfaces import IRiskReports

from . import margin_math
from . import price_word
from . import ramp
from . import risk_book
from . import risk_report
from . import risk_word

uses: risk_book


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

WAD: constant(uint256) = 10**18
HOUR: constant(uint256) = 3600  # [s]
MIN_RAMP: constant(uint256) = 10**16  # [wad per hour]
MAX_RAMP: constant(uint256) = 10**18  # [wad per hour]
# A ramp whose target stays runs on for so long before it starts again where it has come [s]
MAX_RAMP_AGE: constant(uint256) = 300
# A line at MIN_LINE with MIN_RAMP reaches MAX_LINE within 2**29 s: later than this nothing moves.
MAX_SECONDS: constant(uint256) = 2**32  # [s]

UINT64: constant(uint256) = 2**64 - 1
UINT32: constant(uint256) = 2**32 - 1
UINT17: constant(uint256) = 2**17 - 1
UINT14: constant(uint256) = 2**14 - 1

RAMP_UP: public(immutable(uint256))  # [wad per hour]
RAMP_DOWN: public(immutable(uint256))  # [wad per hour]
REPORTS: public(immutable(address))  # signed forecasts; empty: none
REPORT_RANGE: public(immutable(uint256))  # most they raise a variance [wad]


@deploy
def __init__(
    _reports: IRiskReports, _ramp_up: uint256, _ramp_down: uint256, _report_range: uint256, _sample_interval: uint256
):
    """
    @param _sample_interval of the oracle [s]
    """
    assert _ramp_up >= MIN_RAMP and _ramp_up <= MAX_RAMP, "ramp up: out of range"
    assert _ramp_down >= MIN_RAMP // 2 and _ramp_down <= MAX_RAMP, "ramp down: out of range"
    # A falling line may raise what a hedged portfolio needs: relative to itself it must not fall faster
    # than others rise, even at the end of a ramp, which began higher up. Live time runs for two
    # sample intervals at most until the next sample.
    begun: uint256 = _ramp_down * (MAX_RAMP_AGE + 2 * _sample_interval)
    assert _ramp_down * WAD * HOUR + _ramp_up * begun <= _ramp_up * WAD * HOUR, "ramp down: too fast"
    assert _report_range >= risk_report.MIN_RANGE, "report range: too small"
    assert _report_range <= risk_report.MAX_RANGE, "report range: too large"
    RAMP_UP = _ramp_up
    RAMP_DOWN = _ramp_down
    REPORTS = _reports.address
    REPORT_RANGE = _report_range


# ── changes ──────────────────────────────────────────────────────────────────────────────────────

@internal
def _update_line(_asset: uint256, _live: uint256, _variance: uint256, _lane: uint256) -> uint256:
    """
    @dev Fixes the line where the old target has brought it and starts the ramp to the new one there:
         a gap before the update gives no credit towards a target nobody knew.
    @param _lane what makes its target, lowest
    @return the ramp that started, as in the asset's word; 0 when none did
    """
    risk: uint256 = risk_book.risks[_asset]
    if risk == 0:
        return 0

    variance: uint256 = _variance
    if REPORTS != empty(address):
        variance = risk_report._raised(_variance, staticcall IRiskReports(REPORTS).variance_floor(_asset), REPORT_RANGE)
    old_target: uint256 = (risk >> 64) & UINT64
    # as `risk_word._target_of`, without the price of a call
    new_target: uint256 = ramp._target(
        unsafe_mul(_lane & UINT17, risk_word.KAPPA_UNIT),
        variance,
        (_lane >> 17) & UINT17,
        unsafe_mul((_lane >> 34) & UINT14, risk_word.LINE_UNIT),
        unsafe_mul((_lane >> 48) & UINT14, risk_word.LINE_UNIT),
    )
    # A line on its way to where it was going needs no write, nor any look at where it is. Nor does one that
    # has arrived and stays: any start of its ramp is as good.
    unchanged: bool = new_target == old_target
    if unchanged and _live < unsafe_add((risk >> 128) & UINT32, MAX_RAMP_AGE):
        return 0
    line: uint256 = self._line_at(risk, _live)
    if unchanged and line == old_target:
        return 0
    risk_book.risks[_asset] = risk_word._with_ramp(risk, line, new_target, _live)
    return line | (new_target << 64) | (_live << 128)


# ── views ────────────────────────────────────────────────────────────────────────────────────────

@external
@view
def line(_asset: uint256, _live: uint256) -> (uint256, uint256):
    """@custom:see IRiskEngine"""
    risk: uint256 = risk_book._listed_risk(_asset)
    return self._line_at(risk, min(_live, MAX_SECONDS)), risk_word._target(risk)


@external
@view
def ramp_start(_asset: uint256) -> (uint256, uint256):
    """@custom:see IRiskEngine"""
    risk: uint256 = risk_book._listed_risk(_asset)
    return risk_word._line(risk), risk_word._started_at(risk)


@external
@view
def haircut(_asset: uint256, _value: uint256, _word: uint256) -> uint256:
    """@custom:see IRiskEngine"""
    assert _value <= margin_math.MAX_VALUE, "value: out of range"
    risk: uint256 = risk_book._listed_risk(_asset)
    if price_word._state(_word) == price_word.RETIRED:
        return WAD
    return margin_math._haircut(
        self._line_at(risk, price_word._live(_word)),
        margin_math._size_factor(_value, risk_word._depth(risk)),
        risk_word._haircut_floor(risk),
        risk_word._haircut_cap(risk),
    )


# ── internals ────────────────────────────────────────────────────────────────────────────────────

@internal
@view
def _line_at(_risk: uint256, _live: uint256) -> uint256:
    """
    @dev A clock that stands behind the start of the ramp has not run: no time is negative.
    """
    start: uint256 = _risk & UINT64
    target: uint256 = (_risk >> 64) & UINT64
    started_at: uint256 = (_risk >> 128) & UINT32
    if start == target or _live <= started_at:
        return start
    return ramp._line_at(start, target, unsafe_sub(_live, started_at), RAMP_UP, RAMP_DOWN)
