# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an auction may do
@custom:contract-name bidding
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Starts, bids and everything after them, each compared with what the auction said just before.
        Names are those of docs/invariants.md.
"""

from ....contracts.interfaces import ILiquidationAuction
from ....contracts.interfaces import IRiskEngine
from ....contracts.modules import fixed_point

from . import crowd
from . import watch
from . import world

uses: crowd
uses: watch
uses: world

WAD: constant(uint256) = 10**18
NO_LIMIT: constant(int256) = 2**126

# Of the ways to finish.
END: constant(uint256) = 0
WRITE_OFF: constant(uint256) = 2

# What moving sizes and collateral by whole wei may cost at the prices here [quote wad].
DUST: constant(int256) = 10**9


@internal
def _start(_due: bool, _account: uint256, _starter: uint256, _sender: address):
    """
    @param _due the account is LIQUIDATABLE at fresh prices
    """
    watch._look(_account, _starter)
    started: bool = crowd._try(
        "start auction" if _due else "start out of turn",
        _sender,
        world.world.auction.address,
        abi_encode(_account, _starter, method_id=method_id("start(uint256,uint256)")),
    )
    watch._check(False)
    assert started or not _due, "start: refused on LIQUIDATABLE"
    assert _due or not started, "start only on LIQUIDATABLE"
    if started:
        running: ILiquidationAuction.Auction = staticcall world.world.auction.auction(_account)
        assert crowd._equity(_account) < convert(running.maintenance, int256), "start only on LIQUIDATABLE"
        assert running.unsold == WAD and running.elapsed == 0, "start: not from the beginning"


@internal
def _bid(_account: uint256, _bidder: uint256, _sender: address, _asked: uint256):
    auction: ILiquidationAuction = world.world.auction
    terms: ILiquidationAuction.Terms = staticcall auction.terms(_account)
    starter: uint256 = (staticcall auction.auction(_account)).starter
    unrewarded: bool = starter != 0 and starter != _bidder and not staticcall auction.rewarded(_account)
    fund: int256 = staticcall world.world.house.cash(world.FUND)
    bidder: int256 = crowd._equity(_bidder)
    shared: bool = staticcall world.world.house.shortfall() != 0

    watch._look(_account, _bidder)
    sold: bool = crowd._try(
        "bid",
        _sender,
        auction.address,
        abi_encode(
            _account,
            _bidder,
            _asked,
            NO_LIMIT, -NO_LIMIT,
            method_id=method_id("bid(uint256,uint256,uint256,int256,int256)"),
        ),
    )
    written_down: bool = watch._check(True)
    if written_down:
        crowd._count("write down", True)
    if not sold:
        return
    assert terms.live, "bid: prices were not usable"
    fraction: uint256 = min(_asked, terms.largest_slice)
    incentive: int256 = self._part(convert(terms.incentive, int256), fraction)

    paid: int256 = fund - staticcall world.world.house.cash(world.FUND)
    lacking: int256 = max(convert(terms.incentive, int256) - terms.equity, 0)
    assert paid <= self._part(lacking, fraction) + 2, "fund pays max(0, I - E)"
    if terms.equity >= convert(terms.incentive, int256):
        assert paid <= 0, "fund pays max(0, I - E)"

    if fraction < WAD:
        self._check_rest(_account, terms, fraction, written_down)
    bidding: IRiskEngine.Health = crowd._health(_bidder)
    required: uint256 = fixed_point._mul_wad_up(bidding.maintenance, staticcall world.world.risk.IM_MULTIPLIER())
    assert bidding.equity >= convert(required, int256), "bidder: below requirement"
    # in a write-down the bidder may lose as a supplier
    if not written_down:
        gain: int256 = bidding.equity - bidder
        assert gain <= incentive + DUST, "bidder gains f * I"
        # cash he pays with, or nets against a debt he takes, bears its share of losses to come
        shared = shared or terms.equity < 0 or staticcall world.world.house.shortfall() != 0
        assert gain + DUST >= incentive or unrewarded or shared, "bidder gains f * I"


@internal
@view
def _check_rest(_account: uint256, _terms: ILiquidationAuction.Terms, _fraction: uint256, _written_down: bool):
    """
    @notice A fill does not worsen a solvent account; the largest slice lands on the buffer.
    """
    equity: int256 = crowd._equity(_account)
    rest: uint256 = WAD - _fraction
    if _terms.equity >= 0:
        assert equity + DUST >= self._part(_terms.equity, rest), "fill never worsens"
    if _fraction == _terms.largest_slice and not _written_down:
        buffer: uint256 = WAD + staticcall world.world.risk.BUFFER()
        buffered: int256 = self._part(convert(fixed_point._mul_wad_down(_terms.maintenance, buffer), int256), rest)
        assert equity <= buffered + DUST, "largest slice lands on the buffer"
        assert equity + DUST >= buffered, "largest slice lands on the buffer"


@internal
def _finish(_account: uint256, _which: uint256):
    """
    @notice One of the ways in which an auction goes on or ends without a bid.
    """
    if _which == END:
        self._call("end auction", _account, method_id("end(uint256)"), False)
    elif _which == 1:
        if self._call("backstop", _account, method_id("backstop(uint256)"), True):
            self._check_cleared(_account)
    elif _which == WRITE_OFF:
        if self._call("write off", _account, method_id("write_off(uint256)"), True):
            self._check_cleared(_account)
    elif _which == 3:
        self._call("poke", _account, method_id("poke(uint256)"), False)
    elif _which == 4:
        self._call("margin call", _account, method_id("issue_margin_call(uint256)"), False)
    else:
        self._call("close episode", _account, method_id("close_episode(uint256)"), False)


@internal
@view
def _check_cleared(_account: uint256):
    assert staticcall world.world.house.held_assets(_account) == 0, "no debt left: something to sell"
    assert staticcall world.world.house.cash(_account) >= 0, "no debt left after an auction"
    assert staticcall world.world.house.proceeds(_account) == 0, "no debt left: proceeds"


@internal
def _call(_kind: String[64], _account: uint256, _method: Bytes[4], _pays: bool) -> bool:
    watch._look(_account, 0)
    success: bool = crowd._try(
        _kind, crowd._actor(0), world.world.auction.address, concat(_method, abi_encode(_account))
    )
    if watch._check(_pays):
        crowd._count("write down", True)
    return success


@internal
@pure
def _part(_amount: int256, _fraction: uint256) -> int256:
    return _amount * convert(_fraction, int256) // convert(WAD, int256)
