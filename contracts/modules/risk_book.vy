# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What the owner sets of an asset
@custom:contract-name risk_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Line and ramp share a word with what a margin check needs besides (`risk_word`); tier tables are
        shared between assets; shocks stand two assets a word (`portfolio_math`).
"""

from ..interfaces import IRiskEngine

from . import margin_math
from . import portfolio_math
from . import ramp
from . import risk_word
from . import tier_table


# ── constants ────────────────────────────────────────────────────────────────────────────────────

ASSETS: constant(uint256) = 16
TABLES: constant(uint256) = 256
MAX_DEPOSIT_CAP: constant(uint256) = 2**127  # the Clearinghouse can hold of a token [wad units]


# ── state ────────────────────────────────────────────────────────────────────────────────────────

risks: uint256[ASSETS]  # see `risk_word`
targets: uint256[4]  # of four assets each, see `risk_word`
tables: uint256[TABLES]  # see `tier_table`
shocks: uint256[8]  # see `portfolio_math`
deposit_caps: uint256[ASSETS]  # [wad units]

# ── changes ──────────────────────────────────────────────────────────────────────────────────────

@internal
def _list(_asset: uint256, _initial_line: uint256, _live: uint256, _risk: IRiskEngine.AssetRisk):
    """
    @param _live oracle-live time at which its line starts [s]
    """
    assert self.risks[_asset] == 0, "asset: already listed"
    self._set(_asset, _risk)
    assert _initial_line >= _risk.line_floor, "initial line: below floor"
    assert _initial_line <= _risk.line_cap, "initial line: above cap"
    self.risks[_asset] = risk_word._with_ramp(self.risks[_asset], _initial_line, _initial_line, _live)
    log IRiskEngine.AssetRiskListed(asset=_asset, initial_line=_initial_line, live=_live)


@internal
def _change(_asset: uint256, _risk: IRiskEngine.AssetRisk):
    assert _asset < ASSETS and self.risks[_asset] != 0, "asset: not listed"
    self._set(_asset, _risk)


@internal
def _set(_asset: uint256, _risk: IRiskEngine.AssetRisk):
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
    assert self.tables[_risk.tier_table] != 0, "tier table: not set"
    assert _risk.haircut_floor <= _risk.haircut_cap, "haircut floor: above cap"
    assert _risk.haircut_cap <= margin_math.MAX_HAIRCUT, "haircut cap: too high"
    assert _risk.deposit_cap <= MAX_DEPOSIT_CAP, "deposit cap: too high"

    old_risk: IRiskEngine.AssetRisk = self._terms(_asset)
    word: uint256 = self.risks[_asset]
    self.risks[_asset] = risk_word._with_ramp(
        risk_word._pack(_risk.depth, _risk.tier_table, _risk.haircut_floor, _risk.haircut_cap),
        risk_word._line(word),
        risk_word._target(word),
        risk_word._started_at(word),
    )
    self.targets[_asset >> 2] = risk_word._with_target(
        self.targets[_asset >> 2], _asset, _risk.kappa, _risk.horizon, _risk.line_floor, _risk.line_cap
    )
    self.deposit_caps[_asset] = _risk.deposit_cap
    self.shocks[_asset >> 1] = portfolio_math._with_shocks(self.shocks[_asset >> 1], _asset, _risk.shocks)
    log IRiskEngine.AssetRiskSet(asset=_asset, old_risk=old_risk, new_risk=_risk)


@internal
def _set_tier_table(_table: uint256, _tiers: DynArray[IRiskEngine.Tier, 5]):
    assert _table < TABLES, "tier table: unknown"
    old_table: uint256 = self.tables[_table]
    self.tables[_table] = tier_table._pack(_tiers)
    log IRiskEngine.TierTableSet(table=_table, old_tiers=tier_table._unpack(old_table), new_tiers=_tiers)


# ── views ────────────────────────────────────────────────────────────────────────────────────────

@external
@view
def asset_risk(_asset: uint256) -> IRiskEngine.AssetRisk:
    """@custom:see IRiskEngine"""
    if _asset >= ASSETS:
        return empty(IRiskEngine.AssetRisk)
    return self._terms(_asset)


@external
@view
def check_deposit(_asset: uint256, _held: uint256) -> bool:
    """@custom:see IRiskEngine"""
    assert _asset < ASSETS and _held <= self.deposit_caps[_asset], "collateral: above cap"
    return True


@external
@view
def tiers(_table: uint256) -> DynArray[IRiskEngine.Tier, 5]:
    """@custom:see IRiskEngine"""
    if _table >= TABLES:
        return []
    return tier_table._unpack(self.tables[_table])


@external
@view
def listed_assets() -> uint256:
    """@custom:see IRiskEngine"""
    assets: uint256 = 0
    for asset: uint256 in range(ASSETS):
        if self.risks[asset] != 0:
            assets |= 1 << asset
    return assets


# ── internals ────────────────────────────────────────────────────────────────────────────────────

@internal
@view
def _listed_risk(_asset: uint256) -> uint256:
    assert _asset < ASSETS, "asset: unknown"
    risk: uint256 = self.risks[_asset]
    assert risk != 0, "asset: not listed"
    return risk


@internal
@view
def _lane(_asset: uint256) -> uint256:
    return self.targets[_asset >> 2] >> ((_asset & 3) << 6)


@internal
@view
def _terms(_asset: uint256) -> IRiskEngine.AssetRisk:
    risk: uint256 = self.risks[_asset]
    kappa: uint256 = 0
    horizon: uint256 = 0
    line_floor: uint256 = 0
    line_cap: uint256 = 0
    kappa, horizon, line_floor, line_cap = risk_word._target_of(self._lane(_asset))
    shocks: int256[16] = empty(int256[16])
    if risk != 0:
        shocks = portfolio_math._shocks(self.shocks[_asset >> 1], _asset)
    return IRiskEngine.AssetRisk(
        kappa=kappa,
        horizon=horizon,
        line_floor=line_floor,
        line_cap=line_cap,
        depth=risk_word._depth(risk),
        tier_table=risk_word._tier_table(risk),
        haircut_floor=risk_word._haircut_floor(risk),
        haircut_cap=risk_word._haircut_cap(risk),
        deposit_cap=self.deposit_caps[_asset],
        shocks=shocks,
    )


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
            words[pair] = self.shocks[pair]
    return words
