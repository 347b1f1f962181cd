r"""The self-check: a reference's own largest models, whose density is 1 by construction.

The curves were fitted to the smaller runs alone. Each held-out run is then asked five things on
each benchmark, and the answers counted:

* `loss`: does the loss law's predictive interval at its size and tokens cover its loss?
* `score_given_loss`: does the performance map's, at its own loss, cover its score?
* `score_of_run`: law and map in a row, as for one more run of the family;
* `score_of_model`: the same for a *target model* of density 1, with what every target is given:
  a discrepancy of model and benchmark, and the benchmark's own level (`offset`, here from its
  prior: no other target is there to tell it);
* `density`: the density that its one score implies, taken as a target model with its own tokens
  as D0. Exactly ``p(eta | y) ~ p(eta) E[p(y | eta, curves)]`` over draws of the curves, with the
  declared prior `level` for eta: no trend and no sibling takes part.

Runs of one family and benchmarks of one law are not independent: sixteen answers about two runs
are far fewer than sixteen experiments.
"""

from typing import Any

import numpy as np
import xarray as xr
from scipy.special import logsumexp

from densing.models.declaration import Model
from densing.models.laws import log_loss, score
from densing.models.layout import USUAL_LEVEL
from densing.models.ops import numpy_ops
from densing.models.prior_draws import PriorProgram
from densing.models.program import last_axis
from densing.models.scores import ScoreData, draw_proportions, reach, score_log_density
from densing.results.interval import PROB, Interval, interval
from densing.results.posterior import cells_of, replay_of
from densing.results.run import chosen, record

DRAWS = 2000
CHECKS = ("loss", "score_given_loss", "score_of_run", "score_of_model", "density")


def selfcheck(run: xr.DataTree, *, seed: int = 1, prob: float = PROB) -> dict[str, Any]:
    """Ask the held-out runs of a reference fitted alone (`inference.fit`).

    Returns
    -------
    dict
        `rows`, one a held-out run and benchmark: each check with its interval, what was
        observed and whether it is inside, and `p_beyond_reference`; `counts` of each check;
        `runs_fitted`, `reference` and `diagnostics`.
    """
    rng = np.random.default_rng(seed)
    data = run["constant_data"].to_dataset()
    names = [str(name) for name in data["benchmark"].to_numpy()]
    held_out = [
        {str(name): data[name].to_numpy()[i] for name in data.data_vars}
        for i in range(data.sizes["held_out_row"])
    ]
    model = Model.model_validate_json(run.attrs["model"])
    log_prior, eta = density_prior(model)
    offsets = prior_offsets(model, len(names), rng)
    rows = []
    for item in held_out:
        which = names.index(str(item["task"]))
        curves = Curves(run, which, item, offsets[:, which])
        predicted = curves.predictions(rng)
        weights = posterior_weights(curves.log_likelihood(eta), log_prior)
        observed = {"loss": float(item["loss"]), "density": 1.0}
        told = {
            check: _judged(interval(values, prob=prob), observed.get(check, item["accuracy"]))
            for check, values in predicted.items()
        }
        told["density"] = _judged(density_interval(eta, weights.sum(axis=0), prob), 1.0)
        beyond = (curves.n + curves.offset[:, None] + eta > curves.reach) * weights
        rows.append(
            {
                "run": str(item["run"]), "benchmark": str(item["task"]),
                "params": float(item["params"]), "tokens": float(item["tokens"]), **told,
                "p_density_below_1": float(np.interp(0.0, eta, cumulative(weights.sum(axis=0)))),
                "p_beyond_reference": float(beyond.sum()),
            }
        )  # fmt: skip
    return {
        "rows": rows,
        "counts": {
            check: {"covered": sum(r[check]["inside"] for r in rows), "of": len(rows), "prob": prob}
            for check in CHECKS
        },
        "runs_fitted": int(run.attrs["runs"]),
        "reference": model.choices.reference,
        "diagnostics": record(run, "health"),
    }


class Curves:
    """Draws of one benchmark's curves, asked about one held-out run; draws last, (1, 1, draw)."""

    def __init__(
        self, run: xr.DataTree, benchmark: int, item: dict[str, Any], offset: np.ndarray
    ) -> None:
        centre, link = record(run, "centre"), chosen(run, "link", "logit")
        m = replay_of(run["posterior"], draws=DRAWS)
        self.item = item
        self.n = float(np.log(item["params"]) - centre["log_params"])
        # As many as there are draws of the curves.
        self.offset = np.resize(offset, m.values["loss_tail"].size)
        one = np.ones(1)
        # A Beta whatever the model's likelihood; the benchmark's level is in the offset.
        rows = ScoreData(
            log_score=None, log_miss=None, count=None, benchmark=np.asarray([benchmark]),
            protocol=np.zeros(1, int), items=one * float(item["items"]),
            d=one * float(np.log(item["tokens"]) - centre["log_tokens"]), time=0.0 * one,
        )  # fmt: skip
        self.cell = cells_of(m, last_axis(rows), link=link, likelihood="beta")
        self.noise = m.values["loss_noise"][benchmark]
        self.tail, self.overdispersion = m.values["loss_tail"], m.values["overdispersion"]
        self.reach = reach(numpy_ops, self.cell)[0, 0][:, None]

    def predictions(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draws of what was held out, each of shape (draw, 1)."""
        n, d = self.n + 0.0 * self.offset, self.cell.d
        law = log_loss(numpy_ops, self.cell.loss, n, d)
        loss = np.exp(law + self.noise * rng.standard_t(self.tail))
        of_model = log_loss(numpy_ops, self.cell.loss, n + self.offset, d)
        apart = np.exp(of_model + self.cell.discrepancy * rng.standard_normal(len(n)))

        def scored(loss: Any) -> np.ndarray:
            mean = score(numpy_ops, self.cell.map, loss)[:, 0].T
            precision = (1.0 / self.overdispersion - 1.0)[:, None]
            return draw_proportions(rng, mean, precision, self.cell.items[:, 0, 0])

        return {
            "loss": loss[0].T,
            "score_given_loss": scored(float(self.item["loss"])),
            "score_of_run": scored(loss),
            "score_of_model": scored(apart),
        }

    def log_likelihood(self, eta: np.ndarray) -> np.ndarray:
        """Log density of the score at each log density `eta`, (draw, eta), as the model has it."""
        half = 0.5 / float(self.item["items"])
        y = np.clip(float(self.item["accuracy"]), half, 1.0 - half)
        n = self.n + self.offset + eta[:, None]
        return score_log_density(numpy_ops, self.cell, self.overdispersion, n[None], y)[0].T


def prior_offsets(model: Model, benchmarks: int, rng: np.random.Generator) -> np.ndarray:
    """Levels of the benchmarks about the common one, from the prior: (draw, benchmark)."""
    if not model.choices.switches.benchmark_trends:
        return np.zeros((1, benchmarks))
    out = []
    for _ in range(DRAWS):
        m = PriorProgram(model.priors, {"benchmark": benchmarks}, {}, rng)
        m.sample("offset_spread")
        out.append(m.sample("offset"))
    return np.asarray(out)


def density_prior(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Log density (up to a constant) of the prior `level`, and the log densities it is at."""
    args = model.priors["level"].args
    loc, scale = (USUAL_LEVEL if args[k] == "usual_level" else args[k] for k in ("loc", "scale"))
    loc, scale = float(np.asarray(loc)), float(np.asarray(scale))
    eta = np.linspace(min(loc, 0.0) - 6.0 * scale, max(loc, 0.0) + 6.0 * scale, 501)
    return -0.5 * ((eta - loc) / scale) ** 2, eta


def posterior_weights(log_likelihood: np.ndarray, log_prior: np.ndarray) -> np.ndarray:
    """Joint posterior of curve draws and log densities on the grid, (draw, grid), sum 1."""
    terms = log_likelihood + log_prior
    return np.exp(terms - logsumexp(terms))


def density_interval(eta: np.ndarray, weights: np.ndarray, prob: float) -> Interval:
    """Interval of the density from weights on a grid of log densities."""
    at = [0.5, (1 - prob) / 2, (1 + prob) / 2]
    ends = np.exp(np.interp(at, cumulative(weights), eta))
    return Interval(float(ends[0]), float(ends[1]), float(ends[2]), prob)


def cumulative(weights: np.ndarray) -> np.ndarray:
    """Distribution function at evenly spaced points, each with half of its own weight."""
    return (np.cumsum(weights) - 0.5 * weights) / weights.sum()


def _judged(told: Interval, observed: Any) -> dict[str, Any]:
    low, high = told.lower, told.upper
    inside = low is not None and high is not None and low <= float(observed) <= high
    return {**told.as_dict(), "observed": float(observed), "inside": bool(inside)}
