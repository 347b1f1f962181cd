"""What the kept back-tests say of the model, or average of models, a forecast comes from."""

import json
from typing import Any

import xarray as xr

from densing.files import kept_path, read_kept
from densing.models.choices import departures, parameters_of_others
from densing.models.dates import DAYS_PER_YEAR
from densing.results.backtest import OURS
from densing.results.run import record

NOT_TESTED = (
    "Not back-tested: no kept back-test is of this model and its choices; `densing backtest` "
    "makes one."
)

AVERAGE_NOT_TESTED = (
    "Not back-tested: no kept back-test is of this average of runs, and what is kept of others, or "
    "of its parts, says nothing of it; `densing backtest --with` makes one."
)

AVERAGED = "averaged"
"""Root attribute of an average of runs: the models of all of them (`mixture.mix`)."""

SENTENCES = ("sentence", "averages_sentence", "records_sentence")
"""What every forecast quotes."""


def kept() -> dict[str, dict[str, Any]]:
    """Back-tests that come with the package, by name, from a checkout or a wheel."""
    folder = kept_path("backtests")
    if folder is None:
        return {}
    found = {path.stem: read_kept(path) for path in sorted(folder.glob("*.json"))}
    return {name: told for name, told in found.items() if told}


def verdict(run: xr.DataTree, *, days_beyond: int = 0) -> dict[str, Any]:
    """Say whether forecasts of this run's model were scored on the past, and how they did.

    Parameters
    ----------
    run
        Of one model, or an average of runs (`mixture.mix`).
    days_beyond
        How far beyond its data the forecast reaches, which may be further than was tested.

    Returns
    -------
    dict
        `same`: a kept back-test, to be trusted, is of the same choices and priors; `sentence`;
        `scores_sentence`: how predictions of single scores did, None where nothing is kept.
    """
    wanted = identity(run)
    every = kept()
    told = next((own for own in every.values() if own["model"] == wanted), None)
    if told is None:
        sentence = AVERAGE_NOT_TESTED if AVERAGED in run.attrs else NOT_TESTED
        return {"same": False, "sentence": sentence, "scores_sentence": None}
    sentence = " ".join(told[key] for key in SENTENCES if key in told)
    if not told["trustworthy"]:
        sentence = f"{doubtful(told)} {sentence}"
    sentence += better(told, every)
    tested = max(row["months"] for row in _table(told))
    asked = days_beyond * 12 / DAYS_PER_YEAR
    if asked > tested:
        sentence += (
            f" This forecast reaches {asked:.0f} months beyond its data, and no forecast beyond "
            f"{tested} was tested."
        )
    if told["evidence_hash"] != run.attrs["evidence_hash"]:
        sentence += " This run rests on other evidence."
    return {
        "same": told["trustworthy"], "sentence": sentence,
        "scores_sentence": told["scores_sentence"],
    }  # fmt: skip


def _table(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows by horizon and forecaster: of densities, or of scores where families were fitted."""
    return told["table"] if "table" in told else told["score_table"]


def penalty(told: dict[str, Any]) -> float:
    """CRPS of a back-test's own forecasts at its longest horizon."""
    rows = _table(told)
    months = max(row["months"] for row in rows)
    (own,) = (row for row in rows
              if row["months"] == months and row["forecaster"] == OURS)  # fmt: skip
    return own["crps"]


def better(told: dict[str, Any], every: dict[str, dict[str, Any]]) -> str:
    """Say which other kept forecaster of the same evidence did best, where one did better."""
    rivals = {
        name: penalty(own) for name, own in every.items()
        if own["trustworthy"] and own["evidence_hash"] == told["evidence_hash"]
        and ("table" in own) == ("table" in told)  # of densities, of scores: not comparable
    }  # fmt: skip
    first = min(rivals, key=lambda name: rivals[name], default=None)
    if first is None or round(rivals[first], 2) >= round(penalty(told), 2):
        return ""
    return (
        f" Of the kept forecasters {first} did best: CRPS {rivals[first]:.2f} (each is held "
        "against its own fit of all models)."
    )


def doubtful(told: dict[str, Any]) -> str:
    """Say which refits of a kept back-test are not to be trusted."""
    bad = [row["origin"] for row in told["origins"] if row["verdict"] != "trustworthy"]
    return (
        f"NOT TRUSTWORTHY: the refits of {', '.join(bad) or 'all models'} did not pass their "
        "diagnostics, and these scores are no evidence of how such forecasts do."
    )


def identity(run: xr.DataTree) -> dict[str, Any]:
    """Return what makes two forecasters the same: a model, or the models that are averaged."""
    if AVERAGED not in run.attrs:
        return same_model(record(run, "model"))
    models = [same_model(model) for model in record(run, AVERAGED)]
    return {AVERAGED: sorted(models, key=lambda model: json.dumps(model, sort_keys=True))}


LATER = (
    "form", "shape", "shortfall_form", "likelihood", "link", "free_ceiling", "contamination",
)  # fmt: skip
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
