"""The conservation invariants of docs/invariants.md, asked of a chain between two transactions."""

from chain.deployment import Deployment

NAMES = ("I1", "I2", "I3")

DUST = 10**12
"""What rounding may leave in the protocol's favour once the supply index was cut [quote wad]."""

_RAY = 10**27
_PAGE = 256
_ASSETS = 16


class Invariants:
    """Checks I1, I2 and I3 on the recorded balances of all accounts.

    Parameters
    ----------
    deployment : Deployment
        With all its collaterals listed.

    Attributes
    ----------
    holds : dict of str to bool
        Whether each has held at every check so far.
    failures : list of str
        One line for each failed check.
    checks : int
    """

    def __init__(self, deployment: Deployment) -> None:
        self._house = deployment.clearinghouse
        self._lens = deployment.lens
        self._quote = deployment.quote
        self._quote_scale = 10 ** (18 - self._quote.decimals())
        listed = [self._house.collateral_token(i) for i in range(self._house.collateral_count())]
        by_address = {token.address: token for token in deployment.tokens.values()}
        self._collaterals = [(by_address[entry.token], entry.scale) for entry in listed]
        self.holds = dict.fromkeys(NAMES, True)
        self.failures: list[str] = []
        self.checks = 0
        self._checked_at: int | None = None

    def check(self, changes: int | None = None) -> None:
        """Check all three on the present state.

        Parameters
        ----------
        changes : int, optional
            How many transactions may have changed balances so far; with the same number as last
            time there is nothing new to read.
        """
        if changes is not None and changes == self._checked_at:
            self.checks += 1
            return
        self._checked_at = changes
        cash, cost, sizes, amounts = self._sums()
        house = self._house
        self.checks += 1

        recorded = house.recorded(self._quote)
        held = self._quote.balanceOf(house) * self._quote_scale
        surplus = recorded - (cash - cost)
        # n is computed once for both sides of a trade: exact until an index has left 1
        dust = 0 if house.supply()[:2] == (_RAY, _RAY) else DUST
        self._judge("I1", 0 <= surplus <= dust, f"recorded quote is off by {surplus}")
        self._judge("I1", held >= recorded, f"{recorded - held} of the recorded quote is missing")

        self._judge("I2", not any(sizes), f"sizes do not cancel: {sizes}")

        for index, (token, scale) in enumerate(self._collaterals):
            recorded = house.recorded(token)
            held = token.balanceOf(house) * scale
            off = recorded - amounts[index]
            self._judge("I3", off == 0, f"collateral {index} is off by {off}")
            self._judge("I3", held >= recorded, f"collateral {index} lacks {recorded - held}")

    def _sums(self) -> tuple[int, int, list[int], list[int]]:
        """Cash, cost, sizes by market and collateral by token, over all accounts."""
        cash = cost = 0
        sizes, amounts = [0] * _ASSETS, [0] * _ASSETS
        for first in range(1, self._house.account_count() + 1, _PAGE):
            page = self._lens.sums(first, _PAGE)
            cash += page.cash
            cost += page.cost
            sizes = [a + b for a, b in zip(sizes, page.sizes, strict=True)]
            amounts = [a + b for a, b in zip(amounts, page.collateral, strict=True)]
        return cash, cost, sizes, amounts

    def _judge(self, name: str, fine: bool, reason: str) -> None:
        if not fine:
            self.holds[name] = False
            block = self._house.chain.block_number
            self.failures.append(f"{name} fails at block {block}: {reason}")
