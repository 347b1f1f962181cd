"""Draws from the priors alone, forward: what the model believes before it sees a score.

A third pass through the same components as the engines', on NumPy: `sample` draws, `observe`
draws what would be observed, `factor` is kept. Scores are then simulated with the model's own
discrepancy, protocol effects and Beta-Binomial sampling. (The checkpoints' factor, which only
says that a loss cannot lie below the irreducible one, is left out of a run's prior draws; see
`densing.calibration` for draws that heed it.)
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from densing.models.coordinates import Coordinate
from densing.models.joint import log_sizes, scored_by, trend_by
from densing.models.layout import Layout
from densing.models.loss import loss_law
from densing.models.ops import numpy_ops
from densing.models.performance import performance_map
from densing.models.prior import Prior
from densing.models.problem import Problem
from densing.models.reference import discrepancy
from densing.models.residual import draw_shortfall
from densing.models.resolve import resolve
from densing.models.scores import cells, draw_scores
from densing.models.trend import Trend, trend


class PriorProgram:
    """A `Program` that draws each parameter from its prior (see `densing.models.program`)."""

    xp = numpy_ops

    def __init__(
        self,
        priors: Mapping[str, Prior],
        sizes: Mapping[str, int],
        facts: Mapping[str, Any],
        rng: np.random.Generator,
    ) -> None:
        self.priors = priors
        self.sizes = sizes
        self.values: dict[str, Any] = dict(facts)
        self.rng = rng
        self.observed: dict[str, Any] = {}
        """What was drawn in place of each observation."""
        self.factors: dict[str, Any] = {}
        """Log factors that the draws do not heed."""

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Draw from the prior; the sampler's coordinate does not matter here."""
        prior = self.priors[name]
        shape, args = resolve(name, prior, sizes=self.sizes, values=self.values)
        draw = {
            "normal": lambda loc, scale: self.rng.normal(loc, scale, shape),
            "lognormal": lambda loc, scale: self.rng.lognormal(loc, scale, shape),
            "beta": lambda a, b: self.rng.beta(a, b, shape),
            "gamma": lambda shape_, rate: self.rng.gamma(shape_, 1.0 / np.asarray(rate), shape),
        }[prior.family]
        self.values[name] = draw(*args.values())
        return self.values[name]

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """Keep the value."""
        self.values[name] = value
        return value

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Draw what would be observed in place of `value`."""
        shape = np.shape(value)
        self.observed[name] = {
            "student_t": lambda df, loc, scale: loc + scale * self.rng.standard_t(df, shape),
            "beta_binomial": lambda a, b, n: self.rng.binomial(
                np.asarray(n).astype(int), self.rng.beta(a, b, shape), shape
            ),
        }[family](**args)

    def factor(self, name: str, log_density: Any) -> None:
        """Keep the factor."""
        self.factors[name] = log_density


class PriorDraws(NamedTuple):
    """Draws from the prior, leading axis draw."""

    values: dict[str, np.ndarray]
    """Parameters and derived quantities, and `log_density` (draw, model)."""
    scores: np.ndarray
    """Scores of the models as reported, shape (draw, score row), proportions."""


def prior_draws(problem: Problem, layout: Layout, *, draws: int, seed: int) -> PriorDraws:
    """Draw parameters, densities and scores of the joint model from the prior.

    Parameters
    ----------
    problem
        Of the `layout` (`problem.joint_problem`).
    """
    rng, switches, facts = np.random.default_rng(seed), layout.switches, problem.facts
    who = layout.scores["model_index"].to_numpy()
    kept: list[dict[str, Any]] = []
    drawn = []
    for _ in range(draws):
        m = PriorProgram(problem.priors, problem.sizes, facts, rng)
        line = trend(m, layout.data.models, **trend_by(switches))
        eta = draw_log_density(line, rng)
        drawn.append(_scores(m, layout, who, eta))
        kept.append({k: v for k, v in m.values.items() if k not in facts} | {"log_density": eta})
    values = {name: np.stack([draw[name] for draw in kept]) for name in kept[0]}
    return PriorDraws(values, np.stack(drawn))


def draw_log_density(line: Trend, rng: np.random.Generator) -> np.ndarray:
    """Log density of each model about its trend, shape (model,)."""
    eta = line.mean + line.noise * rng.standard_normal(len(line.mean))
    if line.shortfall is None:
        return eta
    return eta + line.shortfall * (1.0 - draw_shortfall(rng, line.form, len(line.mean)))


def _scores(m: PriorProgram, layout: Layout, who: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """Scores of models of log densities `eta`, each at its own date, shape (score row,)."""
    data, switches = layout.data, layout.switches
    loss = loss_law(m, data.runs, irreducible=switches.irreducible)
    performance = performance_map(
        m, data.checkpoints, free_ceiling=switches.free_ceiling, link=switches.link
    )
    discrepancy(m)
    cell = cells(m, layout.laid_scores.rows, loss, performance, **scored_by(switches))
    n = (eta + log_sizes(m, data, switches))[who][:, None]
    return draw_scores(m.rng, cell, n, m.values["score_precision"])
