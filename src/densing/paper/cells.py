"""A grid over two parameters that is fine where the posterior is, however many modes it has."""

from collections.abc import Callable

import numpy as np

Range = tuple[float, float]
CUTS = (60.0, 30.0, 16.0)
"""At each refinement cells so many log units below the best are dropped, generously at first."""


def refined(
    log_weight: Callable[[np.ndarray, np.ndarray], np.ndarray],
    first: Range,
    second: Range,
    *,
    points: int,
    cuts: tuple[float, ...] = CUTS,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[float, float]]:
    """Refine a grid of `points` by `points` cells, three by three in each cell that counts.

    Parameters
    ----------
    log_weight
        Log posterior density at cell centres (cell,), up to a constant.

    Returns
    -------
    x, y, weight, steps
        Centres and normalised weights of the cells, shape (cell,), and their two widths.
    """
    steps = np.array([(end - start) / points for start, end in (first, second)])
    centre = np.arange(points) + 0.5
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(
            first[0] + steps[0] * centre, second[0] + steps[1] * centre, indexing="ij"
        )
    )
    value = log_weight(x, y)
    for cut in cuts:
        keep = value > value.max() - cut
        steps = steps / 3.0
        shift = np.array([-1.0, 0.0, 1.0])
        x = (x[keep, None, None] + steps[0] * shift[:, None] + 0.0 * shift).ravel()
        y = (y[keep, None, None] + steps[1] * shift + 0.0 * shift[:, None]).ravel()
        value = log_weight(x, y)
    weight = np.exp(value - value.max())
    return x, y, weight / weight.sum(), (float(steps[0]), float(steps[1]))
