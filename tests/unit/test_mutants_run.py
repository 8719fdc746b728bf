"""Mutants: attacked in a small repository of its own, remembered and reported."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from chain.artifacts import ROOT
from scripts.mutants import cli
from tests.mutants import attack
from tests.mutants.draw import Draw
from tests.mutants.mutant import find_mutants
from tests.mutants.order import Test, place, plan
from tests.mutants.report import (
    ExplanationError,
    load_explanations,
    to_document,
    to_markdown,
    to_table,
)
from tests.mutants.results import Results, ResultsError
from tests.mutants.workspace import collected_files, hash_of_tests

MODULE = """# pragma version ~=0.4.3
@internal
@pure
def _half(_x: uint256) -> uint256:
    return _x // 2
@internal
@pure
def _unused(_x: uint256) -> uint256:
    return _x + 7
"""
CONTRACT = """# pragma version 0.4.3
from .modules import halves
total: public(uint256)
owner: public(address)
@deploy
def __init__():
    self._own(self.total, msg.sender)
@internal
def _own(_total: uint256, _owner: address):
    self.owner = _owner
@external
def add(_x: uint256):
    assert _x != 0, "amount: zero"
    assert _x < 1_000, "amount: too large"
    self.total += halves._half(_x)
"""
TESTS = """import pytest
from chain import PyrevmChain, Reverted, load_artifacts

def test_add__two__adds_one():
    adder = PyrevmChain().deploy(load_artifacts()["Adder"])
    adder.add(2)
    assert adder.total() == 1

def test_add__zero__refused():
    with pytest.raises(Reverted, match="amount: zero"):
        PyrevmChain().deploy(load_artifacts()["Adder"]).add(0)
"""
FAILING = """
def test_add__never__passes():
    assert 1 == 2, "a reason"
"""
FILE = "contracts/Adder.vy"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository with one contract, two tests and the same machinery."""
    root = tmp_path_factory.mktemp("repository") / "main"
    (root / "contracts" / "modules").mkdir(parents=True)
    (root / "contracts" / "modules" / "halves.vy").write_text(MODULE)
    (root / FILE).write_text(CONTRACT)
    for folder in ("chain", "margin_model", "tests/mutants"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "tests" / "__init__.py").touch()
    (root / "tests" / "unit").mkdir()
    (root / "tests" / "unit" / "test_adder.py").write_text(TESTS)
    (root / "tests" / "unit" / "test_mutants.py").write_text("assert 1 == 2\n")
    return root


@pytest.fixture(scope="module")
def attacked(root):
    """Results of all mutants of the small repository, and the baseline."""
    results = Results(root / "results.jsonl", hash_of_tests(root))
    files = {f: find_mutants(root, f) for f in (FILE, "contracts/modules/halves.vy")}
    with attack.started(root, 1) as workers:
        baseline = workers[0].baseline()
        done = attack.run(Draw(files, None, 1), results, workers, baseline, lambda result: None)
    return done, baseline, results


def _outcome(done, new_text):
    (result,) = (r for r in done if f"+{new_text}" in r.diff.replace("    ", ""))
    return result


# ── attacking ────────────────────────────────────────────────────────────────────────────────────


def test_baseline__all_pass__timed(attacked):
    _, baseline, _ = attacked
    assert len(baseline.seconds) == 2
    assert baseline.limit > attack.LIMIT_OFFSET


def test_attack__behaviour_changed__killed_by_the_test_that_sees_it(attacked):
    done, _, _ = attacked
    result = _outcome(done, "return _x * 2")
    assert result.outcome == "killed"
    assert result.test.endswith("test_add__two__adds_one")
    assert _outcome(done, "self.total -= halves._half(_x)").outcome == "killed"


def test_attack__nobody_looks__survives(attacked):
    done, _, results = attacked
    survivor = _outcome(done, 'assert _x <= 1_000, "amount: too large"')
    assert (survivor.outcome, survivor.ran) == ("survived", 2)
    assert survivor.counts and survivor.survived
    assert results.get(survivor.mutant) == survivor


def test_attack__only_unused_code_changed__same_bytecode(attacked):
    done, _, _ = attacked
    result = _outcome(done, "return _x - 7")
    assert result.outcome == "equivalent" and not result.counts


def test_attack__does_not_compile__not_counted(attacked):
    done, _, _ = attacked
    result = _outcome(done, "self._own(msg.sender, self.total)")
    assert result.outcome == "invalid" and not result.counts


def test_attack__over__leaves_the_originals(root, attacked):
    assert (root / FILE).read_text() == CONTRACT


def test_run__known_results__not_attacked_again(attacked, root):
    done, baseline, results = attacked
    again = Results(results.path, results.tests)
    files = {FILE: find_mutants(root, FILE)}

    class Nobody:
        attack = None

    repeated = attack.run(Draw(files, None, 1), again, [Nobody()], baseline, lambda result: None)
    assert {r.mutant.id for r in repeated} == {m.id for m in files[FILE]}
    assert all(r in done for r in repeated)


def test_started__tests_that_do_not_collect__named(root, tmp_path):
    broken = tmp_path / "main"
    shutil.copytree(root, broken)
    (broken / "tests" / "unit" / "test_adder.py").write_text("import nothing_of_that_name\n")
    with (
        pytest.raises(attack.AttackError, match="could not be collected"),
        attack.started(broken, 1),
    ):
        pass


def test_baseline__test_that_fails_anyway__nothing_is_attacked(root, tmp_path):
    broken = tmp_path / "main"
    shutil.copytree(root, broken)
    tests = broken / "tests" / "unit" / "test_adder.py"
    tests.write_text(TESTS + FAILING)
    named = r"1 fail on the contracts as they are, first .*never__passes: AssertionError: a reason"
    with attack.started(broken, 1) as workers, pytest.raises(attack.AttackError, match=named):
        workers[0].baseline()


def test_collected_files__tests_about_text__left_out(root):
    assert collected_files(root) == ["tests/unit/test_adder.py"]


# ── order ────────────────────────────────────────────────────────────────────────────────────────


def test_plan__reason__then_killers_nearby_then_the_function_then_the_file():
    tests = [
        Test("tests/unit/test_other.py::test_a__b__c", ""),
        Test("tests/unit/test_adder_more.py::test_d__e__f", ""),
        Test("tests/unit/test_other.py::test_add__b__c", ""),
        Test("tests/unit/test_other.py::test_g__h__i", 'reverts("amount: zero")'),
        Test("tests/unit/test_other.py::test_j__k__l", ""),
    ]
    where = place(FILE, "add", 'assert _x != 0, "amount: zero"', ["Adder"])
    ordered = [t.nodeid[-5:] for t in plan(tests, where, [tests[4].nodeid], {})]
    assert ordered == ["_h__i", "_k__l", "_b__c", "_e__f", "_b__c"]


def test_plan__case_named_after_the_function__first():
    tests = [Test(f"tests/unit/test_other.py::test_lock__b[Adder-{n}]", "") for n in ("sub", "add")]
    where = place(FILE, "add", "", ["Adder"])
    assert plan(tests, where, [], {})[0] == tests[1]


def test_plan__any__loses_no_test():
    tests = [Test(f"tests/unit/test_{n % 7}.py::test_{n}", "x.add(1)" * (n % 2)) for n in range(99)]
    where = place(FILE, "add", "", ["Adder"])
    ordered = plan(tests, where, [tests[3].nodeid], {tests[5].nodeid: 3.0})
    assert sorted(t.nodeid for t in ordered) == sorted(t.nodeid for t in tests)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────


def test_results__other_tests__try_survivors_again(attacked, root):
    done, _, results = attacked
    other = Results(results.path, "other tests")
    assert all((other.get(r.mutant) is None) == r.survived for r in done)


def test_results__anew__forgets(attacked, tmp_path):
    done, _, _ = attacked
    results = Results(tmp_path / "results.jsonl", "tests")
    results.add(done[0])
    results.forget()
    assert results.get(done[0].mutant) is None
    assert Results(results.path, "tests").get(done[0].mutant) is None


@pytest.mark.parametrize("content", [b"{}\n", b"\xff\n"])
def test_results__broken_file__names_the_line(tmp_path, content):
    path = tmp_path / "results.jsonl"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=r"results\.jsonl: line 1: no result"):
        Results(path, "")


def test_results__killers__the_nearest_first(attacked):
    done, _, results = attacked
    survivor = _outcome(done, 'assert _x <= 1_000, "amount: too large"')
    assert results.killers(survivor.mutant)[0].startswith("tests/unit/test_adder.py::")


def test_baseline__saved__comes_back_with_its_key_only(attacked, tmp_path):
    _, baseline, _ = attacked
    path = tmp_path / "baseline.json"
    assert attack.Baseline.load(path, "key") is None
    baseline.save(path, "key")
    assert attack.Baseline.load(path, "key") == baseline
    assert attack.Baseline.load(path, "other") is None


# ── report ───────────────────────────────────────────────────────────────────────────────────────


def test_to_document__results__counts_and_survivors_with_explanation(attacked):
    done, _, _ = attacked
    survivor = _outcome(done, 'assert _x <= 1_000, "amount: too large"')
    document = to_document(done, {survivor.mutant.id: "nobody adds a thousand"}, seed=1)
    assert document["mutants"] == document["killed"] + len(document["survivors"])
    assert document["mutants"] == sum(row["mutants"] for row in document["files"].values())
    assert document["killed"] == sum(row["killed"] for row in document["kinds"].values())
    assert document["mutants"] + document["not_compiling"] + document["same_bytecode"] == len(done)
    (row,) = (row for row in document["survivors"] if row["id"] == survivor.mutant.id)
    assert row["explanation"] == "nobody adds a thousand"
    assert row["diff"].splitlines()[1:] == [
        '-    assert _x < 1_000, "amount: too large"',
        '+    assert _x <= 1_000, "amount: too large"',
    ]
    assert to_table(document).row_count == len(document["files"]) + len(document["kinds"])
    page = to_markdown(document, document)
    assert "nobody adds a thousand" in page and "| Adder.vy |" in page


def test_load_explanations__checked_in__are_sentences_by_id(tmp_path):
    assert all(load_explanations().values())
    path = tmp_path / "survivors.yaml"
    path.write_text("- no mapping\n")
    with pytest.raises(ExplanationError, match=r"survivors\.yaml"):
        load_explanations(path)


# ── command ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--file", "NoSuchContract"], "no mutant fits"),
        (["--json", "/no/such/folder/x.json"], "no such folder"),
        (["--kind", "typo"], "typo"),
    ],
)
def test_command__bad_option__one_line_and_exit_code_2(options, message):
    outcome = CliRunner().invoke(cli, options)
    assert outcome.exit_code == 2
    assert message in outcome.output and outcome.output.count("\n") == 1


def test_command__known_results__reported_as_json(tmp_path, monkeypatch, attacked):
    import scripts.mutants

    done, baseline, _ = attacked
    monkeypatch.setattr(scripts.mutants, "_attack", lambda *arguments: (done, baseline))
    path = tmp_path / "mutants.json"
    outcome = CliRunner().invoke(
        cli, ["--json", str(path), "--results", str(tmp_path / "r.jsonl"), "--count", "3"]
    )
    assert outcome.exit_code == 0, outcome.output
    document = json.loads(path.read_text())
    assert {"mutants", "killed", "survivors"} <= document.keys()
    assert "survived: Adder-add-" in outcome.output
    assert Path(path).read_text().endswith("\n")
