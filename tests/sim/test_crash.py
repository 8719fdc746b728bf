"""The generated crash: its statistics hold for every seed."""

import numpy as np
import pytest

from oracle_sim import crash
from oracle_sim.crash import TOLERANCE, CrashShape, generate_crash
from oracle_sim.extremes import drawdown, worst_fall
from oracle_sim.tape import Tape

SEEDS = range(30)
SHAPE = CrashShape()


@pytest.fixture(scope="module")
def tapes() -> list[Tape]:
    return [generate_crash(seed) for seed in SEEDS]


def falls(tape: Tape) -> list[float]:
    """Drawdown of every asset."""
    return [drawdown(high, low).fraction for high, low in zip(tape.high, tape.low, strict=True)]


def returns(tape: Tape) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Close-to-close log returns, shape (assets, bars - 1)."""
    return np.diff(np.log(tape.close), axis=1)


def test_generate_crash__every_seed__drawdowns_as_asked(tapes: list[Tape]) -> None:
    for tape in tapes:
        assert falls(tape) == pytest.approx(list(SHAPE.drawdowns), abs=TOLERANCE)


def test_generate_crash__every_seed__worst_hour_as_asked(tapes: list[Tape]) -> None:
    for tape in tapes:
        fall = worst_fall(tape.open[0], tape.low[0], 12)
        assert fall.fraction == pytest.approx(SHAPE.worst_hour, abs=TOLERANCE)
        # the panic comes hours before the low, as it did
        assert fall.end + 36 < int(tape.low[0].argmin())


def test_generate_crash__every_seed__takes_about_a_day_and_recovers(tapes: list[Tape]) -> None:
    for tape in tapes:
        fall = drawdown(tape.high[0], tape.low[0])
        assert 12 <= (fall.end - fall.start) / 12 <= 30
        recovery = tape.close[:, -1] / tape.low.min(axis=1) - 1
        assert (recovery > 0.25).all()


def test_generate_crash__every_seed__assets_fall_together(tapes: list[Tape]) -> None:
    """Ranges around 12-13 March 2020 (ETH) and May 2021 to November 2022 (SOL)."""
    for tape in tapes:
        moves = returns(tape)
        correlation = np.corrcoef(moves)
        assert 0.86 < correlation[0, 1] < 0.97
        assert 0.66 < correlation[0, 2] < 0.90
        betas = [np.cov(moves[0], move)[0, 1] / moves[0].var(ddof=1) for move in moves]
        assert 0.85 < betas[1] < 1.25
        assert 0.95 < betas[2] < 1.75
        lows = tape.low.argmin(axis=1)
        assert np.ptp(lows) <= 36  # within three hours


def test_generate_crash__every_seed__violent_bars_with_wicks(tapes: list[Tape]) -> None:
    for tape in tapes:
        worst = returns(tape)[0].min()
        assert -0.16 < worst < -0.035
        ranges = np.log(tape.high / tape.low).mean(axis=1)
        bodies = np.abs(np.log(tape.close / tape.open)).mean(axis=1)
        assert ((ranges / bodies > 1.5) & (ranges / bodies < 2.2)).all()


def test_generate_crash__every_seed__bars_are_sound(tapes: list[Tape]) -> None:
    for tape in tapes:
        assert tape.assets == ("BTC", "ETH", "SOL")
        assert len(tape) == 480
        assert tape.outages == ()
        assert tape.warnings == ()
        assert (np.diff(tape.time) == tape.interval).all()
        assert (tape.low > 0).all()
        assert (tape.low <= np.minimum(tape.open, tape.close)).all()
        assert (tape.high >= np.maximum(tape.open, tape.close)).all()
        assert (tape.open[:, 1:] == tape.close[:, :-1]).all()
        assert tape.open[:, 0].tolist() == list(SHAPE.prices)


def test_generate_crash__same_seed__same_crash() -> None:
    first, second = generate_crash(3), generate_crash(3)
    for field in ("open", "high", "low", "close"):
        assert (getattr(first, field) == getattr(second, field)).all()
    assert (generate_crash(4).close != first.close).any()


@pytest.mark.parametrize("lead", [0.48, 0.55])
@pytest.mark.parametrize("hour", [0.22, 0.30])
@pytest.mark.parametrize("volatility", [0.1, 2.5])
@pytest.mark.parametrize("hours", [36, 96])
def test_generate_crash__corners_of_its_shape__still_as_asked(
    lead: float, hour: float, volatility: float, hours: int
) -> None:
    """Strong noise has to give way, weak noise must do."""
    shape = CrashShape(
        drawdowns=(lead, 0.4, 0.8), worst_hour=hour, volatility=(volatility,) * 3, hours=hours
    )
    tape = generate_crash(11, shape)
    assert len(tape) == 12 * hours
    assert falls(tape) == pytest.approx([lead, 0.4, 0.8], abs=TOLERANCE)
    fall = worst_fall(tape.open[0], tape.low[0], 12)
    assert fall.fraction == pytest.approx(hour, abs=TOLERANCE)


def test_generate_crash__nothing_fits__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash, "_fit", lambda *_: None)
    with pytest.raises(ValueError, match="crash: no path has this shape"):
        generate_crash(0)


def test_generate_crash__one_asset__possible() -> None:
    shape = CrashShape(("XYZ",), (10.0,), (0.5,), 0.25, (1.0,), ((1.0,),))
    tape = generate_crash(0, shape)
    assert falls(tape) == pytest.approx([0.5], abs=TOLERANCE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prices": (1_000.0,)}, "crash: one price, drawdown and volatility for each asset"),
        ({"prices": (1_000.0, 100.0, 9.0)}, "crash: prices out of range"),
        ({"drawdowns": (0.6, 0.5, 0.5)}, "crash: drawdowns out of range"),
        ({"drawdowns": (0.5, 0.9, 0.5)}, "crash: drawdowns out of range"),
        ({"worst_hour": 0.35}, "crash: worst hour out of range"),
        ({"volatility": (1.0, 1.0, 3.0)}, "crash: volatility out of range"),
        ({"hours": 35}, "crash: hours out of range"),
        ({"start": 0}, "crash: start out of range"),
        ({"correlation": ((1.0,),)}, "crash correlation: not a square matrix of 3 assets"),
    ],
)
def test_crash_shape__out_of_range__named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CrashShape(**change)  # type: ignore[arg-type]
