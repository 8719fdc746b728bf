# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The owner, within his bounds
@custom:contract-name governing
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Changes that act through the ramp or on later trades only: by them nobody's line, requirement or
        equity moves in the block in which they are made.
"""

from ....contracts.interfaces import ILiquidityPool
from ....contracts.interfaces import IRiskEngine

from . import crowd
from . import watch
from . import world

uses: crowd
uses: watch
uses: world

WAD: constant(uint256) = 10**18
MAX_FEE: constant(uint256) = 20  # [bps]


@internal
def _change(_which: uint256, _market: uint256, _value: uint256):
    account: uint256 = crowd._account(_value % crowd.ACTORS)
    maintenance: uint256 = crowd._health(account).maintenance
    watch._look(0, 0)
    if _which % 4 == 0:
        crowd._try(
            "change out of turn",
            crowd._actor(_value % crowd.ACTORS),
            world.world.pool.address,
            self._fees(_market, _value),
        )
        assert crowd.last_reason == "ownable: caller is not the owner", "owner: somebody else"
    elif _which % 4 == 1:
        crowd._try("set fees", world.world.deployer, world.world.pool.address, self._fees(_market, _value))
    else:
        risk: IRiskEngine.AssetRisk = staticcall world.world.risk.asset_risk(_market)
        risk.kappa = crowd._pick(_value, 3_000, 9_000) * 10**15
        crowd._try(
            "set kappa",
            world.world.deployer,
            world.world.risk.address,
            abi_encode(
                _market,
                risk,
                method_id=method_id(
                    "set_asset_risk(uint256,(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,int256[16]))"
                ),
            ),
        )
    watch._check(False)
    assert crowd._health(account).maintenance == maintenance, "owner: a requirement moved at once"


@internal
@view
def _fees(_market: uint256, _value: uint256) -> Bytes[132]:
    cap: uint256 = (staticcall world.world.pool.market_fees(_market)).interest_cap
    fees: ILiquidityPool.MarketFees = ILiquidityPool.MarketFees(
        maker_fee=crowd._pick(_value, 0, MAX_FEE),
        taker_fee=crowd._pick(_value // MAX_FEE, 0, MAX_FEE),
        interest_cap=cap,
    )
    return abi_encode(_market, fees, method_id=method_id("set_market_fees(uint256,(uint256,uint256,uint256))"))
