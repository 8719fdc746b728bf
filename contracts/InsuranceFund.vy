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
@custom:security Pays the connected auction's accounts and leaving stakers, nobody else. Losses show in
        the balance at once, so a share is never worth more than what is left; stakers leave only with
        what neither running auctions nor a pool below zero may still need. The owner of the Clearinghouse names the reporter of
        the buffer's target, a number that moves no money.
"""

from .interfaces import IClearinghouse
from .interfaces import IInsuranceFund
from .interfaces import ILiquidationAuction

from .modules import fixed_point
from .modules import reserve_word
from .modules import share_math

implements: IInsuranceFund


interface IOwned:
    def owner() -> address: view


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

POOL: constant(uint256) = 1  # accounts of the protocol in the Clearinghouse
FUND: constant(uint256) = 2
BPS: constant(uint256) = 10**4
RAY: constant(uint256) = 10**27

MIN_COOLDOWN: constant(uint256) = 3600  # [s]
MAX_COOLDOWN: constant(uint256) = 90 * 86_400  # [s]
MIN_WINDOW: constant(uint256) = 3600  # [s]
MAX_WINDOW: constant(uint256) = 30 * 86_400  # [s]
MIN_EPOCH_LENGTH: constant(uint256) = 3600  # [s]
MAX_EPOCH_LENGTH: constant(uint256) = 30 * 86_400  # [s]
MAX_EPOCH_CAP: constant(uint256) = BPS  # [bps]

# A share worth less than a millionth of the first one is as good as nothing: at its price a later
# stake would get more shares than the books hold [wad].
MIN_SHARE_PRICE: constant(uint256) = 10**12

# After a payment the fund could not make in full, what it was written down as is looked at [s].
GRACE: constant(uint256) = 3600

MIN_TARGET: constant(uint256) = 10**18  # [quote wad]
MAX_TARGET: constant(uint256) = 10**30  # [quote wad]
TARGET_INTERVAL: constant(uint256) = 3600  # [s]

CLEARINGHOUSE: public(immutable(IClearinghouse))
COOLDOWN: public(immutable(uint256))  # [s]
WINDOW: public(immutable(uint256))  # [s]
EPOCH_LENGTH: public(immutable(uint256))  # [s]
EPOCH_CAP: public(immutable(uint256))  # [bps]

# ── state ────────────────────────────────────────────────────────────────────────────────────────

generation: public(uint256)  # shares of an earlier one are void
_shares: HashMap[uint256, HashMap[address, uint256]]  # generation -> staker -> [wad shares]
_unstakings: HashMap[uint256, HashMap[address, IInsuranceFund.Unstaking]]  # the same
total_shares: public(uint256)  # of this generation [wad shares]
_totals: uint256  # of all running auctions: reserve_word
_needs: HashMap[uint256, uint256]  # by account in auction, beyond its MMp: reserve_word
_own: HashMap[uint256, uint256]  # by account with a deficit: its positive cash [quote wad / supply index]
_total_own: uint256  # sum of these [quote wad / supply index]
_epoch: uint256  # number of the epoch `_allowance` belongs to
_allowance: uint256  # incentive still to be paid in it [quote wad]
reporter: public(address)  # may post the target of the buffer
_target: uint256  # what the buffer should be [quote wad]
_posted_at: uint256  # [s]


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
    self._totals = reserve_word.NOTHING


# ── stakers ──────────────────────────────────────────────────────────────────────────────────────


@external
def stake(_account: uint256, _amount: uint256, _min_shares: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    assert _amount != 0 and _amount <= share_math.MAX_TOTAL, "stake: amount out of range"
    cash: int256 = staticcall CLEARINGHOUSE.cash(FUND)
    supply: uint256 = self.total_shares
    # In debt a new stake would pay for the past.
    assert cash > 0 or (cash == 0 and supply == 0), "fund: no equity"
    balance: uint256 = convert(cash, uint256)
    self._roll_epoch(balance)

    minted: uint256 = share_math._shares_for(_amount, balance, supply)
    assert minted != 0 and minted >= _min_shares, "stake: shares below minimum"
    assert supply + minted <= share_math.MAX_TOTAL, "stake: too many shares"
    self.total_shares = supply + minted
    self._shares[self.generation][msg.sender] += minted
    extcall CLEARINGHOUSE.collect(_account, FUND, _amount, msg.sender)

    log IInsuranceFund.Staked(staker=msg.sender, account=_account, amount=_amount, shares=minted)
    return minted


@external
def request_unstake(_shares: uint256):
    """
    @custom:see IInsuranceFund
    """
    generation: uint256 = self.generation
    assert _shares != 0 and _shares <= self._shares[generation][msg.sender], "unstake: shares out of range"
    # Else who may leave could stake as much again for the moment in which the fund earns something.
    worth: uint256 = share_math._assets_for(_shares, self._balance(), self.total_shares)
    self._unstakings[generation][msg.sender] = IInsuranceFund.Unstaking(
        shares=_shares, requested_at=block.timestamp, worth=worth
    )
    log IInsuranceFund.UnstakeRequested(staker=msg.sender, shares=_shares, worth=worth)


@external
def unstake(_account: uint256, _min_amount: uint256) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    generation: uint256 = self.generation
    request: IInsuranceFund.Unstaking = self._unstakings[generation][msg.sender]
    assert request.shares != 0, "unstake: nothing requested"
    opens_at: uint256 = request.requested_at + COOLDOWN
    assert block.timestamp >= opens_at, "unstake: cooling down"
    assert block.timestamp <= opens_at + WINDOW, "unstake: window over"
    assert staticcall CLEARINGHOUSE.is_authorized(_account, msg.sender), "account: not authorized"
    balance: uint256 = self._balance()
    self._roll_epoch(balance)

    supply: uint256 = self.total_shares
    lost: uint256 = self._pool_deficit()
    needed: uint256 = self._total_reserve() + lost
    lost += self._known_deficits()[0]
    # of what is known to be lost who leaves bears his part
    amount: uint256 = share_math._assets_for(request.shares, balance - min(balance, lost), supply)
    amount = min(amount, request.worth)
    assert balance - amount >= needed, "unstake: reserved for auctions"
    assert amount != 0 and amount >= _min_amount, "unstake: amount below minimum"
    self._unstakings[generation][msg.sender] = empty(IInsuranceFund.Unstaking)
    self._shares[generation][msg.sender] -= request.shares
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
    if paid < _incentive + _shortfall:
        self._totals = reserve_word._with_short_at(self._totals, block.timestamp)
    if paid != 0:
        self._allowance -= incentive
        extcall CLEARINGHOUSE.pay(FUND, _account, paid)
        self._void_shares(balance - paid)
        log IInsuranceFund.FundPaid(
            account=_account,
            incentive=incentive,
            shortfall=shortfall,
            old_balance=balance,
            new_balance=balance - paid,
        )
    return paid


@external
def set_reserve(
    _account: uint256,
    _old_maintenance: uint256,
    _maintenance: uint256,
    _worst: uint256,
    _deficit: uint256,
    _cash: uint256,
) -> bool:
    """
    @custom:see IInsuranceFund
    @dev A solvent account costs the slot of its need and the one of the totals, as they were.
    """
    self._check_auction()
    old_need: uint256 = self._needs[_account]
    need: uint256 = 0
    if _worst != 0:
        need = reserve_word._pack_need(_worst, _deficit)
    word: uint256 = self._totals
    new_word: uint256 = word
    old_amount: uint256 = _old_maintenance
    new_amount: uint256 = _maintenance
    if old_need | need != 0:
        new_word = self._set_need(_account, old_need, need, _cash, word)
        old_amount += reserve_word._worst(old_need)
        new_amount += reserve_word._worst(need)
    if old_amount != new_amount:
        new_word = reserve_word._with_reserve(new_word, old_amount, new_amount)
        log IInsuranceFund.ReserveSet(account=_account, old_amount=old_amount, new_amount=new_amount)
    if new_word != word:
        self._totals = new_word
    # nothing is lacking, and the fund has never been short
    if (word | new_word) >> reserve_word.RESERVE_BITS == 0:
        return False
    if reserve_word._deficits(word) != 0 or reserve_word._deficits(new_word) != 0:
        return True
    return block.timestamp < reserve_word._short_at(new_word) + GRACE


# ── reporter of the capital buffer ───────────────────────────────────────────────────────────────


@external
def set_reporter(_reporter: address):
    """
    @custom:see IInsuranceFund
    """
    assert msg.sender == staticcall IOwned(CLEARINGHOUSE.address).owner(), "fund: not the owner"
    log IInsuranceFund.ReporterSet(old_reporter=self.reporter, new_reporter=_reporter)
    self.reporter = _reporter


@external
def post_target(_target: uint256):
    """
    @custom:see IInsuranceFund
    """
    assert msg.sender == self.reporter, "target: not the reporter"
    assert _target >= MIN_TARGET and _target <= MAX_TARGET, "target: out of range"
    old_target: uint256 = self._target
    if old_target != 0:
        assert block.timestamp >= self._posted_at + TARGET_INTERVAL, "target: too early"
        assert _target <= 2 * old_target and 2 * _target >= old_target, "target: moves too far"
    log IInsuranceFund.TargetPosted(reporter=msg.sender, old_target=old_target, new_target=_target)
    self._target = _target
    self._posted_at = block.timestamp


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def available_incentive() -> uint256:
    """
    @custom:see IInsuranceFund
    """
    return self._available(self._balance())


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
    maintenance: uint256 = fixed_point._mul_wad_up(running.maintenance, running.unsold)
    return maintenance + reserve_word._worst(self._needs[_account])


@external
@view
def total_reserve() -> uint256:
    """
    @custom:see IInsuranceFund
    """
    return self._total_reserve()


@external
@view
def lacking() -> (uint256, uint256, uint256):
    """
    @custom:see IInsuranceFund
    """
    beyond_own: uint256 = 0
    own: uint256 = 0
    beyond_own, own = self._known_deficits()
    balance: uint256 = self._balance()
    return beyond_own, own, balance - self._available(balance)


@external
@view
def capital_buffer() -> (uint256, uint256, uint256):
    """
    @custom:see IInsuranceFund
    """
    return self._target, self._balance(), self._posted_at


@external
@view
def shares(_staker: address) -> uint256:
    """
    @custom:see IInsuranceFund
    """
    return self._shares[self.generation][_staker]


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
    return self._unstakings[self.generation][_staker]


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
    return reserve_word._reserve(self._totals)


@internal
@view
def _known_deficits() -> (uint256, uint256):
    """
    @return what accounts for sale are known to lack beyond their own cash [quote wad]
    @return that cash; 0 where nothing is lacking [quote wad]
    """
    deficits: uint256 = reserve_word._deficits(self._totals)
    if deficits == 0:
        return 0, 0
    # both below 2**128
    own: uint256 = self._total_own * (staticcall CLEARINGHOUSE.supply())[0] // RAY
    return deficits - min(deficits, own), own


@internal
@view
def _pool_deficit() -> uint256:
    """
    @return what the pool's equity is below zero: the fund is the first to be charged for it when winners'
            profits do not bring it back [quote wad]
    """
    equity: int256 = (staticcall CLEARINGHOUSE.current_health(POOL)).equity
    return convert(max(-equity, 0), uint256)


@internal
@view
def _available(_balance: uint256) -> uint256:
    """
    @return incentive that may still be paid this epoch [quote wad]
    """
    if self._epoch == block.timestamp // EPOCH_LENGTH:
        return min(self._allowance, _balance)
    return self._full_allowance(_balance)


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


@internal
def _void_shares(_balance: uint256):
    """
    @notice Whose stakes are lost has no part in what others bring after him: a new generation of shares
            begins, and what dust is left is nobody's.
    """
    supply: uint256 = self.total_shares
    if supply == 0 or _balance >= fixed_point._mul_wad_up(supply, MIN_SHARE_PRICE):
        return
    generation: uint256 = self.generation
    log IInsuranceFund.SharesVoided(generation=generation, shares=supply)
    self.generation = generation + 1
    self.total_shares = 0


@internal
def _set_need(_account: uint256, _old_need: uint256, _need: uint256, _cash: uint256, _totals: uint256) -> uint256:
    """
    @notice For accounts below zero, or at unknown prices, alone: one that is neither costs nothing here.
    @return totals with the new deficit
    """
    if _need != _old_need:
        self._needs[_account] = _need
    old_amount: uint256 = reserve_word._deficit(_old_need)
    new_amount: uint256 = reserve_word._deficit(_need)
    own: uint256 = _cash if new_amount != 0 else 0
    old_own: uint256 = self._own[_account]
    if own != old_own:
        self._own[_account] = own
        self._total_own = self._total_own - old_own + own
    if old_amount == new_amount:
        return _totals
    log IInsuranceFund.DeficitFound(account=_account, old_amount=old_amount, new_amount=new_amount)
    return reserve_word._with_deficits(_totals, old_amount, new_amount)
