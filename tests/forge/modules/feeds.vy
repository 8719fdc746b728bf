# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What the market does, and how the feeds tell
@custom:contract-name feeds
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Writes into the doubles behind the source adapters only: what the oracle makes of it is under
        test. Remembers every update of the pull feed, as publishers do, because the double forgets.
"""

from ....contracts.interfaces import IChainlinkAggregator
from ....contracts.interfaces import IPyth
from ..interfaces import IFeeds

from . import world

uses: world

PULL_EXPONENT: constant(int32) = -8
PULL_FEE: constant(uint256) = 1  # [wei an update]
LOOK_BACK: constant(uint256) = 256  # rounds
STEP: constant(uint256) = 60  # the oracle's sample interval in config/demo.yaml [s]

# A market that strays further from where it began says nothing new.
MAX_DRIFT: constant(uint256) = 20

UP: constant(int256) = 0
DOWN: constant(int256) = 1
DOUBT: constant(uint256) = 50  # price / half-width of a pull feed in doubt

DISTURBANCES: constant(uint256) = 6


struct Update:
    price: uint256  # [quote wad per unit]
    confidence: uint256  # [quote wad per unit]
    time: uint256  # [s]


prices: uint256[world.ASSETS]  # of the market, told or not [quote wad per unit]
mute_until: uint256[world.ASSETS]  # [s]
nonsense_until: uint256[world.ASSETS]  # [s]
doubt_until: uint256  # of the pull feed [s]
down_until: uint256  # the sequencer; 0 while it is up [s]
updates: HashMap[uint256, Update]  # of the pull feed, from 1 on
update_count: uint256


@internal
def _begin():
    """
    @notice The market stands where the feeds say it does.
    """
    self.prices = world.world.prices
    self._publish_all()


@internal
def _move(_asset: uint256, _ratio: uint256):
    """
    @param _ratio of the new price to the old one [wad]
    """
    first: uint256 = world.world.prices[_asset]
    price: uint256 = self.prices[_asset] * _ratio // world.WAD
    self.prices[_asset] = max(min(price, first * MAX_DRIFT), first // MAX_DRIFT)


@internal
def _publish(_asset: uint256):
    """
    @notice The feed of one asset says what its market's price is now.
    """
    if world.now < self.mute_until[_asset]:
        return
    answer: uint256 = self.prices[_asset] // world.world.units[_asset]
    if world.now < self.nonsense_until[_asset]:
        answer = 0
    if _asset < world.PUSHED:
        extcall IFeeds(world.world.aggregators[_asset]).set_round(convert(answer, int256), world.now)
        return
    self.update_count += 1
    self.updates[self.update_count] = Update(
        price=answer,
        confidence=answer // DOUBT if world.now < self.doubt_until else 0,
        time=world.now,
    )
    update: Bytes[512] = self._encode(self.updates[self.update_count], world.now - 1)
    extcall IFeeds(world.world.pyth).updatePriceFeeds([update], value=PULL_FEE)


@internal
def _publish_all():
    for asset: uint256 in range(world.ASSETS):
        self._publish(asset)
    if self.down_until != 0 and world.now >= self.down_until:
        self.down_until = 0
        extcall IFeeds(world.world.sequencer).set_status(UP, world.now)


@internal
def _disturb(_which: uint256, _seconds: uint256):
    """
    @notice Something is wrong for a while; `_publish_all` heals it when the time has come.
    """
    until: uint256 = world.now + _seconds
    asset: uint256 = _seconds % world.ASSETS
    if _which == 0:
        self.mute_until = [until, until, until]
    elif _which == 1:
        self.mute_until[asset] = until
    elif _which == 2:
        self.nonsense_until[asset] = until
        self._publish(asset)
    elif _which <= 4:
        self.doubt_until = until
        self._publish(world.PUSHED)
    else:
        self.down_until = until
        extcall IFeeds(world.world.sequencer).set_status(DOWN, world.now)


@internal
def _live(_seconds: uint256):
    """
    @notice Time passes with every feed speaking and the oracle sampling once an interval.
    """
    left: uint256 = _seconds
    for _: uint256 in range(64):
        if left == 0:
            break
        step: uint256 = min(left, STEP)
        left -= step
        world._pass(step)
        self._publish_all()
        extcall world.world.risk.sample()


@internal
@view
def _proof(_asset: uint256, _since: uint256) -> Bytes[2048]:
    """
    @return proof of the first price at or after `_since` [s]; empty when there is none
    """
    if _asset < world.PUSHED:
        feed: IChainlinkAggregator = IChainlinkAggregator(world.world.proxies[_asset])
        newest: IChainlinkAggregator.Round = staticcall feed.latestRoundData()
        if newest.updated_at < _since:
            return b""
        first: uint80 = newest.round_id
        for _: uint256 in range(LOOK_BACK):
            # round 0 of a phase does not exist and reads as time 0
            if (staticcall feed.getRoundData(first - 1)).updated_at < _since:
                break
            first -= 1
        return abi_encode(convert(first, uint256))

    number: uint256 = self.update_count
    if self.updates[number].time < _since:
        return b""
    for _: uint256 in range(LOOK_BACK):
        if self.updates[number - 1].time < _since:
            break
        number -= 1
    data: DynArray[Bytes[512], 1] = [self._encode(self.updates[number], self.updates[number - 1].time)]
    return abi_encode(data)


@internal
@view
def _encode(_update: Update, _previous: uint256) -> Bytes[512]:
    """
    @param _previous time of the update before it [s]
    """
    price: IPyth.Price = IPyth.Price(
        price=convert(_update.price, int64),
        conf=convert(_update.confidence, uint64),
        expo=PULL_EXPONENT,
        publishTime=_update.time,
    )
    feed: IPyth.PriceFeed = IPyth.PriceFeed(id=world.world.price_id, price=price, emaPrice=price)
    return staticcall IFeeds(world.world.pyth).encode(feed, _previous)
