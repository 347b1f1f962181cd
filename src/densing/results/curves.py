"""Curves of a run with their bands: loss laws, the reference at D0, performance maps.

Every function evaluates the formulae of `densing.models.laws` on posterior draws and returns an
`xarray.Dataset` whose last dimension, `quantile`, holds the median and the ends of the 50 % and
90 % equal-tailed intervals. The evidence that belongs in the same picture comes along.
"""

import numpy as np
import xarray as xr
from scipy.special import betaincinv

from densing.models.laws import LossCurve, ScoreMap, log_loss, score, score_variance
from densing.models.loss import loss_curve
from densing.models.ops import numpy_ops
from densing.models.performance import score_map
from densing.results.posterior import RunReplay, replay_of
from densing.results.run import record

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWS = 500


def columns[Record: (LossCurve, ScoreMap)](curve: Record, axes: int) -> Record:
    """Give curves of shape (benchmark, draw) `axes` axes of length one between the two."""
    return type(curve)(*(f.reshape(len(f), *(1,) * axes, f.shape[1]) for f in curve))


def loss_bands(run: xr.DataTree, *, points: int = 50, draws: int = DRAWS) -> xr.Dataset:
    """Loss law of each benchmark against tokens, for each size among the reference's runs.

    Returns
    -------
    xarray.Dataset
        `loss` (benchmark, params, tokens, quantile), in the unit of the evidence; coordinates
        params (parameters) and tokens (tokens). The runs: `run_loss`, `run_params`,
        `run_tokens`, `run_benchmark` (run_row,).
    """
    data, centre = run["constant_data"].to_dataset(), record(run, "centre")
    sizes = np.unique(data["run_params"].to_numpy())
    seen = data["run_tokens"].to_numpy()
    tokens = np.geomspace(0.8 * seen.min(), 1.25 * seen.max(), points)
    n = np.log(sizes)[:, None, None] - centre["log_params"]
    d = np.log(tokens)[:, None] - centre["log_tokens"]
    curve = columns(loss_curve(replay_of(run["posterior"], draws=draws).values), 2)
    loss = np.exp(log_loss(numpy_ops, curve, n, d))
    return xr.Dataset(
        {
            "loss": banded(loss, ("benchmark", "params", "tokens"), "loss", "loss law"),
            **{f"run_{x}": data[f"run_{x}"] for x in ("loss", "params", "tokens", "benchmark")},
        },
        coords={
            "benchmark": data["benchmark"],
            "params": axis("params", sizes, "parameters", "reference model size"),
            "tokens": axis("tokens", tokens, "tokens", "training tokens"),
        },
    )


def reference_bands(run: xr.DataTree, *, points: int = 80, draws: int = DRAWS) -> xr.Dataset:
    """Loss of the reference family at D0 against effective parameters.

    Spans the reference's own sizes and the target models' effective parameters.

    Returns
    -------
    xarray.Dataset
        `loss` (benchmark, effective_params, quantile); `run_reach` and `model_reach`
        (edge,): the smallest and largest size of a run and median effective parameters of a
        model. Attribute `tokens`: D0 (infinite above 1e59).
    """
    data, centre = run["constant_data"].to_dataset(), record(run, "centre")
    sizes = data["run_params"].to_numpy()
    reached = run["derived"]["effective_params"].median(("chain", "draw")).to_numpy()
    low, high = min(sizes.min(), reached.min()), max(sizes.max(), reached.max())
    params = np.geomspace(low / 2, high * 4, points)
    tokens = float(np.median(data["score_tokens"].to_numpy()))
    d = np.log(tokens) - centre["log_tokens"]
    curve = columns(loss_curve(replay_of(run["posterior"], draws=draws).values), 1)
    loss = np.exp(log_loss(numpy_ops, curve, np.log(params)[:, None] - centre["log_params"], d))
    edges = {"units": "parameters"}
    return xr.Dataset(
        {
            "loss": banded(loss, ("benchmark", "effective_params"), "loss", "loss at D0"),
            "run_reach": ("edge", [sizes.min(), sizes.max()], edges),
            "model_reach": ("edge", [reached.min(), reached.max()], edges),
        },
        coords={
            "benchmark": data["benchmark"],
            "effective_params": axis(
                "effective_params", params, "parameters", "effective parameters"
            ),
            "edge": ["smallest", "largest"],
        },
        attrs={"tokens": tokens},
    )


def score_bands(run: xr.DataTree, *, points: int = 80, draws: int = DRAWS) -> xr.Dataset:
    """Bands of each performance map, with the checkpoints that were fitted and held out.

    Returns
    -------
    xarray.Dataset
        `score` (benchmark, point, quantile), a proportion, at `loss` (benchmark, point);
        `new_checkpoint` (benchmark, point, edge), where 90 % of new checkpoints would score;
        `model_scores` (benchmark, edge): lowest and highest score among the target models (nan
        where a benchmark has none); `checkpoint_*` and `held_out_checkpoint_*` as in the run.
    """
    data = run["constant_data"].to_dataset()
    names = data["benchmark"].to_numpy()
    kinds = ("checkpoint", "held_out_checkpoint")
    loss = np.empty((len(names), points))
    reach = np.full((len(names), 2), np.nan)
    for i, name in enumerate(names):
        seen = np.concatenate([rows(data, kind, "loss", name) for kind in kinds])
        loss[i] = np.linspace(0.6 * seen.min(), 1.08 * seen.max(), points)
        scores = data["score"].to_numpy()[data["score_benchmark"].to_numpy() == name]
        if len(scores):
            reach[i] = scores.min(), scores.max()
    replay = RunReplay(run, draws=draws)
    maps = columns(score_map(replay.m.values, link=replay.link), 1)
    values = score(numpy_ops, maps, loss[..., None])
    items = data["benchmark_items"].to_numpy()[:, None, None]
    variance = score_variance(values, items, replay.m.values["overdispersion"])
    fresh = new_scores(*(np.moveaxis(part, -1, 0) for part in (values, variance)))
    fields = ("benchmark", "loss", "score", "items")
    return xr.Dataset(
        {
            "score": banded(values, ("benchmark", "point"), "proportion", "performance map"),
            "new_checkpoint": (
                ("benchmark", "point", "edge"), fresh,
                {"units": "proportion", "long_name": "90 % of new checkpoints"},
            ),
            "loss": (("benchmark", "point"), loss, {"units": "loss", "long_name": "loss"}),
            "model_scores": (("benchmark", "edge"), reach, {"units": "proportion"}),
            **{f"{kind}_{f}": data[f"{kind}_{f}"] for kind in kinds for f in fields},
        },
        coords={"benchmark": names, "edge": ["lowest", "highest"]},
    )  # fmt: skip


def new_scores(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the ends of the 90 % predictive interval of a score, shape (*point, 2).

    Beta scores of that mean and variance (sample, *point), mixed over the draws. Every draw
    keeps one level at all points, so that the ends are smooth.
    """
    mean = np.clip(mean, 1e-6, 1 - 1e-6)
    precision = mean * (1 - mean) / variance - 1
    level = np.random.default_rng(0).permutation((np.arange(len(mean)) + 0.5) / len(mean))
    level = level.reshape(-1, *[1] * (mean.ndim - 1))
    drawn = betaincinv(mean * precision, (1 - mean) * precision, level)
    return np.moveaxis(np.quantile(drawn, [QUANTILES[0], QUANTILES[-1]], axis=0), 0, -1)


def rows(data: xr.Dataset, prefix: str, column: str, benchmark: str) -> np.ndarray:
    """Values of `{prefix}_{column}` in the rows that belong to a benchmark, shape (row,)."""
    chosen = data[f"{prefix}_benchmark"].to_numpy() == benchmark
    return data[f"{prefix}_{column}"].to_numpy()[chosen]


def banded(values: np.ndarray, dims: tuple[str, ...], units: str, name: str) -> xr.DataArray:
    """Quantiles over the draws: (*dims, draw) to (*dims, quantile)."""
    quantiles = np.moveaxis(np.quantile(values, QUANTILES, axis=-1), 0, -1)
    return xr.DataArray(
        quantiles,
        dims=(*dims, "quantile"),
        coords={"quantile": list(QUANTILES)},
        attrs={"units": units, "long_name": name},
    )


def axis(name: str, values: np.ndarray, units: str, long_name: str) -> xr.DataArray:
    """Coordinate with its unit, shape of `values`."""
    return xr.DataArray(values, dims=(name,), attrs={"units": units, "long_name": long_name})
