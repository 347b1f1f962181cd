"""Where a reference family stands among the models of a families run: the level of density.

A ladder's loss law and performance map say which score the family would have at a size and at D0
tokens. On the families' curve that score is worth a size; the ratio of that size to the family's
own is its density, and every other density is told relative to it. The ladder's posterior is its
own (a cut): models cannot bend it, and it changes no rate.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import logit

from densing.models.families import SIZE
from densing.models.laws import LossCurve, ScoreMap, log_loss, score
from densing.models.ops import numpy_ops


def reference_level(
    rng: np.random.Generator,
    ladder: Mapping[str, Any],
    tokens: float,
    draws: Mapping[str, np.ndarray],
    names: Sequence[str],
    floor: np.ndarray,
) -> np.ndarray:
    """Log density of the reference in a families run's own units, shape (draw,).

    It is read at the ladder's largest run, at `tokens` training tokens, and averaged over the
    benchmarks that ladder and run share.

    Parameters
    ----------
    ladder
        As `inference.ladders.ladder_curves` gives it.
    draws
        `intercept`, `slope` and `ceiling` of the run, shape (draw, benchmark).
    names, floor
        Benchmarks of the run and their chance levels.
    """
    curves = {name: np.asarray(value) for name, value in ladder["curves"].items()}
    loss = LossCurve(
        np.log(curves["irreducible_loss"]), np.log(curves["size_term"]), curves["alpha"],
        np.log(curves["data_term"]), curves["beta"],
    )  # fmt: skip
    maps = ScoreMap(*(curves[k] for k in ("floor", "ceiling", "steepness", "midpoint")))
    n = np.log(ladder["params"]) - ladder["centre"]["log_params"]
    d = np.log(tokens) - ladder["centre"]["log_tokens"]
    expected = score(numpy_ops, maps, np.exp(log_loss(numpy_ops, loss, n, d)))
    count, found = len(draws["intercept"]), []
    pick = rng.integers(len(expected), size=count)
    for column, name in enumerate(ladder["benchmarks"]):
        if name not in names:
            continue
        k = list(names).index(name)
        share = (expected[pick, column] - floor[k]) / (draws["ceiling"][:, k] - floor[k])
        z = logit(np.clip(share, *RANGE))
        x = (z - draws["intercept"][:, k]) / draws["slope"][:, k]
        found.append(x - np.log(ladder["params"] / SIZE))
    return np.mean(found, axis=0)


RANGE = (0.01, 0.99)
"""Shares of a benchmark's range beyond which a score tells no size."""
