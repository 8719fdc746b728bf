# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The invariants of the books
@custom:contract-name books
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Sums over every account, by the Clearinghouse's views alone: the sentences of
        docs/invariants.md, written a second time.
"""

from ....contracts.interfaces import IAccountLens
from ....contracts.interfaces import IClearinghouse
from ..interfaces import IFeeds

from . import crowd
from . import world

uses: world

MAX_ACCOUNTS: constant(uint256) = 64

# Wei that nobody can claim any more: each write-down may leave some an account.
DUST: constant(int256) = 10**12  # [quote wad]

UNASSESSED: constant(uint256) = 255  # status of an account the lens could not assess


struct Books:
    accounts: uint256
    cash: int256  # of all accounts [quote wad]
    cost: int256  # of all positions [quote wad]
    supply: int256  # positive cash of users [quote wad]
    debt: int256  # negative cash of users [quote wad]
    sizes: int256[world.ASSETS]  # of all accounts [wad units]
    skews: int256[world.ASSETS]  # of users [wad units]
    longs: int256[world.ASSETS]  # of users [wad units]
    amounts: uint256[world.COLLATERALS]  # [wad units]


@internal
@view
def _read() -> Books:
    house: IClearinghouse = world.world.house
    books: Books = empty(Books)
    books.accounts = staticcall house.account_count()
    for account: uint256 in range(1, books.accounts + 1, bound=MAX_ACCOUNTS):
        is_user: bool = account >= world.FIRST_USER
        cash: int256 = staticcall house.cash(account)
        books.cash += cash
        if is_user:
            books.supply += max(cash, 0)
            books.debt += max(-cash, 0)
        held: IClearinghouse.Account = staticcall house.account(account)
        for market: uint256 in range(world.ASSETS):
            position: IClearinghouse.Position = staticcall house.position(account, market)
            assert (position.size != 0) == ((held.markets >> market) & 1 != 0), "bitmap of markets"
            books.cost += position.cost
            books.sizes[market] += position.size
            if is_user:
                books.skews[market] += position.size
                books.longs[market] += max(position.size, 0)
        for token: uint256 in range(world.COLLATERALS):
            amount: uint256 = staticcall house.collateral_amount(account, token)
            assert (amount != 0) == ((held.collaterals >> token) & 1 != 0), "bitmap of collaterals"
            books.amounts[token] += amount
    return books


@internal
@view
def _check():
    house: IClearinghouse = world.world.house
    books: Books = self._read()
    index: uint256 = 0
    borrow_index: uint256 = 0
    supply: uint256 = 0
    debt: uint256 = 0
    index, borrow_index, supply, debt = staticcall house.supply()

    recorded: uint256 = staticcall house.recorded(world.world.quote)
    dust: int256 = convert(recorded, int256) - (books.cash - books.cost)
    assert dust >= 0, "I1: more is owed than recorded"
    assert dust <= DUST, "I1: more is recorded than owed"
    held: uint256 = staticcall IFeeds(world.world.quote).balanceOf(house.address) * world.QUOTE_SCALE
    assert recorded <= held, "I1: tokens missing"

    for market: uint256 in range(world.ASSETS):
        assert books.sizes[market] == 0, "I2: sizes do not sum to zero"
        listed: IClearinghouse.Market = staticcall house.market(market)
        assert listed.skew == books.skews[market], "I2: skew is no sum"
        assert convert(listed.long_interest, int256) == books.longs[market], "I2: long interest is no sum"

    for id: uint256 in range(world.COLLATERALS):
        token: IClearinghouse.Collateral = staticcall house.collateral_token(id)
        recorded = staticcall house.recorded(token.token)
        assert recorded == books.amounts[id], "I3: amounts do not sum to what is recorded"
        held = staticcall IFeeds(token.token).balanceOf(house.address) * token.scale
        assert recorded <= held, "I3: tokens missing"
    # reading scaled cash rounds down by less than a wei an account
    rounding: int256 = convert(books.accounts, int256)
    supplied: int256 = convert(supply, int256) - books.supply
    assert supplied >= 0 and supplied <= rounding, "supply is no sum"
    owed: int256 = books.debt - convert(debt, int256)
    assert owed >= 0 and owed <= rounding, "debt is no sum"
    self._check_shares()


@internal
@view
def _check_shares():
    """
    @notice Shares are of the crowd, or wait in the pool to leave; reserves are those of the auctions.
    """
    pool: IFeeds = IFeeds(world.world.pool.address)
    shares: uint256 = staticcall pool.balanceOf(pool.address)
    stakes: uint256 = 0
    reserves: uint256 = 0
    for who: uint256 in range(crowd.ACTORS):
        shares += staticcall pool.balanceOf(crowd._actor(who))
        stakes += staticcall world.world.fund.shares(crowd._actor(who))
        reserves += staticcall world.world.fund.reserve(crowd._account(who))
    assert shares == staticcall pool.totalSupply(), "pool shares are no sum"
    assert stakes == staticcall world.world.fund.total_shares(), "fund shares are no sum"
    assert reserves == staticcall world.world.fund.total_reserve(), "reserve is no sum"


@internal
@view
def _check_views():
    """
    @notice Views of existing ids never revert, and every account can be assessed.
    """
    lens: IAccountLens = IAccountLens(world.world.lens)
    accounts: uint256 = staticcall world.world.house.account_count()
    rows: DynArray[IAccountLens.Row, 256] = staticcall lens.page(1, accounts)
    assert len(rows) == accounts, "views: page"
    for row: IAccountLens.Row in rows:
        assert row.status != UNASSESSED, "views: an account cannot be assessed"
    for row: IAccountLens.AuctionRow in staticcall lens.auctions(1, accounts):
        assert row.account >= world.FIRST_USER, "views: auctions"
