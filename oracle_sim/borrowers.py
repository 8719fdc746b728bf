"""Borrowers: they bring collateral, take out quote that others supplied, and pay interest on it."""

from oracle_sim.plans import BorrowerPlan
from oracle_sim.wallet import WAD, Member, Prices, Wallet

PATIENCE = 1_800.0
"""How long a borrower waits before he asks again for what the protocol refused [s]."""

STEP_DOWN = 0.8
"""What he asks for then, of what he had asked."""

MIN_SHARE = 0.2
"""Below it, of the value he brought, he gives up."""

REPAID_PART = 0.35
"""What he repays upon a margin call, of his debt."""

MAX_REPAYMENTS = 2

MARGIN = 1.001
"""To repay everything he brings this times his debt; what is left over stays with him."""


class Borrower:
    """Carries out his plan and answers margin calls.

    Parameters
    ----------
    plan : BorrowerPlan
    member : Member
    wallet : Wallet
    """

    def __init__(self, plan: BorrowerPlan, member: Member, wallet: Wallet) -> None:
        self.plan = plan
        self.member = member
        self._wallet = wallet
        self._share = plan.share
        self._borrows_at: float | None = plan.begins
        self._repays_at = plan.ends
        self._repayments = 0
        self._called = False

    def fund(self, prices: Prices) -> None:
        """Deposit what he brings."""
        amount = self.plan.value / prices[self.plan.collateral]
        self._wallet.deposit_collateral(self.member, self.plan.collateral, amount)

    def call(self) -> None:
        """Hear of his margin call."""
        self._called = True

    def act(self, now: float, prices: Prices) -> None:
        """Do what is due.

        Parameters
        ----------
        now : float
            Seconds since the start of the replay.
        prices : dict of str to float
            Outside prices known now.
        """
        if self._called:
            self._called = False
            if self.plan.answers and self._repayments < MAX_REPAYMENTS:
                self._repayments += 1
                self._repay(REPAID_PART)
        elif self._borrows_at is not None:
            if self._borrows_at <= now and self.plan.collateral in prices:
                self._borrow(now)
        elif self._repays_at is not None and self._repays_at <= now:
            self._leave(now)

    def _borrow(self, now: float) -> None:
        """Take out quote; less after a while where that was too much."""
        self._borrows_at = None
        if not self._wallet.borrow(self.member, self._share * self.plan.value):
            self._share *= STEP_DOWN
            self._borrows_at = now + PATIENCE if self._share >= MIN_SHARE else None

    def _leave(self, now: float) -> None:
        """Pay back everything and take the collateral home; again later where that is refused."""
        wallet, asset = self._wallet, self.plan.collateral
        self._repays_at = None
        if wallet.holds(self.member, asset):  # else it was sold in an auction
            self._repay(MARGIN)
            if not wallet.withdraw_collateral(self.member, asset):
                self._repays_at = now + PATIENCE

    def _repay(self, part: float) -> None:
        debt = -self._wallet.cash(self.member) / WAD
        if debt > 0:
            self._wallet.repay(self.member, part * debt)
