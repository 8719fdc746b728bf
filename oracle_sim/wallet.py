"""What every member of the crowd can do with an account: open, deposit, withdraw, order."""

from dataclasses import dataclass
from typing import Any

from chain import Contract
from chain.contract import Function
from chain.deployment import Deployment
from oracle_sim.desk import Desk

WAD = 10**18
_UNLIMITED = 2**256 - 1

Prices = dict[str, float]
"""Price on the outside market by asset symbol [quote per unit]."""


def to_wad(amount: float) -> int:
    """A float amount as WAD. Floats are for decisions; the accounting is the chain's."""
    return round(amount * 1e9) * 10**9


@dataclass(frozen=True)
class Member:
    """An account and the address that owns it."""

    account: int
    owner: str


class Wallet:
    """Acts for members. The outside world mints the tokens they bring.

    Parameters
    ----------
    desk : Desk
    deployment : Deployment
    """

    def __init__(self, desk: Desk, deployment: Deployment) -> None:
        self.desk = desk
        self.deployment = deployment
        self._approved: set[tuple[str, str]] = set()
        self._decimals: dict[str, int] = {}

    def open(self, owner: str, kind: int) -> Member:
        """Open an account of `kind`."""
        receipt = self.desk.send(
            self.deployment.clearinghouse.open_account, owner, kind, sender=owner
        )
        return Member(int(receipt.result), owner)

    def deposit_quote(self, member: Member, amount: float) -> bool:
        """Bring quote [quote]; False when the protocol refuses it."""
        return self._deposit(member, self.deployment.quote, amount)

    def deposit_collateral(self, member: Member, asset: str, amount: float) -> bool:
        """Bring the collateral token of an asset [whole tokens]."""
        return self._deposit(member, self.deployment.collaterals[asset], amount)

    def repay(self, member: Member, amount: float) -> bool:
        """Bring quote for the debt of the account, at most all of it [quote]."""
        house, quote = self.deployment.clearinghouse, self.deployment.quote
        units = self._bring(member, quote, amount)
        return units != 0 and self._sent(house.repay, member, member.account, units)

    def borrow(self, member: Member, amount: float) -> bool:
        """Take out quote, more than is there [quote]; False when the protocol refuses it."""
        house, quote = self.deployment.clearinghouse, self.deployment.quote
        units = self._units(quote, amount)
        return self._sent(house.withdraw, member, member.account, quote, units, member.owner)

    def withdraw_collateral(self, member: Member, asset: str) -> bool:
        """Take out all of the collateral token of an asset."""
        house, token = self.deployment.clearinghouse, self.deployment.collaterals[asset]
        return self._sent(house.withdraw, member, member.account, token, _UNLIMITED, member.owner)

    def _deposit(self, member: Member, token: Contract, amount: float) -> bool:
        house = self.deployment.clearinghouse
        units = self._bring(member, token, amount)
        return units != 0 and self._sent(house.deposit, member, member.account, token, units)

    def _bring(self, member: Member, token: Contract, amount: float) -> int:
        """Give the owner tokens from outside that the protocol may take [token units]."""
        units = self._units(token, amount)
        if units == 0:
            return 0
        self.desk.send(token.mint, member.owner, units, sender=member.owner)
        if (member.owner, token.address) not in self._approved:
            self._approved.add((member.owner, token.address))
            house = self.deployment.clearinghouse
            self.desk.send(token.approve, house, _UNLIMITED, sender=member.owner)
        return units

    def _units(self, token: Contract, amount: float) -> int:
        if token.address not in self._decimals:
            self._decimals[token.address] = token.decimals()
        return int(amount * 10 ** self._decimals[token.address])

    def _sent(self, function: Function, member: Member, *args: Any) -> bool:
        """Whether the protocol took what the member sent."""
        return self.desk.attempt(function, *args, sender=member.owner) is not None

    def submit(self, member: Member, market: str, size: int, price: float, slippage: float) -> bool:
        """Submit an order; False when the protocol refuses it.

        Parameters
        ----------
        member : Member
        market : str
        size : int
            [wad units]
        price : float
            Of the outside market [quote per unit].
        slippage : float
            Worst fill accepted, relative to `price`, against the member.
        """
        if size == 0:
            return True
        acceptable = price * (1 + slippage if size > 0 else 1 - slippage)
        return self._sent(
            self.deployment.pool.submit_order,
            member,
            member.account,
            self.deployment.asset_id(market),
            size,
            to_wad(acceptable),
        )

    def cash(self, member: Member) -> int:
        """Cash of the account [quote wad], read from the chain."""
        return int(self.deployment.clearinghouse.cash(member.account))

    def holds(self, member: Member, asset: str) -> bool:
        """Whether the account has any collateral token of an asset, read from the chain."""
        index = list(self.deployment.collaterals).index(asset)
        house = self.deployment.clearinghouse
        return bool(house.collateral_amount(member.account, index))

    def positions(self, member: Member) -> dict[str, int]:
        """Sizes by market [wad units], read from the chain."""
        house = self.deployment.clearinghouse
        bitmap = house.account(member.account).markets
        return {
            name: house.position(member.account, asset).size
            for name, asset in self.deployment.assets.items()
            if bitmap >> asset & 1
        }

    def sell_collateral(self, member: Member, prices: Prices, discount: float) -> None:
        """Take out all collateral, sell it on the outside market, bring back the quote.

        Parameters
        ----------
        member : Member
        prices : dict of str to float
            Outside prices known now.
        discount : float
            What selling costs, as a share of the price.
        """
        house = self.deployment.clearinghouse
        for index, asset in enumerate(self.deployment.collaterals):
            amount = house.collateral_amount(member.account, index)
            if amount == 0 or asset not in prices:
                continue
            if self.withdraw_collateral(member, asset):
                value = amount / WAD * prices[asset] * (1 - discount)
                self.deposit_quote(member, value)
