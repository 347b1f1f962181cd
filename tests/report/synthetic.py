"""A small run with the variables of a real one, drawn about a known truth; no engine."""

import json

import numpy as np
import xarray as xr

from densing.models.laws import LossCurve, ScoreMap, log_loss, score
from densing.models.ops import numpy_ops

BENCHMARKS = ("QUIZ", "CODE & <b>MATH</b>")
PROTOCOL = "QUIZ: 0-shot"
NAMES = (
    "<script>alert(1)</script>", "A&B-7B", "cost $5 or $6", "Ünïcode-3B", "plain-1B", "plain-2B",
    "plain-3B", "a rather long name of a model-70B", "$$x^2$$-9B",
)  # fmt: skip
LOSS = {
    "irreducible_loss": (0.05, 0.08), "size_term": (0.15, 0.2), "alpha": (0.3, 0.35),
    "data_term": (0.2, 0.15), "beta": (0.3, 0.25),
}  # fmt: skip
MAP = {
    "floor": (0.25, 0.01), "ceiling": (0.95, 0.97), "steepness": (5.0, 6.0),
    "midpoint": (0.15, 0.18),
}  # fmt: skip
CENTRE = {"log_params": np.log(1e8), "log_tokens": np.log(3e9), "time": 1.0}
TAU, PRECISION, TAIL, NOISE, SHIFT = (0.04, 0.05), 150.0, 20.0, (0.01, 0.02), 0.4
D0 = 5e12
OFFSET, DRIFT = (0.4, -0.4), (0.5, -0.3)


def make_run(
    *,
    models=8,
    frontier=True,
    trustworthy=True,
    rate=2.5,
    spread=0.1,
    held_out_runs=2,
    held_out_checkpoints=2,
    chains=2,
    draws=50,
    seed=0,
):
    """Observations drawn from the truth; the posterior is the truth, blurred by `spread`."""
    rng = np.random.default_rng(seed)
    shape = (chains, draws)

    def about(truth):
        truth = np.asarray(truth, float)
        blur = 0.1 * spread * rng.standard_normal((*shape, *truth.shape))
        return truth * np.exp(blur)

    time = np.linspace(-1.0, 1.0, models)
    eta = -1.0 + rate * time + 0.3 * rng.standard_normal(models)
    params = np.geomspace(5e8, 4e11, models)[rng.permutation(models)]
    log_density = eta + spread * rng.standard_normal((*shape, models))
    names = [NAMES[i] if i < len(NAMES) else f"model-{i}" for i in range(models)]
    curve = LossCurve(
        **{
            ("log_" + k if k.endswith(("loss", "term")) else k).replace("_loss", ""): np.log(v)
            if k.endswith(("loss", "term"))
            else np.asarray(v)
            for k, v in LOSS.items()
        }
    )
    maps = ScoreMap(**{k: np.asarray(v) for k, v in MAP.items()})

    def pick(record, of):
        return type(record)(*(field[of] for field in record))

    def beta_binomial(mean, items):
        chance = rng.beta(mean * PRECISION, (1 - mean) * PRECISION)
        return rng.binomial(items.astype(int), chance) / items

    item_counts = np.asarray([2000.0, 164.0])
    who = np.repeat(np.arange(models), 2)
    of = np.tile([0, 1], models)
    shifted = (of == 0) & (who % 3 == 0)
    loss = log_loss(
        numpy_ops, pick(curve, of),
        eta[who] + np.asarray(OFFSET)[of] + np.asarray(DRIFT)[of] * time[who]
        + np.log(params[who]) - CENTRE["log_params"],
        np.log(D0) - CENTRE["log_tokens"],
    )  # fmt: skip
    loss = np.exp(loss + np.asarray(TAU)[of] * rng.standard_normal(len(of)))
    observed = beta_binomial(
        np.clip(score(numpy_ops, pick(maps, of), loss, SHIFT * shifted), 1e-6, 1 - 1e-6),
        item_counts[of],
    )

    def runs(count, first):
        size = np.tile(np.repeat([1e7, 1e8, 1e9], count), 2)
        tokens = np.tile(np.tile(np.geomspace(first, 3e10, count), 3), 2)
        k = np.repeat([0, 1], 3 * count)
        mean = log_loss(
            numpy_ops, pick(curve, k), np.log(size) - CENTRE["log_params"],
            np.log(tokens) - CENTRE["log_tokens"],
        )  # fmt: skip
        value = np.exp(mean + np.asarray(NOISE)[k] * rng.standard_t(TAIL, len(k)))
        label = [f"run-{i}" for i in range(len(k))]
        return label, np.asarray(BENCHMARKS, object)[k], size, tokens, value

    def checkpoints(count, low, high):
        k = np.repeat([0, 1], count)
        value = np.tile(np.linspace(low, high, count), 2)
        mean = np.clip(score(numpy_ops, pick(maps, k), value), 1e-6, 1 - 1e-6)
        items = item_counts[k]
        label = [f"checkpoint-{i}" for i in range(len(k))]
        return label, np.asarray(BENCHMARKS, object)[k], value, beta_binomial(mean, items), items

    constant = {
        "release_date": ("model", dates(time)),
        "params": ("model", params * 1.05),
        "counted_params": ("model", params),
        "active_params": ("model", params),
        "training_tokens": ("model", np.full(models, 2e12)),
        "model_family": ("model", text([f"family-{i % 3}" for i in range(models)])),
        "organization": ("model", text(["<org> & sons"] * models)),
        "architecture": ("model", text(["dense"] * models)),
        "score_model": ("score_row", who.astype(float)),
        "score_cell": ("score_row", of.astype(float)),
        "score_benchmark": ("score_row", np.asarray(BENCHMARKS, object)[of]),
        "score_protocol": ("score_row", np.where(shifted, PROTOCOL, "").astype(object)),
        "score": ("score_row", observed),
        "score_items": ("score_row", item_counts[of]),
        "score_tokens": ("score_row", np.full(len(of), D0)),
        "score_source": ("score_row", text(["llama-2-card", "my <own> table"] * models)),
        "chance": ("benchmark", [0.25, 0.0]),
        "benchmark_items": ("benchmark", item_counts),
    }
    fields = ("name", "benchmark", "params", "tokens", "loss")
    for prefix, count in (("run", 5), ("held_out_run", held_out_runs)):
        constant |= rows(prefix, fields, runs(count, 1e9))
    fields = ("name", "benchmark", "loss", "score", "items")
    for prefix, args in (
        ("checkpoint", (6, 0.1, 0.4)), ("held_out_checkpoint", (held_out_checkpoints, 0.07, 0.12)),
    ):  # fmt: skip
        constant |= rows(prefix, fields, checkpoints(*args))

    def per_benchmark(truth):
        return ("chain", "draw", "benchmark"), about(truth)

    scalar = ("chain", "draw")
    growth = rate + spread * rng.standard_normal(shape)
    level = -1.0 + spread * rng.standard_normal(shape)
    posterior = {
        **{k: per_benchmark(v) for k, v in (LOSS | MAP).items()},
        "discrepancy": per_benchmark(TAU),
        "loss_noise": per_benchmark(NOISE),
        "loss_tail": (scalar, about(TAIL)),
        "score_precision": (scalar, about(PRECISION)),
        "overdispersion": (scalar, 1 / (1 + about(PRECISION))),
        "protocol_effect": (("chain", "draw", "protocol"), about([SHIFT])),
        "offset": per_benchmark(OFFSET),
        "drift": per_benchmark(DRIFT),
        "rate": (scalar, growth),
        "level": (scalar, level),
        "scatter": (scalar, about(0.5)),
        "log_density": (("chain", "draw", "model"), log_density),
    }
    line = level[..., None] + growth[..., None] * time
    day = ("chain", "draw", "date")
    derived = {
        "density": (("chain", "draw", "model"), np.exp(log_density)),
        "effective_params": (("chain", "draw", "model"), np.exp(log_density) * params),
        "beyond_reference": (
            ("chain", "draw", "model"), (rng.random(log_density.shape) < 0.1).astype(float),
        ),
        "population_rate": (scalar, growth),
        "benchmark_rate": (
            ("chain", "draw", "benchmark"), growth[..., None] + posterior["drift"][1],
        ),
        "population": (day, line),
        "record": (day, np.maximum.accumulate(line + 0.3, axis=-1)),
    }  # fmt: skip
    if frontier:
        posterior |= {"shortfall": (scalar, about(0.3)), "shortfall_drift": (scalar, growth * 0)}
        posterior["shortfall_share"] = (scalar, np.full(shape, 0.36))
        derived |= {"frontier": (day, line + 0.4), "frontier_rate": (scalar, growth + 0.1)}
    posterior["family_spread"] = (scalar, about(0.2))
    if frontier:
        posterior["noise"] = (scalar, about(0.4))
    named = {"benchmark": list(BENCHMARKS), "model": names}
    indices = {"chain": range(chains), "draw": range(draws)}
    run = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset(posterior, named | indices | {"protocol": [PROTOCOL]}),
            "/derived": xr.Dataset(
                derived,
                {
                    "model": names,
                    "date": np.asarray(dates(time), "datetime64[ns]"),
                    "benchmark": list(BENCHMARKS),
                },
            ),
            "/sample_stats": xr.Dataset({"diverging": (scalar, np.zeros(shape, bool))}),
            "/constant_data": xr.Dataset(constant, named),
            "/log_likelihood": xr.Dataset({"scores": log_scores(posterior["rate"][1], models)}),
        }
    )
    run.attrs = attributes(
        models=models, scores=len(of), frontier=frontier, trustworthy=trustworthy
    )
    return run


def log_scores(rate, models, *, steep=False):
    """Log-likelihood of each model's scores that follows the rate; a steep one for the first."""
    standard = (rate - rate.mean()) / (rate.std() or 1.0)
    scores = standard[..., None] * np.linspace(-0.5, 0.5, models)
    if steep:
        scores[..., 0] = -8.0 * standard**2
    return (("chain", "draw", "model"), scores)


def attributes(*, models, scores, frontier, trustworthy):
    """Root attributes, as `densing.inference.assemble` writes them."""
    reasons = [] if trustworthy else ["chains disagree: R-hat 1.200 for rate (limit 1.01)"]
    health = {
        "max_rhat": 1.2 if reasons else 1.002, "min_ess_bulk": 900.0, "min_ess_tail": 800.0,
        "divergences": 0, "min_ebfmi": 0.9, "gradient_evaluations": 12345,
        "integration_error": 0.001, "worst": f"alpha[{BENCHMARKS[1]}]", "reasons": reasons,
        "verdict": "not trustworthy" if reasons else "trustworthy",
        "seconds": {"compile": 1.5, "sample": 2.5},
    }  # fmt: skip
    prior = {"family": "normal", "dims": [], "unit": "ln density / year", "about": "a < b & c"}
    model = {
        "name": "default",
        "about": "a small model",
        "choices": {
            "reference": "minicpm", "benchmarks": list(BENCHMARKS), "tokens": D0,
            "count": "non-embedding", "irreducible": True, "shortfall": frontier, "families": True,
            "derived": False, "held_out": False, "min_scores": 1, "released_from": None,
            "released_until": None, "exclude_families": [],
        },
        "priors": {
            "rate": prior | {"args": {"loc": 0.0, "scale": 2.5}},
            "alpha": prior | {"args": {"loc": "typical", "scale": [0.1, 0.2]}},
        },
    }  # fmt: skip
    return {
        "densing_format": 1, "densing_version": "0.1.0", "created": "2026-01-02T03:04:05+00:00",
        "evidence_hash": "0123456789abcdef" * 4, "model": json.dumps(model),
        "centre": json.dumps(CENTRE), "versions": json.dumps({"densing": "0.1.0", "numpy": "2"}),
        "settings": json.dumps({"name": "quick", "about": "for tests", "chains": 2}), "seed": 1,
        "health": json.dumps(health), "models": models, "scores": scores,
    }  # fmt: skip


def rows(prefix, fields, columns):
    """Rows of one table; an empty table keeps its columns, as in a run."""
    out = {}
    for field, values in zip(fields, columns, strict=True):
        values = np.asarray(values)
        if not len(values):
            values = np.empty(0)
        out[f"{prefix}_{field}"] = (f"{prefix}_row", values)
    return out


def text(values):
    return np.asarray(values, dtype=object)


def dates(time):
    days = np.datetime64("2024-01-01") + np.rint(365 * time).astype("timedelta64[D]")
    return days.astype(str).astype(object)
