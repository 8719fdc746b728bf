"""All that predictions read of the protocol's storage."""

from __future__ import annotations

from typing import NamedTuple

from margin_model import grace_word, reserve_word, risk_word
from margin_model.covariance import Grid
from margin_model.requirement import Asset
from tests.fuzz.invariants_words import Episode, unpack_episode, unpack_shocks
from tests.fuzz.model import Memory, Order, Request, unpack_memory
from tests.fuzz.model_books import MASK_128, Books, Place, signed
from tests.fuzz.storage import GridSlots, element
from tests.fuzz.world import World

_MASK_32 = 2**32 - 1
_MASK_40 = 2**40 - 1
_MASK_36 = 2**36 - 1
_RETIRED = 2**10 - 1  # in a lane


class Round(NamedTuple):
    """A round of deleveraging: x [wad], number, oracle-live times [s], whose side is cut, whether
    it was ended."""

    fraction: int
    number: int
    opened_at: int
    lost_since: int
    long: bool
    ended: bool


class State(Books):
    """Reads pool, fund, auction, risk engine and oracle besides the Clearinghouse."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        deployment = world.deployment
        self._pool = Place(deployment.pool)
        self._auction = Place(deployment.auction)
        self._fund = Place(deployment.fund)
        self._deleveraging = Place(deployment.deleveraging)
        self._risk = Place(deployment.risk)
        self._oracle = Place(deployment.oracle)
        assert deployment.reports is not None
        self._reports = Place(deployment.reports)
        self._registry = Place(world.registry)
        self._risks = self._risk.slot("risk_book.risks")
        self._shocks = self._risk.slot("risk_book.shocks")
        self._tables = self._risk.slot("risk_book.tables")
        self._memories = self._oracle.slot("asset_readings.memories")
        self._lanes = self._oracle.slot("price_sources._lanes")
        self._volatilities = self._oracle.slot("asset_readings.volatilities")
        self._grid = GridSlots(self._read, deployment.oracle)

    # ── pool and fund ────────────────────────────────────────────────────────────────────────────

    def _of_pool(self, path: str, key: int | None = None) -> int:
        slot = self._pool.slot(path)
        return int(self._read(self._pool.address, slot if key is None else element(slot, key)))

    def order(self, account: int) -> Order:
        """The pool's record of an account's pending order."""
        word = signed(self._of_pool("order_book._orders", account))
        rest = word & MASK_128
        return Order(rest >> 36 & 15, word >> 128, rest >> 40, rest & _MASK_36)

    def request(self, request: int) -> Request:
        """A provider's request."""
        slot = element(self._pool.slot("lp_requests._requests"), request)
        first = self._read(self._pool.address, slot)
        second = self._read(self._pool.address, slot + 1)
        return Request(
            first & (2**160 - 1),
            first >> 160 & (2**56 - 1),
            first >> 216 & _MASK_36,
            bool(first >> 252),
            second & MASK_128,
            second >> 128,
        )

    @property
    def last_request(self) -> int:
        """Highest request id."""
        return self._of_pool("lp_requests._count")

    @property
    def next_exit(self) -> int:
        """Id of the first exit in line, 0 when nobody waits."""
        return self._of_pool("lp_requests._exits", self._of_pool("lp_requests._first"))

    @property
    def lp_supply(self) -> int:
        """[wad shares]"""
        return self._of_pool("erc20.totalSupply")

    def lp_balance(self, holder: int) -> int:
        """[wad shares]"""
        return self._of_pool("erc20.balanceOf", holder)

    def lp_allowance(self, holder: int, spender: int) -> int:
        """[wad shares]"""
        slot = element(element(self._pool.slot("erc20.allowance"), holder), spender)
        return int(self._read(self._pool.address, slot))

    @property
    def stored_nav(self) -> tuple[int, int]:
        """NAV [quote wad] and its time [s], 0 when it is known to be wrong."""
        word = signed(self._of_pool("pool_nav._word"))
        return word >> 40, word & _MASK_40

    def _of_fund(self, path: str, key: int | None = None) -> int:
        slot = self._fund.slot(path)
        return int(self._read(self._fund.address, slot if key is None else element(slot, key)))

    def stake(self, holder: int) -> int:
        """[wad shares]"""
        return int(self._read(self._fund.address, self._of_generation("_shares", holder)))

    def _of_generation(self, path: str, holder: int) -> int:
        first = element(self._fund.slot(path), self._of_fund("generation"))
        return element(first, holder)

    @property
    def stakes(self) -> int:
        """All of them [wad shares]."""
        return self._of_fund("total_shares")

    def unstaking(self, holder: int) -> tuple[int, int, int]:
        """Shares requested, when [s] and what they were worth then [quote wad]."""
        slot = self._of_generation("_unstakings", holder)
        read, fund = self._read, self._fund.address
        return int(read(fund, slot)), int(read(fund, slot + 1)), int(read(fund, slot + 2))

    @property
    def reserves(self) -> reserve_word.Totals:
        """What running auctions may still cost."""
        return reserve_word.unpack(self._of_fund("_totals"))

    @property
    def reporter(self) -> int:
        """Who may post the target of the buffer."""
        return self._of_fund("reporter")

    @property
    def target(self) -> tuple[int, int]:
        """Of the buffer [quote wad], and when it was posted [s]."""
        return self._of_fund("_target"), self._of_fund("_posted_at")

    def need(self, account: int) -> reserve_word.Need:
        """What an account in auction may cost beyond its MMp."""
        return reserve_word.unpack_need(self._of_fund("_needs", account))

    def lacking_own(self, account: int | None = None) -> int:
        """Positive cash of an account with a deficit, or of all [quote wad / supply index]."""
        if account is None:
            return self._of_fund("_total_own")
        return self._of_fund("_own", account)

    @property
    def allowance(self) -> tuple[int, int]:
        """The epoch it belongs to, and incentive still to be paid in it [quote wad]."""
        return self._of_fund("_epoch"), self._of_fund("_allowance")

    # ── auction ──────────────────────────────────────────────────────────────────────────────────

    def episode(self, account: int) -> Episode:
        """An account's liquidation episode."""
        slot = element(self._auction.slot("_words"), account)
        return unpack_episode(self._read(self._auction.address, slot))

    def grace(self, now: int) -> int:
        """What a unit of cash was worth before the write-downs that count now [wad]."""
        slot = self._auction.slot("waterfall._grace")
        return grace_word.ratio(int(self._read(self._auction.address, slot)), now)

    def round(self, market: int) -> Round:
        """A market's last round of deleveraging."""
        where = self._deleveraging
        word = self._read(where.address, where.slot("_rounds") + market)
        number, opened_at, lost_since = (word >> bit & _MASK_32 for bit in (64, 96, 128))
        long, ended = bool(word >> 160 & 1), bool(word >> 161)
        return Round(word & (2**64 - 1), number, opened_at, lost_since, long, ended)

    def last_cut(self, account: int, market: int) -> int:
        """Number of the round in which an account was cut last."""
        where = self._deleveraging
        slot = element(where.slot("_last_cut"), account) + market
        return int(self._read(where.address, slot % 2**256))

    # ── risk engine and oracle ───────────────────────────────────────────────────────────────────

    @property
    def risk_sampled_at(self) -> int:
        """[s]"""
        return int(self._clock & (2**40 - 1))

    @property
    def off_peg(self) -> bool:
        """Whether the last sample found the quote token off its peg."""
        return bool(self._clock >> 40)

    @property
    def _clock(self) -> int:
        return int(self._read(self._risk.address, self._risk.slot("sample_clock._clock")))

    def risk_word(self, asset: int) -> int:
        """Packed by `margin_model.risk_word`; 0 when not listed."""
        return int(self._read(self._risk.address, self._risks + asset))

    def target_lane(self, asset: int) -> int:
        """What makes an asset's target, lowest; see `margin_model.risk_word`."""
        word = self._read(self._risk.address, self._risk.slot("risk_book.targets") + (asset >> 2))
        return int(word) >> 64 * (asset & 3)

    def deposit_cap(self, asset: int) -> int:
        """[wad units]"""
        return int(
            self._read(self._risk.address, self._risk.slot("risk_book.deposit_caps") + asset)
        )

    def tier_table(self, table: int) -> int:
        """Packed by `margin_model.tier_table`."""
        return int(self._read(self._risk.address, self._tables + table))

    def risk(self, asset: int) -> Asset:
        """What the engine stores of a listed asset."""
        risk = risk_word.unpack(self._read(self._risk.address, self._risks + asset))
        table = self._read(self._risk.address, self._tables + risk.tier_table)
        shocks = self._read(self._risk.address, self._shocks + (asset >> 1))
        return Asset(risk, table, unpack_shocks(shocks, asset))

    @property
    def calendar(self) -> tuple[int, int]:
        """Time of the last sample [s], and how many assets there are."""
        word = self._read(self._oracle.address, self._oracle.slot("_calendar"))
        return word >> 8 & (2**40 - 1), word & 255

    @property
    def grid_at(self) -> int:
        """Time of the last update of correlations [s]."""
        return int(self._read(self._oracle.address, self._oracle.slot("_calendar"))) >> 48

    @property
    def rows(self) -> list[int]:
        """Packed correlations."""
        return self._grid.rows()

    @property
    def grid(self) -> Grid:
        """Covariances and correlations of the listed assets."""
        return self._grid.read(self.calendar[1])

    def memory(self, asset: int) -> Memory:
        """What the oracle remembers of an asset."""
        address = self._oracle.address
        return unpack_memory(
            self._read(address, self._memories + asset),
            self._read(address, self._volatilities + asset),
        )

    # ── forecasts and roots ──────────────────────────────────────────────────────────────────────

    def report_word(self, asset: int) -> int:
        """An asset's report, packed by `margin_model.risk_report`."""
        return int(self._read(self._reports.address, self._reports.slot("_reports") + asset))

    @property
    def signatures_needed(self) -> int:
        """By a report."""
        return int(self._read(self._reports.address, self._reports.slot("threshold")))

    def is_signer(self, number: int) -> bool:
        """Whether somebody may sign reports."""
        slot = element(self._reports.slot("is_signer"), number)
        return bool(self._read(self._reports.address, slot))

    def posting(self, root: int) -> int:
        """What a root was posted for, as it is kept: block and number of accounts."""
        slot = element(self._registry.slot("_postings"), root)
        return int(self._read(self._registry.address, slot))

    # ── owners ───────────────────────────────────────────────────────────────────────────────────

    def death_watch(self, asset: int) -> tuple[int, int]:
        """Oracle-live time when an asset's death watch began, -1 without one, and that time [s]."""
        word = self._read(self._oracle.address, self._oracle.slot("_watches") + asset)
        return (word >> 40) - 1, word & _MASK_40

    def is_retired(self, asset: int) -> bool:
        """Whether an asset's lane says that it is dead for ever."""
        word = self._read(self._oracle.address, self._lanes + (asset >> 3))
        return int(word) >> 32 * (asset & 7) + 8 & _RETIRED == _RETIRED

    def owner(self, contract: str) -> tuple[int, int]:
        """Owner and pending owner of an owned contract, by its name in a deployment."""
        place: Place = getattr(self, f"_{_PLACES[contract]}")
        return (
            int(self._read(place.address, place.slot("ownable.owner"))),
            int(self._read(place.address, place.slot("ownable_2step.pending_owner"))),
        )


_PLACES = {
    "PriceOracle": "oracle",
    "RiskEngine": "risk",
    "Clearinghouse": "house",
    "LiquidityPool": "pool",
    "RiskReports": "reports",
}
