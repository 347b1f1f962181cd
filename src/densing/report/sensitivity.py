"""Write a multiverse: record, table and pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from densing.report.sensitivity_axis import COLOURS
from densing.report.sensitivity_specification import plot_specification
from densing.report.sensitivity_tornado import plot_tornado
from densing.report.sensitivity_variance import plot_variance
from densing.report.style import figure_of, save
from densing.results.plain_json import to_json


def write_sensitivity(answer: Mapping[str, Any], folder: Path) -> Path:
    """Write sensitivity.json, sensitivity.csv and figures/ in `folder`; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    (folder / "sensitivity.json").write_text(to_json(answer), encoding="utf-8")
    table(answer).to_csv(folder / "sensitivity.csv", index=False)
    for estimand in COLOURS:
        if any(u[estimand] is not None for u in answer["universes"]):
            axes = plot_specification(answer, estimand=estimand)
            save(figure_of(axes), figures / f"specification-{estimand}")
    if answer["default"] and any(any(a["levels"].values()) for a in answer["axes"].values()):
        save(figure_of(plot_tornado(answer)), figures / "tornado")
    if answer["variance"]["population"] is not None:
        save(figure_of(plot_variance(answer)), figures / "variance")
    return folder


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
