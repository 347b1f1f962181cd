"""Worlds that break others: drawn forward with one truth, fitted through the tables' own form.

Unlike the cases, truth is fixed and priors are the default model's, as a user has them; facts are
measured from each world's own tables. What is counted is the frequentist coverage of the 90 %
intervals that a user would read. Worlds of a kind are padded to one shape: one compiled program.
"""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from densing import __version__
from densing.calibration.hard_fit import Drawn, fit_worlds
from densing.calibration.kept import Work, kept_worlds
from densing.calibration.ranks import standard_error
from densing.calibration.verdict import QUANTITIES, allowed, allowed_mean, where
from densing.data import load_evidence
from densing.inference.settings import Settings
from densing.inference.watching import Counter
from densing.models.coordinates import VERSION
from densing.models.declaration import Model
from densing.models.layout import lay_out
from densing.models.world import load_world, simulate
from densing.results.interval import PROB
from densing.sensitivity.padding import common, shape_of

SIZE = {"models": 40, "families": 10}
"""Smaller than the simulator's default, unless the kind says otherwise."""
GRID_MORE = 3.0
"""By how much the integration grids of all worlds are longer than a fit's first, ln parameters:
some kinds' models have hardly a bound to one side."""


def kinds() -> dict[str, Path]:
    """List the declared kinds of worlds by name, the ordinary one first."""
    folder = Path(str(resources.files("densing.calibration") / "worlds"))
    found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {"ordinary": found.pop("ordinary"), **found}


def _seed(name: str, seed: int, number: int) -> int:
    """Seed of a world: no two kinds share their random numbers."""
    return int(np.random.SeedSequence((crc32(name.encode()), seed, number)).generate_state(1)[0])


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
        layout = lay_out(load_evidence(**tables), model.choices, grid_more=GRID_MORE)
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
    home = folder / "hard" / f"{name}-{identity(name, model, settings, seed)}"

    def make() -> Work:
        drawn = draw_kind(name, model, worlds=worlds, seed=seed)
        # A world whose models happen to be of one family keeps the program of the others.
        head = max(drawn, key=lambda one: one.layout.switches.families)
        shape, sizes = shape_of(head.layout, model), common([one.layout for one in drawn])
        return partial(fit_worlds, drawn, shape, sizes, model, settings)

    return kept_worlds(home, worlds, make, workers=workers, listen=listen)


def identity(name: str, model: Model, settings: Settings, seed: int) -> str:
    """Digest of everything that a world's record follows from."""
    content = (
        __version__, VERSION, kinds()[name].read_text(encoding="utf-8"), SIZE, GRID_MORE,
        model.model_dump_json(exclude={"name", "about"}), settings.model_dump_json(), seed,
    )  # fmt: skip
    return sha256(repr(content).encode()).hexdigest()[:12]


def summarise_kinds(found: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Coverage by kind, in shares, with standard errors over worlds.

    Returns
    -------
    dict
        By kind: `about`, `worlds`, `trustworthy`; of both rates and of density `coverage`,
        `standard_error`, `allowed` (what chance allows) and `verdict` (`under`, `within`, `over`);
        of both rates `p_not_growing` (mean over worlds) and `not_bounded` (share of worlds whose
        interval includes zero: the doubling time is not bounded above); and `record_line`.
    """
    return {name: _kind(name, records) for name, records in found.items()}


def _kind(name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "about": load_world(kinds()[name]).about, "worlds": len(records),
        "trustworthy": sum(r["verdict"] == "trustworthy" for r in records),
    }  # fmt: skip
    for key in QUANTITIES:
        shares = np.asarray([r["covered"][key] for r in records], float)
        if key == "density":
            band, error = allowed_mean(shares), float(shares.std(ddof=1) / np.sqrt(len(shares)))
        else:
            # A rate is covered or not: the binomial error stays honest where all are.
            band, error = allowed(len(shares)), standard_error(PROB, len(shares))
        coverage = float(shares.mean())
        row[key] = {
            "coverage": coverage, "standard_error": error, "allowed": list(band),
            "verdict": where(coverage, band),
        }  # fmt: skip
        if key != "density":
            lower = [r["interval"][key][0] for r in records]
            row[key] |= {
                "p_not_growing": float(np.mean([r["p_not_growing"][key] for r in records])),
                "not_bounded": float(np.mean(np.asarray(lower) <= 0.0)),
            }
    lines = [r["record_line"] for r in records if r["record_line"] is not None]
    row["record_line"] = {
        "coverage": float(np.mean(lines)) if lines else None, "worlds": len(lines),
    }  # fmt: skip
    return row
