"""Every view of every contract, asked by its ABI: arguments follow from their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from chain.contract import Contract
from chain.deployment import Deployment
from chain.interface import Reverted
from margin_model.interest_math import pack_side
from margin_model.ledger_math import RAY

_ALL = 2**16 - 1
_PAGE = 256
_NEVER = 2**256 - 1
_NO_IDS = ("_assets", "_size_delta", "_cash", "_delta")  # bitmaps, and what has a sign
_WAD = 10**18

_ONLY_LISTED = (
    "line",
    "ramp_start",
    "haircut",
    "health_after",
    "liquidation_price",
    "fill_price",
    "what_if",
    "deleveraging_round",
    "deleveraging_cut",
)
"""Views of an asset that has a line and a market."""

_PROVING = ("verify",)
"""Needs a proof: an action of its own."""
_STATEMENT = (0, 1, (bytes(32), [0, 0]))
_REPORT = (0, 1, 0, 1, 0, 0)


class Views:
    """All views of a deployment.

    Parameters
    ----------
    deployment : Deployment
    people : list of str
        Addresses to ask about.
    others : sequence of Contract
        What else has views, and is no part of a deployment.

    Attributes
    ----------
    all : list of tuple
        Contract, name and names of arguments of each view.
    """

    def __init__(
        self, deployment: Deployment, people: list[str], others: Sequence[Contract] = ()
    ) -> None:
        self._deployment = deployment
        self._people = people
        reports = [deployment.reports] if deployment.reports else []
        self.all = [
            (contract, entry["name"], [item["name"] for item in entry["inputs"]])
            for contract in [*deployment.core.values(), *_adapters(deployment), *reports, *others]
            for entry in contract.artifact.abi
            if entry["type"] == "function" and entry["stateMutability"] in ("view", "pure")
            if entry["name"] not in _PROVING
        ]

    def ask(self, random: Random) -> int:
        """Ask everything about one account, market, token and request that exist; how many views.

        Raises
        ------
        Reverted
            None may.
        """
        arguments = self._arguments(random)
        asked = 0
        for contract, name, names in self.all:
            if name == "terms" and not arguments["_running"]():
                continue
            if name in _ONLY_LISTED and not arguments["_is_listed"]():
                continue
            self._ask_one(contract, name, [arguments[parameter]() for parameter in names])
            asked += 1
        return asked

    def ask_amiss(self, random: Random) -> None:
        """Ask about what does not exist, or beyond all bounds: any of it may revert."""
        arguments = self._arguments(random)
        for contract, name, names in self.all:
            values = [arguments[parameter]() for parameter in names]
            for place, value in enumerate(values):
                if isinstance(value, int) and names[place] not in _NO_IDS:
                    try:
                        self._ask_one(
                            contract, name, [*values[:place], _NEVER, *values[place + 1 :]]
                        )
                    except Reverted:
                        continue

    @staticmethod
    def _ask_one(contract: Contract, name: str, values: list[Any]) -> None:
        contract.function(name).call(*values)

    def _arguments(self, random: Random) -> dict[str, Callable[[], Any]]:
        """By parameter name, from one consistent choice."""
        d = self._deployment
        house, pool, risk = d.clearinghouse, d.pool, d.risk
        # rather an account that depends on prices
        accounts = range(1, house.account_count() + 1)
        account = random.choice([a for a in accounts if house.held_assets(a)] or accounts)
        if random.randrange(3) == 0:
            account = random.choice(accounts)
        # rather one that the account depends on, if there is any
        listed, held = range(d.oracle.asset_count()), house.held_assets(account)
        asset = random.choice([a for a in listed if held >> a & 1] or listed)
        if random.randrange(3) == 0:
            asset = random.choice(listed)
        token = random.randrange(house.collateral_count())
        request = random.randint(0, pool.request_count())
        words = list(d.oracle.read(_ALL))
        exposure = house.exposure(account, words)
        health = house.health(account, words)
        known = risk.listed_assets() & house.listed_markets()
        people = iter(_forever(self._people, random))
        return {
            "_account": lambda: account,
            "_asset": lambda: asset,
            "_market": lambda: asset,
            "_other": lambda: random.choice(listed),
            "_token_id": lambda: token,
            "_token": lambda: random.choice([d.quote, *d.collaterals.values()]).address,
            "_request": lambda: request,
            "_feeds": lambda: 1,
            "_index": lambda: 0,
            "_table": lambda: risk.asset_risk(asset).tier_table,
            "_words": lambda: words,
            "_assets": lambda: _ALL,
            "_exposure": lambda: exposure,
            "_health": lambda: health,
            "_first": lambda: 1,
            "_statement": lambda: _STATEMENT,
            "_root": lambda: bytes(32),
            "_report": lambda: _REPORT,
            "_count": lambda: _PAGE,
            "_caller": lambda: next(people),
            "_staker": lambda: next(people),
            "arg0": lambda: next(people),
            "arg1": lambda: next(people),
            "_seconds": lambda: random.choice((0, 3_600, 2**40, _NEVER)),
            "_live": lambda: words[asset] >> 176 & (2**32 - 1),
            "_value": lambda: random.choice((0, _WAD, 10**30)),
            "_word": lambda: words[asset],
            "_supply": lambda: house.supply()[2],
            "_debt": lambda: house.supply()[3],
            "_supply_word": lambda: pack_side(house.supply()[2], RAY, 1),
            "_debt_word": lambda: pack_side(house.supply()[3], RAY),
            "_cash": lambda: house.cash(account),
            "_delta": lambda: -_WAD,
            "_held": lambda: 0,
            "_shortfall": lambda: 0,
            "_unit": lambda: random.choice((0, 1, 10**12)),
            "_amount": lambda: random.choice((0, _WAD, 10**30)),
            "_size_delta": lambda: random.choice((-1, 1)) * _WAD,
            "_price": lambda: max(1, words[asset] & (2**88 - 1)),
            "_fee": lambda: _WAD,
            "_running": lambda: d.auction.auction(account).touched_at,
            "_is_listed": lambda: known >> asset & 1,
        }


def _adapters(deployment: Deployment) -> list[Contract]:
    """Of all sources, each once."""
    every = [source.adapter for sources in deployment.sources.values() for source in sources]
    return list({adapter.address: adapter for adapter in every}.values())


def _forever(people: list[str], random: Random) -> Iterator[str]:
    while True:
        yield random.choice(people)
