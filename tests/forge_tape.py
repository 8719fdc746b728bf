"""The deployment as forge replays it: every transaction of `Deployment.deploy`, in files.

`chain.builder` deploys `config/demo.yaml` on a chain that writes down what it is asked to do. The
forge suite sends the same bytes in the same order, so both engines run the same bytecode with the
same parameters at the same addresses; `tests/forge/Deployment.t.vy` compares what came out.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chain.artifacts import Artifacts
from chain.config import load_config
from chain.deployment import CORE, Deployment
from chain.feeds import ChainlinkFeed, PythFeed
from chain.interface import Receipt
from chain.pyrevm_chain import PyrevmChain

NOBODY = "0x" + "00" * 20
WAD_DIGITS = 18
PUSHED = ("BTC", "ETH")
PULLED = "SOL"
COLLATERALS = ("WBTC", "WETH")
SEQUENCER_UP = 0

# `World` of tests/forge/modules/world.vy, field by field.
_WORLD = (
    ["uint256"] * 3  # transactions on the tape, its time [s], chain id
    + ["address"]  # deployer
    + ["address"] * len(CORE)  # in the order of deployment
    + ["address"]  # quote
    + ["address"] * len(COLLATERALS)
    + ["address"] * 2 * len(PUSHED)  # aggregators, then proxies
    + ["address", "bytes32"]  # Pyth, its price id
    + ["address"]  # sequencer feed
    + ["uint256"] * 2 * (len(PUSHED) + 1)  # first prices, feed units [quote wad per unit]
)
_TRANSACTION = ("address", "address", "uint256", "bytes")  # to, created, value, calldata
F = TypeVar("F", ChainlinkFeed, PythFeed)

_CODE = ("address", "bytes32")  # contract, hash of its code


class _Recorder(PyrevmChain):
    """Remembers each transaction, and what it created."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions: list[bytes] = []
        self.created: list[str] = []

    def _keep(self, to: str, created: str, value: int, data: bytes, sender: str | None) -> None:
        assert sender in (None, self.accounts[0]), "the tape has one sender"
        self.transactions.append(encode(_TRANSACTION, (to, created, value, data)))

    def send(self, to: str, data: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        receipt = super().send(to, data, sender, value)
        self._keep(to, NOBODY, value, data, sender)
        return receipt

    def create(self, initcode: bytes, sender: str | None = None, value: int = 0) -> Receipt:
        receipt = super().create(initcode, sender, value)
        assert receipt.address is not None
        self._keep(NOBODY, receipt.address, value, initcode, sender)
        self.created.append(receipt.address)
        return receipt


def record(folder: Path, artifacts: Artifacts) -> Deployment:
    """Deploy, and write the tape into `folder`, which is made anew.

    Parameters
    ----------
    folder : Path
        Gets `world.bin`, `transactions/<n>.bin` and `codes/<n>.bin`, each ABI-encoded.
    artifacts : Artifacts
        Of this repository, or of a changed copy of it.
    """
    chain = _Recorder()
    # demo.yaml has none; this one is up and can go down
    sequencer = chain.deploy(artifacts["MockSequencerFeed"])
    sequencer.set_status(SEQUENCER_UP, 1)
    config = replace(load_config("demo"), sequencer_feed=sequencer.address)
    deployment = Deployment.deploy(chain, config, artifacts)

    chainlink = [_feed(deployment, asset, ChainlinkFeed) for asset in PUSHED]
    pyth = _feed(deployment, PULLED, PythFeed)
    symbols = [*PUSHED, PULLED]
    assert [deployment.asset_id(symbol) for symbol in symbols] == list(range(len(symbols)))
    world = [
        len(chain.transactions),
        chain.time,
        chain.chain_id,
        chain.accounts[0],
        *(contract.address for contract in deployment.core.values()),
        deployment.quote.address,
        *(deployment.tokens[symbol].address for symbol in COLLATERALS),
        *(feed.aggregator.address for feed in chainlink),
        *(feed.proxy.address for feed in chainlink),
        pyth.pyth.address,
        pyth.price_id,
        sequencer.address,
        *(config.assets[symbol].price for symbol in symbols),
        *(
            10 ** (WAD_DIGITS - decimals)
            for decimals in (*(feed.decimals for feed in chainlink), pyth.decimals)
        ),
    ]
    codes = [encode(_CODE, (address, keccak(chain.code(address)))) for address in chain.created]

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "world.bin").write_bytes(encode(_WORLD, world))
    for name, entries in (("transactions", chain.transactions), ("codes", codes)):
        (folder / name).mkdir()
        for number, entry in enumerate(entries):
            (folder / name / f"{number}.bin").write_bytes(entry)
    return deployment


def _feed(deployment: Deployment, asset: str, kind: type[F]) -> F:
    (feed,) = deployment.feeds[asset]
    assert isinstance(feed, kind)
    return feed
