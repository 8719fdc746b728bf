"""Runtime sizes of everything that is deployed."""

import pytest

from chain import load_artifacts
from chain.__main__ import print_sizes
from chain.artifacts import SIZE_LIMIT

DEPLOYABLES = load_artifacts().deployables


@pytest.mark.parametrize("name", DEPLOYABLES)
def test_runtime_size__every_deployable__below_the_limit(artifacts, name):
    assert artifacts[name].runtime_size < SIZE_LIMIT


def test_runtime_size__deployed__is_what_the_artifact_says(protocol, artifacts):
    for name, contract in protocol.core.items():
        assert len(protocol.chain.code(contract.address)) == artifacts[name].runtime_size


def test_print_sizes__every_deployable__with_its_share(artifacts, capsys):
    print_sizes(artifacts)
    printed = capsys.readouterr().out
    for name in DEPLOYABLES:
        assert f"{artifacts[name].runtime_size:,d} bytes" in printed
        assert name in printed
