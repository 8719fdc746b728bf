# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title RiskEngine: lines and ramps, tiers, haircuts, stress, requirements
@custom:contract-name RiskEngine
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `IRiskEngine`. Prices, variances and correlations come from the oracle, exposures from
        whoever asks: nothing here moves a balance.
@custom:security What raises MM at once (depth, tiers, haircut bounds, shocks) is the owner's alone, who
        must be a timelock. Everything else reaches MM through the target, so at the speed of the ramp,
        or through the correlations, which move at a bounded speed too.
        Views are re-entrant: the only external call, to the oracle, is made before anything they
        read is half-written.
"""

from .interfaces import IPriceOracle
from .interfaces import IRiskEngine
from .interfaces import IRiskReports

from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import math

implements: IRiskEngine

initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

from .modules import margin_math
from .modules import price_word
from .modules import risk_word

# What the owner sets of an asset, and its line.
from .modules import risk_book

initializes: risk_book
exports: (risk_book.asset_risk, risk_book.check_deposit, risk_book.tiers, risk_book.listed_assets)

# Lines between samples, and the ramps a sample starts.
from .modules import risk_lines

initializes: risk_lines[risk_book := risk_book]
exports: (
    risk_lines.line,
    risk_lines.ramp_start,
    risk_lines.haircut,
    risk_lines.RAMP_UP,
    risk_lines.RAMP_DOWN,
    risk_lines.REPORTS,
    risk_lines.REPORT_RANGE,
)

# When the last sample was, and whether quote was at its peg.
from .modules import sample_clock

initializes: sample_clock
exports: (sample_clock.last_sample, sample_clock.off_peg, sample_clock.QUOTE_ASSET, sample_clock.PEG_BOUND)

# What an exposure requires.
from .modules import requirement

initializes: requirement[risk_book := risk_book, risk_lines := risk_lines, sample_clock := sample_clock]
exports: (
    requirement.ORACLE,
    requirement.IM_MULTIPLIER,
    requirement.KEEPER_COST,
    requirement.BREAKDOWN,
    requirement.FLOOR,
)


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

WAD: constant(uint256) = 10**18
HOUR: constant(uint256) = 3600  # [s]

HEALTHY: constant(uint256) = 0
REDUCE_ONLY: constant(uint256) = 1
MARGIN_CALL: constant(uint256) = 2
LIQUIDATABLE: constant(uint256) = 3
BANKRUPT: constant(uint256) = 4

MIN_BUFFER: constant(uint256) = 10**16  # [wad]
MAX_BUFFER: constant(uint256) = 5 * 10**17  # [wad]

UINT32: constant(uint256) = 2**32 - 1

BUFFER: public(immutable(uint256))  # [wad]


@deploy
def __init__(
    _oracle: IPriceOracle,
    _reports: IRiskReports,
    _im_multiplier: uint256,
    _buffer: uint256,
    _ramp_up: uint256,
    _ramp_down: uint256,
    _keeper_cost: uint256,
    _breakdown: uint256,
    _floor: uint256,
    _report_range: uint256,
    _quote_asset: uint256,
    _peg_bound: uint256,
):
    assert _oracle.address != empty(address), "oracle: zero address"
    assert _buffer >= MIN_BUFFER and _buffer <= MAX_BUFFER, "buffer: out of range"
    assert _im_multiplier > WAD + _buffer, "im multiplier: below 1 + buffer"
    interval: uint256 = staticcall _oracle.SAMPLE_INTERVAL()
    ownable.__init__()
    ownable_2step.__init__()
    risk_lines.__init__(_reports, _ramp_up, _ramp_down, _report_range, interval)
    sample_clock.__init__(interval, _quote_asset, _peg_bound)
    requirement.__init__(_oracle, _im_multiplier, _keeper_cost, _breakdown, _floor)
    BUFFER = _buffer


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def sample() -> bool:
    """@custom:see IRiskEngine"""
    if not sample_clock._is_due():
        return False
    words: uint256[16] = empty(uint256[16])
    variances: uint256[16] = empty(uint256[16])
    words, variances = extcall requirement.ORACLE.sample()
    sample_clock._sampled(words)
    updated: uint256 = 0
    ramps: DynArray[uint256, risk_book.ASSETS] = []
    lanes: uint256 = 0
    for asset: uint256 in range(risk_book.ASSETS):
        word: uint256 = words[asset]
        if word == 0:  # no more assets
            break
        if asset & 3 == 0:
            lanes = risk_book.targets[asset >> 2]
        # an unusable asset keeps its target: its variance has not moved, and its clock stands
        if price_word._usable(word):
            started: uint256 = risk_lines._update_line(asset, (word >> 176) & UINT32, variances[asset], lanes)
            if started != 0:
                updated |= 1 << asset
                ramps.append(started)
        lanes >>= 64
    if updated != 0:
        log IRiskEngine.LinesUpdated(assets=updated, ramps=ramps)
    return True


# ── owner ────────────────────────────────────────────────────────────────────────────────────────


@external
def list_asset_risk(_asset: uint256, _initial_line: uint256, _risk: IRiskEngine.AssetRisk):
    """@custom:see IRiskEngine"""
    ownable._check_owner()
    assert _asset < staticcall requirement.ORACLE.asset_count(), "asset: unknown"
    words: uint256[16] = staticcall requirement.ORACLE.read(1 << _asset)
    risk_book._list(_asset, _initial_line, price_word._live(words[_asset]), _risk)


@external
def set_asset_risk(_asset: uint256, _risk: IRiskEngine.AssetRisk):
    """@custom:see IRiskEngine"""
    ownable._check_owner()
    risk_book._change(_asset, _risk)


@external
def set_tier_table(_table: uint256, _tiers: DynArray[IRiskEngine.Tier, 5]):
    """@custom:see IRiskEngine"""
    ownable._check_owner()
    risk_book._set_tier_table(_table, _tiers)


# ── views ────────────────────────────────────────────────────────────────────────────────────────

@external
@view
@reentrant
def assess(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> IRiskEngine.Health:
    """@custom:see IRiskEngine"""
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = requirement._assess(_exposure, _words, 0)
    return health


@external
@view
@reentrant
def status(_health: IRiskEngine.Health) -> uint256:
    """@custom:see IRiskEngine"""
    if _health.equity < 0:
        return BANKRUPT
    equity: uint256 = convert(_health.equity, uint256)
    if equity < _health.maintenance:
        return LIQUIDATABLE
    if equity < margin_math._scale_up(_health.maintenance, WAD + BUFFER):
        return MARGIN_CALL
    if equity < _health.initial:
        return REDUCE_ONLY
    return HEALTHY


@external
@view
@reentrant
def notice(_health: IRiskEngine.Health) -> uint256:
    """
    @custom:see IRiskEngine
    @dev No term of MM grows faster than the lines, and no line faster than e**(u * hours), so
         MM(t) <= MM * e**(u * t) <= E until ln(E / MM) / u. Two logarithms instead of one of the
         quotient: the quotient of the extremes exceeds 256 bits.
    """
    if _health.maintenance == 0:
        return max_value(uint256)
    maintenance: int256 = convert(_health.maintenance, int256)
    if _health.equity <= maintenance:
        return 0
    hours: int256 = math._wad_ln(_health.equity) - math._wad_ln(maintenance)  # u * hours [wad]
    return convert(hours, uint256) * HOUR // risk_lines.RAMP_UP


@external
@view
@reentrant
def maintenance_at(_exposure: IRiskEngine.Exposure, _words: uint256[16], _seconds: uint256) -> uint256:
    """@custom:see IRiskEngine"""
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = requirement._assess(_exposure, _words, min(_seconds, risk_lines.MAX_SECONDS))
    return health.maintenance


@external
@view
@reentrant
def breakdown(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> IRiskEngine.Breakdown:
    """@custom:see IRiskEngine"""
    exposure: IRiskEngine.Exposure = _exposure
    exposure.kind = requirement.PORTFOLIO
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = requirement._assess(exposure, _words, 0)
    return terms


@external
@view
@reentrant
def liquidation_price(_exposure: IRiskEngine.Exposure, _words: uint256[16], _market: uint256) -> uint256:
    """
    @custom:see IRiskEngine
    @dev E - MM is concave in the price (MM of a position is convex), but for one kink where the
         haircut of collateral in the same asset reaches its cap. On either side of the kink a
         healthy segment with healthy ends is healthy throughout, and one with an unhealthy end has
         one crossing: bisection finds the nearest. A portfolio hedged by other assets may cross more
         than once: there it is a crossing, not always the nearest.
    """
    if _market >= risk_book.ASSETS or (_exposure.markets >> _market) & 1 == 0:
        return 0
    price: uint256 = price_word._price(_words[_market])
    if self._liquidatable_at(_exposure, _words, _market, price):
        return price

    healthy: uint256 = price
    unhealthy: uint256 = max(price, price_word.MAX_PRICE)
    if _exposure.sizes[_market] > 0:
        unhealthy = min(price, 1)

    kink: uint256 = self._haircut_cap_price(_exposure.amounts[_market], _words[_market], _market)
    if kink > min(healthy, unhealthy) and kink < max(healthy, unhealthy):
        if self._liquidatable_at(_exposure, _words, _market, kink):
            unhealthy = kink
        else:
            healthy = kink
    if not self._liquidatable_at(_exposure, _words, _market, unhealthy):
        return 0
    # the distance halves each time and is below 2**88 at first
    for _: uint256 in range(88):
        middle: uint256 = (healthy + unhealthy) // 2
        if middle == healthy or middle == unhealthy:
            break
        if self._liquidatable_at(_exposure, _words, _market, middle):
            unhealthy = middle
        else:
            healthy = middle
    return unhealthy


# ── internals ────────────────────────────────────────────────────────────────────────────────────

@internal
@view
def _liquidatable_at(_exposure: IRiskEngine.Exposure, _words: uint256[16], _market: uint256, _price: uint256) -> bool:
    """
    @return whether E < MM if only the price of `_market` were `_price`
    """
    words: uint256[16] = _words
    word: uint256 = _words[_market]
    words[_market] = price_word._pack(
        _price,
        price_word._ema(word),
        price_word._live(word),
        price_word._confidence(word),
        price_word._state(word),
    )
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = requirement._assess(_exposure, words, 0)
    return health.equity < convert(health.maintenance, int256)


@internal
@view
def _haircut_cap_price(_amount: uint256, _word: uint256, _asset: uint256) -> uint256:
    """
    @return the price at which line * g of that collateral reaches the haircut's cap; 0 when there is
            none [quote wad per unit]
    """
    risk: uint256 = risk_book.risks[_asset]
    cap: uint256 = risk_word._haircut_cap(risk) * margin_math.WAD_PER_BPS
    line: uint256 = risk_lines._line_at(risk, price_word._live(_word))
    if _amount == 0 or line >= cap:
        return 0
    # g = cap / line at c = D * (g**2 - 1); cap < 10**18 and line >= 10**15: g < 10**21, D < 2**48
    factor: uint256 = cap * WAD // line
    collateral_value: uint256 = risk_word._depth(risk) * (factor * factor // WAD - WAD)
    return collateral_value * WAD // _amount
