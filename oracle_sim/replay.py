"""One call from a tape to an outcome."""

from chain import Chain, PyrevmChain
from chain.config import Config, load_config
from chain.deployment import Deployment
from oracle_sim.course import tape_course
from oracle_sim.market import Market, Progress
from oracle_sim.outcome import Outcome
from oracle_sim.scenario import Scenario
from oracle_sim.tape import Tape
from oracle_sim.wallet import to_wad

LEAD = 60
"""What deploying is given on the chain's clock before the first tick [s]."""


def fresh_chain(tape: Tape, scenario: Scenario) -> Chain:
    """An in-process chain whose clock stands shortly before the tape, an address for everybody."""
    return PyrevmChain(int(tape.time[0]) - LEAD, scenario.accounts + 1)


def config_for(tape: Tape) -> Config:
    """`config/demo.yaml` with the assets of a tape only, at its first prices."""
    first = {name: to_wad(float(tape.open[i, 0])) for i, name in enumerate(tape.assets)}
    return load_config("demo").subset(tape.assets).with_prices(first)


def replay(
    tape: Tape,
    scenario: Scenario | None = None,
    chain: Chain | None = None,
    progress: Progress | None = None,
    config: Config | None = None,
) -> Outcome:
    """Deploy the whole protocol and replay a tape through it.

    Parameters
    ----------
    tape : Tape
    scenario : Scenario, optional
    chain : Chain, optional
        A fresh in-process one by default. On one whose clock is past the tape's start the tape is
        played later by as much.
    progress : callable, optional
    config : Config, optional
        `config_for` the tape by default.
    """
    scenario = scenario or Scenario()
    chain = chain or fresh_chain(tape, scenario)
    config = config or config_for(tape)
    deployment = Deployment.deploy(chain, config)
    return Market(tape_course(tape), scenario, deployment, config).run(progress)
