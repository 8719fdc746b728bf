# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title InsuranceFund: stakers' shares and payments to auctions
@custom:contract-name InsuranceFund
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `IInsuranceFund`. Shares are not transferable: who left his stake in is who bears the loss.
        What the fund owned before the first stake belongs to the virtual shares, so to nobody; from
        then on penalties and payments fall on all shares alike.
@custom:security No owner. Pays the connected auction's accounts and leaving stakers, nobody else. Losses
        show in the balance at once, so a share is never worth more than what is left; stakers leave
        only with what no running auction may still need.
"""

from .interfaces import IClearinghouse
from .interfaces import IInsuranceFund
from .interfaces import ILiquidationAuction

from .modules import fixed_point
from .modules import share_math

implements: IInsuranceFund

# ── constants and immutables ─────────────────────────────────────────────────────────────────────

FUND: constant(uint256) = 2  # account of the fund in the Clearinghouse
BPS: constant(uint256) = 10**4

MIN_COOLDOWN: constant(uint256) = 3600  # [s]
MAX_COOLDOWN: constant(uint256) = 90 * 86_400  # [s]
MIN_WINDOW: constant(uint256) = 3600  # [s]
MAX_WINDOW: constant(uint256) = 30 * 86_400  # [s]
MIN_EPOCH_LENGTH: constant(uint256) = 3600  # [s]
MAX_EPOCH_LENGTH: constant(uint256) = 30 * 86_400  # [s]
MAX_EPOCH_CAP: constant(uint256) = BPS  # [bps]

CLEARINGHOUSE: public(immutable(IClearinghouse))
COOLDOWN: public(immutable(uint256))  # [s]
WINDOW: public(immutable(uint256))  # [s]
EPOCH_LENGTH: public(immutable(uint256))  # [s]
EPOCH_CAP: public(immutable(uint256))  # [bps]

# ── state ────────────────────────────────────────────────────────────────────────────────────────

shares: public(HashMap[address, uint256])  # [wad shares]
total_shares: public(uint256)  # [wad shares]
_unstakings: HashMap[address, IInsuranceFund.Unstaking]
_total_reserve_plus_one: uint256  # never 0, or each first start would pay for a fresh slot [quote wad]
_shortfalls: HashMap[uint256, uint256]  # by account in auction: its reserve beyond MMp [quote wad]
_epoch: uint256  # number of the epoch `_allowance` belongs to
_allowance: uint256  # incentive still to be paid in it [quote wad]


@deploy
def __init__(_clearinghouse: IClearinghouse, _params: IInsuranceFund.Params):
    assert _clearinghouse.address != empty(address), "clearinghouse: zero address"
    assert _params.cooldown >= MIN_COOLDOWN and _params.cooldown <= MAX_COOLDOWN, "cooldown: out of range"
    assert _params.window >= MIN_WINDOW and _params.window <= MAX_WINDOW, "window: out of range"
    assert _params.epoch_length >= MIN_EPOCH_LENGTH, "epoch length: too short"
    assert _params.epoch_length <= MAX_EPOCH_LENGTH, "epoch length: too long"
    assert _params.epoch_cap <= MAX_EPOCH_CAP, "epoch cap: too high"

    CLEARINGHOUSE = _clearinghouse
    COOLDOWN = _params.cooldown
    WINDOW = _params.window
    EPOCH_LENGTH = _params.epoch_length
    EPOCH_CAP = _params.epoch_cap
    self._total_reserve_plus_one = 1


# ── stakers ──────────────────────────────────────────────────────────────────────────────────────


@external
def stake(_account: uint256, _amount: uint256, _min_shares: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    assert _amount != 0 and _amount <= share_math.MAX_TOTAL, "stake: amount out of range"
    cash: int256 = staticcall CLEARINGHOUSE.cash(FUND)
    supply: uint256 = self.total_shares
    # In debt a new stake would pay for the past; wiped out, the old shares would take part of it.
    assert cash > 0 or (cash == 0 and supply == 0), "fund: no equity"
    balance: uint256 = convert(cash, uint256)
    self._roll_epoch(balance)

    minted: uint256 = share_math._shares_for(_amount, balance, supply)
    assert minted != 0 and minted >= _min_shares, "stake: shares below minimum"
    assert supply + minted <= share_math.MAX_TOTAL, "stake: too many shares"
    self.total_shares = supply + minted
    self.shares[msg.sender] += minted
    extcall CLEARINGHOUSE.collect(_account, FUND, _amount, msg.sender)

    log IInsuranceFund.Staked(staker=msg.sender, account=_account, amount=_amount, shares=minted)
    return minted


@external
def request_unstake(_shares: uint256):
    """
    @custom:see IInsuranceFund
    """
    assert _shares != 0 and _shares <= self.shares[msg.sender], "unstake: shares out of range"
    self._unstakings[msg.sender] = IInsuranceFund.Unstaking(shares=_shares, requested_at=block.timestamp)
    log IInsuranceFund.UnstakeRequested(staker=msg.sender, shares=_shares)


@external
def unstake(_account: uint256, _min_amount: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    request: IInsuranceFund.Unstaking = self._unstakings[msg.sender]
    assert request.shares != 0, "unstake: nothing requested"
    opens_at: uint256 = request.requested_at + COOLDOWN
    assert block.timestamp >= opens_at, "unstake: cooling down"
    assert block.timestamp <= opens_at + WINDOW, "unstake: window over"
    assert staticcall CLEARINGHOUSE.is_authorized(_account, msg.sender), "account: not authorized"
    balance: uint256 = self._balance()
    self._roll_epoch(balance)

    supply: uint256 = self.total_shares
    amount: uint256 = share_math._assets_for(request.shares, balance, supply)
    assert amount != 0 and amount >= _min_amount, "unstake: amount below minimum"
    assert balance - amount >= self._total_reserve(), "unstake: reserved for auctions"
    self._unstakings[msg.sender] = empty(IInsuranceFund.Unstaking)
    self.shares[msg.sender] -= request.shares
    self.total_shares = supply - request.shares
    extcall CLEARINGHOUSE.pay(FUND, _account, amount)

    log IInsuranceFund.Unstaked(staker=msg.sender, account=_account, amount=amount, shares=request.shares)
    return amount


# ── auction ──────────────────────────────────────────────────────────────────────────────────────


@external
def pay(_account: uint256, _incentive: uint256, _shortfall: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    @dev Incentive first: when the fund cannot pay both, the epoch's cap is used up rather than spared.
    """
    self._check_auction()
    balance: uint256 = self._balance()
    self._roll_epoch(balance)

    incentive: uint256 = min(min(_incentive, self._allowance), balance)
    shortfall: uint256 = min(_shortfall, balance - incentive)
    paid: uint256 = incentive + shortfall
    if paid != 0:
        self._allowance -= incentive
        extcall CLEARINGHOUSE.pay(FUND, _account, paid)
        log IInsuranceFund.FundPaid(
            account=_account,
            incentive=incentive,
            shortfall=shortfall,
            old_balance=balance,
            new_balance=balance - paid,
        )
    return paid


@external
def set_reserve(_account: uint256, _old_maintenance: uint256, _maintenance: uint256, _shortfall: uint256):
    """
    @custom:see IInsuranceFund
    """
    self._check_auction()
    old_shortfall: uint256 = self._shortfalls[_account]
    if old_shortfall != _shortfall:
        self._shortfalls[_account] = _shortfall
    old_amount: uint256 = _old_maintenance + old_shortfall
    new_amount: uint256 = _maintenance + _shortfall
    if old_amount != new_amount:
        self._total_reserve_plus_one = self._total_reserve_plus_one - old_amount + new_amount
        log IInsuranceFund.ReserveSet(account=_account, old_amount=old_amount, new_amount=new_amount)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def available_incentive() -> uint256:
    """
    @custom:see IInsuranceFund
    """
    balance: uint256 = self._balance()
    if self._epoch == block.timestamp // EPOCH_LENGTH:
        return min(self._allowance, balance)
    return self._full_allowance(balance)


@external
@view
def reserve(_account: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    pool: address = empty(address)
    auction: address = empty(address)
    fund: address = empty(address)
    pool, auction, fund = staticcall CLEARINGHOUSE.connected()
    running: ILiquidationAuction.Auction = staticcall ILiquidationAuction(auction).auction(_account)
    return fixed_point._mul_wad_up(running.maintenance, running.unsold) + self._shortfalls[_account]


@external
@view
def total_reserve() -> uint256:
    """
    @custom:see IInsuranceFund
    """
    return self._total_reserve()


@external
@view
def share_price() -> uint256:
    """
    @custom:see IInsuranceFund
    """
    balance: uint256 = self._balance()
    if balance == 0 and (self.total_shares != 0 or staticcall CLEARINGHOUSE.cash(FUND) < 0):
        return 0
    return share_math._share_price(balance, self.total_shares)


@external
@view
def unstaking(_staker: address) -> IInsuranceFund.Unstaking:
    """
    @custom:see IInsuranceFund
    """
    return self._unstakings[_staker]


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _check_auction():
    pool: address = empty(address)
    auction: address = empty(address)
    fund: address = empty(address)
    pool, auction, fund = staticcall CLEARINGHOUSE.connected()
    assert msg.sender == auction, "fund: not the auction"


@internal
@view
def _balance() -> uint256:
    """
    @notice What there is to pay with: nothing while the fund itself is in debt. [quote wad]
    """
    return convert(max(staticcall CLEARINGHOUSE.cash(FUND), 0), uint256)


@internal
@view
def _total_reserve() -> uint256:
    return self._total_reserve_plus_one - 1


@internal
@view
def _full_allowance(_balance: uint256) -> uint256:
    return _balance * EPOCH_CAP // BPS


@internal
def _roll_epoch(_balance: uint256):
    """
    @notice The first touch of an epoch fixes its cap, before that touch changes the balance: a stake
            does not raise the cap of the epoch it falls in.
    """
    epoch: uint256 = block.timestamp // EPOCH_LENGTH
    if self._epoch != epoch:
        self._epoch = epoch
        self._allowance = self._full_allowance(_balance)
