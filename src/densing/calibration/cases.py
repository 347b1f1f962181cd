"""The cases by name, on a design of the evidence."""

import dataclasses
from collections.abc import Iterable

from densing.calibration.case import Case
from densing.calibration.components import loss_case, performance_case, trend_case
from densing.calibration.joint import joint_case
from densing.data import Evidence
from densing.models.declaration import DeclarationError, Model
from densing.models.layout import Layout, lay_out

CASES = {
    "loss": loss_case,
    "performance": performance_case,
    "population": lambda layout, model: trend_case(layout, model, shortfall=False),
    "frontier": lambda layout, model: trend_case(layout, model, shortfall=True),
    "joint": joint_case,
}
EVERY = 3
"""Of the target models in order of release, every how-manieth is in the design."""


def build_cases(
    names: Iterable[str], evidence: Evidence, model: Model, *, every: int = EVERY
) -> list[Case]:
    """Build the cases named, on the runs, checkpoints and every `every`-th model of `evidence`.

    Raises
    ------
    DeclarationError
        An unknown case, or fewer than three models in the design.
    """
    names = list(dict.fromkeys(names))
    unknown = [name for name in names if name not in CASES]
    if unknown or not names:
        raise DeclarationError(
            f"unknown case {', '.join(map(repr, unknown)) or 'none'}; known: {', '.join(CASES)}"
        )
    layout = thinned(evidence, model, every=every)
    return [CASES[name](layout, model) for name in names]


def thinned(evidence: Evidence, model: Model, *, every: int) -> Layout:
    """Lay out every `every`-th target model in order of release."""
    if every < 1:
        raise DeclarationError(f"--every must be at least 1, got {every}")
    whole = lay_out(evidence, model.choices)
    kept = whole.models.sort_values("release_date", kind="stable")["model"].tolist()[::every]
    if len(kept) < 3:
        raise DeclarationError(
            f"--every {every} leaves {len(kept)} of {len(whole.models)} models; at least 3 needed"
        )
    rows = evidence.catalog["model"].isin(kept)
    return lay_out(dataclasses.replace(evidence, catalog=evidence.catalog[rows]), model.choices)
