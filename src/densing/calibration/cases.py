"""Simulation-based calibration: cases by name, worlds drawn of each, and a fit of every world.

Facts are held fixed: worlds are drawn from the priors as the fit will see them, so that ranks are
uniform if sampler and densities are right (Cook, Gelman & Rubin 2006; Talts et al. 2018). The
converse holds for what is followed alone: a fit that overlooked data would pass on parameters
(Modrak et al. 2023).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from densing import __version__
from densing.batch.fit_many import Counter, Group, Records, fit_many, identity
from densing.batch.machine import compiled
from densing.calibration.components import (
    Case,
    World,
    loss_case,
    performance_case,
    trend_case,
)
from densing.calibration.joint import joint_case
from densing.calibration.ranks import place
from densing.data import Evidence
from densing.inference import assemble
from densing.inference.sampler import Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.coordinates import VERSION
from densing.models.declaration import DeclarationError, Model
from densing.models.layout import Layout, lay_out
from densing.results.health import examine

CASES = {
    "loss": loss_case,
    "performance": performance_case,
    "population": lambda layout, model: trend_case(layout, model, shortfall=False),
    "frontier": lambda layout, model: trend_case(layout, model, shortfall=True),
    "joint": joint_case,
}
EVERY = 3
"""Of the target models in order of release, one in so many is in the design."""


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
    return lay_out(replace(evidence, catalog=evidence.catalog[rows]), model.choices)


class Numbered(NamedTuple):
    """A world by its number."""

    number: int

    @property
    def key(self) -> str:
        """Name of its record."""
        return f"{self.number:05d}"


@dataclass(frozen=True, kw_only=True)
class Worlds(Group):
    """Worlds of a case, each fitted from nothing with one compiled program."""

    case: Case
    settings: Settings
    seed: int
    key: str
    """Of what all records follow from (`key_of`)."""

    def fit(
        self, wanted: Sequence[Numbered], starts: Mapping[str, Any], *, threads: int
    ) -> Iterator[tuple[str, Any]]:
        """Fit worlds by number; yield each key with its record."""
        prepare_jax()
        problem = self.case.problem

        def build() -> Sampler:
            first = self.case.draw(np.random.default_rng((self.seed, wanted[0].number)))
            return build_sampler(
                problem.program, inputs_of(self.case, first), priors=problem.priors,
                sizes=problem.sizes, settings=self.settings, workers=1,
            )  # fmt: skip

        sampler = compiled(self.key, build)
        for world in wanted:
            yield world.key, one_world(self.case, sampler, seed=self.seed, number=world.number)


def calibrate(
    case: Case,
    settings: Settings,
    folder: Path,
    *,
    worlds: int,
    seed: int = 1,
    workers: int = 2,
    listen: Counter | None = None,
) -> list[dict[str, Any]]:
    """Draw `worlds` worlds of `case`, fit each, and place the truth among its draws.

    Parameters
    ----------
    workers
        Processes to fit in.
    listen
        Told how many worlds are done, and of how many.

    Returns
    -------
    list of dict
        A record a world: `world`, `share` and `rank` by quantity, `verdict`, `reasons`,
        `gradient_evaluations` and `seconds`. Every world, trustworthy or not.
    """
    key = key_of(case, settings, seed)
    members = tuple(map(Numbered, range(worlds)))
    group = Worlds(
        members=members, warm=False, case=case, settings=settings, seed=seed, key=key
    )  # fmt: skip
    keep = Records(folder / "worlds" / key)
    fit_many([group], keep=keep, workers=workers, listen=listen)
    return [keep.read(world.key) or {} for world in members]


def key_of(case: Case, settings: Settings, seed: int) -> str:
    """Identity of everything that a case's records follow from, the sampler's coordinates too."""
    problem, example = case.problem, case.draw(np.random.default_rng(0)).data
    priors = {name: prior.model_dump_json() for name, prior in problem.priors.items()}
    return identity(
        __version__, VERSION, case.name, priors, problem.coords, problem.facts, example,
        settings, seed,
    )  # fmt: skip


def inputs_of(case: Case, world: World) -> Inputs:
    """Return what a world is fitted from."""
    return jax.tree.map(jnp.asarray, Inputs(world.data, dict(case.problem.facts)))


def one_world(case: Case, sampler: Sampler, *, seed: int, number: int) -> dict[str, Any]:
    """Draw a world, fit it and place its truth."""
    began = perf_counter()
    rng = np.random.default_rng((seed, number))
    world = case.draw(rng)
    own = int(rng.integers(2**31))
    sampled = sampler.sample(inputs_of(case, world), seed=own)
    health = examine(
        assemble.unlabelled(sampled.values), assemble.sample_stats(sampled.chains.statistics),
        gradient_evaluations=sampled.gradient_evaluations,
    )  # fmt: skip
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
    estimates = case.estimate(flat, world.data, own)
    places = {k: place(draws, float(world.truth[k]), rng) for k, draws in estimates.items()}
    return {
        "world": number,
        "share": {k: p.share for k, p in places.items()},
        "rank": {k: p.rank for k, p in places.items()},
        "verdict": health.verdict, "reasons": list(health.reasons),
        "gradient_evaluations": sampled.gradient_evaluations,
        "seconds": round(perf_counter() - began, 2),
    }  # fmt: skip
