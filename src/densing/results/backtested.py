"""What the kept back-test says of the model a forecast comes from."""

import json
from pathlib import Path
from typing import Any

import xarray as xr

from densing.models.choices import departures, parameters_of_others
from densing.models.dates import DAYS_PER_YEAR
from densing.models.declaration import PACKAGE
from densing.results.run import record

NOT_TESTED = (
    "Not back-tested: no kept back-test is of this model and its choices; `densing backtest` "
    "makes one."
)

AVERAGE_NOT_TESTED = (
    "Not back-tested: no average of runs was ever scored on the past; what is kept of single runs "
    "says nothing of it."
)

SENTENCES = ("sentence", "averages_sentence", "records_sentence")
"""What every forecast quotes."""


def kept() -> dict[str, Any] | None:
    """Back-test that comes with the package, from a checkout or a wheel; None without one."""
    for path in (
        PACKAGE / "_declarations" / "backtest.json",
        PACKAGE.parents[1] / "benchmarks" / "results" / "backtest.json",
    ):
        if path.is_file():
            return _read(path)
    return None


def verdict(run: xr.DataTree, *, days_beyond: int = 0) -> dict[str, Any]:
    """Say whether forecasts of this run's model were scored on the past, and how they did.

    Parameters
    ----------
    days_beyond
        How far beyond its data the forecast reaches, which may be further than was tested.

    Returns
    -------
    dict
        `same`: the kept back-test is of the same choices and priors; `sentence`;
        `scores_sentence`: how predictions of single scores did, None where nothing is kept.
    """
    told = kept()
    if told is None or told["model"] != same_model(record(run, "model")):
        return untested()
    sentence = " ".join(told[key] for key in SENTENCES)
    tested = max(row["months"] for row in told["table"])
    asked = days_beyond * 12 / DAYS_PER_YEAR
    if asked > tested:
        sentence += (
            f" This forecast reaches {asked:.0f} months beyond its data, and no forecast beyond "
            f"{tested} was tested."
        )
    if told["evidence_hash"] != run.attrs["evidence_hash"]:
        sentence += " This run rests on other evidence."
    return {"same": True, "sentence": sentence, "scores_sentence": told["scores_sentence"]}


def untested(sentence: str = NOT_TESTED) -> dict[str, Any]:
    """Say that nothing was back-tested, and why."""
    return {"same": False, "sentence": sentence, "scores_sentence": None}


LATER = ("shape", "shortfall_form", "likelihood", "link", "free_ceiling", "contamination")
"""Choices that models of earlier versions do not name."""


def same_model(model: dict[str, Any]) -> dict[str, Any]:
    """Return what makes two models the same: choices and priors, not name and words.

    What has no part in a model is left out: the parameters of other shapes of the trend and of
    other likelihoods, and choices that later versions offer, where they change nothing.
    """
    choices, priors = dict(model["choices"]), dict(model["priors"])
    unused = parameters_of_others(choices)
    later = {key: choices[key] for key in LATER if key in choices}
    for key in set(later) - set(departures(later)):
        choices.pop(key)
    if choices.get("shape", "linear") != "fixed_changepoint":
        choices.pop("changepoint", None)
    return {"choices": choices, "priors": {k: v for k, v in priors.items() if k not in unused}}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
