"""`ape run …` as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain import load_artifacts
from chain.deployment import CORE, deployment_path

ROOT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")
BUNDLED, ANVIL = "ethereum:local:test", "ethereum:local:foundry"
OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [APE, "run", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(("network", "chain_id"), [(BUNDLED, 1337), (ANVIL, 31337)])
def test_deploy__local_network__table_addresses_and_json(network, chain_id, tmp_path):
    out = tmp_path / "deployment.json"
    done = run("deploy", "--network", network, "--owner", OWNER, "--json", str(out))
    assert done.returncode == 0, done.stderr
    written = json.loads(out.read_text())
    assert written["chain_id"] == chain_id
    assert written["owner_offered"] == OWNER
    sizes = {name: load_artifacts()[name].runtime_size for name in CORE}
    assert written["sizes"] == sizes
    for name, address in written["contracts"].items():
        assert name in done.stdout
        assert address in done.stdout
    saved = json.loads(deployment_path(chain_id).read_text())
    assert saved["contracts"] == written["contracts"]


def test_deploy__json_to_standard_output__nothing_else_there():
    done = run("deploy", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["contracts"]) == set(CORE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--nonsense",), "No such option"),
        (("--config", "nowhere"), "nowhere.yaml: No such file"),
        (("--network", "ethereum:nowhere:test"), "nowhere"),
        (("--network", "nothing"), "nothing"),
        (("--account", "nobody"), "--account: no account 'nobody'"),
        (("--owner", "0x12"), "--owner: '0x12' is no address"),
        (("--json", "/proc/nowhere/file.json"), "/proc/nowhere"),
        (("extra",), "extra"),
    ],
)
def test_deploy__bad_input__one_line_and_code_2(arguments, message):
    done = run("deploy", *arguments)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
