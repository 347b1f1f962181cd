r"""Families as yardsticks: scores of many releases on several benchmarks, no reference needed.

``y_ik ~ N(p_ik, y (1 - y) / n_k + report_noise^2), p_ik = floor_k + (ceiling_k - floor_k) s(z_ik)``
``z_ik = intercept_k + slope_k x_ik + protocol + effects,  s the logistic function``
``x_ik = ln N_i + trend(t_i) + (type_rate_j(k) + drift_k) t_i + within (t_i - mean t of family)``

with effects of families, releases and models (see `nested`): each a shift of log density that all
benchmarks share, and one of each benchmark alone. Within a release density is the same up to the
model's own effect: every release of several sizes therefore measures `slope`, the exchange rate
between ln N and score, at real sizes.

Sizes are ``N = N_active^(1-w) N_total^w`` without embeddings, over 7e9; t is in years.

Geometry. Given slopes, spreads and the trend all effects are Gaussian and are integrated out
(`nested`), where the measurement of a logit is Gaussian to good accuracy. A score close to the
floor or to the ceiling says only that its logit lies beyond somewhere: those logits (`edge_logit`)
are sampled, under the exact density of their score.
"""

from typing import Any, NamedTuple

from densing.models.coordinates import common_scaled, scaled, shifted
from densing.models.nested import Level, Levels, Tree, log_likelihood
from densing.models.program import Program
from densing.models.shapes import SHAPES, Span, bend


class FamilyData(NamedTuple):
    """What the program conditions on; arrays only."""

    score: Any
    """Proportions, shape (model, benchmark); a value in the middle of the range where none is
    reported or the score is at an edge."""
    measured: Any
    """1 where `score` is a score away from the edges, else 0, shape (model, benchmark)."""
    edge_score: Any
    """Scores at an edge, shape (edge,)."""
    edge_at: Any
    """Their position in the flattened (model, benchmark) table, shape (edge,)."""
    edge_benchmark: Any
    """Their benchmark, shape (edge,)."""
    items: Any
    """Shape (benchmark,)."""
    floor: Any
    """Chance level, shape (benchmark,)."""
    protocol: Any
    """Protocol of each score, 0 for the benchmark's own, shape (model, benchmark)."""
    type: Any
    """Type of each benchmark, shape (benchmark,)."""
    log_active: Any
    """ln of active non-embedding parameters over `SIZE`, shape (model,)."""
    log_total: Any
    time: Any
    """Years since the mean date of the releases, shape (model,)."""
    release_time: Any
    """Mean time of each release of the fit, shape (release,)."""
    since_mean: Any
    """Years since the mean date of the family's releases, shape (model,)."""
    log_tokens: Any
    """ln training tokens over the typical number at that date, 0 where unknown, (model,)."""
    span: Any
    """`shapes.Span` as an array, shape (3,)."""
    tree: Tree


class FamilySwitches(NamedTuple):
    """Structural choices: they change the program, not the data."""

    shape: str = "changepoint"
    """Shape of the trend (`shapes.SHAPES`)."""
    type_changes: bool = True
    """The trend's change of slope differs by type of benchmark."""
    family_residuals: bool = True
    """Families have effects on single benchmarks, beside their releases'."""
    within_families: bool = True
    """Growth within families may differ from growth between them."""
    protocols: bool = True
    experts: bool = True
    free_ceiling: bool = True
    curvature: bool = False
    """Score bends in ln N on the logit scale, by benchmark."""
    tokens: bool = False
    """Training tokens beyond those usual at the date are a term of log density."""
    spread_drift: bool = True
    """Releases may come to differ more, or less."""
    outlying_releases: bool = False
    """Some releases depart further than others do: scale mixture of their effects."""
    edges: bool = True
    """Some scores are at an edge."""


SIZE = 7e9
"""Parameters at which a benchmark's intercept stands."""


class Curves(NamedTuple):
    """Score curves of all benchmarks; shapes (benchmark,)."""

    intercept: Any
    slope: Any
    rate: Any
    """Growth of log density on the benchmark, less the bend of the trend, 1 / year."""
    floor: Any
    ceiling: Any


def families(m: Program, data: FamilyData, switches: FamilySwitches) -> None:
    """Run the model in the hands of an engine."""
    xp = m.xp
    mean, curves, levels = expected_logits(m, data, switches)
    z, precision, log_density = measurements(m, data, switches, curves)
    m.factor("reports", log_density)
    m.factor("scores", log_likelihood(xp, z - mean, precision, data.tree, curves.slope, levels))


def measurements(
    m: Program, data: FamilyData, switches: FamilySwitches, of: Curves
) -> tuple[Any, Any, Any]:
    """Logits that the scores measure and their precision, (model, benchmark), and a log density.

    The density is of the scores given their logits, less what `log_likelihood` counts: that of
    the normal approximation's height, and that of scores at an edge, given their sampled logits.
    """
    xp, score = m.xp, data.score
    about = shifted(m.sample("log_report_noise_typical"))
    noise = xp.exp(m.sample("log_report_noise", coordinate=about))
    m.derive("report_noise", noise, ("benchmark",))
    reach = of.ceiling - of.floor
    share = (score - of.floor) / reach
    z = xp.log(share) - xp.log1p(-share)
    variance = score * (1.0 - score) / data.items + noise**2
    precision = data.measured * (reach * share * (1.0 - share)) ** 2 / variance
    height = -0.5 * xp.sum(data.measured * xp.log(variance), axis=1)
    if not switches.edges:
        return z, precision, height
    edge = m.sample("edge_logit")
    floor, ceiling, items, noise = (
        xp.take(x, data.edge_benchmark) for x in (of.floor, of.ceiling, data.items, noise)
    )
    p = floor + (ceiling - floor) * xp.expit(edge)
    spread = p * (1.0 - p) / items + noise**2
    at_edge = -0.5 * (xp.log(spread) + (data.edge_score - p) ** 2 / spread)
    z = xp.put(z, data.edge_at, edge)
    precision = xp.put(precision, data.edge_at, EDGE_NOISE**-2)
    return z, precision, xp.concatenate([height, at_edge])


EDGE_NOISE = 0.4
"""Standard deviation, logits, with which the sampled logit of a score at an edge follows the
model's: next to chance a score has as much to do with the form of the answer as with ability."""


def expected_logits(
    m: Program, data: FamilyData, switches: FamilySwitches
) -> tuple[Any, Curves, Levels]:
    """Sample everything that is not integrated out; mean logits have shape (model, benchmark)."""
    xp = m.xp
    intercept = m.sample("intercept")
    m.sample("log_slope_typical")
    m.sample("log_slope_spread")
    slope = m.derive("slope", xp.exp(m.sample("log_slope")), ("benchmark",))
    size = data.log_total
    if switches.experts:
        weight = m.sample("expert_weight")
        size = (1.0 - weight) * data.log_active + weight * data.log_total
    x = size[:, None] + growth(m, data, switches)
    if switches.within_families:
        x = x + (m.sample("within_family_slope") * data.since_mean)[:, None]
    if switches.tokens:
        x = x + (m.sample("token_elasticity") * data.log_tokens)[:, None]
    mean = intercept + slope * x
    if switches.curvature:
        mean = mean + m.sample("curvature") * (size**2)[:, None]
    if switches.protocols:
        apart = scaled(xp, m.sample("protocol_spread"))
        effect = m.sample("protocol_effect", coordinate=apart)
        effect = xp.concatenate([xp.zeros(1), effect])
        mean = mean + xp.take(effect, data.protocol)
    if switches.free_ceiling:
        best = m.values["best_score"]
        ceiling = best + (1.0 - best) * xp.expit(m.sample("ceiling_logit"))
    else:
        ceiling = m.values["usual_ceiling"]
    m.derive("ceiling", ceiling, ("benchmark",))
    curves = Curves(intercept, slope, m.values["benchmark_rate"], data.floor, ceiling)
    return mean, curves, _levels(m, data, switches)


def growth(m: Program, data: FamilyData, switches: FamilySwitches) -> Any:
    """Log density of a typical release at each model's date, shape (model, benchmark).

    It is told about its mean over the benchmarks: `rate` and `slope_change` are those of the
    whole portfolio, and what types and benchmarks have beside them sums to zero over it.
    """
    xp = m.xp
    rate = m.sample("rate")
    by_type = m.sample("type_rate")
    drift = m.sample("drift", coordinate=common_scaled(xp, m.sample("drift_spread")))
    apart = xp.take(by_type, data.type) + drift
    m.derive("benchmark_rate", rate + apart - xp.mean(apart), ("benchmark",))
    line = m.values["benchmark_rate"] * data.time[:, None]
    if switches.shape == "linear":
        return line
    span = Span(data.span[0], data.span[1], data.span[2])
    own = {"rate": rate} | {name: m.sample(name) for name in SHAPES[switches.shape].parameters}
    common = bend(xp, switches.shape, own, span, data.time)[:, None]
    if not switches.type_changes:
        return line + common
    more = xp.take(m.sample("type_change"), data.type)
    if "slope_change" in own:
        unit = bend(xp, switches.shape, own | {"slope_change": 1.0}, span, data.time)
    else:  # the slope of a type changes steadily, by as much after the middle as before it
        unit = (data.time - span.first) * (data.time - span.last) / (span.last - span.first)
    return line + common + (more - xp.mean(more)) * unit[:, None]


def _levels(m: Program, data: FamilyData, switches: FamilySwitches) -> Levels:
    """Spreads of models, releases and families."""
    xp = m.xp

    def residual(name: str) -> Any:
        about = shifted(m.sample(f"log_{name}_residual_typical"))
        log = m.sample(f"log_{name}_residual", coordinate=about)
        return m.derive(f"{name}_residual", xp.exp(log), ("benchmark",))

    model = Level(m.sample("model_spread"), xp.zeros(data.items.shape[0]))
    release = Level(m.sample("release_spread"), residual("release"))
    spread = m.sample("family_spread")
    alone = residual("family") if switches.family_residuals else 0.0 * release.residual + 1e-3
    levels = Levels(model, release, Level(spread, alone))
    log_scale, drift, tail = xp.zeros(data.release_time.shape[0]), 0.0, 0.0
    if switches.spread_drift:
        drift = m.sample("spread_drift")
        log_scale = log_scale + drift * data.release_time
    if switches.outlying_releases:
        tail = m.sample("release_tail")
        log_scale = log_scale + tail * m.sample("release_oddity")
    return levels._replace(scale=xp.exp(log_scale), tail=tail, drift=drift)
