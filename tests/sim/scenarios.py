"""A scenario that plays in a fraction of a second, and how to change it."""

from pathlib import Path
from typing import Any

import yaml

SMALL: dict[str, Any] = {
    "description": "Half an hour of two markets.",
    "horizon": 1_800,
    "block": 60,
    "assets": {"BTC": {"price": 30_000}, "SOL": {"price": 60}},
    "process": {"kind": "diffusion", "volatility": {"BTC": 0.05, "SOL": 0.08}, "correlation": 0.5},
    "agents": {
        "traders": 8,
        "bidders": 2,
        "providers": 2,
        "stakers": 1,
        "opening_period": 300.0,
        "bidder_cash": [50_000.0, 90_000.0],
    },
}

FALL = [{"at": 600, "over": 300, "moves": {"BTC": -0.3, "SOL": -0.3}}]


def write_scenario(folder: Path, **changes: Any) -> Path:
    """Write SMALL with other entries; None leaves one out."""
    content = {k: v for k, v in {**SMALL, **changes}.items() if v is not None}
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path
