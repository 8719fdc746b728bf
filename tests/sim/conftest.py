"""The default demo, run once for all tests that look at it."""

import pytest

from oracle_sim.crash import generate_crash
from oracle_sim.outcome import Outcome
from oracle_sim.replay import replay


@pytest.fixture(scope="session")
def crash() -> Outcome:
    """The whole default demo: a generated crash, a hundred accounts."""
    return replay(generate_crash(2020))
