"""What users lent each other over a replay: the indices of their cash, and who got the interest."""

from oracle_sim.desk import Happening
from oracle_sim.wallet import WAD

RAY = 10**27


class Lending:
    """Follows cash of all users through its indices.

    Events say how far an index moved, not what stood on it. That was read at the end of the block
    before: interest accrues once a block, before anything else happens to anybody's cash.

    Attributes
    ----------
    index_min, index_end : float
        Supply index: the lowest it ever was, and the last [1].
    paid, earned, to_pool, to_fund : float
        Interest of those who owed, and who got it [quote].
    highest_use : float
        Highest debt over supply at the end of a block [1].
    """

    def __init__(self) -> None:
        self.index_min = self.index_end = 1.0
        self.paid = self.earned = self.to_pool = self.to_fund = 0.0
        self.highest_use = 0.0
        self._supply = self._debt = 0.0  # at the end of the block before, over their indices

    def note(self, happening: Happening) -> None:
        """Follow the events of a block, in order."""
        args = happening.args
        match happening.name:
            case "InterestAccrued":
                self.paid += self._debt * (args.new_borrow_index - args.old_borrow_index) / RAY
                self.earned += self._supply * (args.new_supply_index - args.old_supply_index) / RAY
                self.to_pool += args.to_pool / WAD
                self.to_fund += args.to_fund / WAD
            case "SupplyWrittenDown":
                self.index_min = min(self.index_min, args.new_index / RAY)

    def close(self, totals: tuple[int, int, int, int]) -> None:
        """Keep what stands at the end of a block.

        Parameters
        ----------
        totals : tuple of int
            `Clearinghouse.supply`: both indices [1e27], supply and debt [quote wad].
        """
        supply_index, borrow_index, supply, debt = totals
        self.index_end = supply_index / RAY
        self.index_min = min(self.index_min, self.index_end)
        self._supply = supply / supply_index * RAY / WAD
        self._debt = debt / borrow_index * RAY / WAD
        if supply:
            self.highest_use = max(self.highest_use, debt / supply)
