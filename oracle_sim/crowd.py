"""Opens the accounts of everybody who takes part in a replay and lets them bring their money."""

from dataclasses import dataclass

import numpy as np

from chain.deployment import CROSS
from oracle_sim.agents import Provider, Staker, Trader
from oracle_sim.bidders import Bidder
from oracle_sim.borrowers import Borrower
from oracle_sim.plans import draw_borrowers, draw_hedgers, draw_traders
from oracle_sim.scenario import Scenario
from oracle_sim.wallet import WAD, Member, Prices, Wallet


@dataclass(frozen=True)
class Crowd:
    """Everybody but the keeper."""

    traders: list[Trader]
    borrowers: list[Borrower]
    bidders: list[Bidder]
    providers: list[Provider]
    stakers: list[Staker]

    def takers(self) -> dict[int, Trader | Borrower]:
        """Who takes a risk and may be called for margin, by account id."""
        takers: list[Trader | Borrower] = [*self.traders, *self.borrowers]
        return {taker.member.account: taker for taker in takers}


class Addresses:
    """Hands out the chain's funded addresses in turn, the deployer's own left out."""

    def __init__(self, accounts: list[str]) -> None:
        self._accounts = accounts[1:] or accounts
        self._next = 0

    def take(self) -> str:
        """An address; another one each time as long as there are any."""
        address = self._accounts[self._next % len(self._accounts)]
        self._next += 1
        return address


def gather(
    scenario: Scenario,
    wallet: Wallet,
    addresses: Addresses,
    prices: Prices,
    duration: float,
    rng: np.random.Generator,
) -> Crowd:
    """Open all accounts and pay in.

    Parameters
    ----------
    scenario : Scenario
    wallet : Wallet
    addresses : Addresses
    prices : dict of str to float
        Outside prices at the start; every asset has one.
    duration : float
        Length of the replay [s].
    rng : numpy.random.Generator
    """
    deployment = wallet.deployment

    def member(kind: int = CROSS) -> Member:
        return wallet.open(addresses.take(), kind)

    leaves_at = scenario.leaving_at * duration
    staying = scenario.providers - scenario.leaving_providers
    providers = [
        Provider(member(), wallet, scenario.provider_cash, leaves_at if i >= staying else None)
        for i in range(scenario.providers)
    ]
    stakers = [Staker(member(), wallet, scenario.staker_cash) for _ in range(scenario.stakers)]
    bidders = _bidders(scenario, wallet, [member() for _ in range(scenario.bidders)])
    traded = tuple(deployment.assets), tuple(deployment.collaterals)
    plans = draw_traders(scenario, *traded, duration, rng)
    # numbers of their own: how many hedge or borrow changes nothing for the others
    of_hedgers, of_borrowers = rng.spawn(2)
    plans += draw_hedgers(scenario, *traded, of_hedgers)
    traders = [Trader(plan, member(plan.kind), wallet) for plan in plans]
    borrowers = [
        Borrower(plan, member(), wallet)
        for plan in draw_borrowers(scenario, traded[1], duration, of_borrowers)
    ]

    for provider in providers:
        provider.enter()
    for staker in stakers:
        staker.stake()
    for bidder in bidders:
        bidder.fund()
    for trader in traders:
        trader.fund(prices)
    for borrower in borrowers:
        borrower.fund(prices)
    return Crowd(traders, borrowers, bidders, providers, stakers)


def _bidders(scenario: Scenario, wallet: Wallet, members: list[Member]) -> list[Bidder]:
    """Spread capital and demands evenly: the richest is the most demanding."""
    im_multiplier = wallet.deployment.risk.IM_MULTIPLIER() / WAD
    cash = np.linspace(*scenario.bidder_cash, len(members))
    thresholds = np.linspace(*scenario.bidder_thresholds, len(members))
    return [
        Bidder(
            each,
            wallet,
            float(cash[i]),
            float(thresholds[i]),
            scenario.bidder_use,
            scenario.bidder_unwind,
            im_multiplier,
            scenario.bidder_interval,
        )
        for i, each in enumerate(members)
    ]
