# pragma version 0.4.3
"""
@title Everything the crowd does, one function a kind of action
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice forge calls these functions in random order with random arguments; each is a seed or an amount
        that is brought into bounds here, so that most of what is tried can succeed. Nothing here
        reverts but for a broken property, whose name is the reason.
"""

from ...contracts.interfaces import IAccountLens
from ...contracts.interfaces import IRiskEngine
from ...contracts.modules import price_word
from .interfaces import IHandler

from .modules import bidding
from .modules import crowd
from .modules import feeds
from .modules import governing
from .modules import investing
from .modules import trading
from .modules import watch
from .modules import world

implements: IHandler

initializes: world
initializes: feeds[world := world]
initializes: crowd[feeds := feeds, world := world]
initializes: watch[world := world]
initializes: trading[crowd := crowd, feeds := feeds, watch := watch, world := world]
initializes: investing[crowd := crowd, feeds := feeds, watch := watch, world := world]
initializes: governing[crowd := crowd, watch := watch, world := world]
initializes: bidding[crowd := crowd, watch := watch, world := world]

WAD: constant(uint256) = 10**18
BPS: constant(uint256) = 10**4
DAY: constant(uint256) = 86_400
MAX_LEVERAGE: constant(uint256) = 12


@deploy
@payable
def __init__():
    world._load()


@external
def begin(_provided: uint256, _staked: uint256):
    """@custom:see IHandler"""
    extcall world.VM.deal(self, 10**24)
    world._sync()
    feeds._begin()
    crowd._gather(_provided, _staked)


@external
def lever_up():
    """@custom:see IHandler"""
    world._sync()
    for who: uint256 in range(6):
        # ETH for quote: a debt against collateral
        trading._deposit(who, who, trading.ETH, 5 * 10**18)
        trading._withdraw(who, who, trading.QUOTE, 25_000 * 10**6)
        trading._submit(who, who % world.ASSETS, 10 * [11, 9, 6][who % world.ASSETS], who // 3)
        trading._execute(crowd._account(who), crowd._account(crowd.STAKER), 1)


@external
def borrow():
    """@custom:see IHandler"""
    world._sync()
    for who: uint256 in range(3):
        trading._deposit(who, who, trading.ETH, 50 * 10**18)
        trading._withdraw(who, who, trading.QUOTE, 110_000 * 10**6)


@external
def crash(_ratio: uint256):
    """@custom:see IHandler"""
    world._sync()
    for asset: uint256 in range(world.ASSETS):
        feeds._move(asset, _ratio)
    feeds._publish_all()
    feeds._live(5 * feeds.STEP)


@external
@payable
def __default__():
    """
    @dev Takes back what a feed's fee did not use.
    """
    pass


# ── owners ───────────────────────────────────────────────────────────────────────────────────────


@external
def deposit(_who: uint256, _token: uint256, _amount: uint256):
    world._sync()
    who: uint256 = _who % crowd.ACTORS
    # mostly into one's own account
    sender: uint256 = who if _amount % 16 != 0 else (who + 1) % crowd.ACTORS
    trading._deposit(who, sender, _token, crowd._pick(_amount, 1, trading._handful(_token)))


@external
def withdraw(_who: uint256, _token: uint256, _part: uint256):
    world._sync()
    who: uint256 = _who % crowd.ACTORS
    sender: uint256 = who if _part % 16 != 0 else (who + 1) % crowd.ACTORS
    amount: uint256 = trading._held(crowd._account(who), _token) * crowd._pick(_part, 1, 100) // 100
    if _part % 8 == 1:
        amount = max_value(uint256)  # all there is
    elif _part % 8 == 2:
        amount = crowd._pick(_part, 1, trading._handful(_token))  # often a debt
    trading._withdraw(who, sender, _token, amount)


@external
def appoint(_who: uint256, _operator: uint256, _approved: bool):
    """
    @notice Somebody else may act for an account, or not any more.
    """
    world._sync()
    trading._appoint(_who % crowd.ACTORS, _operator % crowd.ACTORS, _approved)


@external
def there_and_back(_who: uint256, _token: uint256, _amount: uint256):
    """
    @notice A deposit withdrawn at once gains nothing.
    """
    world._sync()
    who: uint256 = _who % crowd.ACTORS
    equity: int256 = crowd._equity(crowd._account(who))
    amount: uint256 = crowd._pick(_amount, 1, trading._handful(_token))
    # a share of losses to come stays behind, part of it with himself
    shared: bool = staticcall world.world.house.shortfall() != 0
    if trading._deposit(who, who, _token, amount) and trading._withdraw(who, who, _token, amount) and not shared:
        assert crowd._equity(crowd._account(who)) <= equity, "round trip: gained"


@external
def give(_who: uint256, _token: uint256, _to: uint256, _amount: uint256):
    """
    @notice Somebody repays another's debt, or sends tokens without a deposit, which changes nothing
            that is recorded.
    """
    world._sync()
    trading._give(_who % crowd.ACTORS, _token, _to, _amount)


# ── traders and their keepers ────────────────────────────────────────────────────────────────────


@external
def submit(_who: uint256, _market: uint256, _leverage: uint256, _how: uint256):
    world._sync()
    trading._submit(_who % crowd.ACTORS, _market % world.ASSETS, crowd._pick(_leverage, 1, 10 * MAX_LEVERAGE), _how)


@external
def execute(_who: uint256, _keeper: uint256, _wait: uint256):
    """
    @notice Somebody's order, at the first price after its delay; cleared when nobody did in time.
    """
    world._sync()
    account: uint256 = crowd._find_reserved(_who)
    if account != 0:
        trading._execute(account, crowd._account(_keeper % crowd.ACTORS), crowd._pick(_wait, 1, 20))


@external
def trade(_who: uint256, _market: uint256, _leverage: uint256, _how: uint256):
    """
    @notice An order and its execution.
    """
    world._sync()
    who: uint256 = _who % crowd.ACTORS
    if trading._submit(who, _market % world.ASSETS, crowd._pick(_leverage, 1, 10 * MAX_LEVERAGE), _how):
        trading._execute(crowd._account(who), crowd._account(_how % crowd.ACTORS), 1)


# ── liquidation ──────────────────────────────────────────────────────────────────────────────────


@external
def start(_who: uint256, _starter: uint256):
    """
    @notice Whoever is LIQUIDATABLE at fresh prices can be started on, and nobody else.
    """
    world._sync()
    feeds._publish_all()
    extcall world.world.risk.sample()
    account: uint256 = crowd._find_liquidatable(_who)
    due: bool = account != 0
    if not due:
        account = crowd._account(_who % crowd.ACTORS)
    starter: uint256 = crowd._account(_starter % crowd.ACTORS)
    if starter == account:
        starter = 0
    bidding._start(due, account, starter, crowd._actor(_starter % crowd.ACTORS))


@external
def bid(_who: uint256, _bidder: uint256, _fraction: uint256, _ends: bool):
    """
    @notice Somebody buys a slice, or all he can get; a keeper may try to end the auction at once.
    """
    world._sync()
    account: uint256 = crowd._find_auctioned(_who)
    if account == 0:
        return
    # the rich more often
    bidder: uint256 = _bidder % (2 * crowd.ACTORS)
    if bidder >= crowd.ACTORS:
        bidder = crowd.PROVIDER
    if crowd._account(bidder) == account:
        bidder = (bidder + 1) % crowd.ACTORS
    feeds._publish_all()
    asked: uint256 = WAD * crowd._pick(_fraction, 1, 100) // 100 if _fraction % 4 != 0 else WAD
    bidding._bid(account, crowd._account(bidder), crowd._actor(bidder), asked)
    if _ends and crowd._in_auction(account):
        bidding._finish(account, bidding.END)


@external
def finish(_who: uint256, _which: uint256):
    """
    @notice Ends, backstops, writes off, pokes; calls for margin and closes episodes.
    """
    world._sync()
    which: uint256 = _which % 6
    account: uint256 = crowd._find_auctioned(_who)
    bare: uint256 = crowd._find_bare(_who)
    if bare != 0:
        account = bare
        which = bidding.WRITE_OFF
    elif account == 0 or _which % 4 == 3:
        account = crowd._account(_who % crowd.ACTORS)
    feeds._publish_all()
    bidding._finish(account, which)


# ── providers and stakers ────────────────────────────────────────────────────────────────────────


@external
def request_entry(_who: uint256, _amount: uint256):
    world._sync()
    investing._request_entry(_who, _amount)


@external
def request_exit(_who: uint256, _part: uint256):
    world._sync()
    investing._request_exit(_who, _part)


@external
def execute_request(_which: uint256):
    world._sync()
    investing._execute_request(_which)


@external
def buy_collateral(_who: uint256, _token: uint256, _part: uint256):
    world._sync()
    investing._buy_collateral(_who, _token, _part)


@external
def stake(_who: uint256, _amount: uint256):
    world._sync()
    investing._stake(_who, _amount)


@external
def unstake(_who: uint256, _part: uint256):
    world._sync()
    investing._unstake(_who, _part)


# ── market, feeds and time ───────────────────────────────────────────────────────────────────────


@external
def move_price(_asset: uint256, _change: uint256, _seconds: uint256):
    """
    @notice Some seconds later one price is up to 3 % off.
    """
    world._sync()
    world._pass(crowd._pick(_seconds, 1, 120))
    feeds._move(_asset % world.ASSETS, WAD * crowd._pick(_change, BPS - 300, BPS + 300) // BPS)
    feeds._publish_all()
    crowd._count("move price", True)


@external
def jump(_asset: uint256, _change: uint256, _stays: bool):
    """
    @notice One price jumps by up to 30 %; if it stays there, the oracle comes to believe it.
    """
    world._sync()
    feeds._move(_asset % world.ASSETS, WAD * crowd._pick(_change, BPS - 3_000, BPS + 3_000) // BPS)
    feeds._publish_all()
    if _stays:
        feeds._live(5 * feeds.STEP)
    crowd._count("jump", True)


@external
def live_on(_minutes: uint256):
    """
    @notice Minutes with feeds and keepers at work, at constant prices: nobody becomes liquidatable
            within his notice. Longer while auctions run, so that some come to their end.
    """
    world._sync()
    longest: uint256 = 4 if crowd._find_auctioned(0) == 0 else 16
    account: uint256 = crowd._account(_minutes % crowd.ACTORS)
    old: IRiskEngine.Health = crowd._health(account)
    old_words: uint256[16] = staticcall world.world.oracle.read(watch.ALL)
    notice: uint256 = staticcall IAccountLens(world.world.lens).notice(account)
    began: uint256 = world.now
    for _: uint256 in range(crowd._pick(_minutes, 1, longest), bound=16):
        feeds._live(2 * feeds.STEP)
        for i: uint256 in range(crowd.ACTORS):
            if crowd._in_auction(crowd._account(i)):
                extcall world.world.auction.poke(crowd._account(i))
    words: uint256[16] = staticcall world.world.oracle.read(watch.ALL)
    constant_prices: bool = True
    for asset: uint256 in range(world.ASSETS):
        if price_word._price(words[asset]) != price_word._price(old_words[asset]):
            # a feed was mute, or a jump came to be believed
            constant_prices = False
        # two sample intervals before may be credited only now


    credited: uint256 = world.now - began + 2 * feeds.STEP
    if constant_prices and old.equity >= convert(old.maintenance, int256) and credited <= notice:
        assert convert(crowd._health(account).maintenance, int256) <= old.equity, "notice kept"
    crowd._count("live on", True)


@external
def sleep(_seconds: uint256):
    """
    @notice Up to four days in which nobody does anything; then the feeds speak again.
    """
    world._sync()
    world._pass(crowd._pick(_seconds, 1, 4 * DAY))
    feeds._publish_all()
    feeds._live(feeds.STEP)
    crowd._count("sleep", True)


@external
def disturb(_which: uint256, _seconds: uint256):
    """
    @notice For up to three hours feeds are mute, one is stuck at nonsense, the pull feed is in doubt, or
            the sequencer is down.
    """
    world._sync()
    feeds._disturb(_which % feeds.DISTURBANCES, crowd._pick(_seconds, 60, 3 * 3600))
    world._pass(crowd._pick(_seconds, 1, 600))
    feeds._publish_all()
    crowd._count("disturb", True)


@external
def govern(_which: uint256, _market: uint256, _value: uint256):
    """
    @notice The owner changes fees or what a line follows: nobody's line or equity moves at once.
    """
    world._sync()
    governing._change(_which, _market % world.ASSETS, _value)


@external
def touch(_which: uint256):
    """
    @notice What anybody may refresh.
    """
    world._sync()
    watch._look(0, 0)
    if _which % 3 == 0:
        crowd._try("sample", crowd._actor(0), world.world.risk.address, method_id("sample()"))
    elif _which % 3 == 1:
        crowd._try("refresh nav", crowd._actor(0), world.world.pool.address, method_id("refresh_nav()"))
    else:
        crowd._try(
            "accrue funding",
            crowd._actor(0),
            world.world.house.address,
            abi_encode(_which % world.ASSETS, method_id=method_id("accrue_funding(uint256)")),
        )
    watch._check(False)


# ── for the suites ───────────────────────────────────────────────────────────────────────────────


@external
@view
def now() -> uint256:
    """@custom:see IHandler"""
    return world.now


@external
def report(_path: String[128]):
    """@custom:see IHandler"""
    for kind: String[64] in crowd.kinds:
        tally: crowd.Tally = crowd.tallies[kind]
        line: String[256] = concat("kind\t", kind, "\t", uint2str(tally.tried), "\t", uint2str(tally.succeeded))
        extcall world.VM.writeLine(_path, line)
    for reason: String[64] in crowd.reasons:
        extcall world.VM.writeLine(_path, concat("reason\t", reason, "\t", uint2str(crowd.told[reason])))
