"""What may be chosen: points of the unit cube and the thresholds they stand for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from chain.config import CONFIG_FOLDER
from chain.config_file import load_yaml
from chain.errors import ConfigError
from chain.files import write_whole

Floats = NDArray[np.float64]


@dataclass(frozen=True, order=True)
class Candidate:
    """One choice of thresholds, with the digits a configuration gives them.

    Attributes
    ----------
    buffer : float
        b: margin calls begin at (1 + b)·MM, and an auction sells until that is reached [1].
    im_gap : float
        How far IM lies above the buffered requirement: IM multiplier less 1 + b. What a new
        position may lose before its margin call [1].
    s0, s1 : float
        Incentive over pinned MM at the start and after the fast phase [1].
    fast_phase, slow_phase : int
        [s]
    penalty : float
        p: to the fund, of the pinned MM sold [1].
    """

    buffer: float
    im_gap: float
    s0: float
    s1: float
    fast_phase: int
    slow_phase: int
    penalty: float

    @property
    def im_multiplier(self) -> float:
        """IM over MM at the line [1]."""
        return round(1 + self.buffer + self.im_gap, 3)


@dataclass(frozen=True)
class _Range:
    low: float
    high: float
    logarithmic: bool = False

    def at(self, part: float) -> float:
        """The value at a part of the way from low to high."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** part)
        return self.low + part * (self.high - self.low)

    def part(self, value: float) -> float:
        """Where a value lies, cut to the range."""
        if self.logarithmic:
            found = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            found = (value - self.low) / (self.high - self.low)
        return min(max(found, 0.0), 1.0)


# s1 is searched as a distance above s0, so that any point of the cube is a valid choice.
_STEP_S1 = "s1"
SPACE = {
    "buffer": _Range(0.05, 0.25),
    "im_gap": _Range(0.05, 0.9),
    "s0": _Range(0.01, 0.2),
    _STEP_S1: _Range(0.0, 0.5),
    "fast_phase": _Range(120, 1_800, logarithmic=True),
    "slow_phase": _Range(600, 7_200, logarithmic=True),
    "penalty": _Range(0.0, 0.12),
}
"""Within the bounds of the contracts, which are wider."""

NAMES = tuple(field.name for field in fields(Candidate))
_DIGITS = 3


def candidate_at(point: Floats) -> Candidate:
    """The thresholds at a point of the unit cube, shape (7,)."""
    values = {name: SPACE[name].at(float(point[i])) for i, name in enumerate(NAMES)}
    values["s1"] += values["s0"]
    fast_phase, slow_phase = (round(values.pop(name)) for name in ("fast_phase", "slow_phase"))
    rounded = {name: round(value, _DIGITS) for name, value in values.items()}
    return Candidate(fast_phase=fast_phase, slow_phase=slow_phase, **rounded)


def point_of(candidate: Candidate) -> Floats:
    """Where a candidate lies, cut to the cube."""
    values = asdict(candidate)
    values["s1"] -= values["s0"]
    return np.array([SPACE[name].part(values[name]) for name in NAMES])


def design(count: int, seed: int) -> list[Candidate]:
    """Candidates spread evenly: the start of a scrambled Sobol sequence.

    Parameters
    ----------
    count : int
    seed : int
    """
    from scipy.stats import qmc

    if count < 1:
        return []
    sequence = qmc.Sobol(len(NAMES), scramble=True, rng=np.random.default_rng(seed))
    points = sequence.random_base2(max(1, math.ceil(math.log2(count))))[:count]
    return [candidate_at(point) for point in points]


def neighbours(
    parents: list[Candidate], count: int, rng: np.random.Generator, spread: float = 0.12
) -> list[Candidate]:
    """Candidates near good ones: each a parent moved a little in every direction.

    Parameters
    ----------
    parents : list of Candidate
        Taken in turn; at least one.
    count : int
    rng : numpy.random.Generator
    spread : float
        Standard deviation of a move, of the cube's side.
    """
    found = []
    for i in range(count):
        point = point_of(parents[i % len(parents)])
        moved = point + rng.normal(0.0, spread, len(NAMES))
        # reflected at the faces: cutting would pile candidates up there
        folded = np.abs((moved + 1.0) % 2.0 - 1.0)
        found.append(candidate_at(folded))
    return found


# ── configurations ───────────────────────────────────────────────────────────────────────────────


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes decimals as the loader reads them."""


_Dumper.add_representer(
    Decimal,
    lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}"),
)


def _content(protocol: str) -> tuple[Path, dict[str, Any]]:
    path = Path(protocol)
    if not path.suffix:
        path = CONFIG_FOLDER / f"{protocol}.yaml"
    content = load_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: not a mapping")
    for section in ("risk", "auction"):
        if not isinstance(content.get(section), dict):
            raise ConfigError(f"{path}: {section}: not a mapping")
    return path, content


def configured(protocol: str) -> Candidate:
    """The candidate that a configuration is now."""
    path, content = _content(protocol)
    risk, auction = content["risk"], content["auction"]
    try:
        buffer = float(risk["buffer"])
        return Candidate(
            buffer=buffer,
            im_gap=round(float(risk["im_multiplier"]) - 1 - buffer, _DIGITS),
            s0=float(auction["s0"]),
            s1=float(auction["s1"]),
            fast_phase=int(auction["fast_phase"]),
            slow_phase=int(auction["slow_phase"]),
            penalty=float(auction["penalty"]),
        )
    except KeyError as error:
        raise ConfigError(f"{path}: {error.args[0]}: missing") from None
    except (TypeError, ValueError):
        raise ConfigError(f"{path}: risk, auction: not numbers") from None


def changes(candidate: Candidate, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a configuration has to say instead, by section.

    Dust follows the buffer: what a slice leaves must keep b · dust for the keeper.
    """
    buffer = Decimal(str(candidate.buffer))
    least = (Decimal(content["risk"]["keeper_cost"]) / buffer).quantize(Decimal(1), ROUND_UP)
    return {
        "risk": {
            "im_multiplier": Decimal(str(candidate.im_multiplier)),
            "buffer": buffer,
        },
        "auction": {
            "s0": Decimal(str(candidate.s0)),
            "s1": Decimal(str(candidate.s1)),
            "fast_phase": candidate.fast_phase,
            "slow_phase": candidate.slow_phase,
            "penalty": Decimal(str(candidate.penalty)),
            "dust": max(Decimal(content["auction"]["dust"]), least),
        },
    }


def write_config(candidate: Candidate, protocol: str, folder: Path) -> Path:
    """Write the configuration with a candidate's thresholds into a folder."""
    path, content = _content(protocol)
    for section, values in changes(candidate, content).items():
        content[section].update(values)
    target = folder / path.name
    write_whole(target, yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False))
    return target
