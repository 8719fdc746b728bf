"""The artifact cache: what makes it compile again, and what does not."""

import json

import pytest

from chain import ArtifactError, load_artifacts
from chain.artifacts import CACHE, closure, content_hash

MODULE = """# pragma version ~=0.4.3
@internal
@pure
def _double(_x: uint256) -> uint256:
    return 2 * _x
"""
CONTRACT = """# pragma version 0.4.3
from .modules import doubling  # why
STEP: immutable(uint256)
@deploy
def __init__():
    STEP = 1
@external
@view
def double(_x: uint256) -> uint256:
    return doubling._double(_x) + STEP
"""
OTHER = """# pragma version 0.4.3
@external
@pure
def one() -> uint256:
    return 1
"""


@pytest.fixture
def root(tmp_path):
    modules = tmp_path / "contracts" / "modules"
    modules.mkdir(parents=True)
    (modules / "doubling.vy").write_text(MODULE)
    (tmp_path / "contracts" / "Doubler.vy").write_text(CONTRACT)
    (tmp_path / "contracts" / "Other.vy").write_text(OTHER)
    return tmp_path


def _cached(root, name):
    return root / CACHE / f"{name}.json"


def test_load__contract__works_on_a_chain(root, chain):
    artifact = load_artifacts(root)["Doubler"]
    contract = chain.deploy(artifact)
    assert contract.double(3) == 7
    assert artifact.immutables == 32
    assert len(chain.code(contract.address)) == artifact.runtime_size


def test_load__nothing_changed__taken_from_the_cache(root):
    load_artifacts(root)["Doubler"]
    written = _cached(root, "Doubler").stat().st_mtime_ns
    load_artifacts(root)["Doubler"]
    assert _cached(root, "Doubler").stat().st_mtime_ns == written


def test_load__imported_module_changed__compiled_again(root):
    before = load_artifacts(root)["Doubler"].runtime
    module = root / "contracts" / "modules" / "doubling.vy"
    module.write_text(MODULE.replace("2 * _x", "3 * _x"))
    assert load_artifacts(root)["Doubler"].runtime != before


def test_content_hash__something_else_changed__the_same(root):
    path = root / "contracts" / "Doubler.vy"
    before = content_hash(path, root)
    (root / "contracts" / "Other.vy").write_text(OTHER.replace("1", "2"))
    assert content_hash(path, root) == before


def test_closure__imports__followed_within_the_repository(root):
    found = [path.name for path in closure(root / "contracts" / "Doubler.vy", root)]
    assert found == ["Doubler.vy", "doubling.vy"]


def test_load__does_not_compile__one_line_and_the_whole_story_as_note(root):
    (root / "contracts" / "Other.vy").write_text(OTHER.replace("return 1", "return nothing"))
    with pytest.raises(ArtifactError) as caught:
        load_artifacts(root)["Other"]
    assert str(caught.value).startswith("contracts/Other.vy: ")
    assert "\n" not in str(caught.value)
    assert "line" in caught.value.__notes__[0]
    assert not _cached(root, "Other").exists()


def test_load__unknown_name__named(root):
    with pytest.raises(ArtifactError, match="Nothing: no such contract"):
        load_artifacts(root)["Nothing"]


def test_load__two_of_a_name__refused(root):
    (root / "contracts" / "testing").mkdir()
    (root / "contracts" / "testing" / "Other.vy").write_text(OTHER)
    with pytest.raises(ArtifactError, match="Other: two contracts"):
        load_artifacts(root)


def test_compile_all__in_processes__fills_the_cache(root):
    artifacts = load_artifacts(root).compile_all(2)
    assert sorted(artifacts) == ["Doubler", "Other"] == sorted(artifacts.deployables)
    assert json.loads(_cached(root, "Doubler").read_text())["abi"] == artifacts["Doubler"].abi
