"""Readings of the oracle, asked of its own view and kept until something may have changed them."""

from __future__ import annotations

from typing import Any

from chain.deployment import Deployment
from chain.interface import CALL_GAS
from margin_model import volatility
from margin_model.covariance import Grid
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_words import Held
from tests.fuzz.storage import GridSlots

SLOTS = 16
_ALL = (1 << SLOTS) - 1
_MASK_16 = 2**16 - 1
_WORD = 32
_UINT64 = 2**64 - 1


class Prices:
    """What contracts say now, by static calls.

    Parameters
    ----------
    deployment : Deployment
    evm : pyrevm.EVM
    wire
        Its `version` grows with everything that may change a reading.
    books : Books
    """

    def __init__(self, deployment: Deployment, evm: Any, wire: Any, books: Books) -> None:
        self._evm, self._wire, self.books = evm, wire, books
        self._oracle = deployment.oracle.address
        self._auction = deployment.auction.address
        self._terms = deployment.auction.terms.encode(0)[:4]
        self._house = deployment.clearinghouse.address
        self._health = deployment.clearinghouse.current_health.encode(0)[:4]
        self._caller = deployment.chain.accounts[0]
        selectors = (
            deployment.oracle.read.encode(0)[:4],
            deployment.oracle.read_fresh.encode(0)[:4],
        )
        self._read = dict(zip((False, True), selectors, strict=True))
        self._oracle_contract = deployment.oracle
        self._floors: dict[int, int] = {}  # by listed asset: nobody ever changes one
        self._weights = int(deployment.oracle.WEIGHT_SLOW()), int(deployment.oracle.WEIGHT_LONG())
        self._grid = GridSlots(evm.storage, deployment.oracle)
        nothing: list[int] = []
        self._readings = {False: (-1, 0, nothing), True: (-1, 0, nothing)}

    @property
    def now(self) -> int:
        """Time [s]."""
        return int(self._wire.now)

    def variance(self, asset: int) -> int:
        """What its target follows when nobody forecasts more [variance per day, wad]."""
        listed = self._floors.get(asset)
        if listed is None:
            listed = self._floors[asset] = int(self._oracle_contract.bounds(asset)[3])
        word = self.books.now("volatilities", asset)
        scales = (word & _UINT64, word >> 64 & _UINT64, word >> 128 & _UINT64)
        return volatility.target(scales, *self._weights, listed)

    def words(self, assets: int = _ALL, *, fresh: bool = False) -> list[int]:
        """Readings now; 0 where nobody asked yet.

        Parameters
        ----------
        assets : int
            Bitmap of the assets needed.
        fresh : bool
            Of pull feeds take only what nobody can have chosen.
        """
        version, known, words = self._readings[fresh]
        if version != self._wire.version:
            known, words = 0, [0] * SLOTS
        missing = assets & ~known
        if missing:
            data = self._read[fresh] + missing.to_bytes(_WORD, "big")
            output = self._call(self._oracle, data)
            rest, asset = missing, 0
            while rest:
                if rest & 1:
                    at = asset * _WORD
                    words[asset] = int.from_bytes(output[at : at + _WORD], "big")
                rest >>= 1
                asset += 1
            self._readings[fresh] = self._wire.version, known | missing, words
        return words

    def _call(self, to: str, data: bytes) -> bytes:
        checkpoint = self._evm.snapshot()
        output: bytes = self._evm.message_call(self._caller, to, data, gas=CALL_GAS)
        self._evm.revert(checkpoint)
        return output

    def grid(self) -> Grid:
        """What the oracle keeps of how assets move together."""
        return self._grid.read(self.books.now("calendar") & 255)

    def rows(self) -> list[int]:
        """Packed correlations."""
        return self._grid.rows()

    def terms(self, account: int) -> tuple[int, ...]:
        """What the auction's view shows, word by word; signed where the view is."""
        return self._signed(self._auction, self._terms, account)

    def current_health(self, account: int) -> tuple[int, ...]:
        """The Clearinghouse's view of an account's health, word by word."""
        return self._signed(self._house, self._health, account)

    def _signed(self, to: str, selector: bytes, account: int) -> tuple[int, ...]:
        output = self._call(to, selector + account.to_bytes(_WORD, "big"))
        words = [
            int.from_bytes(output[i : i + _WORD], "big", signed=True)
            for i in range(0, len(output), _WORD)
        ]
        return tuple(words)

    def assets_of(self, *accounts: Held) -> int:
        """Bitmap of the assets whose price accounts depend on."""
        assets = 0
        for held in accounts:
            assets |= held.word >> 16 & _MASK_16
            tokens, token = held.word >> 32 & _MASK_16, 0
            while tokens:
                if tokens & 1:
                    assets |= 1 << self.asset_of(token)
                tokens >>= 1
                token += 1
        return assets

    def words_for(self, *accounts: Held, fresh: bool = False) -> list[int]:
        """Readings of all that accounts hold."""
        return self.words(self.assets_of(*accounts), fresh=fresh)

    def asset_of(self, token: int) -> int:
        """Asset of a collateral token."""
        return self.books.now("token_assets") >> 4 * token & 15
