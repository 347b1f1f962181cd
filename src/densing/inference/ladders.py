"""A reference family's own curves: the posterior of its ladder alone, and the bundled ones."""

import json
from importlib import resources
from typing import Any

import numpy as np

from densing.data import Evidence
from densing.inference import engines
from densing.inference.news import Listener
from densing.inference.settings import load_settings
from densing.models.choices import FamilyChoices
from densing.models.declaration import load_model
from densing.models.layout import lay_out_reference
from densing.models.problem import reference_problem
from densing.models.select import SelectionError

DRAWS = 100
"""Draws of a ladder's posterior that are kept."""
NAMES = (
    "irreducible_loss", "size_term", "alpha", "data_term", "beta", "floor", "ceiling", "steepness",
    "midpoint",
)  # fmt: skip
"""Parameters of the loss law and of the performance map (`models.laws`)."""


def ladder_curves(
    evidence: Evidence, choices: FamilyChoices, *, seed: int = 1, listen: Listener | None = None
) -> dict[str, Any]:
    """Curves of the reference family that the choices name, on the benchmarks it shares with them.

    The bundled posterior where the tables are the bundled ones, a fit of the ladder otherwise.

    Returns
    -------
    dict
        `params` (the largest run's), `centre` (log params and tokens), `benchmarks`, and `curves`:
        draws of each of `NAMES`, shape (draw, benchmark).

    Raises
    ------
    SelectionError
        No such reference, or none of its benchmarks is among those of the choices.
    """
    if evidence.reference_hash == bundled_ladders()["evidence"]:
        kept = bundled_ladders()["ladders"]
        if choices.reference in kept:
            return kept[choices.reference]
    return fit_ladder(evidence, choices, seed=seed, listen=listen)


def bundled_ladders() -> dict[str, Any]:
    """Return the kept posteriors and the hash of the tables that they are of (`make ladders`)."""
    place = resources.files("densing.data") / "bundled" / "ladders.json"
    return json.loads(place.read_text("utf-8"))


def fit_ladder(
    evidence: Evidence, choices: FamilyChoices, *, seed: int = 1, listen: Listener | None = None
) -> dict[str, Any]:
    """Fit the ladder alone (`ladder_curves` says what comes back and what may be wrong)."""
    runs, points = evidence.reference_runs, evidence.calibration_points
    own = runs[runs["reference"] == choices.reference]
    scored = set(points.loc[points["reference"] == choices.reference, "benchmark"])
    if "accuracy" in own:
        scored |= set(own.loc[own["accuracy"].notna(), "benchmark"])
    has = [name for name in sorted(set(own["benchmark"])) if name in scored]
    names = [name for name in choices.benchmarks if name in has]
    if not names:
        known = ", ".join(evidence.references)
        raise SelectionError(
            f"reference {choices.reference!r} sets no level: of the benchmarks "
            f"{', '.join(choices.benchmarks)} it has none with losses and scores"
            + (f"; it has {', '.join(has)}" if has else f"; known references: {known}")
        )
    model = load_model("ladder").choose(reference=choices.reference, benchmarks=tuple(names))
    layout = lay_out_reference(evidence, model.choices)
    problem = reference_problem(layout, model)
    found = engines.sample(problem, settings=load_settings("default"), seed=seed, listen=listen)
    flat = {name: found.values[name].reshape(-1, len(names)) for name in NAMES}
    at = np.linspace(0, len(flat["alpha"]) - 1, DRAWS).astype(int)
    return {
        "params": float(layout.selection.runs["params"].max()),
        "centre": {key: float(value) for key, value in problem.centre.items()},
        "benchmarks": names,
        "curves": {k: [[float(f"{x:.6g}") for x in row] for row in v[at]] for k, v in flat.items()},
    }
