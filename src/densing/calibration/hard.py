"""Worlds that break others: drawn forward with one truth, fitted through the tables' own form.

Unlike the cases, truth is fixed and priors are the default model's, as a user has them; facts are
measured from each world's own tables. What is counted is the frequentist coverage of the 90 %
intervals that a user would read. Worlds of a kind are padded to one shape: one compiled program.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Any
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np

from densing import __version__
from densing.calibration.kept import Work, kept_worlds
from densing.calibration.ranks import standard_error
from densing.data import load_evidence
from densing.inference import assemble
from densing.inference.potential import Inputs
from densing.inference.sampler import Sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.targets import draw_targets
from densing.inference.watching import Counter
from densing.models.declaration import Model
from densing.models.joint import Switches
from densing.models.layout import Layout, lay_out
from densing.models.world import load_world, simulate
from densing.results.derive import frontier_growth
from densing.results.health import examine
from densing.results.interval import PROB
from densing.results.line import least_squares
from densing.results.record_setters import record_setters
from densing.sensitivity.machine import build_machine
from densing.sensitivity.padding import Shape, Sizes, common, numbers_as_data, padded, shape_of

SIZE = {"models": 40, "families": 10}
"""Smaller than the simulator's default, unless the kind says otherwise."""


def kinds() -> dict[str, Path]:
    """List the declared kinds of worlds by name, the ordinary one first."""
    folder = Path(str(resources.files("densing.calibration") / "worlds"))
    found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {"ordinary": found.pop("ordinary"), **found}


def _seed(name: str, seed: int, number: int) -> int:
    """Seed of a world: no two kinds share their random numbers."""
    return int(np.random.SeedSequence((crc32(name.encode()), seed, number)).generate_state(1)[0])


@dataclass(frozen=True)
class Drawn:
    """One world: its layout and the truth behind it."""

    number: int
    seed: int
    layout: Layout
    truth: Mapping[str, Any]


def draw_kind(name: str, model: Model, *, worlds: int, seed: int) -> list[Drawn]:
    """Draw worlds of a kind and lay them out, through the tables and their validation."""
    world = load_world(kinds()[name])
    given = {key: value for key, value in SIZE.items() if key not in world.model_fields_set}
    names = tuple(world.benchmarks)
    model = model.choose(
        reference="simulated", benchmarks=names, count="total", min_scores=1,
        tokens=world.tokens, released_from=None, released_until=None, exclude_families=(),
    )  # fmt: skip
    out = []
    for number in range(worlds):
        own = world.model_copy(update=given | {"seed": _seed(name, seed, number)})
        tables: Any
        tables, truth = simulate(own)
        layout = lay_out(load_evidence(**tables), model.choices)
        out.append(Drawn(number, own.seed, layout, truth))
    return out


def cover(
    name: str,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    worlds: int,
    seed: int = 1,
    workers: int = 2,
    listen: Counter | None = None,
) -> list[dict[str, Any]]:
    """Fit `worlds` worlds of a kind; see what the 90 % intervals cover.

    Returns
    -------
    list of dict
        A record a world: `covered` by quantity, `interval` of both rates, `p_not_growing`,
        `record_line` (least squares on the record-setters' true densities), `verdict`, `reasons`.
    """
    home = folder / "hard" / f"{name}-{_identity(name, model, settings, seed)}"

    def make() -> Work:
        drawn = draw_kind(name, model, worlds=worlds, seed=seed)
        # A world whose models happen to be of one family keeps the program of the others.
        head = max(drawn, key=lambda one: one.layout.switches.families)
        shape, sizes = shape_of(head.layout, model), common([one.layout for one in drawn])
        return partial(_some_worlds, drawn, shape, sizes, model, settings)

    return kept_worlds(home, worlds, make, workers=workers, listen=listen)


def _some_worlds(
    drawn: Sequence[Drawn],
    shape: Shape,
    sizes: Sizes,
    model: Model,
    settings: Settings,
    numbers: Sequence[int],
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Fit worlds by number with one compiled program."""
    prepare_jax()
    priors, facts = numbers_as_data(model.priors)
    first = _inputs(drawn[0].layout, sizes, facts)
    sampler = build_machine(shape, sizes, priors, first, settings, workers=1).sampler
    for number in numbers:
        one = drawn[number]
        yield number, _one(one, sampler, _inputs(one.layout, sizes, facts), shape.switches)


def _inputs(layout: Layout, sizes: Sizes, numbers: Mapping[str, Any]) -> Inputs:
    arrays = Inputs(padded(layout, sizes), {**layout.facts, **numbers})
    return jax.tree.map(jnp.asarray, arrays)


def _one(drawn: Drawn, sampler: Sampler, inputs: Inputs, switches: Switches) -> dict[str, Any]:
    began = perf_counter()
    layout, truth = drawn.layout, drawn.truth
    sampled = sampler.sample(inputs, seed=drawn.seed)
    values = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
    targets = draw_targets(values, inputs.data, inputs.facts, switches, seed=drawn.seed)
    models = len(layout.models)
    eta = targets.log_density[:, :models]
    by_chain = eta.reshape(*sampled.chains.statistics.lp.shape, models)
    health = examine(
        assemble.unlabelled({**sampled.values, "log_density": by_chain}),
        assemble.sample_stats(sampled.chains.statistics),
        gradient_evaluations=sampled.gradient_evaluations,
        integration_error=float(np.sqrt(np.mean(targets.integration_error**2))),
        edge_mass=float(targets.edge_mass[:, :models].mean(axis=0).max()),
        first_divergences=sampled.first_divergences,
    )
    time = layout.data.models.time
    window = np.asarray([time.min(), time.max()])
    rates = {
        "population_rate": values["rate"],
        "frontier_rate": frontier_growth(
            values["rate"], values["shortfall"], values["shortfall_drift"], window
        ),
    }
    intervals = {key: _ends(draws) for key, draws in rates.items()}
    true_eta = np.log([truth["density"][name] for name in layout.models["model"]])
    low, high = _ends(eta)
    covered = {k: bool(v[0] < truth[k] < v[1]) for k, v in intervals.items()}
    return {
        "world": drawn.number,
        "covered": covered | {"density": float(np.mean((low < true_eta) & (true_eta < high)))},
        "interval": {k: [float(end) for end in v] for k, v in intervals.items()},
        "p_not_growing": {k: float(np.mean(v <= 0)) for k, v in rates.items()},
        "record_line": record_line(time, true_eta, truth["frontier_rate"]),
        "verdict": health.verdict, "reasons": list(health.reasons),
        "gradient_evaluations": sampled.gradient_evaluations,
        "seconds": round(perf_counter() - began, 2),
    }  # fmt: skip


def _ends(draws: np.ndarray) -> np.ndarray:
    return np.quantile(draws, [0.5 - PROB / 2, 0.5 + PROB / 2], axis=0)


def record_line(time: np.ndarray, eta: np.ndarray, truth: float) -> bool | None:
    """Whether least squares on the record-setters covers; None with fewer than three."""
    records = record_setters(time, eta)
    try:
        line: Any = least_squares(time[records], eta[records]).slope_interval()
    except ValueError:
        return None
    return bool(line.lower < truth < line.upper)


def _identity(name: str, model: Model, settings: Settings, seed: int) -> str:
    content = (
        __version__, kinds()[name].read_text(encoding="utf-8"), SIZE,
        model.model_dump_json(exclude={"name", "about"}), settings.model_dump_json(), seed,
    )  # fmt: skip
    return sha256(repr(content).encode()).hexdigest()[:12]


def summarise_kinds(found: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Coverage by kind, in shares, with standard errors over worlds."""
    out = {}
    for name, records in found.items():
        row: dict[str, Any] = {
            "about": load_world(kinds()[name]).about, "worlds": len(records),
            "trustworthy": sum(r["verdict"] == "trustworthy" for r in records),
        }  # fmt: skip
        for key in ("population_rate", "frontier_rate", "density"):
            shares = np.asarray([r["covered"][key] for r in records], float)
            # A rate is covered or not: the binomial error stays honest where all are.
            error = standard_error(PROB, len(shares))
            if key == "density":
                error = float(shares.std(ddof=1) / np.sqrt(len(shares)))
            row[key] = {"coverage": float(shares.mean()), "standard_error": error}
        lines = [r["record_line"] for r in records if r["record_line"] is not None]
        row["record_line"] = {
            "coverage": float(np.mean(lines)) if lines else None, "worlds": len(lines),
        }  # fmt: skip
        out[name] = row
    return out
