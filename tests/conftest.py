"""Fixtures of every suite: a chain, contracts by name, roles, and the whole protocol.

PLIMSOLL_BACKEND chooses the EVM: `pyrevm` (default, fast) or `boa` (titanoboa, line coverage of the
contracts). The same tests run on both.

State: one chain lives for the session. What session and module fixtures deploy stays; each test
works on a snapshot that is reverted after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from hypothesis import settings

from chain import Artifacts, Chain, Contract, PyrevmChain, Reverted, load_artifacts

# A deadline would measure how busy the machine is. `make test` generates the same examples on every
# run, so that it judges the change and not the draw; `make audit` looks for new ones, seed by seed.
settings.register_profile("plimsoll", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("audit", deadline=None, print_blob=True)
settings.load_profile("plimsoll")

ROLES = (
    "deployer",
    "trader",
    "other_trader",
    "keeper",
    "liquidator",
    "bidder",
    "stranger",
    "provider",
    "staker",
)


def _new_chain() -> Chain:
    backend = os.environ.get("PLIMSOLL_BACKEND", "pyrevm")
    if backend == "pyrevm":
        return PyrevmChain()
    if backend == "boa":
        from tests.boa_chain import BoaChain

        return BoaChain()
    raise pytest.UsageError(f"PLIMSOLL_BACKEND={backend}: neither pyrevm nor boa")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave the lines that ran where PLIMSOLL_COVERAGE names a part of the coverage data."""
    suffix = os.environ.get("PLIMSOLL_COVERAGE")
    if suffix:
        from tests.boa_chain import CODED, EXECUTED
        from tests.vyper_coverage import write_coverage

        write_coverage(suffix, EXECUTED, CODED)


@pytest.fixture(scope="session")
def artifacts() -> Artifacts:
    """All contracts by name, compiled when first asked for."""
    return load_artifacts()


@pytest.fixture(scope="session")
def session_chain() -> Chain:
    """The chain of most tests; for session and module fixtures, whose contracts outlive a test."""
    return _new_chain()


@pytest.fixture
def chain(session_chain: Chain) -> Iterator[Chain]:
    """The chain as the session's fixtures left it; what a test does to it is undone."""
    snapshot = session_chain.snapshot()
    yield session_chain
    session_chain.revert(snapshot)


@pytest.fixture
def deploy(chain: Chain, artifacts: Artifacts) -> Callable[..., Contract]:
    """`deploy(name, *args, sender=None, value=0)` for this test."""

    def deploy(name: str, *args: Any, **options: Any) -> Contract:
        return chain.deploy(artifacts[name], *args, **options)

    return deploy


@pytest.fixture(scope="session")
def harness(artifacts: Artifacts) -> Callable[..., Contract]:
    """`harness(name)`: a stateless contract, deployed once, on a chain that no test reverts."""
    harness_chain = _new_chain()
    deployed: dict[str, Contract] = {}

    def harness(name: str) -> Contract:
        if name not in deployed:
            deployed[name] = harness_chain.deploy(artifacts[name])
        return deployed[name]

    return harness


@pytest.fixture(scope="session")
def _deployment(artifacts: Artifacts) -> Any:
    from chain.deployment import Deployment, load_config

    return Deployment.deploy(_new_chain(), load_config("demo"), artifacts)


@pytest.fixture
def protocol(_deployment: Any) -> Iterator[Any]:
    """The whole protocol from config/demo.yaml with mock feeds and tokens, fresh for this test.

    On a chain of its own, where no other fixture lets time pass: its prices would grow old.
    """
    snapshot = _deployment.chain.snapshot()
    yield _deployment
    _deployment.chain.revert(snapshot)


@pytest.fixture(scope="session")
def reverts() -> Callable[[str], AbstractContextManager[None]]:
    """`with reverts("noun: reason"):` the block must revert, for exactly that reason."""

    @contextmanager
    def reverts(reason: str) -> Iterator[None]:
        with pytest.raises(Reverted) as caught:
            yield
        assert caught.value.reason == reason

    return reverts


def _role(index: int, name: str) -> Any:
    @pytest.fixture(scope="session", name=name)
    def role(session_chain: Chain) -> str:
        return session_chain.accounts[index]

    return role


for _index, _name in enumerate(ROLES):
    globals()[f"_{_name}"] = _role(_index, _name)
