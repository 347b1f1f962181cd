"""Contrasts in joint draws: derived models against originals, architectures against dense ones."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.results.future import future
from densing.results.headline import trustworthy
from densing.results.horizon import released
from densing.results.interval import PROB, Interval, interval
from densing.results.kept import kept_path, read_kept
from densing.results.run import RunError, log_densities, record
from densing.results.sizes import WEIGHT
from densing.results.spans import span

METHODS = {
    "pruned and distilled": "pruned and distilled", "distilled": "distilled", "pruned": "pruned",
    "up-cycled": "up-cycled to experts", "depth up-scaled": "depth up-scaled",
    "continued": "trained on",
}  # fmt: skip
"""What a `derived_from` begins with, and the method it stands for; the first that fits."""
SMALLER = ("pruned and distilled", "distilled", "pruned")
"""Methods that make a smaller model of a larger one: compression in the narrow sense."""
CURE = "densing fit --set derived=true --set min_scores=1 --out derived.nc"
RELATION = re.compile(r"^(?P<how>.*?) from (?:a larger )?(?P<parent>[^(+]+)")


def compression(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Densities of derived models against their originals.

    Returns
    -------
    dict
        `pairs`: `model`, `parent`, `method`, `ratio`, `against_trend` (intervals of ratios) and
        `p_denser` (than the original), `p_above_trend`; `methods`: by method, the number of pairs
        and the geometric means of both ratios; `share_less_dense`: interval of the share of
        models made smaller (`SMALLER`) that are less dense than their original, None without
        any; `unpaired`: derived models whose original is not in the run, or is not disclosed.

    Raises
    ------
    RunError
        The run has no pair; says what to fit.
    """
    data = run["constant_data"].to_dataset()
    said = data["derived_from"].to_numpy().astype(str) if "derived_from" in data else np.array([])
    if not np.any(said != ""):
        raise RunError(f"the run keeps no derived models: {CURE}")
    names = [str(name) for name in data["model"].to_numpy()]
    pairs, unpaired = [], []
    for child, text in enumerate(said):
        if text:
            parent = parent_of(text, names)
            if parent is None:
                unpaired.append({"model": names[child], "derived_from": str(text)})
            else:
                pairs.append((child, parent, method_of(text)))
    if not pairs:
        raise RunError(f"no derived model of the run has its original beside it: {CURE}")
    own = log_densities(run)
    ahead = future(run)
    above = own - ahead.lines(ahead.time(released(run)))["population"]
    ratio = np.column_stack([own[:, child] - own[:, parent] for child, parent, _ in pairs])
    trend = np.column_stack([above[:, child] - above[:, parent] for child, parent, _ in pairs])
    methods = [method for *_, method in pairs]
    smaller = np.isin(methods, SMALLER)
    return {
        "pairs": [
            {"model": names[child], "parent": names[parent], "method": method,
             **_told(ratio[:, i], trend[:, i], prob)}
            for i, (child, parent, method) in enumerate(pairs)
        ],
        "methods": {
            name: {"pairs": methods.count(name)}
            | _told(_mean(ratio, methods, name), _mean(trend, methods, name), prob)
            for name in dict.fromkeys(methods)
        },
        "share_less_dense": share_below(ratio[:, smaller], prob=prob).as_dict()
        if smaller.any() else None,
        "unpaired": unpaired,
    }  # fmt: skip


def share_below(log_ratio: np.ndarray, *, prob: float = PROB, seed: int = 1) -> Interval:
    """Interval of the share of all such pairs whose ratio is below one.

    Each draw counts its own pairs; the share is Binomial, its prior flat.

    Parameters
    ----------
    log_ratio
        Shape (sample, pair).
    """
    below, count = (log_ratio < 0).sum(axis=1), log_ratio.shape[1]
    rng = np.random.default_rng(seed)
    return interval(rng.beta(1 + below, 1 + count - below), prob=prob)


def _mean(pairs: np.ndarray, methods: list[str], name: str) -> np.ndarray:
    """Mean over the pairs of one method, shape (sample,)."""
    return pairs[:, np.array(methods) == name].mean(axis=1)


def _told(ratio: np.ndarray, trend: np.ndarray, prob: float) -> dict[str, Any]:
    return {
        "ratio": interval(np.exp(ratio), prob=prob).as_dict(),
        "against_trend": interval(np.exp(trend), prob=prob).as_dict(),
        "p_denser": float(np.mean(ratio > 0)), "p_above_trend": float(np.mean(trend > 0)),
    }  # fmt: skip


def method_of(text: str) -> str:
    """Name the method that a `derived_from` speaks of."""
    return next((name for start, name in METHODS.items() if text.startswith(start)), "other")


def parent_of(text: str, names: list[str]) -> int | None:
    """Position of the original that a `derived_from` names; None where the run has none.

    Where the text names a family ("a larger Gemma 2 teacher"), the original is unknown.
    """
    found = RELATION.match(text)
    if found is None:
        return None
    wanted = found["parent"].strip().lower()
    return next((i for i, name in enumerate(names) if name.lower() == wanted), None)


ABOUT = (
    "command", "date", "seed", "versions", "prob", "models", "scores", "evidence_hash",
)  # fmt: skip
"""How a kept answer was made."""


def to_keep(run: xr.DataTree, *, command: str) -> dict[str, Any]:
    """Return the record to keep: the answer, and how it was made; raises `RunError`.

    Parameters
    ----------
    command
        That made the run.
    """
    if not trustworthy(run):
        raise RunError("not trustworthy: a run to keep must pass its diagnostics")
    answer = compression(run)
    return {
        **answer, "command": command, "date": run.attrs["created"][:10],
        "seed": int(run.attrs["seed"]), "versions": record(run, "versions"),
        "prob": PROB, "models": int(run.attrs["models"]),
        "scores": int(run.attrs["scores"]), "evidence_hash": run.attrs["evidence_hash"],
    }  # fmt: skip


def kept_compression() -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the kept answer (as `compression`) and how it was made; None without one."""
    told = read_kept(kept_path("compression.json"))
    if told is None or any(key not in told for key in ABOUT):
        return None
    about = {key: told.pop(key) for key in ABOUT}
    return told, about


def compression_words(answer: Mapping[str, Any]) -> str:
    """Say what `results.corollaries.corollaries` found of derived and of quantised models."""
    if (told := answer["compression"]) is None:
        text = f"Compression needs a run that keeps derived models: {answer['compression_cure']}"
    else:
        text = derived_words(told, kept=answer["compression_kept"])
    return " ".join(filter(None, (text, _quantised(answer["quantised"]))))


def _quantised(told: Mapping[str, Any] | None) -> str:
    """Say what quantising costs, by scores of the same weights."""
    if told is None:
        return ""
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times ({row['pairs']} pair"
        f"{'s' * (row['pairs'] > 1)})"
        for name, row in told["methods"].items()
    ]
    return (
        f"By this run's own curve of {' and '.join(told['benchmarks'])}, density of quantised "
        f"models over that of the same weights: {'; '.join(parts)}. Parameters count, not bytes."
    )


def derived_words(told: Mapping[str, Any], *, kept: Mapping[str, Any] | None = None) -> str:
    """Say how dense derived models are, those made smaller first.

    Parameters
    ----------
    told
        `results.compression.compression(run)`, or what is kept of it.
    kept
        How the kept answer was made; None for a run's own.
    """
    methods = sorted(told["methods"].items(), key=lambda item: item[0] not in SMALLER)
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times, {span(row['against_trend'], digits=2)} "
        f"against the trend ({row['pairs']} pair{'s' * (row['pairs'] > 1)})"
        for name, row in methods
    ]
    text = f"Density of derived models over their originals': {'; '.join(parts)}."
    if kept is not None:
        text = (
            f"Not of this run but of `{kept['command']}` on the bundled evidence, {kept['date']} "
            f"({kept['models']} models, {100 * kept['prob']:.0f} % intervals). {text}"
        )
    if (share := told["share_less_dense"]) is None:
        return text
    count = sum(row["pairs"] for name, row in told["methods"].items() if name in SMALLER)
    return (
        f"{text} Of models made smaller, by pruning or distillation, a share of "
        f"{span(share, digits=2)} is less dense than the original ({count} pairs)."
    )


DENSE = "dense"
SCORES = 3
"""Scores from which on a dense model is well known."""


def architectures(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Contrast of each architecture in the run with dense models.

    Returns
    -------
    dict
        `count` (the parameters that count), `dense` (number of models), `well_known` (those of
        them with `SCORES` scores and no model before them) and `contrasts`: by architecture,
        `models`, `ratio` (geometric mean of density about the trend, over that of dense models:
        an interval), `p_denser`; `total` and `active`, the ratio with total and with active
        parameters counted (None without experts), and `over_well_known`, that over the well-known
        dense models alone (None where these are all or none).
    """
    data, ahead = run["constant_data"].to_dataset(), future(run)
    kind = data["architecture"].to_numpy().astype(str)
    residual = log_densities(run) - ahead.lines(ahead.time(released(run)))["population"]
    plain = kind == DENSE
    known = plain & _well_known(data)
    out: dict[str, Any] = {
        "count": record(run, "model")["choices"].get("count"), "dense": int(plain.sum()),
        "well_known": int(known.sum()), "contrasts": {},
    }  # fmt: skip
    if not out["dense"]:
        return out
    counted = other_counts(run)
    for name in sorted(set(kind) - {DENSE, ""}):
        own = kind == name
        mean = residual[:, own].mean(axis=1)
        apart = mean - residual[:, plain].mean(axis=1)

        def told(log_ratio: np.ndarray) -> dict[str, Any]:
            return interval(np.exp(log_ratio), prob=prob).as_dict()

        experts = np.any(counted["total"][0, own] != counted["active"][0, own])
        some = 0 < known.sum() < plain.sum()
        out["contrasts"][name] = {
            "models": int(own.sum()), "ratio": told(apart), "p_denser": float(np.mean(apart > 0)),
            **{
                key: told(apart + shift[:, own].mean(axis=1)) if experts else None
                for key, shift in counted.items()
            },
            "over_well_known": told(mean - residual[:, known].mean(axis=1)) if some else None,
        }  # fmt: skip
    return out


def other_counts(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Return what log densities gain by each way of counting, shape (sample or 1, model).

    `total` and `active` parameters; embeddings count as in the run. Dense models gain nothing.
    """
    data = run["constant_data"].to_dataset()
    if "expert_ratio" not in data:
        idle = np.log(data["params"].to_numpy() / data["active_params"].to_numpy())
    else:
        idle = np.log(data["expert_ratio"].to_numpy())
    idle = np.where(data["architecture"].to_numpy().astype(str) == DENSE, 0.0, idle)[None]
    if WEIGHT in run["posterior"]:
        share: Any = run["posterior"][WEIGHT].to_numpy().reshape(-1, 1)
    else:
        share = 0.0 if record(run, "model")["choices"].get("count") == "active" else 1.0
    return {"total": (share - 1.0) * idle, "active": share * idle}


def _well_known(data: xr.Dataset) -> np.ndarray:
    """Which models have several scores and were trained anew, shape (model,)."""
    who = data["score_model"].to_numpy().astype(int)
    enough = np.bincount(who, minlength=data.sizes["model"]) >= SCORES
    if "derived_from" in data:
        enough &= data["derived_from"].to_numpy().astype(str) == ""
    return enough
