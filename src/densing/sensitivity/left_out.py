"""Leave models out as leave-one-out does: their scores go, everything else stays.

Dates and their window, the grid, families, protocols and what the evidence tells the priors are
those of the whole, so that a refit answers the question that weights do (`answers.influence`), and
runs in the program of the whole: `machine.Masked` passes over models without scores.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from densing.models.declaration import DeclarationError
from densing.models.layout import Layout
from densing.models.select import SelectionError

FEWEST = 3
"""Models that a trend needs."""


def without(layout: Layout, names: Any) -> Layout:
    """Return `layout` without the scores of the models named.

    Raises
    ------
    DeclarationError
        No list of names.
    SelectionError
        A model that takes no part, or too few that are left.
    """
    if not isinstance(names, Sequence) or isinstance(names, str):
        raise DeclarationError(f"without must be a list of models, got {names!r}")
    if not names:
        return layout
    models = layout.coords["model"]
    if unknown := [str(name) for name in names if name not in models]:
        raise SelectionError(f"without {', '.join(unknown)}: no such model takes part in the fit")
    gone = np.isin(models, list(names))
    left = int(np.sum(~gone))
    if left < FEWEST:
        raise SelectionError(
            f"{left} model{'' if left == 1 else 's'} left without {', '.join(names)}; a trend "
            f"needs at least {FEWEST}"
        )
    scores = layout.data.scores
    blank = {
        name: np.where(gone[:, None], 0.0, getattr(scores, name))
        for name in ("log_score", "log_miss", "count")
    }
    return replace(
        layout, data=layout.data._replace(scores=scores._replace(**blank)),
        scores=layout.scores[~layout.scores["model"].isin(list(names))],
    )  # fmt: skip
