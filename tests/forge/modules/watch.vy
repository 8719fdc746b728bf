# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What one action may do to those who did not act
@custom:contract-name watch
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Looks at shares, lines and a bystander before and after each action of one block. Names are
        those of docs/invariants.md.
"""

from ....contracts.modules import price_word
from ....contracts.modules import share_math
from ..interfaces import IFeeds

from . import crowd
from . import world

uses: world

HOUR: constant(uint256) = 3600

# Per change of an index: scaled cash is read rounded down.
ROUNDING: constant(int256) = 10  # [quote wad]
ALL: constant(uint256) = 2**world.ASSETS - 1


struct View:
    time: uint256  # [s]
    bystander: uint256
    equity: int256  # of his [quote wad]
    index: uint256  # of supply, cut by a write-down [1e27]
    fund_price: uint256  # of a share [wad]
    nav: int256  # of the pool [quote wad]
    shares: uint256  # of the pool [wad]
    lines: uint256[world.ASSETS]  # [wad]


# Of the running action.
before: View
_turn: uint256

lines_at: uint256  # time at which they were seen [s]
lines: uint256[world.ASSETS]  # last seen [wad]
starts: uint256[world.ASSETS]  # highest point of the ramp they were on [wad]


@internal
def _look(_subject: uint256, _other: uint256):
    """
    @notice Before an action that concerns at most two accounts.
    """
    self._turn += 1
    bystander: uint256 = crowd._account(self._turn % crowd.ACTORS)
    for _: uint256 in range(2):
        if bystander == _subject or bystander == _other:
            bystander = crowd._account((bystander - world.FIRST_USER + 1) % crowd.ACTORS)
    self.before = self._see(bystander)
    self._check_ramp(self.before.lines)


@internal
def _check(_shares_may_fall: bool) -> bool:
    """
    @notice After it, in the same block, nobody having published a price.
    @param _shares_may_fall a trading result or a payout of pool or fund was possible
    @return whether suppliers were written down
    """
    old: View = self.before
    new: View = self._see(old.bystander)
    assert new.time == old.time, "watch: time passed"
    written_down: bool = new.index < old.index

    if not written_down:
        assert new.equity + ROUNDING >= old.equity, "nobody else lowers an account's equity"
    if not _shares_may_fall:
        assert not written_down, "only auctions write down"
        assert new.fund_price >= old.fund_price, "fund shares: worth less by somebody else's act"
        # (nav + virtual) / (shares + virtual), crosswise; without shares there is nobody to lose
        if old.shares != 0 and new.shares != 0:
            virtual: int256 = convert(share_math.VIRTUAL, int256)
            old_shares: int256 = convert(old.shares, int256) + virtual
            new_shares: int256 = convert(new.shares, int256) + virtual
            assert (
                (new.nav + virtual) * old_shares >= (old.nav + virtual) * new_shares
            ), "pool shares: worth less by somebody else's act"
    for asset: uint256 in range(world.ASSETS):
        assert new.lines[asset] <= old.lines[asset] + 1, "ramp bounded: no update moves a line at once"
        assert new.lines[asset] + 1 >= old.lines[asset], "ramp bounded: no update moves a line at once"
        self.starts[asset] = max((staticcall world.world.risk.ramp_start(asset))[0], new.lines[asset])
    self.lines = new.lines
    self.lines_at = new.time
    return written_down


@internal
@view
def _see(_bystander: uint256) -> View:
    words: uint256[16] = staticcall world.world.oracle.read(ALL)
    lines: uint256[world.ASSETS] = empty(uint256[world.ASSETS])
    for asset: uint256 in range(world.ASSETS):
        lines[asset] = (staticcall world.world.risk.line(asset, price_word._live(words[asset])))[0]
    return View(
        time=block.timestamp,
        bystander=_bystander,
        equity=(staticcall world.world.house.health(_bystander, words)).equity,
        index=(staticcall world.world.house.supply())[0],
        fund_price=staticcall world.world.fund.share_price(),
        nav=staticcall world.world.pool.nav(),
        shares=staticcall IFeeds(world.world.pool.address).totalSupply(),
        lines=lines,
    )


@internal
@view
def _check_ramp(_lines: uint256[world.ASSETS]):
    """
    @notice Since they were last seen, lines grew by at most e^(u t) and fell by at most d t of where
            their ramp began, whatever happened in between. e^x <= 1 + x + x^2 up to x = 1. A reading
            credits live time of up to two sample intervals, and takes it back when the asset is
            unusable by the next sample.
    """
    if self.lines_at == 0:
        return
    credit: uint256 = 2 * staticcall world.world.oracle.SAMPLE_INTERVAL()
    passed: uint256 = world.now - self.lines_at + credit
    up: uint256 = staticcall world.world.risk.RAMP_UP()
    rise: uint256 = up * passed // HOUR
    fall: uint256 = (staticcall world.world.risk.RAMP_DOWN() * passed + up * credit) // HOUR
    for asset: uint256 in range(world.ASSETS):
        old: uint256 = self.lines[asset]
        if rise <= world.WAD:
            most: uint256 = old * (world.WAD + rise + rise * rise // world.WAD) // world.WAD
            assert _lines[asset] <= most + 2, "ramp bounded: a line rose too fast"
        assert _lines[asset] + self.starts[asset] * fall // world.WAD + 2 >= old, "ramp bounded: a line fell too fast"
