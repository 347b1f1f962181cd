"""Write a multiverse: record, table and pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from densing.report.axes import COLOURS
from densing.report.folder import write_json, written_whole
from densing.report.sensitivity_page import drawable
from densing.report.sensitivity_specification import plot_specification
from densing.report.sensitivity_tornado import plot_tornado
from densing.report.sensitivity_variance import plot_variance
from densing.report.style import figure_of, save


def write_sensitivity(answer: Mapping[str, Any], folder: Path) -> Path:
    """Write sensitivity.json, sensitivity.csv and figures/ in `folder`; returns the folder."""
    with written_whole(folder, last="sensitivity.json") as made:
        _make(answer, made)
    return folder


def _make(answer: Mapping[str, Any], folder: Path) -> None:
    figures = folder / "figures"
    figures.mkdir()
    write_json(folder / "sensitivity.json", answer)
    table(answer).to_csv(folder / "sensitivity.csv", index=False)
    for estimand in COLOURS:
        if any(u[estimand] is not None for u in answer["universes"]):
            axes = plot_specification(answer, estimand=estimand)
            save(figure_of(axes), figures / f"specification-{estimand}")
    if drawable(answer):
        save(figure_of(plot_tornado(answer)), figures / "tornado")
    if any(answer["variance"].values()):
        save(figure_of(plot_variance(answer)), figures / "variance")


def table(answer: Mapping[str, Any]) -> pd.DataFrame:
    """One row a universe: levels, doubling times in months, verdict."""
    rows = []
    for universe in answer["universes"]:
        row: dict[str, Any] = dict(universe["levels"])
        for estimand in COLOURS:
            months = (universe[estimand] or {}).get("doubling_months", {})
            row |= {f"{estimand}_{k}": months.get(k) for k in ("median", "lower", "upper")}
        told = universe["diagnostics"]
        row |= {"models": universe["models"], "scores": universe["scores"], "how": told["how"],
                "verdict": told["verdict"], "reasons": "; ".join(told["reasons"])}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)
