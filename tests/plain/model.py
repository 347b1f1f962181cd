"""The default model in its plain form: non-centred PyMC, every latent explicit.

What a PyMC user writes from the four lines of the README: a latent log density for each model
(a shortfall and a noise of unit scale), one Beta for each score, hierarchical effects of unit
scale. Nothing is integrated out and no coordinate is chosen for the sampler. The posterior is
that of `densing.models.joint`; no code of it takes part, only the declared priors' numbers.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from densing.data import Evidence
from densing.models.declaration import Model, load_model

from .data import Rows, rows


def plain_model(evidence: Evidence, *, model: Model | None = None) -> pm.Model:
    """Plain form of `model` (default structure) given `evidence`, sampled as it is."""
    model = model or load_model("ladder")
    data = rows(evidence, model)

    def prior(name: str, family: str) -> list[Any]:
        """Arguments as declared; a name is a fact of the evidence. In double precision."""
        declared = model.priors[name]
        assert declared.family == family, f"{name} is declared {declared.family}"
        args = [data.facts[a] if isinstance(a, str) else a for a in declared.args.values()]
        return [np.asarray(a, np.float64) for a in args]

    def normal(name: str, **how: Any) -> Any:
        return pm.Normal(name, *prior(name, "normal"), **how)

    def lognormal(name: str, **how: Any) -> Any:
        return pm.LogNormal(name, *prior(name, "lognormal"), **how)

    def pooled(name: str, centre: Any, spread: Any, dim: str) -> Any:
        raw = pm.Normal(f"{name}_raw", 0, 1, dims=dim)
        return pm.Deterministic(name, centre + spread * raw, dims=dim)

    with pm.Model(coords=data.coords) as built:
        # Loss law, one per benchmark: level and shares at the runs' centre.
        level = pt.exp(normal("log_level", dims="benchmark"))
        e = pm.math.sigmoid(normal("irreducible_logit", dims="benchmark"))
        w = pm.math.sigmoid(normal("split_logit", dims="benchmark"))
        irreducible, size, tokens = level * e, level * (1 - e) * w, level * (1 - e) * (1 - w)
        alpha, beta = (
            pt.exp(pooled(name, normal(f"{name}_typical"), lognormal(f"{name}_spread"),
                          "benchmark"))
            for name in ("log_alpha", "log_beta")
        )  # fmt: skip

        def loss(k: Any, n: Any, d: Any) -> Any:
            reducible = size[k] * pt.exp(-alpha[k] * n) + tokens[k] * pt.exp(-beta[k] * d)
            return irreducible[k] + reducible

        run, k = data.runs, data.runs["k"].to_numpy()
        pm.StudentT(
            "log_loss", nu=pm.Gamma("loss_tail", *prior("loss_tail", "gamma")),
            mu=pt.log(loss(k, run["n"].to_numpy(), run["d"].to_numpy())),
            sigma=lognormal("loss_noise", dims="benchmark")[k], observed=run["log_loss"],
        )  # fmt: skip

        # From loss to score, on the reference's checkpoints.
        floor = pm.math.sigmoid(normal("floor_logit", dims="benchmark"))
        best = data.facts["best_score"]
        ceiling = best + (1 - best) * pm.math.sigmoid(normal("ceiling_logit", dims="benchmark"))
        steepness = pt.exp(normal("log_steepness", dims="benchmark"))
        midpoint = pt.exp(normal("log_midpoint", dims="benchmark"))
        precision = lognormal("score_precision")

        def score(k: Any, at: Any, shift: Any = 0) -> Any:
            logit = steepness[k] * (1 - at / midpoint[k]) + shift
            return floor[k] + (ceiling[k] - floor[k]) * pm.math.sigmoid(logit)

        point, k = data.checkpoints, data.checkpoints["k"].to_numpy()
        mean = score(k, point["loss"].to_numpy())
        pm.BetaBinomial(
            "correct", alpha=mean * precision, beta=(1 - mean) * precision,
            n=point["items"].to_numpy(), observed=point["correct"],
        )  # fmt: skip
        centre = normal("log_discrepancy_typical")
        spread = np.float64(model.priors["log_discrepancy"].args["scale"])
        tau = pt.exp(pooled("log_discrepancy", centre, spread, "benchmark"))
        margin = np.log(point["loss"].to_numpy()) - pt.log(irreducible[k])
        above = pm.logcdf(pm.Normal.dist(0, 1), margin / tau[k])
        pm.Potential("checkpoints", above.sum())

        # Log densities: trend, family, shortfall below the frontier, noise.
        family = pooled("family_effect", 0, lognormal("family_spread"), "family")
        time = data.models["time"].to_numpy()
        typical = normal("level") + normal("rate") * time
        typical = typical + family[data.models["family"].to_numpy()]
        scatter = lognormal("scatter")
        share = pm.Beta("shortfall_share", *prior("shortfall_share", "beta"))
        theta = scatter * pt.sqrt(share) * pt.exp(normal("shortfall_drift") * time)
        noise = scatter * pt.sqrt(1 - share)
        u = pm.Exponential("u", 1, dims="model")
        v = pm.Normal("v", 0, 1, dims="model")
        eta = pm.Deterministic("log_density", typical + theta - theta * u + noise * v, dims="model")

        # Scores: a Beta with the mean and variance that discrepancy and items leave.
        protocol = pooled("protocol_effect", 0, lognormal("protocol_spread"), "protocol")
        # Each benchmark's own level and growth about the common ones.
        spreads = lognormal("offset_spread"), lognormal("drift_spread")
        offset, drift = (
            pooled(name, 0, spread, "benchmark")
            for name, spread in zip(("offset", "drift"), spreads, strict=True)
        )
        which, k = (data.scores[c].to_numpy() for c in ("i", "k"))
        ahead = offset[k] + drift[k] * data.models["era"].to_numpy()[which]
        # Curves stand at the quarter's date; from there a model's benchmarks drift together.
        has = np.zeros((len(time), len(data.coords["benchmark"])))
        has[which, k] = 1
        since = (time - data.models["era"].to_numpy())[:, None]
        ahead = ahead + pt.sum(since * has / has.sum(axis=1, keepdims=True) * drift, axis=1)[which]
        mean, variance = moments(
            data, loss, score, eta[which] + ahead, tau, protocol, 1 / (1 + precision)
        )
        concentration = mean * (1 - mean) / variance - 1
        pm.Beta(
            "score", alpha=mean * concentration, beta=(1 - mean) * concentration,
            observed=data.scores["y"],
        )  # fmt: skip
    return built


def moments(
    data: Rows, loss: Any, score: Any, eta: Any, tau: Any, protocol: Any, overdispersion: Any
) -> tuple[Any, Any]:
    """Mean and variance of each score whose model has log density eta on it, shape (score,).

    The discrepancy by the three-point rule at 0 and +-sqrt(3) standard deviations.
    """
    i, k, which, items = (data.scores[c].to_numpy() for c in ("i", "k", "protocol", "items"))
    at = loss(k, eta + data.models["log_params"].to_numpy()[i], data.tokens)
    shift = pt.concatenate([np.zeros(1), protocol])[which]
    far = np.sqrt(np.float64(3)) * tau[k]
    low, middle, high = (score(k, at * pt.exp(delta), shift) for delta in (-far, 0, far))
    mean = (low + 4 * middle + high) / 6
    between = ((low - mean) ** 2 + 4 * (middle - mean) ** 2 + (high - mean) ** 2) / 6
    inner = (low * (1 - low) + 4 * middle * (1 - middle) + high * (1 - high)) / 6
    return mean, between + inner * (1 / items + (1 - 1 / items) * overdispersion)
