"""Fit a design's universes: each laid out, those of one shape together, and each kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from densing.batch.fit_many import Counter, Records, fit_many, identity
from densing.batch.ladder import JointFit, JointGroup, Record, joint_groups
from densing.batch.machine import Machine
from densing.batch.verdict import growth_rates, judge
from densing.data import Evidence
from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.whitening import Inputs
from densing.models.declaration import DeclarationError, Model
from densing.models.layout import lay_out
from densing.models.select import SelectionError
from densing.sensitivity.changes import apply_changes, drop_models
from densing.sensitivity.design import Design, Skipped, Universe
from densing.sensitivity.record import answers, failed


@dataclass(frozen=True)
class UniverseFit(JointFit):
    """A universe, ready to be fitted."""

    universe: Universe

    @property
    def about(self) -> Record:
        """The part of its record that is known beforehand."""
        return {
            "name": self.universe.name, "part": self.universe.part,
            "levels": dict(self.universe.levels), "left": list(self.universe.left),
            "changes": {k: v if isinstance(v, int | float | list) else str(v)
                        for k, v in self.universe.changes.items()},
            "choices": self.model.choices.model_dump(mode="json"),
            "models": len(self.layout.models), "scores": len(self.layout.scores),
        }  # fmt: skip

    def record(self, machine: Machine, sampled: Sampled, inputs: Inputs, *, how: str) -> Record:
        """Answer from a universe's draws, with their verdict.

        Raises
        ------
        FloatingPointError
            Draws without an answer: a rate that is no number.
        """
        rates = growth_rates(sampled.values, self.layout)
        if not all(np.isfinite(draws).all() for draws in rates.values()):
            raise FloatingPointError("draws of a growth rate are not finite")
        checks: dict[str, Any] = machine.integration(
            sampled.values, inputs, models=len(self.layout.models)
        )
        own, every, reasons = judge(sampled, rates, **checks)
        return self.about | answers(rates) | {"diagnostics": {
            "how": how, "max_rhat": every.max_rhat, "rate_rhat": own.max_rhat,
            "min_ess_bulk": own.min_ess_bulk, "min_ess_tail": own.min_ess_tail, **checks,
            "divergences": every.divergences, "gradient_evaluations": sampled.gradient_evaluations,
            "verdict": "not trustworthy" if reasons else "trustworthy", "reasons": reasons,
        }}  # fmt: skip

    def failed(self, fault: Exception) -> Record:
        """Return the record of a universe whose numbers broke down."""
        names = ["population", *(["frontier"] if self.layout.switches.shortfall else [])]
        return self.about | failed(names, fault)


def plan(
    design: Design, model: Model, evidence: Evidence, settings: Settings, *, seed: int
) -> tuple[list[JointGroup], list[Skipped]]:
    """Lay out every universe of `design`; those that cannot be fitted are skipped by name.

    The default's group is the first, and its warm start the parent of all others' but the largest,
    which waits for nothing: two workers begin at once.
    """
    skipped = list(design.skipped)
    fits: dict[str, UniverseFit] = {}
    for universe in design.universes:
        try:
            changed, tables = apply_changes(model, evidence, universe.changes)
            dropped = universe.changes.get("without", ())
            layout = drop_models(lay_out(tables, changed.choices), dropped)
        except (DeclarationError, SelectionError) as fault:
            if universe.part == "default":
                raise
            skipped.append(Skipped(universe.levels, str(fault)))
            continue
        key = identity(
            changed, tables, settings, seed,
            *(("without", *sorted(dropped)) if dropped else ()),
        )  # fmt: skip
        if key in fits:
            same = fits[key].universe.name
            skipped.append(Skipped(universe.levels, f"the same as {same}"))
            continue
        own = (seed + int(key[:8], 16)) % 2**31
        fits[key] = UniverseFit(key, own, changed, layout, universe)
    found = joint_groups(list(fits.values()), settings, head=lambda fit: len(fit.universe.left))
    found = [replace(g, members=(replace(g.members[0], seed=seed), *g.members[1:])) for g in found]
    default, *others = found
    alone = max(others, key=lambda group: len(group.members), default=None)
    return [
        g if g is default or g is alone else replace(g, parent=default.name) for g in found
    ], skipped


def run(
    design: Design,
    model: Model,
    evidence: Evidence,
    settings: Settings,
    folder: Path,
    *,
    seed: int = 1,
    workers: int = 1,
    dask: str | None = None,
    listen: Counter | None = None,
) -> dict[str, Any]:
    """Fit every universe of `design` that `folder` does not hold yet.

    Parameters
    ----------
    workers, dask, listen
        As in `batch.fit_many`, where `dask` is the backend.

    Returns
    -------
    dict
        `universes` (records, in the design's order), `around` (the default's model and evidence,
        settings and seed), `skipped` (levels and reason), and of this call alone `seconds` and
        `fitted`, the number of universes that were not there before.
    """
    began = perf_counter()
    groups, skipped = plan(design, model, evidence, settings, seed=seed)
    keep = Records(folder / "universes", folder / "starts")
    fitted = fit_many(groups, keep=keep, workers=workers, backend=dask, listen=listen)
    return {
        "universes": records([fit for g in groups for fit in g.members], design, keep),
        "around": {
            "model": model.model_dump(mode="json"),
            "evidence_hash": evidence.hash,
            "settings": settings.model_dump(mode="json"),
            "seed": seed,
        },
        "skipped": [{"levels": dict(s.levels), "reason": s.reason} for s in skipped],
        "seconds": round(perf_counter() - began, 1),
        "fitted": fitted,
    }


def records(wanted: Sequence[UniverseFit], design: Design, keep: Records) -> list[dict[str, Any]]:
    """Read what is kept of `wanted`, in the order of `design`.

    What is known beforehand wins: a run of other axes may have kept the same universe under other
    levels.
    """
    order = {tuple(u.levels.items()): i for i, u in enumerate(design.universes)}
    found = [(fit, keep.read(fit.key)) for fit in wanted]
    found.sort(key=lambda pair: order[tuple(pair[0].universe.levels.items())])
    return [{**told, **fit.about} for fit, told in found if told is not None]
