"""What sampling gives: the same record from every engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.inference.nuts import Statistics


@dataclass(frozen=True)
class Draws:
    """Draws of a program's parameters and how they were made, the same from every engine."""

    values: Mapping[str, np.ndarray]
    """Sampled and derived quantities, shape (chain, draw, ...)."""
    statistics: Statistics
    gradient_evaluations: int
    """Warm-up and the search of modes included."""
    seconds: dict[str, float]
    """`compile` and `sample`."""
    first_divergences: int = 0
    """Divergent transitions of a first try, whose draws were dropped."""


def draws_of_tree(
    run: xr.DataTree, *, names: Mapping[str, str], evaluations: int, seconds: Mapping[str, float]
) -> Draws:
    """Gather what PyMC or nutpie returns, warm-up included.

    Parameters
    ----------
    names
        What the sampler calls a field of `Statistics`, where that is not its name.
    evaluations
        Gradients taken before the run.
    """
    stats = run["sample_stats"]
    fields = {field: stats[names.get(field, field)].to_numpy() for field in Statistics._fields}
    fields["n_steps"] = fields["n_steps"].astype(np.int64)
    return Draws(
        values=named(run["posterior"]),
        statistics=Statistics(**fields),
        gradient_evaluations=evaluations + leapfrogs(run),
        seconds={name: round(value, 2) for name, value in seconds.items()},
    )


def leapfrogs(run: xr.DataTree) -> int:
    """Gradient evaluations of a run, warm-up included."""
    groups: list[Any] = [run["sample_stats"], run["warmup_sample_stats"]]
    return sum(int(group["n_steps"].sum()) for group in groups)


def named(posterior: Any) -> dict[str, np.ndarray]:
    """Draws by name, shape (chain, draw, ...), less the coordinates the sampler walked in."""
    return {
        str(name): values.to_numpy()
        for name, values in posterior.data_vars.items()
        if not str(name).endswith("_coordinate")
    }
