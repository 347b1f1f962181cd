"""Densities of the models of a run, one row each."""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.interval import PROB, interval


def density_table(run: xr.DataTree, *, prob: float = PROB) -> list[dict[str, Any]]:
    """Return the contract's `density` list, densest model first."""
    derived, data = run["derived"], run["constant_data"]
    rows = []
    for i, name in enumerate(derived["model"].to_numpy()):
        rows.append(
            {
                "model": str(name),
                "release_date": str(data["release_date"].to_numpy()[i]),
                "params": float(data["counted_params"].to_numpy()[i]),
                "density": interval(derived["density"].to_numpy()[..., i], prob=prob).as_dict(),
                "effective_params": interval(
                    derived["effective_params"].to_numpy()[..., i], prob=prob
                ).as_dict(),
                "p_beyond_reference": float(
                    np.mean(derived["beyond_reference"].to_numpy()[..., i])
                ),
            }
        )
    return sorted(rows, key=lambda row: -row["density"]["median"])
