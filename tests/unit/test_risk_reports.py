"""RiskReports: who may bring what, what is refused by name, and when a report ends."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from margin_model import risk_report
from margin_model.fixed_point import WAD
from margin_model.risk_report import MAX_LIFETIME, MAX_SEQUENCE, MAX_VARIANCE, MIN_LIFETIME
from tests.unit.reports_world import HOUR, OUTSIDER, SIGNERS, THRESHOLD, VARIANCE, Reports

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ADDRESSES = [signer.address for signer in SIGNERS]


@pytest.fixture
def reports(chain, artifacts) -> Reports:
    return Reports(chain, artifacts)


@pytest.fixture
def refused(reports, reverts):
    """`refused(reason, report, signatures)`: reverts by that name and changes nothing."""

    def refused(reason, report, signatures=None):
        before = [reports.contract.last_report(asset) for asset in range(16)]
        with reverts(reason):
            reports.submit(report, signatures)
        assert [reports.contract.last_report(asset) for asset in range(16)] == before

    return refused


# ── accepted ─────────────────────────────────────────────────────────────────────────────────────


def test_submit__signed_by_enough__raises_the_floor_and_says_so(reports):
    first = reports.report(sequence=7)
    reports.submit(first)
    assert reports.floor() == VARIANCE
    assert reports.contract.last_report(0) == astuple(first)

    second = reports.report(sequence=9, variance=VARIANCE // 2, implied_variance=3 * VARIANCE)
    (event,) = reports.contract.events(reports.submit(second))
    assert event.name == "ReportAccepted"
    assert event.args == (
        *(0, 9, VARIANCE, 3 * VARIANCE, VARIANCE // 2, 3 * VARIANCE),
        *(second.issued_at, second.expires_at),
    )
    assert reports.floor() == 3 * VARIANCE


def test_submit__lower_report_by_enough__lowers_the_floor(reports):
    reports.submit(reports.report())
    reports.submit(reports.report(sequence=2, variance=1))
    assert reports.floor() == 1


@pytest.mark.parametrize("count", [THRESHOLD, len(SIGNERS)])
def test_submit__any_signers_in_order__accepted(reports, count):
    report = reports.report()
    reports.submit(report, reports.sign(report, SIGNERS[-count:]))
    assert reports.floor() == VARIANCE


def test_submit__other_asset__has_its_own_report_and_sequence(reports):
    reports.submit(reports.report(sequence=5))
    reports.submit(reports.report(asset=15, variance=2 * VARIANCE))
    assert [reports.floor(asset) for asset in (0, 1, 15)] == [VARIANCE, 0, 2 * VARIANCE]


def test_submit__at_its_bounds__accepted(reports):
    now = reports.chain.time
    largest = {"variance": MAX_VARIANCE, "implied_variance": MAX_VARIANCE}
    reports.submit(reports.report(**largest, expires_at=now + MAX_LIFETIME))
    assert reports.floor() == MAX_VARIANCE
    reports.submit(
        reports.report(variance=1, issued_at=now, sequence=now, expires_at=now + MIN_LIFETIME + 30)
    )
    assert reports.floor() == 1


# ── refused ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asset": 16}, "asset: unknown"),
        ({"variance": 0}, "variance: out of range"),
        ({"variance": MAX_VARIANCE + 1}, "variance: out of range"),
        ({"implied_variance": MAX_VARIANCE + 1}, "implied variance: out of range"),
        ({"sequence": 0}, "sequence: not above the last"),
        ({"sequence": 2**255}, "sequence: beyond its time"),
        ({"expires_at": 2**256 - 1}, "lifetime: out of range"),
    ],
)
def test_submit__field_out_of_range__refused(reports, refused, changes, reason):
    refused(reason, reports.report(**changes))


def test_submit__highest_sequence_of_stolen_keys__leaves_room_for_new_ones(reports, refused):
    stolen = reports.report()
    refused("sequence: beyond its time", replace(stolen, sequence=stolen.issued_at + 1))
    reports.submit(replace(stolen, sequence=stolen.issued_at))
    reports.contract.set_signers([OUTSIDER.address], 1)
    reports.chain.advance(60)
    report = reports.report()
    report = replace(report, sequence=report.issued_at)
    reports.submit(report, reports.sign(report, [OUTSIDER]))
    assert reports.floor() == VARIANCE


@pytest.mark.parametrize("lifetime", [MIN_LIFETIME - 1, MAX_LIFETIME + 1])
def test_submit__lives_too_short_or_too_long__refused(reports, refused, lifetime):
    now = reports.chain.time
    refused("lifetime: out of range", reports.report(expires_at=now + lifetime))


def test_submit__issued_in_the_future__refused_until_then(reports, refused):
    # a transaction is mined a while after the time that is known here
    report = reports.report(issued_at=reports.chain.time + 100)
    refused("report: from the future", report)
    reports.chain.advance(100)
    reports.submit(report)


def test_submit__expired__refused(reports, refused):
    report = reports.report()
    reports.chain.advance(HOUR)
    refused("report: expired", report)


def test_submit__same_report_again__refused_as_a_replay(reports, refused):
    report = reports.report()
    signatures = reports.sign(report)
    reports.submit(report, signatures)
    refused("sequence: not above the last", report, signatures)
    # nor with other signers of the same
    refused("sequence: not above the last", report, reports.sign(report, SIGNERS[2:]))


def test_submit__older_sequence__refused_even_after_the_newer_has_expired(reports, refused):
    older = reports.report(sequence=3, expires_at=reports.chain.time + 3 * HOUR)
    reports.submit(reports.report(sequence=4))
    refused("sequence: not above the last", older)
    reports.chain.advance(2 * HOUR)
    refused("sequence: not above the last", older)
    assert reports.floor() == 0


@pytest.mark.parametrize("count", [0, 1, THRESHOLD - 1])
def test_submit__too_few_signers__refused(reports, refused, count):
    report = reports.report()
    refused("signatures: too few", report, reports.sign(report, SIGNERS[:count]))


@pytest.mark.parametrize("order", [(0, 1, 1), (0, 0, 1), (0, 2, 1), (2, 1, 0)])
def test_submit__signer_twice_or_out_of_order__refused(reports, refused, order):
    report = reports.report()
    signatures = reports.sign(report, [SIGNERS[i] for i in order])
    refused("signatures: not ascending", report, signatures)


def test_submit__signature_of_somebody_else__refused(reports, refused):
    report = reports.report()
    signers = sorted([*SIGNERS[:2], OUTSIDER], key=lambda signer: int(signer.address, 16))
    refused("signature: not of a signer", report, reports.sign(report, signers))


@pytest.mark.parametrize("field", list(risk_report.RiskReport.__dataclass_fields__))
def test_submit__any_field_changed_after_signing__refused(reports, refused, field):
    report = reports.report(issued_at=reports.chain.time - HOUR)
    changed = replace(report, **{field: getattr(report, field) + 1})
    refused("signature: not of a signer", changed, reports.sign(report))


def test_submit__signed_for_another_chain__refused(reports, refused):
    report = reports.report()
    signatures = reports.sign(report, chain_id=reports.chain.chain_id + 1)
    refused("signature: not of a signer", report, signatures)


def test_submit__signed_for_another_contract__refused(reports, refused, artifacts):
    twin = Reports(reports.chain, artifacts)
    report = reports.report()
    signatures = reports.sign(report, contract=twin.contract.address)
    refused("signature: not of a signer", report, signatures)
    twin.submit(report, signatures)


@pytest.mark.parametrize(("field", "value"), [("name", "Plimsoll Reports"), ("version", "2")])
def test_submit__signed_for_another_domain__refused(reports, refused, field, value):
    report = reports.report()
    message = risk_report.typed_data(report, reports.chain.chain_id, reports.contract.address)
    message["domain"][field] = value
    signable = encode_typed_data(full_message=message)
    signatures = [bytes(s.sign_message(signable).signature) for s in SIGNERS[:THRESHOLD]]
    refused("signature: not of a signer", report, signatures)


def test_submit__other_half_of_the_curve__refused(reports, refused):
    report = reports.report()
    signatures = reports.sign(report)
    r, s, v = signatures[1][:32], int.from_bytes(signatures[1][32:64], "big"), signatures[1][64]
    signatures[1] = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    refused("ecdsa: invalid signature `s` value", report, signatures)


def test_submit__no_signature_at_all__refused(reports, refused):
    report = reports.report()
    signatures = reports.sign(report)
    signatures[0] = bytes(32) + (1).to_bytes(32, "big") + bytes([27])
    refused("ecdsa: invalid signature", report, signatures)


def test_submit__short_form_of_a_signature__refused(reports, refused):
    report = reports.report()
    signatures = reports.sign(report)
    r, s, v = signatures[0][:32], int.from_bytes(signatures[0][32:64], "big"), signatures[0][64]
    signatures[0] = r + (s | (v - 27) << 255).to_bytes(32, "big")
    refused("signature: not 65 bytes", report, signatures)


# ── time ─────────────────────────────────────────────────────────────────────────────────────────


def test_variance_floor__as_time_passes__ends_at_the_expiry_by_itself(reports):
    report = reports.report()
    reports.submit(report)
    reports.chain.advance(report.expires_at - reports.chain.time - 1)
    assert reports.floor() == VARIANCE
    reports.chain.advance(1)
    assert reports.floor() == 0
    assert reports.contract.last_report(0) == astuple(report)


def test_submit__after_an_expiry__old_floor_of_the_event_is_none(reports):
    reports.submit(reports.report())
    reports.chain.advance(HOUR)
    (event,) = reports.contract.events(reports.submit(reports.report(sequence=2)))
    assert (event.args.old_floor, event.args.new_floor) == (0, VARIANCE)


@pytest.mark.parametrize("asset", [0, 15, 16, 2**256 - 1])
def test_variance_floor__nothing_reported_or_no_such_asset__is_none(reports, asset):
    assert reports.floor(asset) == 0


def test_last_report__no_such_asset__refused(reports, reverts):
    with reverts("asset: unknown"):
        reports.contract.last_report(16)


# ── what is signed ───────────────────────────────────────────────────────────────────────────────


def test_digest__of_a_report__is_the_hash_of_its_typed_data(reports):
    report = reports.report(implied_variance=5, sequence=MAX_SEQUENCE)
    message = risk_report.typed_data(report, reports.chain.chain_id, reports.contract.address)
    signable = encode_typed_data(full_message=message)
    assert reports.contract.digest(astuple(report)) == _hash_eip191_message(signable)


def test_domain__as_published__is_what_is_signed_for(reports):
    _, name, version, chain_id, contract, salt, extensions = reports.contract.eip712Domain()
    assert (name, version) == (risk_report.DOMAIN_NAME, risk_report.DOMAIN_VERSION)
    assert chain_id == reports.chain.chain_id
    assert int(contract, 16) == int(reports.contract.address, 16)
    assert (int.from_bytes(salt, "big"), len(extensions)) == (0, 0)


# ── signers ──────────────────────────────────────────────────────────────────────────────────────


def test_set_signers__other_set__replaces_the_old_one_and_ends_its_reports(reports, refused):
    reports.submit(reports.report(sequence=3))
    new = [ADDRESSES[0], OUTSIDER.address]
    new.sort(key=lambda address: int(address, 16))
    receipt = reports.contract.set_signers(new, 1)
    (event,) = reports.contract.events(receipt)
    assert event.name == "SignersSet"
    assert [list(map(str.lower, side)) for side in event.args[:2]] == [
        [address.lower() for address in side] for side in (ADDRESSES, new)
    ]
    assert event.args[2:] == (THRESHOLD, 1)
    assert reports.contract.threshold() == 1
    assert [address.lower() for address in reports.contract.signers()] == [a.lower() for a in new]
    assert not reports.contract.is_signer(ADDRESSES[1])
    assert reports.contract.is_signer(ADDRESSES[0])

    assert reports.floor() == 0
    assert reports.contract.last_report(0) == (0, 0, 0, 3, 0, 0)
    late = reports.report(sequence=4)
    refused("signature: not of a signer", late, reports.sign(late, SIGNERS[1:2]))
    known = reports.report(sequence=3)
    refused("sequence: not above the last", known, reports.sign(known, [OUTSIDER]))
    reports.submit(late, reports.sign(late, [OUTSIDER]))
    assert reports.floor() == VARIANCE


@pytest.mark.parametrize(
    ("signers", "threshold", "reason"),
    [
        (ADDRESSES, 0, "threshold: out of range"),
        (ADDRESSES, len(ADDRESSES) + 1, "threshold: out of range"),
        ([], 0, "threshold: out of range"),
        ([], 1, "threshold: out of range"),
        (ADDRESSES[::-1], 1, "signers: not ascending"),
        ([ADDRESSES[0], ADDRESSES[0]], 1, "signers: not ascending"),
        (["0x" + "00" * 20, *ADDRESSES], 1, "signers: not ascending"),
    ],
)
def test_set_signers__no_proper_set__refused_at_construction_too(
    chain, artifacts, reports, reverts, signers, threshold, reason
):
    with reverts(reason):
        reports.contract.set_signers(signers, threshold)
    with reverts(reason):
        chain.deploy(artifacts["RiskReports"], signers, threshold)
    assert reports.contract.threshold() == THRESHOLD
    assert all(reports.contract.is_signer(address) for address in ADDRESSES)


def test_set_signers__by_anybody_else__refused(reports, reverts, stranger):
    with reverts("ownable: caller is not the owner"):
        reports.contract.set_signers(ADDRESSES, 1, sender=stranger)


def test_ownership__in_two_steps__moves(reports, reverts, stranger):
    with reverts("ownable: caller is not the owner"):
        reports.contract.transfer_ownership(stranger, sender=stranger)
    reports.contract.transfer_ownership(stranger)
    with reverts("ownable_2step: caller is not the new owner"):
        reports.contract.accept_ownership()
    reports.contract.accept_ownership(sender=stranger)
    reports.contract.set_signers(ADDRESSES, 1, sender=stranger)


# ── what it comes to ─────────────────────────────────────────────────────────────────────────────


def test_raised__report_absent_present_expired__target_follows_and_falls_back(reports):
    measured, reach = VARIANCE // 2, 4 * WAD

    def variance() -> int:
        return risk_report.raised(measured, reports.floor(), reach)

    assert variance() == measured
    reports.submit(reports.report())
    assert variance() == VARIANCE
    reports.submit(reports.report(sequence=2, variance=MAX_VARIANCE))
    assert variance() == 4 * measured
    reports.chain.advance(HOUR)
    assert variance() == measured
