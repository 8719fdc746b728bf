"""How fast a keeper's scan is: `python -m bench.fleet` prints it.

`measure` is what `bench/throughput.json` has under ``fleet``.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from chain.config import load_config
from chain.deployment import CROSS, PORTFOLIO
from margin_model import fleet, price_word, tier_table
from margin_model.correlation_word import BPS, pack_correlations, pairs
from margin_model.fixed_point import WAD
from margin_model.requirement import ASSETS, Asset, Parameters
from margin_model.risk_word import RiskWord

ACCOUNTS = 1_000_000
SEED = 1
PRICE = 100  # of every asset [quote]
DEPTH = 10**7  # of every market [quote]


def measure() -> dict[str, Any]:
    """Assess a million accounts that hold positions and collateral in all sixteen assets.

    Returns
    -------
    dict
        Seconds of a core, and accounts a second, for standard and for portfolio margin.
    """
    rng = np.random.default_rng(SEED)
    sizes = rng.normal(size=(ACCOUNTS, ASSETS))
    amounts = np.abs(rng.normal(size=(ACCOUNTS, ASSETS)))
    cash = rng.normal(size=ACCOUNTS)
    conditions = _conditions()
    document: dict[str, Any] = {"accounts": ACCOUNTS, "assets": ASSETS}
    for name, kind in (("standard", CROSS), ("portfolio", PORTFOLIO)):
        accounts = fleet.Fleet(np.full(ACCOUNTS, float(kind)), cash, cash, sizes, amounts)
        started = time.process_time()
        found = fleet.assess(accounts, conditions)
        seconds = time.process_time() - started
        document[f"{name}_seconds"] = round(seconds, 2)
        document[f"{name}_accounts_per_second"] = round(len(found.maintenance) / seconds)
    return document


def _conditions() -> fleet.Conditions:
    """Sixteen assets like the demo's first one, every pair correlated by 0.7."""
    config = load_config("demo")
    symbol = next(iter(config.assets))
    shocks = config.shocks(symbol)
    risk = RiskWord(WAD // 20, WAD // 16, 0, DEPTH, 0, 100, 5_000)
    table = tier_table.pack([tier_table.Tier(0, 40), tier_table.Tier(50_000, 50)])
    word = price_word.pack(PRICE * WAD, PRICE * WAD, 0, 0, price_word.VALID)
    matrix = [[BPS] * ASSETS for _ in range(ASSETS)]
    for _, asset, other in pairs():
        matrix[asset][other] = matrix[other][asset] = 7_000
    return fleet.Conditions.of(
        [word] * ASSETS,
        {asset: Asset(risk, table, shocks) for asset in range(ASSETS)},
        Parameters(**{name: config.risk[name] for name in Parameters.__dataclass_fields__}),
        pack_correlations(matrix),
    )


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
