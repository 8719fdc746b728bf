"""`ape run report`: compare, make, sign, submit."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ape
import pytest
from ape.types.signatures import MessageSignature
from click.testing import CliRunner, Result
from eth_account import Account

from chain import Contract, PyrevmChain
from margin_model.fixed_point import WAD
from oracle_sim.forecasts import compare
from oracle_sim.forecasts.reporter import (
    ReportError,
    SignedReport,
    make_report,
    read_signed_report,
    variance_of,
)
from scripts import report as command
from tests.sim.price_files import write_drawn
from tests.unit.reports_world import SIGNERS, THRESHOLD, Reports

CONTRACT = "0x" + "aa" * 20


def run(*arguments: str | Path) -> Result:
    return CliRunner(mix_stderr=False).invoke(command.cli, [str(each) for each in arguments])


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """ape's accounts are the signers, by number."""
    by_alias = {str(i): signer for i, signer in enumerate(SIGNERS)}

    def load(alias: str) -> Any:
        def sign_message(message: Any) -> MessageSignature | None:
            made = by_alias[alias].sign_message(message)
            return MessageSignature(made.v, made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big"))

        return SimpleNamespace(sign_message=sign_message)

    monkeypatch.setattr(ape, "accounts", SimpleNamespace(aliases=by_alias, load=load))


@pytest.fixture
def reports(chain, artifacts) -> Reports:
    return Reports(chain, artifacts)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, chain: PyrevmChain) -> None:
    """The command's network is the test's chain."""
    from contextlib import contextmanager

    @contextmanager
    def connect(network: str | None, account: str | None = None) -> Any:
        yield chain

    monkeypatch.setattr(command, "connect", connect)


def written(tmp_path: Path, reports: Reports, *, signed: int = THRESHOLD) -> Path:
    """A file with a report of this moment and some signatures."""
    report = SignedReport(reports.report(), reports.chain.chain_id, reports.contract.address)
    for signature in reports.sign(report.report, SIGNERS[:signed]):
        report = report.with_signature(signature)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report.document()))
    return path


# ── compare and make ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first fit of five weeks, so that a test takes seconds."""
    monkeypatch.setattr(compare.walk_forward, "__defaults__", (compare.MODELS, 840, 336, None))
    monkeypatch.setattr(compare.forecasts, "__defaults__", (840, 336, None))


@pytest.mark.usefixtures("short")
def test_compare__drawn_prices__all_models_and_the_line_with_reports(tmp_path: Path) -> None:
    prices = write_drawn(tmp_path / "btcusdt.csv", 60)
    done = run("compare", "--prices", prices, "--json", "-")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["assets"]["BTC"]
    assert set(found["models"]) == set(compare.MODELS)
    assert found["models"][found["best"]]["behind"] == 0
    assert found["best"] == min(found["models"], key=lambda name: found["models"][name]["qlike"])
    reported = found["effect"]
    assert reported["reported_line"]["mean_margin"] >= reported["line"]["mean_margin"]
    assert reported["reported_line"]["coverage"] >= reported["line"]["coverage"]


@pytest.mark.usefixtures("short")
def test_compare__asset_without_parameters__models_alone_in_a_table(tmp_path: Path) -> None:
    prices = write_drawn(tmp_path / "xyzusdt.csv", 60)
    done = run("compare", "--prices", prices, "--horizon", "1d")
    assert done.exit_code == 0, done.stderr
    assert "XYZ, next 24 h" in done.stdout
    assert "reports by" not in done.stdout


def test_make__prices__report_of_now_without_signatures(tmp_path: Path) -> None:
    prices = write_drawn(tmp_path / "btcusdt.csv", 30)
    out = tmp_path / "report.json"
    done = run(
        *("make", "--asset", "2", "--prices", prices, "--contract", CONTRACT, "--chain-id", "10"),
        *("--model", "har", "--implied", "0.8", "--lifetime", "600", "--json", out),
    )
    assert done.exit_code == 0, done.stderr
    assert "% a day over the next 1h" in done.stderr
    found = read_signed_report(out)
    assert (found.chain_id, found.contract, dict(found.signatures)) == (10, CONTRACT, {})
    assert found.report.asset == 2
    assert found.report.sequence == found.report.issued_at
    assert found.report.expires_at == found.report.issued_at + 600
    assert found.report.implied_variance == pytest.approx(0.64 / 365 * WAD)
    assert 0.01 < (found.report.variance / WAD) ** 0.5 < 0.1


# ── sign and submit ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("keys", "connected")
def test_sign_and_submit__as_many_as_it_takes__accepted_once_sent(
    tmp_path: Path, reports: Reports
) -> None:
    path = written(tmp_path, reports, signed=0)
    for number in (2, 0):
        done = run("sign", "--report", path, "--account", str(number), "--json", path)
        assert done.exit_code == 0, done.stderr
        assert done.stderr.startswith("asset 0: 5.00% a day, implied 0.00%, from 20")
    few = run("submit", "--report", path)
    assert few.exit_code == 2
    assert few.stderr == "reverted: signatures: too few\n"
    # without a file it is printed
    path.write_text(run("sign", "--report", path, "--account", "1").stdout)

    dry = run("submit", "--report", path)
    assert dry.exit_code == 0, dry.stderr
    assert "would be accepted" in dry.stdout
    assert reports.floor() == 0
    sent = run("submit", "--report", path, "--send", "--json", "-")
    assert sent.exit_code == 0, sent.stderr
    assert json.loads(sent.stdout)["sent"] is True
    assert reports.floor() == json.loads(sent.stdout)["new_floor"] > 0
    again = run("submit", "--report", path)
    assert (again.exit_code, again.stderr) == (2, "reverted: sequence: not above the last\n")


@pytest.mark.usefixtures("connected")
def test_submit__other_chain_or_no_contract__one_line(tmp_path: Path, reports: Reports) -> None:
    path = written(tmp_path, reports)
    whole = json.loads(path.read_text())
    for name, value, reason in (
        ("chain_id", 5, "chain_id: 5, not 1"),
        ("contract", CONTRACT, "contract: no code at"),
    ):
        # signatures of another domain recover to others, so there may be none here
        path.write_text(json.dumps({**whole, name: value, "signatures": {}}))
        done = run("submit", "--report", path)
        assert done.exit_code == 2
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("keys")
def test_sign__account_not_there__one_line(tmp_path: Path, reports: Reports) -> None:
    done = run("sign", "--report", written(tmp_path, reports), "--account", "nobody")
    assert (done.exit_code, done.stderr) == (2, "Invalid value: --account: no account 'nobody'\n")


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def test_read_signed_report__as_written__the_same(tmp_path: Path, reports: Reports) -> None:
    found = read_signed_report(written(tmp_path, reports))
    assert found.report == reports.report()
    assert list(found.signatures) == [signer.address for signer in SIGNERS[:THRESHOLD]]
    reports.contract.submit(*found.arguments)


def test_arguments__signed_in_any_order__ascending(reports: Reports) -> None:
    signed = SignedReport(reports.report(), reports.chain.chain_id, reports.contract.address)
    for signer in reversed(SIGNERS):
        signed = signed.with_signature(signer.sign_message(signed.message).signature)
    assert signed.arguments[1] == reports.sign(signed.report, SIGNERS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"report": 5}, "report: missing or not dict"),
        ({"report": {"asset": 1}}, "report: needs asset, variance"),
        ({"contract": "0x12"}, "contract: '0x12' is no address"),
        ({"chain_id": True}, "chain_id: missing or not int"),
        ({"chain_id": 7}, "not his signature of this report"),
        ({"signatures": {"0x1": "0x2"}}, "signatures.0x1: not 65 bytes"),
        ({"signatures": {"0x1": "0x" + "00" * 65}}, "signatures: "),
        ({"signatures": None}, "signatures: missing or not dict"),
    ],
)
def test_read_signed_report__faulty__names_file_and_field(
    tmp_path: Path, reports: Reports, change: dict[str, Any], reason: str
) -> None:
    path = written(tmp_path, reports)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ReportError, match=reason.replace(".", r"\.")):
        read_signed_report(path)


@pytest.mark.parametrize("field", ["asset", "variance", "expires_at"])
def test_read_signed_report__out_of_range_or_no_number__names_it(
    tmp_path: Path, reports: Reports, field: str
) -> None:
    path = written(tmp_path, reports)
    whole = json.loads(path.read_text())
    for value, reason in (
        (-1, "-1, from 0 to"),
        (2**255, f"{2**255}, from 0 to"),
        (1.5, "missing or not int"),
    ):
        whole["report"][field] = value
        path.write_text(json.dumps(whole))
        with pytest.raises(ReportError, match=f"{field}: {reason}"):
            read_signed_report(path)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_read_signed_report__no_object__says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"report\.json: no"):
        read_signed_report(path)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("make", "--asset", "0"), "Missing option"),
        (("sign", "--report", "nowhere.json", "--account", "x"), "nowhere.json: No such file"),
        (("compare", "--prices", "nowhere.csv"), "nowhere.csv"),
        (("compare", "--prices", "x", "--json", "/nowhere/x.json"), "no such folder"),
        (("nothing",), "No such command"),
    ],
)
def test_report__bad_input__one_line_and_exit_code_2(
    arguments: tuple[str, ...], reason: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert reason in done.stderr


def test_make__no_address__one_line(tmp_path: Path) -> None:
    prices = write_drawn(tmp_path / "btcusdt.csv", 5)
    words = ("make", "--asset", "0", "--prices", prices, "--chain-id", "1", "--contract", "0x1")
    done = run(*words)
    assert (done.exit_code, done.stderr) == (2, "Invalid value: --contract: '0x1' is no address\n")


# ── reports ──────────────────────────────────────────────────────────────────────────────────────


def test_make_report__wild_forecast__cut_to_what_the_contract_takes() -> None:
    assert make_report(0, 1e9, 100, 60).variance == 16 * WAD
    assert make_report(0, 0.0, 100, 60).variance == 1
    with pytest.raises(ReportError, match="lifetime"):
        make_report(0, 1.0, 100, 59)
    with pytest.raises(ReportError, match="not a number"):
        make_report(0, float("nan"), 100, 60)
    with pytest.raises(ReportError, match="sequence: 101, at most 100"):
        make_report(0, 1.0, 100, 60, sequence=101)


def test_variance_of__volatility_a_year__a_day() -> None:
    assert variance_of(0.955) == pytest.approx(0.05**2, rel=0.01)


def test_with_signature__of_a_contract_key__recovers_to_him(reports: Reports) -> None:
    signed = SignedReport(reports.report(), 1, CONTRACT)
    someone = Account.from_key(b"\x07" * 32)
    found = signed.with_signature(bytes(someone.sign_message(signed.message).signature))
    assert list(found.signatures) == [someone.address]
    assert isinstance(reports.contract, Contract)
