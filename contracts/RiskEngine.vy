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

from .modules import margin_math
from .modules import portfolio_math
from .modules import price_word
from .modules import ramp
from .modules import risk_report
from .modules import risk_word
from .modules import tier_table

implements: IRiskEngine

initializes: ownable
initializes: ownable_2step[ownable := ownable]

exports: (
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

# ── constants and immutables ─────────────────────────────────────────────────────────────────────

WAD: constant(uint256) = 10**18
BPS: constant(uint256) = 10_000
HOUR: constant(uint256) = 3600  # [s]
ASSETS: constant(uint256) = 16
TABLES: constant(uint256) = 256

# A kind of account, as the Clearinghouse numbers them; all others are under standard margin.
PORTFOLIO: constant(uint256) = 3
PROTOCOL: constant(uint256) = 0  # pool and fund have no kind

HEALTHY: constant(uint256) = 0
REDUCE_ONLY: constant(uint256) = 1
MARGIN_CALL: constant(uint256) = 2
LIQUIDATABLE: constant(uint256) = 3
BANKRUPT: constant(uint256) = 4

MAX_IM_MULTIPLIER: constant(uint256) = 5 * 10**18  # [wad]
MIN_BUFFER: constant(uint256) = 10**16  # [wad]
MAX_BUFFER: constant(uint256) = 5 * 10**17  # [wad]
# The floors of speed and keeper cost, with ramp.MIN_LINE, keep the notice exact: a minute's linear
# step stays below its exponential by more than all roundings of MM together.
MIN_RAMP: constant(uint256) = 10**16  # [wad per hour]
MAX_RAMP: constant(uint256) = 10**18  # [wad per hour]
MIN_KEEPER_COST: constant(uint256) = 10**16  # [quote wad]
MAX_KEEPER_COST: constant(uint256) = 1000 * 10**18  # [quote wad]
MAX_BREAKDOWN: constant(uint256) = portfolio_math.BPS
MIN_FLOOR: constant(uint256) = 10  # [bps]
MAX_FLOOR: constant(uint256) = 2_000  # [bps]
MIN_PEG_BOUND: constant(uint256) = 5 * 10**17  # [wad]
MAX_PEG_BOUND: constant(uint256) = 10**18  # [wad]
MAX_DEPOSIT_CAP: constant(uint256) = 2**127  # the Clearinghouse can hold of a token [wad units]

# Unusable assets worth at most this part of gross exposure stop nothing [1 / it].
IDLE_DIVISOR: constant(uint256) = 10
# A ramp whose target stays runs on for so long before it starts again where it has come [s]
MAX_RAMP_AGE: constant(uint256) = 300
# A line at MIN_LINE with MIN_RAMP reaches MAX_LINE within 2**29 s: later than this nothing moves.
MAX_SECONDS: constant(uint256) = 2**32  # [s]

LARGEST_SIZE: constant(int256) = 2**128  # `margin_math.MAX_SIZE`, to compare with signed ones [wad units]

# Masks of the hot path, where the words are taken apart without calls.
UINT88: constant(uint256) = 2**88 - 1
UINT64: constant(uint256) = 2**64 - 1
UINT48: constant(uint256) = 2**48 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1
UINT17: constant(uint256) = 2**17 - 1
UINT16: constant(uint256) = 2**16 - 1
UINT14: constant(uint256) = 2**14 - 1
UINT8: constant(uint256) = 2**8 - 1

ORACLE: public(immutable(IPriceOracle))
SAMPLE_INTERVAL: immutable(uint256)  # [s]
IM_MULTIPLIER: public(immutable(uint256))  # [wad]
BUFFER: public(immutable(uint256))  # [wad]
RAMP_UP: public(immutable(uint256))  # [wad per hour]
RAMP_DOWN: public(immutable(uint256))  # [wad per hour]
KEEPER_COST: public(immutable(uint256))  # [quote wad]
BREAKDOWN: public(immutable(uint256))  # delta: how far correlations are moved [bps]
FLOOR: public(immutable(uint256))  # least MM of a portfolio's gross legs [bps]
REPORTS: public(immutable(IRiskReports))  # signed forecasts; empty: none
REPORT_RANGE: public(immutable(uint256))  # most they raise a variance [wad]
QUOTE_ASSET: public(immutable(uint256))  # whose price is the quote token's own
PEG_BOUND: public(immutable(uint256))  # the least at which it counts as pegged; 0: nobody looks [wad]

# ── state ────────────────────────────────────────────────────────────────────────────────────────

_clock: uint256  # time of the last sample [s] | 1 << 40 while the quote token is off its peg
_risks: uint256[ASSETS]  # see `risk_word`
_targets: uint256[4]  # of four assets each, see `risk_word`
_tables: uint256[TABLES]  # see `tier_table`
_shocks: uint256[8]  # see `portfolio_math`
_deposit_caps: uint256[ASSETS]  # [wad units]


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
    ownable.__init__()
    ownable_2step.__init__()

    assert _oracle.address != empty(address), "oracle: zero address"
    assert _buffer >= MIN_BUFFER and _buffer <= MAX_BUFFER, "buffer: out of range"
    assert _im_multiplier > WAD + _buffer, "im multiplier: below 1 + buffer"
    assert _im_multiplier <= MAX_IM_MULTIPLIER, "im multiplier: too high"
    assert _ramp_up >= MIN_RAMP and _ramp_up <= MAX_RAMP, "ramp up: out of range"
    assert _ramp_down >= MIN_RAMP // 2 and _ramp_down <= MAX_RAMP, "ramp down: out of range"
    # A falling line may raise what a hedged portfolio needs: relative to itself it must not fall faster
    # than others rise, even at the end of a ramp, which began higher up. Live time runs for two
    # sample intervals at most until the next sample.
    interval: uint256 = staticcall _oracle.SAMPLE_INTERVAL()
    begun: uint256 = _ramp_down * (MAX_RAMP_AGE + 2 * interval)
    assert _ramp_down * WAD * HOUR + _ramp_up * begun <= _ramp_up * WAD * HOUR, "ramp down: too fast"
    assert _keeper_cost >= MIN_KEEPER_COST, "keeper cost: too low"
    assert _keeper_cost <= MAX_KEEPER_COST, "keeper cost: too high"
    assert _breakdown <= MAX_BREAKDOWN, "breakdown: too high"
    assert _floor >= MIN_FLOOR and _floor <= MAX_FLOOR, "floor: out of range"

    assert _report_range >= risk_report.MIN_RANGE, "report range: too small"
    assert _report_range <= risk_report.MAX_RANGE, "report range: too large"
    assert _quote_asset < ASSETS, "quote asset: unknown"
    assert _peg_bound == 0 or _peg_bound >= MIN_PEG_BOUND, "peg bound: too low"
    assert _peg_bound <= MAX_PEG_BOUND, "peg bound: too high"

    ORACLE = _oracle
    REPORTS = _reports
    SAMPLE_INTERVAL = interval
    IM_MULTIPLIER = _im_multiplier
    BUFFER = _buffer
    RAMP_UP = _ramp_up
    RAMP_DOWN = _ramp_down
    KEEPER_COST = _keeper_cost
    BREAKDOWN = _breakdown
    FLOOR = _floor
    REPORT_RANGE = _report_range
    QUOTE_ASSET = _quote_asset
    PEG_BOUND = _peg_bound


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def sample() -> bool:
    """@custom:see IRiskEngine"""
    clock: uint256 = self._clock
    if block.timestamp < (clock & UINT40) + SAMPLE_INTERVAL:
        return False
    words: uint256[16] = empty(uint256[16])
    variances: uint256[16] = empty(uint256[16])
    words, variances = extcall ORACLE.sample()
    self._clock = block.timestamp | self._off_peg(words, clock >> 40)
    updated: uint256 = 0
    ramps: DynArray[uint256, ASSETS] = []
    lanes: uint256 = 0
    for asset: uint256 in range(ASSETS):
        word: uint256 = words[asset]
        if word == 0:  # no more assets
            break
        if asset & 3 == 0:
            lanes = self._targets[asset >> 2]
        # an unusable asset keeps its target: its variance has not moved, and its clock stands
        if price_word._usable(word):
            started: uint256 = self._update_line(asset, (word >> 176) & UINT32, variances[asset], lanes)
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
    assert _asset < staticcall ORACLE.asset_count(), "asset: unknown"
    assert self._risks[_asset] == 0, "asset: already listed"
    self._set_asset_risk(_asset, _risk)
    assert _initial_line >= _risk.line_floor, "initial line: below floor"
    assert _initial_line <= _risk.line_cap, "initial line: above cap"

    words: uint256[16] = staticcall ORACLE.read(1 << _asset)
    live: uint256 = price_word._live(words[_asset])
    self._risks[_asset] = risk_word._with_ramp(self._risks[_asset], _initial_line, _initial_line, live)
    log IRiskEngine.AssetRiskListed(asset=_asset, initial_line=_initial_line, live=live)


@external
def set_asset_risk(_asset: uint256, _risk: IRiskEngine.AssetRisk):
    """@custom:see IRiskEngine"""
    ownable._check_owner()
    assert _asset < ASSETS and self._risks[_asset] != 0, "asset: not listed"
    self._set_asset_risk(_asset, _risk)


@external
def set_tier_table(_table: uint256, _tiers: DynArray[IRiskEngine.Tier, 5]):
    """@custom:see IRiskEngine"""
    ownable._check_owner()
    assert _table < TABLES, "tier table: unknown"
    old_table: uint256 = self._tables[_table]
    self._tables[_table] = tier_table._pack(_tiers)
    log IRiskEngine.TierTableSet(table=_table, old_tiers=tier_table._unpack(old_table), new_tiers=_tiers)


# ── views: requirements ──────────────────────────────────────────────────────────────────────────


@external
@view
@reentrant
def assess(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> IRiskEngine.Health:
    """@custom:see IRiskEngine"""
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = self._assess(_exposure, _words, 0)
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
    return convert(hours, uint256) * HOUR // RAMP_UP


@external
@view
@reentrant
def maintenance_at(_exposure: IRiskEngine.Exposure, _words: uint256[16], _seconds: uint256) -> uint256:
    """@custom:see IRiskEngine"""
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = self._assess(_exposure, _words, min(_seconds, MAX_SECONDS))
    return health.maintenance


@external
@view
@reentrant
def breakdown(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> IRiskEngine.Breakdown:
    """@custom:see IRiskEngine"""
    exposure: IRiskEngine.Exposure = _exposure
    exposure.kind = PORTFOLIO
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    health, terms = self._assess(exposure, _words, 0)
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
    if _market >= ASSETS or (_exposure.markets >> _market) & 1 == 0:
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


# ── views: lines and parameters ──────────────────────────────────────────────────────────────────


@external
@view
@reentrant
def line(_asset: uint256, _live: uint256) -> (uint256, uint256):
    """@custom:see IRiskEngine"""
    risk: uint256 = self._listed_risk(_asset)
    return self._line_at(risk, min(_live, MAX_SECONDS)), risk_word._target(risk)


@external
@view
@reentrant
def ramp_start(_asset: uint256) -> (uint256, uint256):
    """@custom:see IRiskEngine"""
    risk: uint256 = self._listed_risk(_asset)
    return risk_word._line(risk), risk_word._started_at(risk)


@external
@view
@reentrant
def haircut(_asset: uint256, _value: uint256, _word: uint256) -> uint256:
    """@custom:see IRiskEngine"""
    assert _value <= margin_math.MAX_VALUE, "value: out of range"
    risk: uint256 = self._listed_risk(_asset)
    if price_word._state(_word) == price_word.RETIRED:
        return WAD
    return margin_math._haircut(
        self._line_at(risk, price_word._live(_word)),
        margin_math._size_factor(_value, risk_word._depth(risk)),
        risk_word._haircut_floor(risk),
        risk_word._haircut_cap(risk),
    )


@external
@view
@reentrant
def asset_risk(_asset: uint256) -> IRiskEngine.AssetRisk:
    """@custom:see IRiskEngine"""
    if _asset >= ASSETS:
        return empty(IRiskEngine.AssetRisk)
    return self._asset_risk(_asset)


@external
@view
@reentrant
def check_deposit(_asset: uint256, _held: uint256) -> bool:
    """@custom:see IRiskEngine"""
    assert _asset < ASSETS and _held <= self._deposit_caps[_asset], "collateral: above cap"
    return True


@external
@view
@reentrant
def tiers(_table: uint256) -> DynArray[IRiskEngine.Tier, 5]:
    """@custom:see IRiskEngine"""
    if _table >= TABLES:
        return []
    return tier_table._unpack(self._tables[_table])


@external
@view
@reentrant
def last_sample() -> uint256:
    """@custom:see IRiskEngine"""
    return self._clock & UINT40


@external
@view
@reentrant
def off_peg() -> bool:
    """@custom:see IRiskEngine"""
    return self._clock >> 40 != 0


@external
@view
@reentrant
def listed_assets() -> uint256:
    """@custom:see IRiskEngine"""
    assets: uint256 = 0
    for asset: uint256 in range(ASSETS):
        if self._risks[asset] != 0:
            assets |= 1 << asset
    return assets


# ── internals: requirements ──────────────────────────────────────────────────────────────────────


@internal
@view
def _assess(
    _exposure: IRiskEngine.Exposure, _words: uint256[16], _later: uint256
) -> (IRiskEngine.Health, IRiskEngine.Breakdown):
    """
    @dev Bounds of the unchecked arithmetic: see `margin_math` for one asset; sums have at most 32
         terms. Value: 32 * 2**131 * 2**88 = 2**224. Requirements: 32 * 2**196.2 < 2**202, of a portfolio
         16 * 2**203 = 2**207. Confidence has 40 bits: 32 * 2**159.3 * 2**40 < 2**205. Both legs of an
         asset together are below 2**160, so its size factor is below 2**102.
    @param _later evaluate the lines that much later [s]
    @return the account's health
    @return what its MM is made of, where it is a portfolio
    """
    held: uint256 = _exposure.markets | _exposure.collaterals
    assert held >> ASSETS == 0, "asset: unknown"

    value: int256 = 0  # at mark [1e-36 quote]
    strict_value: int256 = 0  # [1e-36 quote]
    maintenance: uint256 = 0
    initial: uint256 = 0
    uncertainty: uint256 = 0  # [quote wad * 1e-9]
    borrow_limit: uint256 = 0
    gross: uint256 = 0
    idle: uint256 = 0  # worth of unusable assets
    dead: uint256 = 0  # worth of collateral whose asset is retired [quote wad]
    worst_state: uint256 = price_word.VALID
    table_id: uint256 = TABLES
    table: uint256 = 0  # the last one read: assets that share a table pay for it once
    first_rate: uint256 = 0  # of its first bracket [bps]
    first_end: uint256 = 0  # where that ends [quote wad]
    required: uint256 = 0
    required_high: uint256 = 0
    standard: bool = _exposure.kind != PORTFOLIO
    terms: IRiskEngine.Breakdown = empty(IRiskEngine.Breakdown)
    values: uint256[16] = empty(uint256[16])  # net, without sign [quote wad]
    value_sum: uint256 = 0
    high_weights: uint256[16] = empty(uint256[16])
    weight_sum: uint256 = 0
    high_weight_sum: uint256 = 0

    net: int256 = 0  # an asset's position and collateral at mark [1e-36 quote]
    worth: uint256 = 0  # the values of both without their signs, added [quote wad]
    asset: uint256 = max_value(uint256)
    for word: uint256 in _words:
        asset = unsafe_add(asset, 1)
        if (held >> asset) & 1 == 0:
            if held >> asset == 0:
                break
            continue

        risk: uint256 = self._risks[asset]
        assert word != 0, "asset: no reading"
        assert risk != 0, "asset: not listed"

        if word >> 248 == price_word.RETIRED:
            # at its fixed price; a position needs nothing
            if (_exposure.markets >> asset) & 1 == 1:
                assert abs(_exposure.sizes[asset]) <= convert(margin_math.MAX_SIZE, int256), "size: out of range"
                settled: int256 = unsafe_mul(_exposure.sizes[asset], convert(word & UINT88, int256))
                value = unsafe_add(value, settled)
                strict_value = unsafe_add(strict_value, settled)
            if (_exposure.collaterals >> asset) & 1 == 1 and _exposure.kind != PROTOCOL:
                # carries nothing, but who buys the account pays for it: as much of E as of MM
                assert _exposure.amounts[asset] <= margin_math.MAX_AMOUNT, "amount: out of range"
                frozen: uint256 = unsafe_mul(_exposure.amounts[asset], word & UINT88)
                value = unsafe_add(value, convert(frozen, int256))
                dead = unsafe_add(dead, unsafe_div(unsafe_add(frozen, WAD - 1), WAD))
            continue
        # the getters of `price_word` and `risk_word`, written out: ten calls an asset cost 500 gas
        line: uint256 = risk & UINT64
        high_line: uint256 = (risk >> 64) & UINT64
        # `_line_at`, written out as well: 170 gas an asset. A clock behind the start of the ramp gives a time
        # near 2**256, any other one is below 2**34 [s], with which no product exceeds 2**158.
        if line > high_line:
            elapsed: uint256 = unsafe_sub(unsafe_add((word >> 176) & UINT32, _later), (risk >> 128) & UINT32)
            if elapsed < 2**34:
                decline: uint256 = unsafe_div(unsafe_mul(unsafe_mul(line, RAMP_DOWN), elapsed), HOUR * WAD)
                line = unsafe_sub(line, min(decline, unsafe_sub(line, high_line)))
            high_line = line
        elif line < high_line:
            elapsed: uint256 = unsafe_sub(unsafe_add((word >> 176) & UINT32, _later), (risk >> 128) & UINT32)
            if elapsed < 2**34:
                line = unsafe_add(line, unsafe_div(unsafe_mul(unsafe_mul(line, RAMP_UP), elapsed), HOUR * WAD))
                if line > high_line:
                    line = high_line
        depth: uint256 = (risk >> 160) & UINT48

        if (_exposure.markets >> asset) & 1 != 0:
            size: int256 = _exposure.sizes[asset]
            # |size| <= MAX_SIZE. By way of bytes32 nothing is clamped: each clamp costs 20 gas, and prices are
            # below 2**88. No size wraps into the range: one above 2**255 - 2**128 becomes one above 2**255.
            assert (
                convert(convert(unsafe_add(size, LARGEST_SIZE), bytes32), uint256) <= 2 * margin_math.MAX_SIZE
            ), "size: out of range"
            net = unsafe_mul(size, convert(convert(word & UINT88, bytes32), int256))
            strict: int256 = unsafe_mul(size, convert(convert((word >> 88) & UINT88, bytes32), int256))
            # min(price, EMA) for a long, max for a short
            if net < strict:
                strict = net
            strict_value = unsafe_add(strict_value, strict)
            worth = convert(convert(net, bytes32), uint256)
            if net < 0:
                worth = unsafe_sub(0, worth)
            worth = unsafe_div(unsafe_add(worth, WAD - 1), WAD)
            if standard:
                if (risk >> 208) & UINT8 != table_id:
                    table_id = (risk >> 208) & UINT8
                    table = self._tables[table_id]
                    first_rate, first_end = tier_table._first(table)
                ratio: uint256 = unsafe_div(unsafe_add(worth, unsafe_sub(depth, 1)), depth)
                if ratio > WAD or worth > first_end:
                    required, required_high = margin_math._position(
                        worth, depth, line, high_line, tier_table._requirement(table, worth)
                    )
                    maintenance = unsafe_add(maintenance, required)
                    initial = unsafe_add(initial, required_high)
                else:
                    # nearly always: N <= D in the first bracket. `_position`, `_size_factor` and `_requirement`
                    # written out: their calls cost 350 gas an asset
                    tier: uint256 = unsafe_div(unsafe_add(unsafe_mul(worth, first_rate), BPS - 1), BPS)
                    square: uint256 = unsafe_mul(unsafe_add(WAD, ratio), WAD)
                    root: uint256 = unsafe_add(WAD, unsafe_div(unsafe_add(ratio, 1), 2))
                    if ratio > WAD // 512:
                        root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
                        root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
                    root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
                    root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
                    if unsafe_mul(root, root) < square:
                        root = unsafe_add(root, 1)
                    scaled: uint256 = unsafe_div(unsafe_add(unsafe_mul(worth, root), WAD - 1), WAD)  # N * g
                    required = unsafe_div(unsafe_add(unsafe_mul(scaled, line), WAD - 1), WAD)
                    if required < tier:
                        required = tier
                    maintenance = unsafe_add(maintenance, required)
                    if high_line != line:
                        required = unsafe_div(unsafe_add(unsafe_mul(scaled, high_line), WAD - 1), WAD)
                        if required < tier:
                            required = tier
                    initial = unsafe_add(initial, required)
        else:
            net = 0
            worth = 0
        if (_exposure.collaterals >> asset) & 1 != 0:
            amount: uint256 = _exposure.amounts[asset]
            assert amount <= margin_math.MAX_AMOUNT, "amount: out of range"
            price: uint256 = word & UINT88
            product: uint256 = unsafe_mul(amount, price)
            net = unsafe_add(net, convert(product, int256))
            collateral_value: uint256 = unsafe_div(unsafe_add(product, WAD - 1), WAD)
            worth = unsafe_add(worth, collateral_value)
            haircut: uint256 = 0
            required, required_high, haircut = margin_math._collateral(
                collateral_value, depth, line, high_line, (risk >> 216) & UINT16, risk >> 232
            )
            maintenance = unsafe_add(maintenance, required)
            initial = unsafe_add(initial, required_high)

            product = unsafe_mul(amount, min(price, (word >> 88) & UINT88))
            strict_value = unsafe_add(strict_value, convert(product, int256))
            borrow_limit = unsafe_add(borrow_limit, margin_math._lendable(product, haircut, IM_MULTIPLIER))

        value = unsafe_add(value, net)
        gross = unsafe_add(gross, worth)
        if not standard:
            if net != 0:
                if net < 0:
                    terms.shorts |= 1 << asset
                    net = unsafe_sub(0, net)
                net_value: uint256 = unsafe_div(unsafe_add(convert(net, uint256), WAD - 1), WAD)
                factor: uint256 = margin_math._size_factor(worth, depth)
                weight: uint256 = margin_math._weight(net_value, factor, line)
                high_weight: uint256 = weight
                if high_line != line:
                    high_weight = margin_math._weight(net_value, factor, high_line)
                values[asset] = net_value
                value_sum = unsafe_add(value_sum, net_value)
                weight_sum = unsafe_add(weight_sum, weight)
                high_weight_sum = unsafe_add(high_weight_sum, high_weight)
                terms.weights[asset] = weight
                high_weights[asset] = high_weight
        if word >> 208 != price_word.VALID << 40:
            # mostly it is VALID without a confidence width, and there is nothing more to say of it
            state: uint256 = word >> 248
            uncertainty = unsafe_add(uncertainty, unsafe_mul(worth, (word >> 208) & UINT40))
            if state < worst_state:
                worst_state = state
            if state < price_word.UNCERTAIN:
                idle = unsafe_add(idle, worth)
    if _exposure.markets == 0 and _exposure.cash >= 0:
        # nothing to close, so nothing to require
        maintenance = 0
        initial = 0
    else:
        if not standard:
            rows: uint256[8] = staticcall ORACLE.correlations(held)
            terms.tail = portfolio_math._tail(terms.weights, weight_sum, terms.shorts, rows, BREAKDOWN)
            terms.high_tail = terms.tail
            if high_weight_sum != weight_sum:
                terms.high_tail = portfolio_math._tail(high_weights, high_weight_sum, terms.shorts, rows, BREAKDOWN)
            terms.stress, terms.scenario = portfolio_math._stress(
                values, value_sum, terms.shorts, self._shocks_of(held)
            )
            # gross < 2**165
            terms.floor = unsafe_div(unsafe_add(unsafe_mul(gross, FLOOR), portfolio_math.BPS - 1), portfolio_math.BPS)
            least: uint256 = max(terms.stress, terms.floor)
            maintenance = max(terms.tail, least)
            initial = max(terms.high_tail, least)
        maintenance = unsafe_add(unsafe_add(maintenance, KEEPER_COST), dead)
        initial = unsafe_add(
            margin_math._scale_up(unsafe_add(initial, KEEPER_COST), IM_MULTIPLIER),
            margin_math._confidence_charge(uncertainty),
        )
    # Nobody opens or withdraws at prices in a unit that is not worth what they say.
    if PEG_BOUND != 0 and worst_state == price_word.VALID and self._clock >> 40 != 0:
        worst_state = price_word.UNCERTAIN

    return IRiskEngine.Health(
        cash=_exposure.cash,
        equity=_exposure.base + margin_math._value_floor(value),
        strict_equity=_exposure.base + margin_math._value_floor(strict_value),
        maintenance=maintenance,
        initial=initial,
        borrow_limit=borrow_limit,
        gross=gross,
        worst_state=worst_state,
        live=unsafe_mul(idle, IDLE_DIVISOR) <= gross,
    ), terms


@internal
@view
def _shocks_of(_assets: uint256) -> uint256[8]:
    """
    @return the words that hold the shocks of these assets
    """
    words: uint256[8] = empty(uint256[8])
    for pair: uint256 in range(8):
        rest: uint256 = _assets >> unsafe_mul(2, pair)
        if rest == 0:
            break
        if rest & 3 != 0:
            words[pair] = self._shocks[pair]
    return words


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
    health, terms = self._assess(_exposure, words, 0)
    return health.equity < convert(health.maintenance, int256)


@internal
@view
def _haircut_cap_price(_amount: uint256, _word: uint256, _asset: uint256) -> uint256:
    """
    @return the price at which line * g of that collateral reaches the haircut's cap; 0 when there is
            none [quote wad per unit]
    """
    risk: uint256 = self._risks[_asset]
    cap: uint256 = risk_word._haircut_cap(risk) * margin_math.WAD_PER_BPS
    line: uint256 = self._line_at(risk, price_word._live(_word))
    if _amount == 0 or line >= cap:
        return 0
    # g = cap / line at c = D * (g**2 - 1); cap < 10**18 and line >= 10**15: g < 10**21, D < 2**48
    factor: uint256 = cap * WAD // line
    collateral_value: uint256 = risk_word._depth(risk) * (factor * factor // WAD - WAD)
    return collateral_value * WAD // _amount


# ── internals: lines and parameters ──────────────────────────────────────────────────────────────


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


@internal
def _update_line(_asset: uint256, _live: uint256, _variance: uint256, _lane: uint256) -> uint256:
    """
    @dev Fixes the line where the old target has brought it and starts the ramp to the new one there:
         a gap before the update gives no credit towards a target nobody knew.
    @param _lane what makes its target, lowest
    @return the ramp that started, as in the asset's word; 0 when none did
    """
    risk: uint256 = self._risks[_asset]
    if risk == 0:
        return 0

    variance: uint256 = _variance
    if REPORTS.address != empty(address):
        variance = risk_report._raised(_variance, staticcall REPORTS.variance_floor(_asset), REPORT_RANGE)
    line: uint256 = self._line_at(risk, _live)
    old_target: uint256 = (risk >> 64) & UINT64
    # as `risk_word._target_of`, without the price of a call
    new_target: uint256 = ramp._target(
        unsafe_mul(_lane & UINT17, risk_word.KAPPA_UNIT),
        variance,
        (_lane >> 17) & UINT17,
        unsafe_mul((_lane >> 34) & UINT14, risk_word.LINE_UNIT),
        unsafe_mul((_lane >> 48) & UINT14, risk_word.LINE_UNIT),
    )
    # A line that has arrived and stays needs no write: any start of its ramp is as good. Nor does one on
    # its way to where it was going.
    if new_target == old_target:
        if line == old_target or _live < unsafe_add((risk >> 128) & UINT32, MAX_RAMP_AGE):
            return 0
    self._risks[_asset] = risk_word._with_ramp(risk, line, new_target, _live)
    return line | (new_target << 64) | (_live << 128)


@internal
def _off_peg(_words: uint256[16], _was_off: uint256) -> uint256:
    """
    @notice The quote token is off its peg below the bound, or without a usable price.
    @param _words readings of all assets
    @return 1 << 40 while it is, else 0
    """
    if PEG_BOUND == 0:
        return 0
    word: uint256 = _words[QUOTE_ASSET]
    off: uint256 = 0
    if word & UINT88 < PEG_BOUND or word >> 248 < price_word.UNCERTAIN:
        off = 1
    if off != _was_off:
        log IRiskEngine.PegChanged(off_peg=off == 1, price=word & UINT88, state=word >> 248)
    return off << 40


@internal
def _set_asset_risk(_asset: uint256, _risk: IRiskEngine.AssetRisk):
    """
    @dev Neither line nor target changes here: the next sample sets the target by the new parameters.
    """
    assert _risk.kappa >= ramp.MIN_KAPPA and _risk.kappa <= ramp.MAX_KAPPA, "kappa: out of range"
    assert _risk.horizon >= ramp.MIN_HORIZON, "horizon: too short"
    assert _risk.horizon <= ramp.MAX_HORIZON, "horizon: too long"
    assert _risk.line_floor >= ramp.MIN_LINE, "line floor: too low"
    assert _risk.line_floor <= _risk.line_cap, "line floor: above cap"
    assert _risk.line_cap <= ramp.MAX_LINE, "line cap: too high"
    # all three at most 100 * 10**18, so that they fit into their lane in whole units
    assert _risk.kappa % risk_word.KAPPA_UNIT == 0, "kappa: not in thousandths"
    assert _risk.line_floor % risk_word.LINE_UNIT == 0, "line floor: not in bps"
    assert _risk.line_cap % risk_word.LINE_UNIT == 0, "line cap: not in bps"
    assert _risk.depth >= margin_math.MIN_DEPTH, "depth: too low"
    assert _risk.depth <= margin_math.MAX_DEPTH, "depth: too high"
    assert _risk.tier_table < TABLES, "tier table: unknown"
    assert self._tables[_risk.tier_table] != 0, "tier table: not set"
    assert _risk.haircut_floor <= _risk.haircut_cap, "haircut floor: above cap"
    assert _risk.haircut_cap <= margin_math.MAX_HAIRCUT, "haircut cap: too high"
    assert _risk.deposit_cap <= MAX_DEPOSIT_CAP, "deposit cap: too high"

    old_risk: IRiskEngine.AssetRisk = self._asset_risk(_asset)
    word: uint256 = self._risks[_asset]
    self._risks[_asset] = risk_word._with_ramp(
        risk_word._pack(_risk.depth, _risk.tier_table, _risk.haircut_floor, _risk.haircut_cap),
        risk_word._line(word),
        risk_word._target(word),
        risk_word._started_at(word),
    )
    self._targets[_asset >> 2] = risk_word._with_target(
        self._targets[_asset >> 2], _asset, _risk.kappa, _risk.horizon, _risk.line_floor, _risk.line_cap
    )
    self._deposit_caps[_asset] = _risk.deposit_cap
    self._shocks[_asset >> 1] = portfolio_math._with_shocks(self._shocks[_asset >> 1], _asset, _risk.shocks)
    log IRiskEngine.AssetRiskSet(asset=_asset, old_risk=old_risk, new_risk=_risk)


@internal
@view
def _listed_risk(_asset: uint256) -> uint256:
    assert _asset < ASSETS, "asset: unknown"
    risk: uint256 = self._risks[_asset]
    assert risk != 0, "asset: not listed"
    return risk


@internal
@view
def _lane(_asset: uint256) -> uint256:
    return self._targets[_asset >> 2] >> ((_asset & 3) << 6)


@internal
@view
def _asset_risk(_asset: uint256) -> IRiskEngine.AssetRisk:
    risk: uint256 = self._risks[_asset]
    kappa: uint256 = 0
    horizon: uint256 = 0
    line_floor: uint256 = 0
    line_cap: uint256 = 0
    kappa, horizon, line_floor, line_cap = risk_word._target_of(self._lane(_asset))
    shocks: int256[16] = empty(int256[16])
    if risk != 0:
        shocks = portfolio_math._shocks(self._shocks[_asset >> 1], _asset)
    return IRiskEngine.AssetRisk(
        kappa=kappa,
        horizon=horizon,
        line_floor=line_floor,
        line_cap=line_cap,
        depth=risk_word._depth(risk),
        tier_table=risk_word._tier_table(risk),
        haircut_floor=risk_word._haircut_floor(risk),
        haircut_cap=risk_word._haircut_cap(risk),
        deposit_cap=self._deposit_caps[_asset],
        shocks=shocks,
    )
