r"""Posterior predictive: what the fitted model says that scores and losses should have been.

Two kinds of check, the more honest one first:

* *held-out runs and checkpoints* were not fitted: a true out-of-sample prediction;
* *scores of the target models* are predicted from each model's fitted density with a **fresh**
  model-by-benchmark discrepancy, ``delta ~ Normal(0, tau_k)``: the density has seen the score,
  the discrepancy has not. Coverage far below nominal says that the model is wrong; coverage at
  nominal is no proof that it is right.

A predicted score is ``Beta-Binomial`` over the items of the benchmark (or what else the run's
likelihood is); a predicted loss is Student-t about the loss law in logs, as fitted.
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.models.laws import LossCurve, ScoreMap, log_loss, score
from densing.models.ops import numpy_ops
from densing.results.curves import loss_curve, score_map, thinned
from densing.results.drawn_scores import beta_binomial, draw_scores, precision
from densing.results.interval import PROB
from densing.results.late import late_shift
from densing.results.lead import leads, model_times
from densing.results.run import record
from densing.results.sizes import run_log_sizes

DRAWS = 1000


def predict_scores(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Posterior predictive of the target models' scores.

    Returns
    -------
    xarray.Dataset
        `predicted` (sample, score_row); `median`, `lower`, `upper` (equal-tailed at `prob`),
        `observed` (score_row,), proportions; `benchmark`, `model` (score_row,), names.
    """
    rng = np.random.default_rng(seed)
    data, centre = run["constant_data"].to_dataset(), record(run, "centre")
    of = position(data, data["score_benchmark"])
    who = data["score_model"].to_numpy().astype(int)
    n = run_log_sizes(run, draws=draws)[:, who] - centre["log_params"]
    n = n + thinned(run, ["log_density"], draws=draws)["log_density"][:, who]
    n = n + leads(run, of, model_times(run)[who], draws=draws)
    d = np.log(data["score_tokens"].to_numpy()) - centre["log_tokens"]
    loss = log_loss(numpy_ops, each(loss_curve(run, draws=draws), of), n, d)
    tau = thinned(run, ["discrepancy"], draws=draws)["discrepancy"][:, of]
    deviation = tau, rng.standard_normal(loss.shape)
    shift = protocol_shift(run, draws=draws)
    shift = shift + late_shift(run, of, data["release_date"].to_numpy()[who], draws=draws)
    maps = each(score_map(run, draws=draws), of)
    drawn = draw_scores(run, rng, maps, loss, deviation, shift, data["score_items"].to_numpy())
    names = data["model"].to_numpy()[who].astype(str)
    return prediction(
        drawn, data["score"], data["score_benchmark"], names, "score_row", "proportion", prob
    )


def predict_held_out_checkpoints(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Scores of the reference's held-out checkpoints given their loss; as `predict_scores`.

    Rows: `held_out_checkpoint_row`; `model` is the checkpoint's name.
    """
    rng = np.random.default_rng(seed)
    data = run["constant_data"].to_dataset()
    of = position(data, data["held_out_checkpoint_benchmark"])
    loss = data["held_out_checkpoint_loss"].to_numpy()
    mean = score(numpy_ops, each(score_map(run, draws=draws), of), loss)
    items = data["held_out_checkpoint_items"].to_numpy()
    drawn = beta_binomial(rng, mean, precision(run, draws=draws), items)
    return prediction(
        drawn,
        data["held_out_checkpoint_score"],
        data["held_out_checkpoint_benchmark"],
        data["held_out_checkpoint_name"].to_numpy().astype(str),
        "held_out_checkpoint_row",
        "proportion",
        prob,
    )


def predict_held_out_runs(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Losses of the reference's held-out runs given size and tokens; as `predict_scores`.

    Rows: `held_out_run_row`; `model` is the run's name, the values are losses. What a held-out
    run scored is among the held-out checkpoints.
    """
    rng = np.random.default_rng(seed)
    data, centre = run["constant_data"].to_dataset(), record(run, "centre")
    of = position(data, data["held_out_run_benchmark"])
    n = np.log(data["held_out_run_params"].to_numpy()) - centre["log_params"]
    d = np.log(data["held_out_run_tokens"].to_numpy()) - centre["log_tokens"]
    mean = log_loss(numpy_ops, each(loss_curve(run, draws=draws), of), n, d)
    noise = thinned(run, ["loss_noise", "loss_tail"], draws=draws)
    scatter = rng.standard_t(np.broadcast_to(noise["loss_tail"][:, None], mean.shape))
    return prediction(
        np.exp(mean + noise["loss_noise"][:, of] * scatter),
        data["held_out_run_loss"],
        data["held_out_run_benchmark"],
        data["held_out_run_name"].to_numpy().astype(str),
        "held_out_run_row",
        "loss",
        prob,
    )


def coverage(run: xr.DataTree, *, seed: int = 1, prob: float = PROB) -> dict[str, dict[str, Any]]:
    """How many observations lie inside their predictive intervals.

    Returns
    -------
    dict
        For `scores`, `held_out_checkpoints` and `held_out_runs`: `nominal` (the interval's
        probability), `covered`, `of` (counts) and `benchmarks`, the same by benchmark.
    """
    checks = {
        "scores": predict_scores,
        "held_out_checkpoints": predict_held_out_checkpoints,
        "held_out_runs": predict_held_out_runs,
    }
    return {name: counted(check(run, seed=seed, prob=prob)) for name, check in checks.items()}


def counted(predicted: xr.Dataset) -> dict[str, Any]:
    """Coverage record of one prediction, in all and by benchmark."""
    inside, of = predicted["inside"].to_numpy(), predicted["benchmark"].to_numpy()
    return {
        "nominal": float(predicted.attrs["prob"]),
        "covered": int(inside.sum()),
        "of": len(inside),
        "benchmarks": {
            str(name): {"covered": int(inside[of == name].sum()), "of": int((of == name).sum())}
            for name in dict.fromkeys(of)
        },
    }


def prediction(
    drawn: np.ndarray,
    observed: xr.DataArray,
    benchmark: xr.DataArray,
    names: np.ndarray,
    row: str,
    units: str,
    prob: float,
) -> xr.Dataset:
    """Predictive draws (sample, row) beside the observations, with intervals."""
    attrs = {"units": units}
    ends = {"lower": (1 - prob) / 2, "median": 0.5, "upper": (1 + prob) / 2}
    bounds = {name: np.quantile(drawn, q, axis=0) for name, q in ends.items()}
    seen = observed.to_numpy().astype(float)
    inside = (bounds["lower"] <= seen) & (seen <= bounds["upper"])
    interval = attrs | {"ci_kind": "eti", "ci_prob": prob}
    return xr.Dataset(
        {
            "predicted": (("sample", row), drawn, attrs | {"long_name": "posterior predictive"}),
            **{name: ((row,), values, interval) for name, values in bounds.items()},
            "observed": ((row,), seen, attrs | {"long_name": "observed"}),
            "inside": ((row,), inside, {"units": "1", "long_name": "inside the interval"}),
            "benchmark": ((row,), benchmark.to_numpy().astype(str), {"units": "name"}),
            "model": ((row,), names, {"units": "name"}),
        },
        attrs={"prob": prob},
    )


def each[Record: (LossCurve, ScoreMap)](curve: Record, of: np.ndarray) -> Record:
    """Curves of each row: fields (sample, benchmark) to (sample, row)."""
    return type(curve)(*(field[:, of] for field in curve))


def position(data: xr.Dataset, names: xr.DataArray) -> np.ndarray:
    """Index of each row's benchmark, shape (row,)."""
    known = {str(name): i for i, name in enumerate(data["benchmark"].to_numpy())}
    return np.asarray([known[str(name)] for name in names.to_numpy()], dtype=int)


def protocol_shift(run: xr.DataTree, *, draws: int) -> np.ndarray:
    """Effect of each score's protocol in logits, shape (sample, score_row); 0 at the baseline."""
    names = run["constant_data"]["score_protocol"].to_numpy().astype(str)
    posterior = run["posterior"]
    if "protocol_effect" not in posterior:
        return np.zeros((1, len(names)))
    known = {str(p): i for i, p in enumerate(posterior["protocol"].to_numpy())}
    effect = thinned(run, ["protocol_effect"], draws=draws)["protocol_effect"]
    padded = np.concatenate([effect, np.zeros((len(effect), 1))], axis=1)
    return padded[:, [known.get(name, -1) for name in names]]
