"""Whether a universe's integration grid suffices, checked at some of its draws."""

from collections.abc import Mapping

import numpy as np

from densing.inference.targets import grid_errors, typical_error, worst_edge
from densing.inference.whitening import Inputs
from densing.models.joint import Switches

CHECKED = 100
"""Draws that the grid is checked at: one number of them, one program."""


def check(
    values: Mapping[str, np.ndarray],
    inputs: Inputs,
    switches: Switches,
    *,
    models: int,
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """Check the integration grid at `CHECKED` draws, spread evenly over all of them.

    Parameters
    ----------
    values
        All quantities, (chain, draw, ...).
    models
        The universe's own; what comes after them is padding and does not count.
    weights
        Of draws that were another universe's, shape (chain, draw).

    Returns
    -------
    dict
        `integration_error` and `edge_mass`, as `results.health.examine` takes them.
    """
    flat = {name: value.reshape(-1, *value.shape[2:]) for name, value in values.items()}
    count = len(flat["rate"])
    share = np.ones(count) if weights is None else weights.ravel()
    at = (np.arange(CHECKED) + 0.5) / CHECKED  # systematic resampling
    drawn = np.searchsorted(np.cumsum(share) / np.sum(share), at).clip(max=count - 1)
    some = {name: value[drawn] for name, value in flat.items()}
    error, ends = grid_errors(some, inputs.data, inputs.facts, switches)
    return {
        "integration_error": typical_error(error[:, :models]),
        "edge_mass": worst_edge(ends[:, :models]),
    }
