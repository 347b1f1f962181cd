"""Densities by the paper's inversion from public scores: the paper does not print its own."""

import numpy as np

from densing.data import bundled
from densing.paper import published as pub
from densing.paper.curves import effective_params, published_curves

PANEL = "AVERAGE"
DAYS, SIZE = 3, 0.02
"""How far release dates and relative sizes of one model may lie apart in the two tables."""


def public_scores() -> np.ndarray:
    """Return the density by the published curves from public scores over the published density.

    The models of Figure 1 whose mean of the five benchmarks is in the bundled catalog, matched
    by release date and non-embedding size; quantised ones are left out. Shape (model,).
    """
    law, sigmoid = published_curves(PANEL)
    figure, catalog = bundled("published_density"), bundled("catalog")
    figure = figure[~figure["model"].str.contains("GPTQ|gguf")]
    catalog = catalog[catalog["benchmark"] == PANEL]
    size = (catalog["params"] - catalog["embedding_params"].fillna(0)).to_numpy(float)
    score = 100 * catalog["score"].to_numpy(float)
    effective = effective_params(law, sigmoid, score, tokens=pub.TOKENS)
    gap = np.subtract.outer(figure["release_date"].to_numpy(), catalog["release_date"].to_numpy())
    near = np.abs(gap) <= np.timedelta64(DAYS, "D")
    apart = np.abs(size / figure["params"].to_numpy(float)[:, None] - 1)
    drawn, found = np.nonzero(near & (apart < SIZE))
    return effective[found] / size[found] / figure["density"].to_numpy(float)[drawn]
