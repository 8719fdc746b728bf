"""Runtime sizes of everything that is deployed."""

import pytest

from chain import load_artifacts
from chain.artifacts import SIZE_LIMIT

DEPLOYABLES = load_artifacts().deployables


@pytest.mark.parametrize("name", DEPLOYABLES)
def test_runtime_size__every_deployable__below_the_limit(artifacts, name):
    assert artifacts[name].runtime_size < SIZE_LIMIT


def test_runtime_size__deployed__is_what_the_artifact_says(protocol, artifacts):
    for name, contract in protocol.core.items():
        assert len(protocol.chain.code(contract.address)) == artifacts[name].runtime_size


def test_runtime_size__table__is_printed(artifacts, capsys):
    with capsys.disabled():
        print("\nruntime code [bytes]")
        for name in DEPLOYABLES:
            size = artifacts[name].runtime_size
            print(f"  {name:24} {size:7,d}  {size / SIZE_LIMIT:6.1%}")
