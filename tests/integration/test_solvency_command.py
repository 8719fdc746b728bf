"""`ape run solvency` as a user types it, on an anvil of our own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chain.anvil import Anvil
from tests.integration.story import CRASHED, WAD, Story

ROOT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")
FOUNDRY = "ethereum:local:foundry"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Story, int]]:
    """A story, and the block at which its trader's position was open."""
    with Anvil() as chain:
        story = Story.begin(chain)
        story.provide()
        story.trade(3 * WAD)
        block = chain.block_number
        story.crash(CRASHED)
        story.liquidate()
        yield story, block


@pytest.fixture
def run(told: tuple[Story, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("verify", ...)`, connected to that anvil; files are in `tmp_path`."""
    story, _ = told
    monkeypatch.setenv("APE_FOUNDRY_HOST", story.chain.url)  # type: ignore[attr-defined]
    story.protocol.save(tmp_path / "addresses.json")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [APE, "run", "solvency", *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def audit(run: Run, folder: Path, *more: object) -> subprocess.CompletedProcess[str]:
    addresses = folder / "addresses.json"
    return run("--network", FOUNDRY, "--deployment", addresses, *more)


def refused(done: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]


def test_solvency__past_block_to_posted_proof__all_the_way(
    told: tuple[Story, int], run: Run, tmp_path: Path
) -> None:
    story, block = told
    tree, proof, out = (tmp_path / name for name in ("tree.json", "proof.json", "out.json"))

    done = audit(run, tmp_path, "--block", block, "--tree", tree, "--json", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert (found["block"], found["accounts"], found["mismatches"]) == (block, 6, [])
    assert found["root"] in done.stdout
    assert "no mismatches" in done.stdout

    done = run("prove", "--account", story.trader, "--tree", tree, "--out", proof)
    assert done.returncode == 0, done.stderr
    done = run("verify", "--account", story.trader, "--proof", proof, "--root", found["root"])
    assert done.returncode == 0, done.stderr
    assert found["root"] in done.stdout

    done = run("post", "--network", FOUNDRY, "--tree", tree, "--json", "-")
    assert done.returncode == 0, done.stderr
    posted = json.loads(done.stdout)
    assert (posted["root"], posted["block"]) == (found["root"], block)
    there = ("--network", FOUNDRY, "--registry", posted["registry"])
    asked = ("verify", "--account", story.trader, "--proof", proof, *there, "--json", "-")
    done = run(*asked)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["posted"], answer["root"]) == (True, found["root"])
    assert answer["cash"] == str(_cash(story, block))

    done = run("post", *there, "--tree", tree)
    refused(done, 2, "root: already posted")

    later = audit(run, tmp_path, "--tree", tree, "--json", "-")
    assert later.returncode == 0, later.stderr
    assert json.loads(later.stdout)["root"] != found["root"]
    run("prove", "--account", story.trader, "--tree", tree, "--out", proof)
    refused(run(*asked), 1, "is not posted there")


def _cash(story: Story, block: int) -> int:
    house = story.protocol.clearinghouse
    return int(story.chain.at_block(block).at(house.artifact, house.address).cash(story.trader))


def test_solvency__something_differs__one_line_and_code_1(
    told: tuple[Story, int], run: Run, tmp_path: Path
) -> None:
    """Asked to begin too late it does not know what came before."""
    _, block = told
    done = audit(run, tmp_path, "--from-block", block, "--tree", tmp_path / "tree.json")
    assert done.returncode == 1
    assert any(line.startswith("account ") for line in done.stderr.splitlines())


def test_verify__another_account_or_root__code_1(
    told: tuple[Story, int], run: Run, tmp_path: Path
) -> None:
    story, _ = told
    tree, proof = tmp_path / "tree.json", tmp_path / "proof.json"
    audit(run, tmp_path, "--tree", tree)
    run("prove", "--account", story.trader, "--tree", tree, "--out", proof)
    refused(
        run("verify", "--account", story.keeper, "--proof", proof),
        1,
        f"of account {story.trader}, not {story.keeper}",
    )
    wrong = "0x" + "12" * 32
    refused(
        run("verify", "--account", story.trader, "--proof", proof, "--root", wrong),
        1,
        f"not {wrong}",
    )
    refused(run("prove", "--account", 99, "--tree", tree, "--out", proof), 2, "--account: 99 of 6")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--nonsense",), "No such option"),
        (("nonsense",), "nonsense"),
        (("--json", "/proc/nowhere/file.json"), "--json: /proc/nowhere/file.json: no such folder"),
        (("--tree", "/proc/nowhere/file.json"), "--tree: /proc/nowhere/file.json: no such folder"),
        (("--network", FOUNDRY, "--deployment", "/nowhere.json"), "/nowhere.json"),
        (("verify", "--account", "4"), "--proof"),
        (("verify", "--account", "4", "--proof", "/nowhere.json"), "/nowhere.json: No such file"),
        (
            ("verify", "--account", "4", "--proof", "/nowhere.json", "--network", FOUNDRY),
            "--network: needs --registry",
        ),
        (("prove", "--account", "4", "--tree", "/nowhere.json", "--out", "x"), "/nowhere.json"),
        (("post", "--tree", "/nowhere.json"), "/nowhere.json: No such file"),
    ],
)
def test_solvency__bad_input__one_line_and_code_2(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    refused(run(*arguments), 2, message)


def test_solvency__block_that_is_not_there__one_line_and_code_2(
    told: tuple[Story, int], run: Run, tmp_path: Path
) -> None:
    story, _ = told
    newest = story.chain.block_number
    done = audit(run, tmp_path, "--block", newest + 10)
    refused(done, 2, f"block {newest + 10}: not mined")
