"""Contrasts in joint draws: derived models against originals, architectures against dense models.

*Ratio*: density of a derived model over its original's. *Against the trend*: the same after each
has been divided by the density of a typical new model of its own day; a derived model comes later,
and a model trained anew on that day would be denser, too. What is not known of the reference
curves is common to both models of a pair and cancels, draw by draw. It takes a run that keeps
derived models (`CURE`): most have one score, and the default model wants three. So what such a run
of the default model says on the bundled evidence comes with the package (`make compression`), and
is quoted as what it is: not of the run at hand.

*Architectures*: the mean of their models' log densities about the trend, less that of the dense
ones. For mixtures of experts it depends on which parameters count. A run counts what its choice
`count` says; the other way of counting is told from the same draws: a density moves by the factor
between both counts, and the trend is kept, which is approximate (`densing fit --set count=active`
fits it). It depends as much on the dense models that are taken for comparison: a run of models
with a single score has many that nobody else reports, and that stand lower.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.files import kept_path, read_kept
from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB, Interval, interval
from densing.results.posterior import WEIGHT
from densing.results.run import RunError, log_densities, record, trustworthy
from densing.text import span

METHODS = {
    "pruned and distilled": "pruned and distilled", "distilled": "distilled", "pruned": "pruned",
    "up-cycled": "up-cycled to experts", "depth up-scaled": "depth up-scaled",
    "continued": "trained on",
}  # fmt: skip
"""What a `derived_from` begins with, and the method it stands for; the first that fits."""
SMALLER = ("pruned and distilled", "distilled", "pruned")
"""Methods that make a smaller model of a larger one: compression in the narrow sense."""
CURE = "densing fit --model ladder --set derived=true --set min_scores=1 --out derived.nc"
RELATION = re.compile(r"^(?P<how>.*?) from (?:a larger )?(?P<parent>[^(+]+)")
ABOUT = ("command", "date", "seed", "versions", "prob", "models", "scores", "evidence_hash")
"""How a kept answer was made."""
DENSE = "dense"
SCORES = 3
"""Scores from which on a dense model is well known."""
KINDS = {"moe": "mixtures of experts", "ssm": "state-space models", "hybrid": "hybrids"}


def _above_trend(run: xr.DataTree) -> np.ndarray:
    """Log density of each model less a typical new model's of its day, shape (sample, model)."""
    ahead = future(run)
    return log_densities(run) - ahead.lines(ahead.time(released(run)))["population"]


def _ratio(log_ratio: np.ndarray, prob: float) -> dict[str, Any]:
    return interval(np.exp(log_ratio), prob=prob).as_dict()


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
    found = {i: parent_of(text, names) for i, text in enumerate(said) if text}
    pairs = [(child, parent) for child, parent in found.items() if parent is not None]
    if not pairs:
        raise RunError(f"no derived model of the run has its original beside it: {CURE}")
    children, parents = (list(side) for side in zip(*pairs, strict=True))
    methods = [method_of(said[child]) for child in children]
    ratio, trend = (
        of[:, children] - of[:, parents] for of in (log_densities(run), _above_trend(run))
    )

    def told(which: Any) -> dict[str, Any]:
        own, above = ratio[:, which].mean(axis=1), trend[:, which].mean(axis=1)
        return {
            "ratio": _ratio(own, prob), "against_trend": _ratio(above, prob),
            "p_denser": float(np.mean(own > 0)), "p_above_trend": float(np.mean(above > 0)),
        }  # fmt: skip

    smaller = np.isin(methods, SMALLER)
    return {
        "pairs": [
            {"model": names[child], "parent": names[parent], "method": methods[i]} | told([i])
            for i, (child, parent) in enumerate(pairs)
        ],
        "methods": {
            name: {"pairs": methods.count(name)} | told(np.array(methods) == name)
            for name in dict.fromkeys(methods)
        },
        "share_less_dense": share_below(ratio[:, smaller], prob=prob).as_dict()
        if smaller.any() else None,
        "unpaired": [
            {"model": names[child], "derived_from": str(said[child])}
            for child, parent in found.items() if parent is None
        ],
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


def to_keep(run: xr.DataTree, *, command: str) -> dict[str, Any]:
    """Return the record to keep: the answer, and how it was made; raises `RunError`.

    Parameters
    ----------
    command
        That made the run.
    """
    if not trustworthy(run):
        raise RunError("not trustworthy: a run to keep must pass its diagnostics")
    return {
        **compression(run), "command": command, "date": run.attrs["created"][:10],
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


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count > 1)}"


def compression_words(answer: Mapping[str, Any]) -> str:
    """Say what `corollaries` found of derived models, and what quantising costs."""
    if (told := answer["compression"]) is None:
        text = f"Compression needs a run that keeps derived models: {answer['compression_cure']}"
    else:
        text = derived_words(told, kept=answer["compression_kept"])
    if (weights := answer["quantised"]) is None:
        return text
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times ({_counted(row['pairs'], 'pair')})"
        for name, row in weights["methods"].items()
    ]
    return (
        f"{text} By this run's own curve of {' and '.join(weights['benchmarks'])}, density of "
        f"quantised models over that of the same weights: {'; '.join(parts)}. Parameters count, "
        "not bytes."
    )


def derived_words(told: Mapping[str, Any], *, kept: Mapping[str, Any] | None = None) -> str:
    """Say how dense derived models are, those made smaller first.

    Parameters
    ----------
    told
        `compression(run)`, or what is kept of it.
    kept
        How the kept answer was made; None for a run's own.
    """
    methods = sorted(told["methods"].items(), key=lambda item: item[0] not in SMALLER)
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times, {span(row['against_trend'], digits=2)} "
        f"against the trend ({_counted(row['pairs'], 'pair')})"
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
    data = run["constant_data"].to_dataset()
    kind = data["architecture"].to_numpy().astype(str)
    plain = kind == DENSE
    scores = np.bincount(data["score_model"].to_numpy().astype(int), minlength=len(kind))
    known = plain & (scores >= SCORES)
    if "derived_from" in data:
        known &= data["derived_from"].to_numpy().astype(str) == ""
    out: dict[str, Any] = {
        "count": record(run, "model")["choices"].get("count"), "dense": int(plain.sum()),
        "well_known": int(known.sum()), "contrasts": {},
    }  # fmt: skip
    if not out["dense"]:
        return out
    residual, counted = _above_trend(run), other_counts(run)
    some = 0 < known.sum() < plain.sum()
    for name in sorted(set(kind) - {DENSE, ""}):
        own = kind == name
        mean = residual[:, own].mean(axis=1)
        apart = mean - residual[:, plain].mean(axis=1)
        experts = np.any(counted["total"][0, own] != counted["active"][0, own])
        out["contrasts"][name] = {
            "models": int(own.sum()), "ratio": _ratio(apart, prob),
            "p_denser": float(np.mean(apart > 0)),
            **{
                key: _ratio(apart + shift[:, own].mean(axis=1), prob) if experts else None
                for key, shift in counted.items()
            },
            "over_well_known": _ratio(mean - residual[:, known].mean(axis=1), prob)
            if some else None,
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


def architecture_words(told: Mapping[str, Any]) -> str:
    """Say how dense other architectures are about the trend, over dense models."""
    rows = {KINDS.get(name, name): row for name, row in told["contrasts"].items()}
    if not rows:
        return ""
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times ({_counted(row['models'], 'model')}"
        f"{_counts(row)})"
        for name, row in rows.items()
    ]
    text = (
        f"Density about the trend, over that of {told['dense']} dense models, with {told['count']} "
        f"parameters counted: {'; '.join(parts)}."
    )
    beside = [
        f"{name} {span(row['over_well_known'], digits=2)} times"
        for name, row in rows.items() if row["over_well_known"] is not None
    ]  # fmt: skip
    if beside:
        text += (
            f" Over the {told['well_known']} dense ones with three scores or more that were "
            f"trained anew: {'; '.join(beside)}."
        )
    if absent := {"ssm", "hybrid"} - set(told["contrasts"]):
        names = " or ".join(KINDS[name] for name in KINDS if name in absent)
        text += f" The run has no {names}: a few are in that of {CURE}."
    return text


def _counts(row: Mapping[str, Any]) -> str:
    """Say the ratio by the other way of counting; the run's own stands before it."""
    other = [
        f"{span(row[key], digits=2)} by {key} parameters"
        for key in ("total", "active") if row[key] is not None and row[key] != row["ratio"]
    ]  # fmt: skip
    return f"; {' and '.join(other)}, the trend kept" if other else ""
