"""Lets everybody in: tokens, accounts, liquidity, a stake."""

from __future__ import annotations

from typing import Any

from chain import Contract
from chain.deployment import CROSS, ISOLATED, PORTFOLIO
from tests.fuzz.world_parts import LOOP, QUOTE_UNIT, ROLES, WAD, WOLF, World

FOREVER = 2**256 - 1
PLENTY = 2**120  # tokens in everybody's wallet [token units]

# role, kind, cash at the start [quote]
ACCOUNTS = (
    ("keeper", CROSS, 500),
    ("provider", CROSS, 1_300_000),
    ("staker", CROSS, 100_000),
    ("bidder", CROSS, 1_500_000),
    ("trader", CROSS, 30_000),
    ("trader", ISOLATED, 15_000),
    ("other", CROSS, 30_000),
    ("other", ISOLATED, 15_000),
    ("whale", CROSS, 900_000),
    ("whale", ISOLATED, 900_000),
)
PORTFOLIOS = (("trader", PORTFOLIO, 30_000), ("whale", PORTFOLIO, 900_000))
"""Of the same, opened after them."""
PLEDGES = (("other", "WBTC", 4), ("provider", "STETH", 100), ("whale", "WETH", 2_500))
"""Accounts with collateral alone, to borrow on: role, token, units. Opened last."""
LIQUIDITY = 300_000
STAKE = 40_000


def settle(world: World) -> None:
    """Give everybody tokens and accounts, fill the pool and the fund."""
    _Settlers(world).settle()


class _Settlers:
    """Gives everybody tokens and accounts, fills the pool and the fund."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._house = world.deployment.clearinghouse

    def settle(self) -> None:
        """Do it all."""
        world, house = self._world, self._house
        for token in (world.quote, *world.tokens):
            for person in world.people[: WOLF + 1]:
                token.contract.mint(person, PLENTY)
            for role in ROLES:
                token.contract.approve(house, FOREVER, sender=world.actors[role])
            self._relay(token.contract, "approve", house, FOREVER)
        for role, kind, cash in ACCOUNTS:
            self._open(ROLES.index(role), kind, cash)
        self._open(WOLF, CROSS, 400_000)
        self._open(LOOP, CROSS, 0)
        for role, kind, cash in PORTFOLIOS:
            self._open(ROLES.index(role), kind, cash)
        house.set_operator(
            self._of("trader"), world.actors["operator"], True, sender=world.actors["trader"]
        )
        self._fill()
        for role, symbol, units in PLEDGES:
            self._pledge(ROLES.index(role), symbol, units)

    def _relay(self, contract: Contract, function: str, *args: Any) -> None:
        self._world.wolf.relay(contract, getattr(contract, function).encode(*args))

    def _of(self, role: str) -> int:
        index = ROLES.index(role)
        return next(a for a, owner in self._world.owners.items() if owner == index)

    def _open(self, owner: int, kind: int, cash: int) -> None:
        world, house = self._world, self._house
        account = int(house.open_account(world.people[owner], kind).result)
        world.accounts.append(account)
        world.owners[account] = owner
        units = cash * WAD // QUOTE_UNIT
        if owner == WOLF:
            self._relay(house, "deposit", account, world.quote.contract, units)
        elif cash:
            house.deposit(account, world.quote.contract, units, sender=world.people[owner])

    def _pledge(self, owner: int, symbol: str, units: int) -> None:
        self._open(owner, CROSS, 0)
        world = self._world
        token = next(token for token in world.tokens if token.symbol == symbol)
        amount, person = units * 10**token.decimals, world.people[owner]
        self._house.deposit(world.accounts[-1], token.contract, amount, sender=person)

    def _fill(self) -> None:
        world = self._world
        pool, fund = world.deployment.pool, world.deployment.fund
        provider, staker = world.actors["provider"], world.actors["staker"]
        request = pool.request_entry(self._of("provider"), LIQUIDITY * WAD, 0, sender=provider)
        world.chain.advance(60)
        world.feeds.publish_all(world.wire)
        pool.execute_request(request.result)
        fund.stake(self._of("staker"), STAKE * WAD, 0, sender=staker)
        world.deployment.risk.sample()
