"""`ape run demo` as a user types it, in this process and on a node."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")


@pytest.mark.parametrize(
    "arguments", [(), ("--network", "ethereum:local:foundry")], ids=["in process", "anvil"]
)
def test_demo__two_bars__invariants_hold_on_every_chain(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "demo.json"
    done = subprocess.run(
        [APE, "run", "demo", "--bars", "2", "--json", out, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(out.read_text())
    assert document["accounts"] == 100
    assert document["orders"]["executed"] > 0
    assert document["requests"]["entered"] == 7
    assert document["invariants"] == {"I1": True, "I2": True, "I3": True}
    assert document["stuck_accounts"] == 0
    assert "holds after every block" in done.stdout


def test_demo__bad_input__one_line_and_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [APE, "run", "demo", "--prices", tmp_path / "nowhere.csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "nowhere.csv: cannot be read" in done.stderr
