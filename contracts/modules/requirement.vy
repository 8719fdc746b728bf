# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an account requires
@custom:contract-name requirement
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Equity, MM and IM of an exposure at given readings, in one loop over the assets held: the hottest
        code of the protocol. What is written out here says the same as the functions it names, for
        the gas of their calls.
"""

from ..interfaces import IPriceOracle
from ..interfaces import IRiskEngine

from . import account_value
from . import margin_math
from . import portfolio_math
from . import price_word
from . import risk_book
from . import risk_lines
from . import sample_clock
from . import tier_table

uses: risk_book
uses: risk_lines
uses: sample_clock


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

WAD: constant(uint256) = 10**18
BPS: constant(uint256) = 10_000
HOUR: constant(uint256) = 3600  # [s]

# a kind of account with a rule of its own
PORTFOLIO: constant(uint256) = 3

MAX_IM_MULTIPLIER: constant(uint256) = 5 * 10**18  # [wad]
MIN_KEEPER_COST: constant(uint256) = 10**16  # [quote wad]
MAX_KEEPER_COST: constant(uint256) = 1000 * 10**18  # [quote wad]
MAX_BREAKDOWN: constant(uint256) = portfolio_math.BPS
MIN_FLOOR: constant(uint256) = 10  # [bps]
MAX_FLOOR: constant(uint256) = 2_000  # [bps]

# The words are taken apart without calls.
UINT88: constant(uint256) = 2**88 - 1
UINT64: constant(uint256) = 2**64 - 1
UINT48: constant(uint256) = 2**48 - 1
UINT40: constant(uint256) = 2**40 - 1
UINT32: constant(uint256) = 2**32 - 1
UINT16: constant(uint256) = 2**16 - 1
UINT8: constant(uint256) = 2**8 - 1

ORACLE: public(immutable(IPriceOracle))
IM_MULTIPLIER: public(immutable(uint256))  # [wad]
KEEPER_COST: public(immutable(uint256))  # [quote wad]
BREAKDOWN: public(immutable(uint256))  # delta: how far correlations are moved [bps]
FLOOR: public(immutable(uint256))  # least MM of a portfolio's gross legs [bps]


@deploy
def __init__(
    _oracle: IPriceOracle, _im_multiplier: uint256, _keeper_cost: uint256, _breakdown: uint256, _floor: uint256
):
    assert _im_multiplier <= MAX_IM_MULTIPLIER, "im multiplier: too high"
    assert _keeper_cost >= MIN_KEEPER_COST, "keeper cost: too low"
    assert _keeper_cost <= MAX_KEEPER_COST, "keeper cost: too high"
    assert _breakdown <= MAX_BREAKDOWN, "breakdown: too high"
    assert _floor >= MIN_FLOOR and _floor <= MAX_FLOOR, "floor: out of range"
    ORACLE = _oracle
    IM_MULTIPLIER = _im_multiplier
    KEEPER_COST = _keeper_cost
    BREAKDOWN = _breakdown
    FLOOR = _floor


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
    assert held >> risk_book.ASSETS == 0, "asset: unknown"

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
    table_id: uint256 = risk_book.TABLES
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

        risk: uint256 = risk_book.risks[asset]
        assert word != 0, "asset: no reading"
        assert risk != 0, "asset: not listed"

        if word >> 248 == price_word.RETIRED:
            # at its fixed price; a position needs nothing
            if (_exposure.markets >> asset) & 1 == 1:
                assert (
                    convert(convert(unsafe_add(_exposure.sizes[asset], account_value.LARGEST_SIZE), bytes32), uint256)
                    <= 2 * margin_math.MAX_SIZE
                ), "size: out of range"
                settled: int256 = unsafe_mul(_exposure.sizes[asset], convert(word & UINT88, int256))
                value = unsafe_add(value, settled)
                strict_value = unsafe_add(strict_value, settled)
            if (_exposure.collaterals >> asset) & 1 == 1 and _exposure.kind != account_value.PROTOCOL:
                # carries nothing, but who buys the account pays for it: as much of E as of MM
                assert _exposure.amounts[asset] <= margin_math.MAX_AMOUNT, "amount: out of range"
                frozen: uint256 = unsafe_mul(_exposure.amounts[asset], word & UINT88)
                value = unsafe_add(value, convert(frozen, int256))
                dead = unsafe_add(dead, unsafe_div(unsafe_add(frozen, WAD - 1), WAD))
            continue
        # the getters of `price_word` and `risk_word`, written out: ten calls an asset cost 500 gas
        line: uint256 = risk & UINT64
        high_line: uint256 = (risk >> 64) & UINT64
        # `risk_lines._line_at`, written out as well: 170 gas an asset. A clock behind the start of the ramp gives a time
        # near 2**256, any other one is below 2**34 [s], with which no product exceeds 2**158.
        if line > high_line:
            elapsed: uint256 = unsafe_sub(unsafe_add((word >> 176) & UINT32, _later), (risk >> 128) & UINT32)
            if elapsed < 2**34:
                decline: uint256 = unsafe_div(unsafe_mul(unsafe_mul(line, risk_lines.RAMP_DOWN), elapsed), HOUR * WAD)
                line = unsafe_sub(line, min(decline, unsafe_sub(line, high_line)))
            high_line = line
        elif line < high_line:
            elapsed: uint256 = unsafe_sub(unsafe_add((word >> 176) & UINT32, _later), (risk >> 128) & UINT32)
            if elapsed < 2**34:
                line = unsafe_add(
                    line, unsafe_div(unsafe_mul(unsafe_mul(line, risk_lines.RAMP_UP), elapsed), HOUR * WAD)
                )
                if line > high_line:
                    line = high_line
        depth: uint256 = (risk >> 160) & UINT48

        if (_exposure.markets >> asset) & 1 != 0:
            size: int256 = _exposure.sizes[asset]
            # |size| <= MAX_SIZE. By way of bytes32 nothing is clamped: each clamp costs 20 gas, and prices are
            # below 2**88. No size wraps into the range: one above 2**255 - 2**128 becomes one above 2**255.
            assert (
                convert(convert(unsafe_add(size, account_value.LARGEST_SIZE), bytes32), uint256)
                <= 2 * margin_math.MAX_SIZE
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
                    table = risk_book.tables[table_id]
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
                values, value_sum, terms.shorts, risk_book._shocks_of(held)
            )
            # gross < 2**165
            terms.floor = unsafe_div(unsafe_add(unsafe_mul(gross, FLOOR), portfolio_math.BPS - 1), portfolio_math.BPS)
            maintenance = max(terms.tail, max(terms.stress, terms.floor))
            # Where a leg's line rises towards another's the tail may fall. What is opened must meet today's, too.
            initial = max(terms.high_tail, maintenance)
        maintenance = unsafe_add(unsafe_add(maintenance, KEEPER_COST), dead)
        initial = unsafe_add(
            margin_math._scale_up(unsafe_add(initial, KEEPER_COST), IM_MULTIPLIER),
            margin_math._confidence_charge(uncertainty),
        )
    # Nobody opens or withdraws at prices in a unit that is not worth what they say.
    if sample_clock.PEG_BOUND != 0 and worst_state == price_word.VALID and sample_clock._is_off_peg():
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
        live=unsafe_mul(idle, account_value.IDLE_DIVISOR) <= gross,
    ), terms
