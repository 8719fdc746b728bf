"""How fast one path of a scenario is played: `python -m bench.simulation` prints it.

`measure` is what `bench/throughput.json` has under ``simulation``.
"""

from __future__ import annotations

import json
import time
from typing import Any

from oracle_sim.ensemble import PathTask, run_path, world_of
from oracle_sim.simulation import read_simulation
from oracle_sim.world import World

SCENARIO = "severe"
SEEDS = (1, 2, 3)


def measure() -> dict[str, Any]:
    """Play paths one after the other in this process.

    Returns
    -------
    dict
        Means over the paths. A path includes opening and funding all accounts and checking the
        invariants after every block; compiling is left out, deploying (once for all paths) beside
        it. ``cpu_seconds`` is what a core needs, ``seconds`` what it took here.
    """
    simulation = read_simulation(SCENARIO)
    world_of(simulation)  # compiles what is not cached
    started = time.perf_counter()
    world = World(simulation)
    deploying = time.perf_counter() - started

    wall, processor = time.perf_counter(), time.process_time()
    results = [run_path(PathTask(simulation, seed)) for seed in SEEDS]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    count = len(results)
    blocks = sum(result.blocks for result in results)
    transactions = sum(result.transactions for result in results)
    return {
        "scenario": simulation.name,
        "seeds": list(SEEDS),
        "accounts": simulation.agents.accounts,
        "markets": len(world.prices),
        "blocks": blocks / count,
        "transactions": transactions / count,
        "transactions_per_block": round(transactions / blocks, 2),
        "checks": sum(result.checks for result in results) / count,
        "sound": all(result.is_sound for result in results),
        "deploy_seconds": round(deploying, 2),
        "seconds": round(wall / count, 2),
        "cpu_seconds": round(processor / count, 2),
        "cpu_seconds_per_1000_blocks": round(processor / blocks * 1_000, 2),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
