"""Coverage in hard scenarios: worlds drawn forward with one truth, fitted through the tables' form.

Unlike the cases, truth is fixed and priors are the default model's, as a user has them; facts are
measured from each world's own tables. What is counted is the frequentist coverage of the 90 %
intervals that a user would read. Worlds of a scenario are padded to one shape: one compiled
program. The first world is fitted cold, the others from a warm start (`batch.ladder`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from densing import __version__
from densing.batch.fit_many import Counter, Records, fit_many, identity
from densing.batch.ladder import JointFit, JointGroup, Record
from densing.batch.machine import Machine
from densing.batch.padding import common, shape_of
from densing.batch.verdict import growth_rates, judge
from densing.calibration.ranks import standard_error
from densing.data import load_evidence
from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.targets import draw_targets
from densing.inference.whitening import Inputs
from densing.models.coordinates import VERSION
from densing.models.declaration import Model
from densing.models.layout import lay_out
from densing.models.world import load_world, simulate
from densing.results.health import MIN_TRUSTWORTHY
from densing.results.interval import PROB
from densing.results.line import least_squares, record_setters

SIZE = {"models": 40, "families": 10}
"""Smaller than the simulator's default, unless the scenario says otherwise."""
GRID_MORE = 3.0
"""By how much the integration grids of all worlds are longer than a fit's first, ln parameters:
some scenarios' models have hardly a bound to one side."""
CHANCE = 0.05
"""Probability that a quantity that is covered as often as promised lies outside the band."""
QUANTITIES = {"population_rate": "typical new model's rate", "frontier_rate": "frontier's rate",
              "density": "density"}  # fmt: skip


@dataclass(frozen=True)
class WorldFit(JointFit):
    """One world: its layout and the truth behind it."""

    truth: Mapping[str, Any]

    def record(self, machine: Machine, sampled: Sampled, inputs: Inputs, *, how: str) -> Record:
        """Judge a world's draws, and hold its intervals against the truth."""
        layout, truth, models = self.layout, self.truth, len(self.layout.models)
        values = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
        targets = draw_targets(
            values, inputs.data, inputs.facts, machine.switches, seed=self.seed
        ).first(models)  # what comes after them is padding
        eta = targets.log_density
        rates = {
            f"{key}_rate": draws for key, draws in growth_rates(sampled.values, layout).items()
        }
        checks = {"integration_error": targets.typical_error, "edge_mass": targets.worst_edge}
        own, _, reasons = judge(
            sampled, rates,
            more={"log_density": eta.reshape(*sampled.chains.statistics.lp.shape, models)},
            first_divergences=sampled.first_divergences, **checks,
        )  # fmt: skip
        intervals = {key: _ends(draws.ravel()) for key, draws in rates.items()}
        true_eta = np.log([truth["density"][name] for name in layout.models["model"]])
        low, high = _ends(eta)
        covered = {k: bool(v[0] < truth[k] < v[1]) for k, v in intervals.items()}
        return {
            "world": int(self.key),
            "covered": covered | {"density": float(np.mean((low < true_eta) & (true_eta < high)))},
            "interval": {k: [float(end) for end in v] for k, v in intervals.items()},
            "p_not_growing": {k: float(np.mean(v <= 0)) for k, v in rates.items()},
            "record_line": record_line(layout.data.models.time, true_eta, truth["frontier_rate"]),
            "diagnostics": {
                "how": how, "verdict": "not trustworthy" if reasons else "trustworthy",
                "reasons": reasons, "effective_draws": min(own.min_ess_bulk, own.min_ess_tail),
                "gradient_evaluations": sampled.gradient_evaluations, **checks,
            },
        }  # fmt: skip


def kinds() -> dict[str, Path]:
    """List the declared kinds of worlds by name, the ordinary one first."""
    folder = Path(str(resources.files("densing.calibration") / "scenarios"))
    found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {"ordinary": found.pop("ordinary"), **found}


def _seed(name: str, seed: int, number: int) -> int:
    """Seed of a world: no two kinds share their random numbers."""
    return int(np.random.SeedSequence((crc32(name.encode()), seed, number)).generate_state(1)[0])


def draw_kind(name: str, model: Model, *, worlds: int, seed: int) -> list[WorldFit]:
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
        out.append(WorldFit(f"{number:05d}", own.seed, model, layout, truth))
    return out


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
        `record_line` (least squares on the record-setters' true densities), `diagnostics`.
    """
    home = folder / "hard" / f"{name}-{key_of(name, model, settings, seed)}"
    keep, keys = Records(home, home / "starts"), [f"{number:05d}" for number in range(worlds)]
    if any(keep.read(key) is None for key in keys):
        drawn = draw_kind(name, model, worlds=worlds, seed=seed)
        # A world whose models happen to be of one family keeps the program of the others.
        head = max(drawn, key=lambda one: one.layout.switches.families)
        group = JointGroup(
            members=tuple(drawn), shape=shape_of(head.layout, head.model), settings=settings,
            sizes=common([one.layout for one in drawn]),
        )  # fmt: skip
        fit_many([group], keep=keep, workers=workers, listen=listen)
    return [keep.read(key) or {} for key in keys]


def key_of(name: str, model: Model, settings: Settings, seed: int) -> str:
    """Identity of everything that a scenario's records follow from."""
    scenario = kinds()[name].read_text(encoding="utf-8")
    return identity(__version__, VERSION, scenario, SIZE, GRID_MORE, model, settings, seed)


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
        "trustworthy": sum(r["diagnostics"]["verdict"] == "trustworthy" for r in records),
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


def allowed(worlds: int) -> tuple[float, float]:
    """Shares of `worlds` covered that chance allows where the coverage is `PROB`: binomial."""
    from scipy.stats import binom

    low, high = binom.ppf([0.5 * CHANCE, 1.0 - 0.5 * CHANCE], worlds, PROB)
    return float(low / worlds), float(high / worlds)


def allowed_mean(shares: np.ndarray) -> tuple[float, float]:
    """Means over worlds of shares covered that chance allows: `PROB`, and Student's t about it."""
    from scipy.stats import t

    error = shares.std(ddof=1) / np.sqrt(len(shares))
    reach = float(t.ppf(1.0 - 0.5 * CHANCE, len(shares) - 1) * error)
    return PROB - reach, PROB + reach


def where(coverage: float, band: Sequence[float]) -> str:
    """Name the side of the band: `under`, `within` or `over`."""
    low, high = band
    # Shares of whole worlds: a rounding is no world.
    tiny = 1e-9
    return "under" if coverage < low - tiny else "over" if coverage > high + tiny else "within"


def verdict(kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Judge the rows of `summarise_kinds`.

    Returns
    -------
    dict
        `chance`, `verdict` ("covers" or "covers too little"), `reasons` (a sentence for each
        kind that is covered less than chance allows, or whose fits are not trustworthy), and
        `over` (names of the kinds covered more than chance allows: no failure, told).
    """
    under, doubtful = [], []
    for name, row in kinds.items():
        low = [key for key in QUANTITIES if row[key]["verdict"] == "under"]
        if low:
            found = ", ".join(
                f"{QUANTITIES[key]} {100 * row[key]['coverage']:.0f} %"
                f" (chance allows {100 * row[key]['allowed'][0]:.0f} %)"
                for key in low
            )
            under.append(
                f"{name}: 90 % intervals hold too few truths in {row['worlds']} worlds: {found}"
            )
        if row["trustworthy"] < MIN_TRUSTWORTHY * row["worlds"]:
            doubtful.append(f"{name}: {row['trustworthy']} of {row['worlds']} fits are trustworthy")
    over = [
        name for name, row in kinds.items()
        if any(row[key]["verdict"] == "over" for key in QUANTITIES)
    ]  # fmt: skip
    return {
        "chance": CHANCE, "verdict": "covers too little" if under else "covers",
        "reasons": [*under, *doubtful], "over": over,
    }  # fmt: skip
