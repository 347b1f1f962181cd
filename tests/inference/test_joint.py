"""The joint log density against a second one, written out here with SciPy alone.

Nothing of the package takes part in the second: it starts from the tables of the small world,
the declared priors and the numbers of the flat vector. Loops, no matrices; `scipy.stats`, no
formulae of ours; the integral over a model's effective parameters by Simpson's rule.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from densing.inference.laplace import find_mode
from densing.models.choices import parameters_of_others
from models import world

BENCHMARKS = (world.QUIZ, world.CODE)
ITEMS = {world.QUIZ: 1000, world.CODE: 164}
SHIFTED = {"irreducible_logit", "log_alpha", "log_beta", "family_effect", "protocol_effect"}
SIZES = {"benchmark": 2, "family": 2, "protocol": 1}


def logistic(x):
    return 1 / (1 + np.exp(-x))


def split(flat, labels):
    """Flat unconstrained vector into its named parts."""
    out = {}
    for label, value in zip(labels, flat, strict=True):
        out.setdefault(label.split("[")[0], []).append(value)
    return {name.removesuffix("_coordinate"): np.array(values) for name, values in out.items()}


def prior_log_density(family, args, value):
    args = [np.asarray(arg, float) for arg in args.values()]
    frozen = {
        "normal": lambda loc, scale: stats.norm(loc, scale),
        "lognormal": lambda loc, scale: stats.lognorm(s=scale, scale=np.exp(loc)),
        "beta": lambda a, b: stats.beta(a, b),
        "gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
    }[family](*args)
    return frozen.logpdf(value)


def oracle(z, priors):
    """Log density of the unconstrained values `z`, Jacobians included."""
    runs = world.runs().query("not held_out")
    points = world.points().query("not held_out")
    catalog = world.catalog()
    catalog = catalog[catalog["derived_from"].isna()]
    log_n0, log_dc = np.log(runs["params"]).mean(), np.log(runs["tokens"]).mean()

    # What the evidence tells the priors.
    chance = np.array([0.25, 0.0])
    floor = 0.005 + 0.99 * chance
    best = np.array(
        [
            min(0.99, max(points.loc[points["benchmark"] == k, "score"].max(),
                          catalog.loc[catalog["benchmark"] == k, "score"].max()))
            for k in BENCHMARKS
        ]
    )  # fmt: skip
    v = {
        "mean_log_loss": np.array(
            [np.log(runs.loc[runs["benchmark"] == k, "loss"]).mean() for k in BENCHMARKS]
        ),
        "log_checkpoint_loss": np.array(
            [np.log(points.loc[points["benchmark"] == k, "loss"]).median() for k in BENCHMARKS]
        ),
        # A proportion seen over 200 items, on the logit scale.
        "chance_logit": special.logit(floor), "chance_spread": (200 * floor * (1 - floor)) ** -0.5,
    }  # fmt: skip

    v["usual_level"] = np.array(-1.0)

    # From the vector to parameters, with the Jacobian of each step.
    total = 0.0
    waiting = dict(z)
    for name in waiting:  # dependencies first: spreads before effects
        family = priors[name].family
        if name in SHIFTED:
            continue
        x = waiting[name]
        if family in ("lognormal", "gamma"):
            v[name], jacobian = np.exp(x), x
        elif family == "beta":
            v[name] = logistic(x)
            jacobian = np.log(v[name]) + np.log1p(-v[name])
        else:
            v[name], jacobian = x, np.zeros(1)
        total += jacobian.sum()
    # The irreducible share is walked in x: -ln(1 - e) = 0.03 ln(1 + exp((0.3 + 0.2 x) / 0.03)).
    x = (0.3 + 0.2 * waiting["irreducible_logit"]) / 0.03
    e, w = -np.expm1(-0.03 * np.logaddexp(0.0, x)), logistic(v["split_logit"])
    v["irreducible_logit"] = special.logit(e)
    total += np.sum(np.log(0.2 * special.expit(x) / e))
    v["log_alpha"] = waiting["log_alpha"] - np.log((1 - e) * w)
    v["log_beta"] = waiting["log_beta"] - np.log((1 - e) * (1 - w))
    v["family_effect"] = waiting["family_effect"] * v["family_spread"]
    total += 2 * np.log(v["family_spread"][0])
    v["protocol_effect"] = waiting["protocol_effect"] * v["protocol_spread"]
    total += np.log(v["protocol_spread"][0])
    # What two effects have in common is walked in units of their spread, apart from the level.
    for effect, level in (("offset", "level"), ("drift", "rate")):
        first, second = waiting[effect]
        half, spread = (first + second) / 2, v[f"{effect}_spread"][0]
        v[effect] = np.array([first - half, second - half]) + spread * half
        total += np.log(spread)
        v[level] = waiting[level] - spread * half

    for name in waiting:
        prior = priors[name]
        args = {k: v[a] if isinstance(a, str) else a for k, a in prior.args.items()}
        size = np.prod([SIZES[d] for d in prior.dims], dtype=int)
        assert v[name].shape == (size,)
        total += np.sum(prior_log_density(prior.family, args, v[name]))

    # The loss law: E, A, B at the centre.
    level = np.exp(v["log_level"])
    big_e, big_a, big_b = level * e, level * (1 - e) * w, level * (1 - e) * (1 - w)
    alpha, beta = np.exp(v["log_alpha"]), np.exp(v["log_beta"])

    def loss(k, log_n, log_d):
        return (
            big_e[k]
            + big_a[k] * np.exp(-alpha[k] * (log_n - log_n0))
            + big_b[k] * np.exp(-beta[k] * (log_d - log_dc))
        )

    for row in runs.itertuples():
        k = BENCHMARKS.index(row.benchmark)
        at = np.log(loss(k, np.log(row.params), np.log(row.tokens)))
        total += stats.t.logpdf(np.log(row.loss), v["loss_tail"][0], at, v["loss_noise"][k])

    # The map from loss to score.
    floor = logistic(v["floor_logit"])
    ceiling = best + (1 - best) * logistic(v["ceiling_logit"])
    steepness, midpoint = np.exp(v["log_steepness"]), np.exp(v["log_midpoint"])
    tau = np.exp(v["log_discrepancy"])

    def score(k, at, shift=0.0):
        return floor[k] + (ceiling[k] - floor[k]) * special.expit(
            steepness[k] * (1 - at / midpoint[k]) + shift
        )

    precision = v["score_precision"][0]
    for row in points.itertuples():
        k, n = BENCHMARKS.index(row.benchmark), ITEMS[row.benchmark]
        mean = score(k, row.loss)
        total += stats.betabinom.logpmf(
            round(row.score * n), n, mean * precision, (1 - mean) * precision
        )
        # The checkpoint's loss is the law's times a discrepancy, and above E.
        total += stats.norm.logcdf((np.log(row.loss) - np.log(big_e[k])) / tau[k])

    # The models.
    released = {row[0]: pd.Timestamp(row[2]) for row in world.MODELS}
    years = {m: (t - pd.Timestamp("2023-02-24")).days / 365.25 for m, t in released.items()}
    middle = np.mean(list(years.values()))
    rho = 1 / (1 + precision)
    noise = v["scatter"][0] * np.sqrt(1 - v["shortfall_share"][0])
    # Benchmarks drift by quarters of a year from the first release on; a quarter's date is the
    # mean of its models'.
    era = {m: int((t - min(years.values())) // 0.25) for m, t in years.items()}
    dated = {m: np.mean([years[o] for o in years if era[o] == era[m]]) - middle for m in years}
    for model, family, _, params, embedding, *_ in world.MODELS:
        counted = params - (0 if np.isnan(embedding) else embedding)
        t = years[model] - middle
        mean = v["level"][0] + v["rate"][0] * t + v["family_effect"][["One", "Two"].index(family)]
        theta = v["scatter"][0] * np.sqrt(v["shortfall_share"][0])
        theta *= np.exp(v["shortfall_drift"][0] * t)
        x = np.linspace(log_n0 - 25, log_n0 + 30, 11001)
        # From its quarter's date on, a model's benchmarks drift together.
        own = {BENCHMARKS.index(b) for b in catalog.loc[catalog["model"] == model, "benchmark"]}
        together = np.mean([v["drift"][k] for k in own]) * (t - dated[model])
        eta = x - np.log(counted) - together
        # v - u with its mean at zero; SciPy has normal plus exponential.
        log_terms = stats.exponnorm.logpdf(mean + theta - eta, K=theta / noise, scale=noise)
        for row in catalog[catalog["model"] == model].itertuples():
            k = BENCHMARKS.index(row.benchmark)
            n = ITEMS[row.benchmark] if np.isnan(row.items) else row.items
            shift = v["protocol_effect"][0] if row.protocol == "letter" else 0.0
            ahead = v["offset"][k] + v["drift"][k] * dated[model]
            at = loss(k, x + ahead, np.log(5e12))
            s = [score(k, at * np.exp(d * tau[k]), shift) for d in (-(3**0.5), 0.0, 3**0.5)]
            m = s[0] / 6 + 2 * s[1] / 3 + s[2] / 6
            between = s[0] ** 2 / 6 + 2 * s[1] ** 2 / 3 + s[2] ** 2 / 6 - m**2
            # Law of total variance: the items add to what the discrepancy leaves.
            variance = between + (m * (1 - m) - between) * (1 / n + (1 - 1 / n) * rho)
            size = m * (1 - m) / variance - 1
            y = min(max(row.score, 0.5 / n), 1 - 0.5 / n)
            log_terms = log_terms + stats.beta.logpdf(y, m * size, (1 - m) * size)
        top = log_terms.max()
        total += top + np.log(integrate.simpson(np.exp(log_terms - top), x=x))
    return total


def vectors(whole):
    """Prior-like points: a typical one and some about it."""
    typical = {
        "log_level": [np.log(0.45), np.log(0.22)], "irreducible_logit": [-0.5, -0.5],
        "split_logit": [0.0, 0.3], "log_alpha_typical": [-1.1], "log_alpha_spread": [-1.4],
        "log_beta_typical": [-1.1], "log_beta_spread": [-1.4], "loss_noise": [-4.0, -4.0],
        "loss_tail": [2.5], "floor_logit": [-1.1, -5.0], "ceiling_logit": [1.0, 1.0],
        "log_steepness": [1.4, 1.5], "log_midpoint": [np.log(0.5), np.log(0.25)],
        "score_precision": [6.0], "log_discrepancy_typical": [-2.5],
        "log_discrepancy": [-2.4, -2.2], "protocol_spread": [-1.4], "level": [-1.1],
        "offset_spread": [-0.7], "drift_spread": [-0.9], "rate": [1.6],
        # sums: level -1, offsets 0.4 and -0.6, rate 1.5, drifts -0.3 and 0.5
        "offset": [-0.1 * np.exp(0.7) + 0.5, -0.1 * np.exp(0.7) - 0.5],
        "drift": [0.1 * np.exp(0.9) - 0.4, 0.1 * np.exp(0.9) + 0.4],
        "family_spread": [-0.9], "scatter": [-0.3], "shortfall_share": [0.0],
        "shortfall_drift": [0.1],
        # coordinates: logs of the elasticities, unit-scale effects
        "log_alpha": [-2.1, -2.2], "log_beta": [-2.3, -2.4],
        "family_effect": [0.5, -0.7], "protocol_effect": [0.4],
    }  # fmt: skip
    labels = whole.potential.labels
    parts = {name: iter(values) for name, values in typical.items()}
    base = np.array([next(parts[label.split("[")[0].removesuffix("_coordinate")])
                     for label in labels])  # fmt: skip
    rng = np.random.default_rng(5)
    return [base, *(base + 0.3 * rng.standard_normal((3, len(base))))]


@pytest.mark.parametrize("which", range(4))
def test_log_density_is_the_one_written_out(whole, which):
    flat = vectors(whole)[which]
    ours = -float(whole.value_and_grad(flat, whole.inputs)[0])
    assert ours == pytest.approx(oracle(split(flat, whole.potential.labels), whole.model.priors),
                                 rel=1e-9, abs=1e-6)  # fmt: skip


def test_every_label_is_a_declared_prior(whole):
    names = {label.split("[")[0].removesuffix("_coordinate") for label in whole.potential.labels}
    assert names == set(whole.model.priors) - parameters_of_others({})
    assert len(whole.potential.labels) == whole.potential.size


def test_constrained_values_are_those_of_the_vector(whole):
    flat = vectors(whole)[1]
    z = split(flat, whole.potential.labels)
    values = whole.potential.constrain(flat, whole.inputs)
    softplus = np.logaddexp(0.0, (0.3 + 0.2 * z["irreducible_logit"]) / 0.03)
    e, w = -np.expm1(-0.03 * softplus), logistic(z["split_logit"])
    np.testing.assert_allclose(values["scatter"], np.exp(z["scatter"][0]))
    np.testing.assert_allclose(values["shortfall_share"], logistic(z["shortfall_share"][0]))
    np.testing.assert_allclose(values["alpha"], np.exp(z["log_alpha"]) / ((1 - e) * w))
    np.testing.assert_allclose(values["irreducible_loss"], np.exp(z["log_level"]) * e)
    np.testing.assert_allclose(
        values["irreducible_loss"] + values["size_term"] + values["data_term"],
        np.exp(z["log_level"]),
    )
    np.testing.assert_allclose(
        values["family_effect"], z["family_effect"] * np.exp(z["family_spread"])
    )


@pytest.mark.parametrize("which", [0, 2])
def test_gradient_is_the_finite_difference(whole, which):
    flat = vectors(whole)[which]
    gradient = np.asarray(whole.value_and_grad(flat, whole.inputs)[1])
    assert np.all(np.isfinite(gradient))
    h = 1e-5
    for i, label in enumerate(whole.potential.labels):
        step = h * np.eye(len(flat))[i]
        up, down = (float(whole.value_and_grad(flat + s, whole.inputs)[0]) for s in (step, -step))
        assert gradient[i] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-4), label


def on_the_grid_of_a_fit(whole):
    grid = jax.tree.map(jnp.asarray, whole.layout.data.grid)
    return whole.inputs._replace(data=whole.inputs.data._replace(grid=grid))


def test_the_grid_of_a_fit_makes_no_modes(whole):
    """Far from the posterior, curves interpolated from coarse nodes overshoot: held in bounds."""
    inputs = on_the_grid_of_a_fit(whole)
    rng = np.random.default_rng(1)
    for start in rng.uniform(-1.0, 1.0, (12, whole.potential.size)):
        mode = find_mode(whole.value_and_grad, inputs, start)
        exact = float(whole.value_and_grad(mode.position, whole.inputs)[0])
        # Above what is exact by the few nats a narrow likelihood's coarse points may be off.
        assert exact < mode.energy + 5.0


def test_density_and_gradient_are_finite_wherever_a_chain_may_start(whole):
    inputs = on_the_grid_of_a_fit(whole)
    values, slopes = 0, 0
    for key in jax.random.split(jax.random.key(0), 60):
        energy, slope = whole.value_and_grad(whole.potential.start(key), inputs)
        values += not np.isfinite(energy)
        slopes += not np.all(np.isfinite(slope))
    assert (values, slopes) == (0, 0)
