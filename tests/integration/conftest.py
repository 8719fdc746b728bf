"""Real nodes: anvil behind JSON-RPC, and ape's networks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from chain import Artifacts, Chain, Contract
from chain.anvil import Anvil, find_anvil


@pytest.fixture(scope="session", autouse=True)
def _anvil_on_path() -> None:
    """ape-foundry takes anvil from PATH, as `make` sets it."""
    folder = os.path.dirname(find_anvil())
    os.environ["PATH"] = os.pathsep.join([folder, os.environ["PATH"]])


@pytest.fixture(scope="module")
def anvil() -> Iterator[Chain]:
    """An anvil of our own, behind JSON-RPC."""
    with Anvil() as chain:
        yield chain


@pytest.fixture(scope="module")
def ape_bundled() -> Iterator[Chain]:
    """ape's bundled provider."""
    yield from _ape("ethereum:local:test")


@pytest.fixture(scope="module")
def ape_anvil() -> Iterator[Chain]:
    """anvil as ape starts it."""
    yield from _ape("ethereum:local:foundry")


@pytest.fixture(scope="module")
def ape_address() -> Iterator[Chain]:
    """ape on a node that runs already, named by its address; not of the chain ape expects."""
    with Anvil("--chain-id", "31338") as running:
        yield from _ape(f"ethereum:local:{running.url}")


def _ape(network: str) -> Iterator[Chain]:
    import ape

    from chain.ape_chain import connected_chain

    with ape.networks.parse_network_choice(network):
        yield connected_chain()


@pytest.fixture(scope="module", params=["anvil", "ape_bundled", "ape_anvil"])
def node(request: pytest.FixtureRequest) -> Chain:
    """Each of them in turn."""
    chain: Chain = request.getfixturevalue(request.param)
    return chain


@pytest.fixture
def fresh(node: Chain) -> Iterator[Chain]:
    """The node, its state undone after the test."""
    snapshot = node.snapshot()
    yield node
    node.revert(snapshot)


@pytest.fixture
def probe(fresh: Chain, artifacts: Artifacts) -> Contract:
    """A contract that any test may write to."""
    return fresh.deploy(artifacts["ChainProbe"], 7)
