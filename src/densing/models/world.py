"""A simulated world with known truth, in the tables' own form.

The tables are drawn from the same generating process that the joint model assumes, forward and
exactly: Student-t losses, a drawn level and growth for each benchmark, a drawn discrepancy for
each model and benchmark, Beta-Binomial scores. (The fit integrates the discrepancy by matched
moments and lets benchmarks drift by quarters: recovery tests that too.)
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from densing.models.dates import DAYS_PER_YEAR
from densing.models.declaration import DeclarationError, validated
from densing.models.laws import LossCurve, ScoreMap, log_loss, score
from densing.models.ops import numpy_ops

Positive = Annotated[float, Field(gt=0)]


class Benchmark(BaseModel):
    """One simulated benchmark: its true curves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    irreducible_loss: Positive = 0.06
    size_term: Positive = 0.2
    alpha: Positive = 0.27
    data_term: Positive = 0.25
    beta: Positive = 0.22
    floor: Annotated[float, Field(ge=0, lt=1)] = 0.05
    chance: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Chance level that the table of benchmarks states; the floor where None."""
    ceiling: Annotated[float, Field(gt=0, le=1)] = 0.95
    steepness: Positive = 5.5
    midpoint: Positive = 0.2
    discrepancy: Positive = 0.04
    items: Annotated[int, Field(ge=10)] = 2000


class World(BaseModel):
    """The truth of a simulated world; everything has a sensible default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = ""
    seed: int = 1
    benchmarks: dict[str, Benchmark] = Field(
        default_factory=lambda: {
            "Alpha": Benchmark(floor=0.25, items=14000),
            "Beta": Benchmark(irreducible_loss=0.04, size_term=0.25, midpoint=0.16),
            "Gamma": Benchmark(alpha=0.32, data_term=0.3, midpoint=0.22, items=500),
        },
        min_length=1,
    )
    models: Annotated[int, Field(ge=3)] = 60
    families: Annotated[int, Field(ge=1)] = 12
    released: tuple[float, float] = (0.0, 2.2)
    """First and last release, years since 2023-02-24."""
    params: tuple[Positive, Positive] = (5e8, 2e11)
    tokens: Positive = 5e12
    level: float = -2.0
    """Log density of a typical model at the middle of the dates."""
    rate: float = 2.4
    """Growth of log density, 1 / year."""
    offset_spread: Annotated[float, Field(ge=0)] = 0.4
    """Benchmarks' levels about the common one, ln density (where there are several)."""
    drift_spread: Annotated[float, Field(ge=0)] = 0.3
    """Benchmarks' growth about the common one, 1 / year."""
    family_spread: Annotated[float, Field(ge=0)] = 0.3
    noise: Positive = 0.35
    shortfall: Annotated[float, Field(ge=0)] = 0.4
    shortfall_drift: float = 0.0
    missing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of scores that were never reported (each model keeps one)."""
    missing_blocks: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of benchmark-by-family blocks never reported: no model of the family on it."""
    loss_noise: Positive = 0.012
    loss_tail: Positive = 6.0
    score_precision: Positive = 400.0
    run_params: tuple[float, ...] = (5e6, 3e7, 1e8, 2.5e8, 5e8, 8e8)
    tokens_per_param: tuple[float, ...] = (10, 15, 20, 30, 40, 60)
    checkpoints: Annotated[int, Field(ge=4)] = 12


def load_world(path: str | Path | None = None) -> World:
    """Read a world's truth from TOML; the default world without a path."""
    if path is None:
        return World()
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise DeclarationError(f"{path}: cannot be read: {fault.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise DeclarationError(f"{path}: not valid TOML: {fault}") from None
    return validated(World, content, str(path))


def simulate(world: World) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Draw the tables of a world and its truth.

    Returns
    -------
    tables
        `reference_runs`, `calibration_points`, `catalog` and `benchmarks`, in the schemas.
    truth
        `population_rate`, `frontier_rate` (1 / year) and `density` by model.
    """
    rng = np.random.default_rng(world.seed)
    n0, d0 = _centre(world)
    names = list(world.benchmarks)
    items = [world.benchmarks[name].items for name in names]
    stated = [world.benchmarks[name].chance for name in names]
    floors = [world.benchmarks[name].floor for name in names]
    chance = [f if c is None else c for c, f in zip(stated, floors, strict=True)]
    models, eta = _models(world, rng)
    lead = _leads(world, rng, models)
    unreported = _unreported(world)
    runs, points, scores = [], [], []
    for name, truth in world.benchmarks.items():
        curve, score_map = _curves(truth)
        runs.append(_runs(world, rng, name, curve, n0, d0))
        points.append(_checkpoints(world, rng, name, truth, score_map))
        x = np.log(models["params"].to_numpy()) + eta + lead[name] - n0
        delta = truth.discrepancy * rng.standard_normal(len(models))
        loss = np.exp(log_loss(numpy_ops, curve, x, np.log(world.tokens) - d0) + delta)
        right = _answer(rng, score(numpy_ops, score_map, loss), truth.items, world.score_precision)
        table = models.assign(benchmark=name, score=right / truth.items, items=truth.items)
        silent = models["family"].isin(unreported[name]).to_numpy()
        scores.append(table.assign(drop=(rng.random(len(models)) < world.missing) | silent))
    catalog = pd.concat(scores, ignore_index=True)
    whole = catalog.groupby("model")["drop"].transform("all")
    first = catalog["benchmark"] == names[0]
    catalog = catalog[~catalog["drop"] | (whole & first)].drop(columns="drop")
    tables = {
        "reference_runs": pd.concat(runs, ignore_index=True),
        "calibration_points": pd.concat(points, ignore_index=True),
        "catalog": catalog,
        "benchmarks": pd.DataFrame(
            {"benchmark": names, "items": items, "chance": chance, "protocol": "simulated"}
        ),
    }
    start, end = np.asarray(world.released) - np.mean(world.released)
    theta = world.shortfall * np.exp(world.shortfall_drift * np.asarray([start, end]))
    truth_record = {
        "population_rate": world.rate,
        "frontier_rate": world.rate + float((theta[1] - theta[0]) / (end - start)),
        "density": dict(zip(models["model"], np.exp(eta).tolist(), strict=True)),
    }
    return tables, truth_record


def _centre(world: World) -> tuple[float, float]:
    log_n = np.log(np.asarray(world.run_params))
    ratio = np.log(np.asarray(world.tokens_per_param))
    return float(log_n.mean()), float(log_n.mean() + ratio.mean())


def _curves(truth: Benchmark) -> tuple[LossCurve, ScoreMap]:
    curve = LossCurve(
        np.log(truth.irreducible_loss), np.log(truth.size_term), truth.alpha,
        np.log(truth.data_term), truth.beta,
    )  # fmt: skip
    return curve, ScoreMap(truth.floor, truth.ceiling, truth.steepness, truth.midpoint)


def _models(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Target models and their true log densities."""
    count = world.models
    time = np.sort(rng.uniform(*world.released, count))
    family = rng.integers(world.families, size=count)
    effect = world.family_spread * rng.standard_normal(world.families)
    centred = time - np.mean(world.released)
    theta = world.shortfall * np.exp(world.shortfall_drift * centred)
    residual = theta * (1.0 - rng.standard_exponential(count))
    residual = residual + world.noise * rng.standard_normal(count)
    eta = world.level + world.rate * centred + effect[family] + residual
    days = pd.to_timedelta(np.round(time * DAYS_PER_YEAR), unit="D")
    smallest, largest = np.log(np.asarray(world.params))
    params = np.exp(rng.uniform(smallest, largest, count))
    table = pd.DataFrame(
        {
            "model": [f"model-{i:03d}" for i in range(count)],
            "family": [f"family-{f:02d}" for f in family],
            "release_date": (pd.Timestamp("2023-02-24") + days).strftime("%Y-%m-%d"),
            "params": np.round(params).astype("int64"),
            "protocol": "simulated",
            "source": "simulated",
        }
    )
    return table, eta


def _leads(world: World, rng: np.random.Generator, models: pd.DataFrame) -> dict[str, np.ndarray]:
    """How far ahead of the common trend each benchmark stands at each model's date."""
    days = pd.to_datetime(models["release_date"]) - pd.Timestamp("2023-02-24")
    time = days.dt.days.to_numpy() / DAYS_PER_YEAR - np.mean(world.released)
    several = len(world.benchmarks) > 1
    draws = several * rng.standard_normal((len(world.benchmarks), 2))
    return {
        name: world.offset_spread * offset + world.drift_spread * drift * time
        for name, (offset, drift) in zip(world.benchmarks, draws, strict=True)
    }


def _unreported(world: World) -> dict[str, list[str]]:
    """Families without any score, by benchmark, in random numbers of their own."""
    rng = np.random.default_rng((world.seed, 1))
    missing = rng.random((len(world.benchmarks), world.families)) < world.missing_blocks
    return {
        name: [f"family-{f:02d}" for f in np.flatnonzero(row)]
        for name, row in zip(world.benchmarks, missing, strict=True)
    }


def _runs(
    world: World, rng: np.random.Generator, name: str, curve: LossCurve, n0: float, d0: float
) -> pd.DataFrame:
    """Every size at every token ratio, with Student-t noise on the log loss."""
    grid = [(n, n * ratio) for n in world.run_params for ratio in world.tokens_per_param]
    params, tokens = np.asarray(grid).T
    noise = world.loss_noise * rng.standard_t(world.loss_tail, len(grid))
    mean = log_loss(numpy_ops, curve, np.log(params) - n0, np.log(tokens) - d0)
    return pd.DataFrame(
        {
            "reference": "simulated",
            "run": [f"{n:.2g}-{d / n:.0f}x" for n, d in grid],
            "params": np.round(params).astype("int64"),
            "tokens": np.round(tokens).astype("int64"),
            "benchmark": name,
            "loss": np.exp(mean + noise),
            "source": "simulated",
        }
    )


def _checkpoints(
    world: World, rng: np.random.Generator, name: str, truth: Benchmark, score_map: ScoreMap
) -> pd.DataFrame:
    """Checkpoints from well above the midpoint down to near the irreducible loss."""
    low = max(1.05 * truth.irreducible_loss, 0.45 * truth.midpoint)
    loss = np.geomspace(2.0 * truth.midpoint, low, world.checkpoints)
    right = _answer(rng, score(numpy_ops, score_map, loss), truth.items, world.score_precision)
    return pd.DataFrame(
        {
            "reference": "simulated",
            "checkpoint": [f"checkpoint-{i:02d}" for i in range(world.checkpoints)],
            "benchmark": name,
            "loss": loss,
            "score": right / truth.items,
            "items": truth.items,
            "source": "simulated",
        }
    )


def _answer(rng: np.random.Generator, mean: Any, items: int, precision: float) -> np.ndarray:
    """Beta-Binomial number of right answers."""
    mean = np.clip(mean, 1e-9, 1.0 - 1e-9)
    return rng.binomial(items, rng.beta(mean * precision, (1.0 - mean) * precision))
