# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The crowd: who acts, and what became of it
@custom:contract-name crowd
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Eight owners with one account each; any of them trades, borrows, provides, stakes and bids. What
        they ask for may revert, but only for a `"noun: reason"`: a bare revert, a panic or a
        compiler's check fails the run. Attempts and successes are counted by kind.
"""

from ....contracts.interfaces import IRiskEngine
from ..interfaces import IFeeds

from . import feeds
from . import world

uses: feeds
uses: world

ACTORS: constant(uint256) = 8
ISOLATED: constant(uint256) = 1
CROSS: constant(uint256) = 2
PROVIDER: constant(uint256) = 6  # actors that begin with a stake in the venue
STAKER: constant(uint256) = 7

PURSE: constant(uint256) = 10**9  # whole tokens each owner has
MARGIN: constant(uint256) = 30_000 * 10**6  # [quote units]

DUST: constant(int256) = 1000  # roundings of one health check [quote wad]

_ERROR: constant(bytes4) = 0x08c379a0  # Error(string)

MAX_KINDS: constant(uint256) = 256


struct Tally:
    tried: uint256
    succeeded: uint256


kinds: DynArray[String[64], MAX_KINDS]
tallies: HashMap[String[64], Tally]
reasons: DynArray[String[64], MAX_KINDS]
told: HashMap[String[64], uint256]
last_reason: String[64]


@internal
def _gather(_provided: uint256, _staked: uint256):
    """
    @notice Opens the accounts and gives everybody tokens, the pool a provider and the fund a staker.
    @param _provided to the pool, by somebody who keeps as much [quote]
    @param _staked likewise [quote]
    """
    house: address = world.world.house.address
    for i: uint256 in range(ACTORS):
        kind: uint256 = ISOLATED if i == 2 or i == 3 else CROSS
        extcall world.world.house.open_account(self._actor(i), kind)
        for token: address in [world.world.quote, world.world.tokens[0], world.world.tokens[1]]:
            extcall IFeeds(token).mint(self._actor(i), PURSE * 10**18)
            extcall world.VM.prank(self._actor(i))
            extcall IFeeds(token).approve(house, max_value(uint256))
        extcall world.VM.prank(self._actor(i))
        extcall world.world.house.deposit(self._account(i), world.world.quote, MARGIN)

    extcall world.VM.prank(self._actor(PROVIDER))
    extcall world.world.house.deposit(self._account(PROVIDER), world.world.quote, 2 * _provided * 10**6)
    extcall world.VM.prank(self._actor(PROVIDER))
    extcall world.world.pool.request_entry(self._account(PROVIDER), _provided * world.WAD, 0)
    feeds._live(2 * feeds.STEP)
    assert extcall world.world.pool.execute_request(1), "setup: no provider"
    extcall world.VM.prank(self._actor(STAKER))
    extcall world.world.house.deposit(self._account(STAKER), world.world.quote, 2 * _staked * 10**6)
    extcall world.VM.prank(self._actor(STAKER))
    extcall world.world.fund.stake(self._account(STAKER), _staked * world.WAD, 0)


@internal
@pure
def _actor(_index: uint256) -> address:
    return convert(convert(keccak256(concat(b"actor", convert(_index, bytes32))), uint256) >> 96, address)


@internal
@pure
def _account(_index: uint256) -> uint256:
    """
    @return the account of actor `_index`
    """
    return world.FIRST_USER + _index


@internal
@pure
def _pick(_seed: uint256, _from: uint256, _to: uint256) -> uint256:
    """
    @return from `_from` to `_to`, both included; a small seed gives a small number
    """
    return _from + _seed % (_to - _from + 1)


@internal
def _try(_kind: String[64], _sender: address, _to: address, _data: Bytes[4608], _value: uint256 = 0) -> bool:
    """
    @notice `_sender` calls; counted, and a failure must have a reason.
    """
    success: bool = False
    response: Bytes[256] = b""
    extcall world.VM.prank(_sender)
    success, response = raw_call(_to, _data, max_outsize=256, value=_value, revert_on_failure=False)
    self._count(_kind, success)
    if not success:
        self._tell(self._reason(response))
    return success


@internal
def _count(_kind: String[64], _success: bool):
    tally: Tally = self.tallies[_kind]
    if tally.tried == 0:
        self.kinds.append(_kind)
    tally.tried += 1
    if _success:
        tally.succeeded += 1
    self.tallies[_kind] = tally


@internal
def _tell(_reason: String[64]):
    if self.told[_reason] == 0:
        self.reasons.append(_reason)
    self.told[_reason] += 1
    self.last_reason = _reason


@internal
@pure
def _reason(_response: Bytes[256]) -> String[64]:
    """
    @dev Reverts where a contract gave none: those are the defects this suite looks for.
    """
    assert len(_response) > 68, "crowd: reverted without a reason"
    assert convert(slice(_response, 0, 4), bytes4) == _ERROR, "crowd: panicked"
    length: uint256 = convert(slice(_response, 36, 32), uint256)
    assert length > 0 and length <= 64 and 68 + length <= len(_response), "crowd: reverted without a reason"
    return convert(slice(_response, 68, length), String[64])


@internal
@view
def _health(_account: uint256) -> IRiskEngine.Health:
    """
    @notice At the prices of this moment.
    """
    held: uint256 = staticcall world.world.house.held_assets(_account)
    return staticcall world.world.house.health(_account, staticcall world.world.oracle.read(held))


@internal
@view
def _equity(_account: uint256) -> int256:
    return self._health(_account).equity


@internal
@view
def _check_initial(_account: uint256):
    """
    @notice Whoever has just taken something out, or more risk on, meets the requirement for it.
    """
    health: IRiskEngine.Health = self._health(_account)
    assert health.strict_equity + DUST >= convert(health.initial, int256), "nobody leaves below IM"
    assert health.cash + convert(health.borrow_limit, int256) + DUST >= 0, "nobody borrows beyond his collateral"


@internal
@view
def _in_auction(_account: uint256) -> bool:
    return (staticcall world.world.house.account(_account)).in_auction


@internal
@view
def _find_auctioned(_seed: uint256) -> uint256:
    """
    @return the first account in auction, from account `_seed` on and around; 0 when there is none
    """
    for i: uint256 in range(ACTORS):
        account: uint256 = self._account((_seed % ACTORS + i) % ACTORS)
        if self._in_auction(account):
            return account
    return 0


@internal
@view
def _find_reserved(_seed: uint256) -> uint256:
    """
    @return the first account with a pending order, or 0
    """
    for i: uint256 in range(ACTORS):
        account: uint256 = self._account((_seed % ACTORS + i) % ACTORS)
        if (staticcall world.world.pool.order(account)).submitted_at != 0:
            return account
    return 0


@internal
@view
def _find_bare(_seed: uint256) -> uint256:
    """
    @return the first account with a debt and nothing to sell, or 0
    """
    for i: uint256 in range(ACTORS):
        account: uint256 = self._account((_seed % ACTORS + i) % ACTORS)
        if staticcall world.world.house.cash(account) < 0:
            if staticcall world.world.house.held_assets(account) == 0:
                return account
    return 0


@internal
@view
def _find_liquidatable(_seed: uint256) -> uint256:
    """
    @return the first account that an auction must be able to start on, or 0
    """
    for i: uint256 in range(ACTORS):
        account: uint256 = self._account((_seed % ACTORS + i) % ACTORS)
        held: uint256 = staticcall world.world.house.held_assets(account)
        if held == 0 or self._in_auction(account):
            continue
        health: IRiskEngine.Health = staticcall world.world.house.health(
            account, staticcall world.world.oracle.read_fresh(held)
        )
        if health.live and health.equity < convert(health.maintenance, int256):
            return account
    return 0
