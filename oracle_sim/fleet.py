"""All accounts as one static call of the lens shows them, decoded column by column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chain import Contract

HEALTHY, REDUCE_ONLY, MARGIN_CALL, LIQUIDATABLE, BANKRUPT = range(5)
NOT_ASSESSED = 255
STATUS_NAMES = {
    HEALTHY: "healthy",
    REDUCE_ONLY: "reduce only",
    MARGIN_CALL: "margin call",
    LIQUIDATABLE: "liquidatable",
    BANKRUPT: "bankrupt",
    NOT_ASSESSED: "not assessed",
}
FIRST_USER = 4
"""Accounts 1 to 3 are the pool, the fund and the escrow."""

_PAGE = 256
_COLUMNS = 8
_WAD = 1e18


@dataclass(frozen=True)
class Fleet:
    """Rows of `AccountLens.page`, one array entry an account, ordered by id.

    Attributes
    ----------
    account, status : ndarray of int64, shape (n,)
    equity, maintenance, initial : ndarray of float64, shape (n,)
        [quote]; for decisions and charts, never for accounting.
    in_auction : ndarray of bool, shape (n,)
    """

    account: NDArray[np.int64]
    status: NDArray[np.int64]
    equity: NDArray[np.float64]
    maintenance: NDArray[np.float64]
    initial: NDArray[np.float64]
    in_auction: NDArray[np.bool_]

    def where(self, mask: NDArray[np.bool_]) -> list[int]:
        """Ids of the accounts that `mask` selects."""
        return [int(account) for account in self.account[mask]]

    def index(self, account: int) -> int:
        """Position of an account in the arrays."""
        return account - int(self.account[0])


def read_fleet(lens: Contract, count: int) -> Fleet:
    """Page all user accounts.

    Parameters
    ----------
    lens : Contract
        AccountLens.
    count : int
        Highest account id.
    """
    pages = []
    for first in range(FIRST_USER, count + 1, _PAGE):
        data = lens.chain.call(lens.address, lens.page.encode(first, _PAGE))
        # offset, length, then eight big-endian words a row; a word is four unsigned 64-bit limbs
        pages.append(np.frombuffer(data, ">u8", offset=64).reshape(-1, _COLUMNS, 4))
    rows = np.concatenate(pages)
    return Fleet(
        account=rows[:, 0, 3].astype(np.int64),
        equity=signed_amounts(rows[:, 2]),
        maintenance=signed_amounts(rows[:, 3]),
        initial=signed_amounts(rows[:, 4]),
        status=rows[:, 5, 3].astype(np.int64),
        in_auction=rows[:, 7, 3] != 0,
    )


def signed_amounts(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Words below 2**127 in size, as WAD amounts in floating point.

    Parameters
    ----------
    words : ndarray of uint64, shape (..., 4)
        Big-endian limbs of 256-bit words.
    """
    high = words[..., 2].astype(np.uint64).view(np.int64).astype(np.float64)
    return (high * 2.0**64 + words[..., 3].astype(np.float64)) / _WAD
