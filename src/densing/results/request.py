"""Milestones as they are asked for, checked against what the run knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import xarray as xr

from densing.results.horizon import RequestError

USUAL_FACTOR = 10.0
USUAL_MODEL, USUAL_BENCHMARK, USUAL_PARAMS = "DeepSeek-V3", "MMLU", 4e9
"""The milestones told where none is asked for."""
FEWEST_PARAMS = 1e6


@dataclass(frozen=True)
class Request:
    """One milestone: a multiple of today's density, or a model or score to reach."""

    name: str
    factor: float | None = None
    """Multiple of today's frontier (of the typical new model where there is no frontier)."""
    model: str | None = None
    """Model to match, all benchmarks together unless one is named."""
    benchmark: str | None = None
    score: float | None = None
    """Score to reach on the benchmark, a proportion; a matched model's own where one is named."""
    protocol: str = ""
    """What the score was measured under, where that is not the benchmark's baseline."""
    params: float | None = None
    """Size of the model that is to do it, in parameters that count."""


def requests(
    run: xr.DataTree,
    *,
    density: Sequence[float] = (),
    match: str | None = None,
    score: float | None = None,
    benchmark: str | None = None,
    params: float | None = None,
) -> list[Request]:
    """Milestones asked for; the usual ones where none is.

    Raises
    ------
    RequestError
        Every fault: a name that the run does not know (with the nearest), a score that is no
        proportion, options that contradict each other.
    """
    data = run["constant_data"].to_dataset()
    models = [str(name) for name in data["model"].to_numpy()]
    benchmarks = [str(name) for name in data["benchmark"].to_numpy()]
    faults = [
        f"--density must be a multiple above 1, got {factor:g}: 10 asks for ten times today's"
        for factor in density
        if not (1.0 < factor < np.inf)
    ]
    if match is not None and match not in models:
        faults.append(unknown("model", match, models))
    if benchmark is not None and benchmark not in benchmarks:
        faults.append(unknown("benchmark", benchmark, benchmarks))
    if match is not None and score is not None:
        faults.append("--match and --score both name what to reach: give one of them")
    if score is not None and benchmark is None:
        faults.append(f"--score needs --benchmark; this run has {', '.join(benchmarks)}")
    if score is not None and not 0.0 < score < 1.0:
        cure = f": write {score / 100:g}?" if 1.0 < score < 100.0 else ""
        faults.append(f"--score must be a proportion between 0 and 1, got {score:g}{cure}")
    for option, value in (("--benchmark", benchmark), ("--params", params)):
        if value is not None and match is None and score is None:
            faults.append(f"{option} needs --match MODEL or --score S: what is to be reached?")
    if params is not None and not (FEWEST_PARAMS <= params < 1e18):
        faults.append(
            f"--params must be a number of parameters, {sized(FEWEST_PARAMS)} at the least, "
            f"such as 4B or 4e9; got {params:g}"
        )
    if not faults and match is not None and benchmark is not None:
        row = _row(data, match, benchmark)
        if row is None:
            known = [name for name in benchmarks if _row(data, match, name) is not None]
            faults.append(f"{match} has no score on {benchmark} in this run, but on {_list(known)}")
    if faults:
        raise RequestError("\n".join(faults))
    of = "frontier" if "shortfall" in run["posterior"] else "typical model"
    asked = [_multiple(factor, of) for factor in density]
    if match is not None:
        asked.append(_match(data, match, benchmark, params))
    elif score is not None:
        assert benchmark is not None
        asked.append(_score(score, benchmark, params))
    return asked or _usual(data, models, benchmarks, of)


def _usual(data: xr.Dataset, models: list[str], benchmarks: list[str], of: str) -> list[Request]:
    usual = [_multiple(USUAL_FACTOR, of)]
    known = USUAL_MODEL in models and USUAL_BENCHMARK in benchmarks
    if known and _row(data, USUAL_MODEL, USUAL_BENCHMARK) is not None:
        usual.append(_match(data, USUAL_MODEL, USUAL_BENCHMARK, USUAL_PARAMS))
    return usual


def _multiple(factor: float, of: str) -> Request:
    return Request(name=f"density {factor:g} times that of today's {of}", factor=factor)


def _match(data: xr.Dataset, model: str, benchmark: str | None, params: float | None) -> Request:
    who = "a model" if params is None else f"a {sized(params)} model"
    if benchmark is None:
        return Request(name=f"{who} matches {model}", model=model, params=params)
    row = _row(data, model, benchmark)
    assert row is not None
    score, protocol = float(data["score"][row]), str(data["score_protocol"].to_numpy()[row])
    name = f"{who} reaches {model}'s {benchmark} score ({score:.3f})"
    return Request(
        name=name, model=model, benchmark=benchmark, score=score, protocol=protocol, params=params
    )


def _score(score: float, benchmark: str, params: float | None) -> Request:
    who = "a model" if params is None else f"a {sized(params)} model"
    return Request(
        name=f"{who} reaches {score:g} on {benchmark}", benchmark=benchmark, score=score,
        params=params,
    )  # fmt: skip


def _row(data: xr.Dataset, model: str, benchmark: str) -> int | None:
    """Row of a model's best score on a benchmark; None where it has none."""
    names = data["model"].to_numpy()[data["score_model"].to_numpy().astype(int)].astype(str)
    own = np.flatnonzero((names == model) & (data["score_benchmark"].to_numpy() == benchmark))
    return int(own[np.argmax(data["score"].to_numpy()[own])]) if len(own) else None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is not in the run, and which come nearest."""
    lower = {own.lower(): own for own in known}
    near = [lower[hit] for hit in get_close_matches(name.lower(), lower, n=3, cutoff=0.45)]
    cure = f"did you mean {_list(near)}?" if near else f"it has {_some(list(lower.values()))}"
    return f"no {what} {name!r} in this run: {cure}"


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def sized(params: float) -> str:
    """Say a number of parameters: 4B, 625K, less than 1."""
    for unit, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if params >= 0.9995 * unit:
            return f"{params / unit:.3g}{suffix}"
    return f"{params:.3g}" if params >= 1.0 else "less than 1"


def _some(names: list[str], shown: int = 12) -> str:
    if len(names) <= shown:
        return _list(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"
