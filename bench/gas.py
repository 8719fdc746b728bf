"""Gas of every operation as a real transaction, and deployment sizes: `python -m bench.gas`.

Measured on anvil, by receipts: each operation is one transaction in a block of its own, so all
access is cold, and calldata counts. Writes bench/gas.json and prints it beside the floor (storage,
addresses, calldata) and beside what others need for the same (measured on the same EVM, direct
feeds, see `PEERS`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import lending
from bench.floor import gas_floor
from bench.world import MARKETS, POSITION, PRICE, WAD, World
from chain import Receipt, load_artifacts
from chain.anvil import Anvil
from chain.deployment import CORE, CROSS, PORTFOLIO
from chain.files import write_whole
from chain.rpc_chain import RpcChain

OUTPUT = Path(__file__).parent / "gas.json"
COUNTS = (1, 2, 4, 8)
FEEDS = {"direct": False, "proxied": True}
KINDS = {CROSS: "CROSS", PORTFOLIO: "PORTFOLIO"}
SAMPLED = (3, 8, 16)  # assets
NOBODY = ""  # kind of account of an operation without one

SOLVENT_LOSS = 70 * WAD // 1000  # E falls below MM, the largest slice is more than half
INSOLVENT_LOSS = 97 * WAD // 1000  # E < 0, and still within the oracle's jump bound


def _peer(system: str, source: str, operation: str, *thousands: int) -> dict[str, Any]:
    gas = dict(zip(COUNTS, (1_000 * gas for gas in thousands), strict=False))
    return {"operation": operation, "system": system, "source": source, "gas": gas}


_DERIVE = ("Derive v2", "derivexyz/v2-core")
_SYNTHETIX = ("Synthetix V3", "Synthetixio/synthetix-v3")
_EULER = ("Euler v2", "euler-xyz/euler-vault-kit, accountLiquidity")

# Gas of real transactions with direct feeds on the same EVM, measured by the project's owner on the
# systems' public sources; by open markets. Their deposits do not depend on it: Derive 162k to 305k.
PEERS = [
    _peer(*_DERIVE, "deposit", 162),
    _peer(*_SYNTHETIX, "deposit", 142),
    _peer(*_DERIVE, "withdraw", 316, 467, 797, 1570),
    _peer(*_DERIVE, "execute order: open", 731, 954, 1460, 2680),
    _peer(*_SYNTHETIX, "execute order: open", 1080, 1220, 1430, 1840),
    _peer(*_DERIVE, "margin check", 186, 325, 630, 1350),
    _peer(*_SYNTHETIX, "margin check", 211, 278, 412, 680),
    _peer(*_EULER, "margin check", 120, 163, 251, 426),
    _peer(*_DERIVE, "start auction", 510, 711, 1140, 2110),
    _peer(*_DERIVE, "bid 50 %", 763, 1210, 2140, 4100),
    _peer(*_SYNTHETIX, "start auction + bid (liquidate all)", 873, 1250, 2010, 3540),
]


@dataclass(frozen=True)
class Row:
    """One measured transaction: kind of account, feeds, open markets or, of a sample, assets; gas
    and its floor.
    """

    operation: str
    kind: str
    feeds: str
    markets: int
    gas: int
    floor: int


class Bench:
    """Measures on one deployment; every operation starts from the same state."""

    def __init__(self, chain: RpcChain, world: World, feeds: str, step: Callable[[], None]) -> None:
        self._chain = chain
        self._world = world
        self._feeds = feeds
        self._step = step
        self.rows: list[Row] = []

    @contextmanager
    def _state(self) -> Iterator[None]:
        before = self._chain.snapshot()
        yield
        self._chain.revert(before)

    def _record(
        self, operation: str, markets: int, receipt: Receipt, kind: str = KINDS[CROSS]
    ) -> None:
        transaction = self._chain.request("eth_getBlockByNumber", hex(receipt.block_number), True)[
            "transactions"
        ][0]
        trace = self._chain.request(
            "debug_traceTransaction",
            transaction["hash"],
            {"disableMemory": True, "disableStorage": True},
        )
        floor = gas_floor(transaction, trace)
        self.rows.append(Row(operation, kind, self._feeds, markets, receipt.gas_used, floor))
        self._step()

    def run(self) -> list[Row]:
        # Somebody trades in every market already: the first trade there ever pays for slots of the
        # market's own (funding, the pool's position), once.
        self._world.trader(MARKETS)
        for markets in COUNTS:
            with self._state():
                self._measure_orders(markets)
            for kind in KINDS:
                with self._state():
                    self._measure_account(markets, kind)
            with self._state():
                self._measure_portfolio_order(markets)
            with self._state():
                self._measure_auction(markets, SOLVENT_LOSS)
            with self._state():
                self._measure_auction(markets, INSOLVENT_LOSS)
            for measured in (lending.debt, lending.stakes, lending.rounds, lending.settlement):
                with self._state():
                    for operation, receipt in measured(self._world, markets):
                        self._record(operation, markets, receipt)
        with self._state():
            self._world.trader(MARKETS)
            self._record("refresh NAV", MARKETS, self._world.refresh(), NOBODY)
        return self.rows

    def run_samples(self, assets: int) -> list[Row]:
        """A minute's sample and the one of an hour, which moves the correlations as well: where no
        price has moved, and where all have.
        """
        self._world.sample_on_the_hour()
        self._record("sample: minute", assets, self._world.sample(), NOBODY)
        moved = PRICE * 1_001 // 1_000
        with self._state():
            self._record("sample: minute, all moved", assets, self._world.sample(moved), NOBODY)
        with self._state():
            receipt = self._world.sample_on_the_hour(moved)
            self._record("sample: hour, all moved", assets, receipt, NOBODY)
        self._record("sample: hour", assets, self._world.sample_on_the_hour(), NOBODY)
        return self.rows

    def _measure_account(self, markets: int, kind: int) -> None:
        world, house = self._world, self._world.protocol.clearinghouse
        account = world.trader(markets, kind=kind)
        quote = world.protocol.quote
        if kind == CROSS:
            self._record("deposit", markets, world.deposit(account, quote, 10**9))
        with self._state():
            receipt = house.withdraw(account, quote, 10**6, self._chain.accounts[0])
            self._record("withdraw", markets, receipt, KINDS[kind])
        with self._state():
            receipt = house.current_health.send(account)
            self._record("margin check", markets, receipt, KINDS[kind])

    def _measure_portfolio_order(self, markets: int) -> None:
        world = self._world
        account = world.trader(markets - 1, room=1, kind=PORTFOLIO)
        world.submit(account, markets - 1, POSITION)
        receipt = world.execute(account, markets - 1)
        self._record("execute order: open", markets, receipt, KINDS[PORTFOLIO])

    def _measure_orders(self, markets: int) -> None:
        world = self._world
        account = world.trader(markets - 1, room=1)
        last = markets - 1
        with self._state():
            self._record("submit order", markets, world.submit(account, last, POSITION))
            self._record("execute order: open", markets, world.execute(account, last))
            world.refresh()
            for name, size in (
                ("increase", POSITION // 10),
                ("reduce", -POSITION // 2),
                ("close", -(POSITION + POSITION // 10 - POSITION // 2)),
            ):
                world.submit(account, last, size)
                self._record(f"execute order: {name}", markets, world.execute(account, last))
                world.refresh()

    def _measure_auction(self, markets: int, loss: int) -> None:
        world = self._world
        account = world.trader(markets)
        world.crash(account, loss)
        if loss == SOLVENT_LOSS:
            self._record("start auction", markets, world.start(account))
            self._record("bid 50 %", markets, world.bid(account, WAD // 2))
            return
        world.start(account)
        with self._state():
            self._record("insolvent bid 50 %", markets, world.bid(account, WAD // 2))
        world.run_out(account, PRICE * (WAD - loss) // WAD)
        self._record("backstop", markets, world.protocol.auction.backstop(account))


def sizes() -> dict[str, int]:
    """Deployed bytes of every deployable, immutables included."""
    artifacts = load_artifacts()
    return {name: artifacts[name].runtime_size for name in CORE}


def measure() -> list[Row]:
    """All rows, both feed models."""
    rows: list[Row] = []
    with Progress(transient=True) as progress:
        task = progress.add_task(
            "measuring gas on anvil", total=len(FEEDS) * (len(COUNTS) * 22 + 1 + 4 * len(SAMPLED))
        )
        for feeds, proxied in FEEDS.items():
            with Anvil("--steps-tracing") as chain:
                world = World.deploy(chain, proxied)
                rows += Bench(chain, world, feeds, lambda: progress.advance(task)).run()
            for assets in SAMPLED:
                with Anvil("--steps-tracing") as chain:
                    world = World.deploy(chain, proxied, assets)
                    bench = Bench(chain, world, feeds, lambda: progress.advance(task))
                    rows += bench.run_samples(assets)
    return sorted(rows, key=lambda row: (row.operation, row.kind, row.feeds, row.markets))


def show(rows: list[Row], console: Console) -> None:
    """Gas with its ratio to the floor, a line an operation and feed model, peers below."""
    table = Table(
        title="gas of a real transaction (x its floor), by open markets, 2 collaterals besides; "
        "samples by assets"
    )
    table.add_column("operation")
    table.add_column("account")
    table.add_column("feeds or peer")
    counts = sorted({row.markets for row in rows})
    for count in counts:
        table.add_column(str(count), justify="right")
    cells = {(row.operation, row.kind, row.feeds, row.markets): row for row in rows}
    lines = {(row.operation, row.kind) for row in rows}
    lines |= {(peer["operation"], KINDS[CROSS]) for peer in PEERS}
    for operation, kind in sorted(lines):
        for feeds in FEEDS:
            found = [cells.get((operation, kind, feeds, count)) for count in counts]
            texts = [f"{r.gas:,} (x{r.gas / r.floor:.2f})" if r else "" for r in found]
            if any(texts):
                table.add_row(operation, kind, feeds, *texts)
        for peer in PEERS:
            if (peer["operation"], KINDS[CROSS]) == (operation, kind):
                texts = [f"{peer['gas'][c]:,}" if c in peer["gas"] else "" for c in counts]
                table.add_row(operation, "", peer["system"], *texts, style="dim")
        table.add_section()
    console.print(table)


def main() -> None:
    """Measure, write bench/gas.json, print."""
    argparse.ArgumentParser(prog="python -m bench.gas", description=__doc__).parse_args()
    rows = measure()
    result: dict[str, Any] = {
        "rows": [asdict(row) for row in rows],
        "sizes": sizes(),
        "peers": PEERS,
    }
    write_whole(OUTPUT, json.dumps(result, indent=1) + "\n")
    console = Console(width=150)
    show(rows, console)
    for name, size in result["sizes"].items():
        console.print(f"{name:20} {size:6,} bytes")


if __name__ == "__main__":
    main()
