"""A comparison of models, and the effect of reports, as a document and as tables."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from oracle_sim.backtest.judge import Judgement
from oracle_sim.backtest.series import date_of
from oracle_sim.forecasts.compare import Comparison
from oracle_sim.forecasts.effect import Effect

_MARGINS = ("line", "reported_line", "target", "reported_target")


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """All losses; `behind` is the mean QLIKE lost to the best, with its standard error."""
    models = {}
    for name, walk in comparison.walks.items():
        behind, error = comparison.lead(name)
        models[name] = {
            "qlike": walk.qlike,
            "mse": walk.mse,
            "bias": walk.bias,
            "behind": behind,
            "behind_error": error,
        }
    first = next(iter(comparison.walks.values()))
    return {
        "horizon_hours": comparison.horizon,
        "since": date_of(comparison.since),
        "until": date_of(comparison.until),
        "hours": len(first.realised),
        "best": comparison.best,
        "models": models,
    }


def comparison_table(asset: str, document: dict[str, Any]) -> Table:
    """The same for the terminal."""
    title = (
        f"{asset}, next {document['horizon_hours']} h · {document['hours']:,} hours from "
        f"{document['since']} · best: {document['best']}"
    )
    table = Table(title=title, title_justify="left")
    for name in ("model", "QLIKE", "behind the best", "MSE [1 per day²]", "mean / realised"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for name, losses in document["models"].items():
        table.add_row(
            name,
            f"{losses['qlike']:.4f}",
            f"{losses['behind']:.4f} ± {losses['behind_error']:.4f}",
            f"{losses['mse']:.3e}",
            f"{losses['bias']:.3f}",
        )
    return table


def effect_document(effect: Effect, model: str, reach: float) -> dict[str, Any]:
    """What reports did to line and target."""
    return {
        "model": model,
        "range": reach,
        "raised": effect.raised,
        "bound": effect.bound,
        **{name: _numbers(getattr(effect, name)) for name in _MARGINS},
    }


def _numbers(judgement: Judgement) -> dict[str, float]:
    return {
        "observations": judgement.observations,
        "coverage": judgement.coverage,
        "kupiec_p": judgement.typical("frequency").p_value,
        "christoffersen_p": judgement.typical("independence").p_value,
        "mean_margin": judgement.mean_margin,
        "worst_exceedance": judgement.exceedances.worst,
        "peak_to_trough": judgement.peak_to_trough,
        "max_rise_1h": judgement.max_rise_1h,
    }


def effect_table(asset: str, document: dict[str, Any]) -> Table:
    """The same for the terminal."""
    title = (
        f"{asset}, reports by {document['model']}, range {document['range']:g} · "
        f"raised {document['raised']:.1%} of the closes"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("margin")
    heads = ("coverage", "Christoffersen p", "average", "worst exceedance", "steepest hour")
    for name in heads:
        table.add_column(name, justify="right")
    for name in _MARGINS:
        numbers = document[name]
        table.add_row(
            name.replace("reported_", "reported "),
            f"{numbers['coverage']:.3%}",
            f"{numbers['christoffersen_p']:.3f}",
            f"{numbers['mean_margin']:.2%}",
            f"{numbers['worst_exceedance']:.1%}",
            f"× {numbers['max_rise_1h']:.3f}",
        )
    return table
