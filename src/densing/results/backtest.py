"""Score forecasts made as of the past against the models that came.

*Densities.* What is forecast is the log density of one new model (a new family's effect and the
residual in it). A density is never observed: the fit of *all* models gives its posterior, and every
score is the mean over draws of that. If the model holds, such a draw and the truth have the same
distribution given what the origin knew, so that a 90 % interval holds it with probability 0.9 on
average over worlds. To hold the fan against the posterior's median and to add its error to the
forecast, would count what is not known of the reference and the benchmarks twice. What later
models do not teach about the reference is in the fan and in the draws alike, and there the fan is
tested against itself. So is the record, the highest log density by a day, in each draw.

*Reported scores.* The average over a model's benchmarks is what its density says most about: what
sets one benchmark apart averages out, and what the curves, the trend and the sample of benchmarks
leave open is shared by all its scores. It is observed, so that no later fit enters: of all the
tests of the fan this is the strict one. Models of one origin still share the error of its rate; the
average of all of them, one number an origin, says whether the whole year lay where it was expected.
Single scores stand beside it: what is shared in their prediction, says `predict.predict_new`.

Models of one day and family are one batch: their misses come together, and standard errors are
over batches; those of single scores over models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results import scoring
from densing.results.future import Future, future
from densing.results.health import MIN_COVERAGE
from densing.results.horizon import Horizon, released
from densing.results.interval import PROB
from densing.results.predict import predict_new
from densing.results.releases import record_so_far, running_record, simulate
from densing.results.run import log_densities
from densing.results.scoring import (
    LEVELS,
    clustered,
    covered,
    crps,
    crps_of_latent,
    kernel_width,
    log_score_of_latent,
    pit,
    pit_of_latent,
    shares_inside,
)
from densing.text import listed

MONTHS = (3, 6, 12)
OURS = "densing"
BASELINES = ("last half-year", "line, all models", "line, records")
"""No growth; least squares; least squares through record holders, as the law was published."""
WORDS = dict(zip(BASELINES, ("last half-year's mean", "least squares on all models",
                             "least squares on the records"), strict=True))  # fmt: skip
LATENT_DRAWS = 200
"""Draws of the later densities that CRPS and log score are averaged over."""
CANNOT_KNOW = (
    "Refits see the models released by their origin. They cannot unsee what the tables do not "
    "date: scores of those models that were reported later, and a reference family that was "
    "published later. A model counts once for each origin before it, and the forecasts of one "
    "origin share the error of its rate: standard errors, over batches (a family's release of one "
    "day), are too small for that, and the number of origins is the better measure of how much "
    "this back-test knows. A density is never observed: that it lay inside is a probability, given "
    "the fit of all models. What no model teaches about the reference is in that fit and in the "
    "fan alike, and there the fan is tested against itself; average and single scores are reported "
    "numbers, and the stricter tests."
)

Row = dict[str, Any]


def later_models(full: xr.DataTree, origin: date) -> pd.DataFrame:
    """Models released within the longest horizon after `origin`.

    Columns: model, family, batch, day, index (in the full run).
    """
    data = full["constant_data"].to_dataset()
    family = data["model_family"].to_numpy().astype(str)
    day = released(full)
    table = pd.DataFrame(
        {
            "model": data["model"].to_numpy().astype(str), "family": family, "day": day,
            "batch": [f"{f} {d:%Y-%m-%d}" for f, d in zip(family, day, strict=True)],
            "index": np.arange(len(day)),
        }
    )  # fmt: skip
    start = pd.Timestamp(origin)
    end = start + pd.DateOffset(months=max(MONTHS))
    return table[(day > start) & (day <= end)].reset_index(drop=True)


def score_origin(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1, ahead: Future | None = None
) -> list[Row]:
    """Score every forecast of every model that came within a year of `origin`.

    Parameters
    ----------
    ahead
        Lines of the run's draws, where they are not of its own shape (`mixture.mix`).

    Returns
    -------
    list of dict
        `origin`, `model`, `batch`, `lead_days`, `forecaster`; `observed` and `median` (medians of
        the density's posterior and of the forecast, ln density); `inside` (by level, the
        posterior probability that the density lies inside that interval), `crps`, `log_score`.
    """
    later = later_models(full, origin)
    if later.empty:
        return []
    ahead = ahead or future(run)
    rng = np.random.default_rng(seed)
    at = ahead.time(later["day"])
    latent = log_densities(full)[:, later["index"]]
    few = latent[np.linspace(0, len(latent) - 1, min(LATENT_DRAWS, len(latent))).astype(int)]
    lead = (later["day"] - pd.Timestamp(origin)).dt.days.to_numpy()
    new = np.column_stack([ahead.new_models(rng, at[i : i + 1]) for i in range(len(at))])
    log_score = log_score_of_latent(new, few, kernel_width(new))
    scored = {OURS: (new, pit_of_latent(new, latent), log_score)}
    for name, told in _naive(run, ahead, origin, at).items():
        if told is not None:
            drawn = told.draws(rng, len(new))
            scored[name] = (drawn, told.pit(latent), told.log_score(few).mean(axis=0))
    observed = np.median(latent, axis=0)
    rows = []
    for name, (draws, transform, log_score) in scored.items():
        inside, penalty = shares_inside(transform), crps_of_latent(draws, few)
        rows += [
            {
                "origin": origin.isoformat(), "model": row.model, "batch": row.batch,
                "lead_days": int(lead[i]), "forecaster": name,
                "observed": float(observed[i]), "median": float(np.median(draws[:, i])),
                "inside": {level: float(share[i]) for level, share in inside.items()},
                "crps": float(penalty[i]), "log_score": float(log_score[i]),
            }
            for i, row in enumerate(later.itertuples())
        ]  # fmt: skip
    return rows


def _naive(
    run: xr.DataTree, ahead: Future, origin: date, at: np.ndarray
) -> dict[str, scoring.Student | None]:
    """Baselines from the median densities of the origin's own fit."""
    time, value = ahead.time(released(run)), np.median(log_densities(run), axis=0)
    now = ahead.time([pd.Timestamp(origin)])[0]
    told = (
        scoring.last_value(time, value, origin=now, at=at),
        scoring.line(time, value, at=at),
        scoring.line_of_records(time, value, at=at),
    )
    return dict(zip(BASELINES, told, strict=True))


def table(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Scores by horizon and forecaster; a model counts once for each origin before it.

    Returns
    -------
    list of dict
        `months`, `forecaster`, `forecasts`, `models`, `batches`, `origins` (counts), `coverage`
        (by level: mean of `inside` as `share`, and its `se` over batches), `bias` (mean of
        forecast median less posterior median, ln density), `crps`, `log_score` (means).
    """
    frame = pd.DataFrame(list(rows))
    out = []
    for months in MONTHS:
        limit = months * DAYS_PER_YEAR / 12
        near = frame[frame["lead_days"] <= limit]
        for name in (OURS, *BASELINES):
            own = near[near["forecaster"] == name]
            if own.empty:
                continue
            out.append(_row(own, months, name))
    return out


def by_origin(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every forecaster a year ahead, origin by origin; as `table`, with `origin`."""
    frame = pd.DataFrame(list(rows))
    return [
        {"origin": origin} | _row(own, max(MONTHS), name)
        for origin, part in frame.groupby("origin")
        for name in (OURS, *BASELINES)
        if len(own := part[part["forecaster"] == name])
    ]


def _row(own: pd.DataFrame, months: int, name: str) -> Row:
    return {
        "months": months, "forecaster": name, "forecasts": len(own),
        "models": own["model"].nunique(), "batches": own["batch"].nunique(),
        **_together(own, own["batch"]), "log_score": float(own["log_score"].mean()),
    }  # fmt: skip


def _together(own: pd.DataFrame, batch: pd.Series) -> Row:
    """Coverage by level with standard errors over batches, bias and CRPS of scored rows."""
    return {
        "origins": own["origin"].nunique(),
        "coverage": {
            f"{q:g}": clustered(_inside(own, q), batch.to_numpy()) for q in LEVELS
        },
        "bias": float((own["median"] - own["observed"]).mean()),
        "crps": float(own["crps"].mean()),
    }  # fmt: skip


def _inside(own: pd.DataFrame, level: float) -> np.ndarray:
    """Whether each row lies inside its interval, or with which probability."""
    if "pit" in own:
        return covered(own["pit"].to_numpy(), level)
    return np.asarray([shares[f"{level:g}"] for shares in own["inside"]])


def score_reported(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1, ahead: Future | None = None
) -> tuple[list[Row], list[Row]]:
    """Score the predictions of all scores, and their average, of models that came within a year.

    Returns
    -------
    tuple
        Of averages, rows with `origin`, `model`, `batch`, `lead_days`, `observed`, `median`
        (proportion), `pit`, `crps` (proportion); the last one, with `model` None, is the average
        of them all, with its interval. And of single scores the same, with `benchmark` for `batch`.
    """
    told = predict_new(run, full, origin, months=max(MONTHS), seed=seed, ahead=ahead)
    if told is None:
        return [], []
    later = later_models(full, origin)
    of = [told.model == index for index in later["index"]]
    drawn = np.column_stack([told.drawn[:, rows].mean(axis=1) for rows in of])
    seen = np.asarray([told.observed[rows].mean() for rows in of])
    averages = _scored(
        {"model": later["model"], "batch": later["batch"]}, origin,
        pd.DatetimeIndex(later["day"]), drawn, seen, pit(drawn, seen),
    )  # fmt: skip
    year = drawn.mean(axis=1)
    low, middle, high = np.quantile(year, [(1 - PROB) / 2, 0.5, (1 + PROB) / 2])
    averages.append(
        {
            "origin": origin.isoformat(), "model": None, "models": len(seen),
            "observed": float(seen.mean()), "median": float(middle), "lower": float(low),
            "upper": float(high), "pit": float(np.mean(year <= seen.mean())),
        }
    )  # fmt: skip
    drawn, seen, half = told.drawn, told.observed, 0.5 / told.items
    transform = np.mean(drawn < seen - half, axis=0) / 2 + np.mean(drawn <= seen + half, axis=0) / 2
    named = {"model": told.name, "benchmark": told.benchmark}
    return averages, _scored(named, origin, told.day, drawn, seen, transform)


def _scored(
    named: Mapping[str, Any], origin: date, day: pd.DatetimeIndex, drawn: np.ndarray,
    seen: np.ndarray, transform: np.ndarray,
) -> list[Row]:  # fmt: skip
    """Rows of predictions, shape (sample, case), of what was observed, shape (case,)."""
    frame = pd.DataFrame(
        {
            "origin": origin.isoformat(), **{name: np.asarray(v) for name, v in named.items()},
            "lead_days": np.asarray((day - pd.Timestamp(origin)).days),
            "observed": seen, "median": np.median(drawn, axis=0), "pit": transform,
            "crps": crps(drawn, seen),
        }
    )  # fmt: skip
    return frame.to_dict("records")


def average_table(rows: Sequence[Row]) -> Row:
    """All averages together; standard errors over batches.

    `forecasts`, `models`, `batches`, `origins` (counts), `coverage` by level (`share`, `se`),
    `bias` (median less observed) and `crps` (proportions); `by_origin`: for each origin the
    `forecasts`, `coverage` at 90 %, `bias`, and the `year`, the average of all its models.
    """
    single = pd.DataFrame([row for row in rows if row["model"] is not None])
    years = {row["origin"]: row for row in rows if row["model"] is None}
    counts = {"forecasts": len(single), "models": single["model"].nunique(),
              "batches": single["batch"].nunique()}  # fmt: skip
    by_origin = {
        str(origin): _part(own, "forecasts")
        | {"year": {k: v for k, v in years[str(origin)].items() if k != "model"}}
        for origin, own in single.groupby("origin")
    }
    return counts | _together(single, single["batch"]) | {"by_origin": by_origin}


def score_table(rows: Sequence[Row]) -> Row:
    """All single scores together; standard errors over models, whose scores miss together.

    `predictions`, `models`, `origins` (counts), `coverage` by level, `bias` (median less observed)
    and `crps` (proportions); `benchmarks` and `by_origin`: `predictions`, `coverage` at 90 % and
    `bias` of each.
    """
    frame = pd.DataFrame(list(rows))
    parts = {
        key: {str(name): _part(own, "predictions") for name, own in frame.groupby(column)}
        for key, column in (("benchmarks", "benchmark"), ("by_origin", "origin"))
    }
    counts = {"predictions": len(frame), "models": frame["model"].nunique()}
    return counts | _together(frame, frame["model"]) | parts


def _part(own: pd.DataFrame, counted: str) -> Row:
    """Return number, coverage and bias of some of the predictions."""
    return {
        counted: len(own),
        "coverage": float(np.mean(_inside(own, 0.9))),
        "bias": float((own["median"] - own["observed"]).mean()),
    }


def score_records(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1, ahead: Future | None = None
) -> list[Row]:
    """Score the record 3, 6 and 12 months after `origin`; rows only for days within the data.

    Returns
    -------
    list of dict
        `origin`, `months`, `observed` (posterior median, ln density), `median`, `inside` (by level,
        the posterior probability that the record lies in the interval), `crps`, `naive_crps`.
    """
    days, start = released(full), pd.Timestamp(origin)
    ends = {m: start + pd.DateOffset(months=m) for m in MONTHS}
    ends = {m: end for m, end in ends.items() if end <= days.max()}
    if not ends:
        return []
    own, every = released(run), log_densities(full)
    span = Horizon(own.min(), own.max(), start, max(ends.values()))
    new = simulate(run, ahead or future(run), span, seed=seed)
    # Nothing came between the last release and the origin: that was known.
    known = new.day <= (start - span.first).days
    new = replace(new, log_density=np.where(known, -np.inf, new.log_density))
    before = record_so_far(run)
    offsets = np.asarray([(end - span.first).days for end in ends.values()])
    draws = running_record(before, new, offsets)
    rows = []
    for i, (months, end) in enumerate(ends.items()):
        best = every[:, days <= end].max(axis=1)[:, None]
        few = best[np.linspace(0, len(best) - 1, min(LATENT_DRAWS, len(best))).astype(int)]
        ours = draws[:, [i]]
        inside = shares_inside(pit_of_latent(ours, best))
        rows.append(
            {
                "origin": origin.isoformat(), "months": months, "observed": float(np.median(best)),
                "median": float(np.median(ours)),
                "inside": {level: float(share[0]) for level, share in inside.items()},
                "crps": float(crps_of_latent(ours, few)[0]),
                "naive_crps": float(crps_of_latent(before[:, None], few)[0]),
            }
        )  # fmt: skip
    return rows


def record_table(rows: Sequence[Row]) -> dict[str, Any]:
    """All records together: `forecasts`, `origins`, `coverage` by level, `crps`, `naive_crps`."""
    frame = pd.DataFrame(list(rows))
    own = {"forecasts": len(frame), **_together(frame, frame["origin"])}
    shares = {level: told["share"] for level, told in own["coverage"].items()}
    return own | {"coverage": shares, "naive_crps": float(frame["naive_crps"].mean())}


def verdict_sentence(
    table: Sequence[Mapping[str, Any]], origins: Sequence[Mapping[str, Any]], *, averaged: int = 1
) -> str:
    """Say how forecasts of new models' densities did at the longest horizon, and who beat them.

    Parameters
    ----------
    averaged
        Number of models that the forecaster averages.
    """
    months = max(MONTHS)
    far = {row["forecaster"]: row for row in table if row["months"] == months}
    ours = far[OURS]
    told = ours["coverage"]["0.9"]
    rivals = {name: far[name] for name in BASELINES if name in far}
    by_origin = [row["coverage"]["0.9"]["share"] for row in origins if row["forecaster"] == OURS]
    against = []
    for word, beaten in (("better", True), ("worse", False)):
        found = [f"{WORDS[name]} ({row['crps']:.2f})" for name, row in rivals.items()
                 if (row["crps"] >= ours["crps"]) == beaten]  # fmt: skip
        if found:
            against.append(f"{word} than {listed(found)}")
    refitted = f"refitted as of {ours['origins']} half-years"
    if averaged > 1:
        refitted = (
            f"{averaged} models refitted as of {ours['origins']} half-years, averaged by the "
            "weights of each,"
        )
    narrow = "; such fans are too narrow" if told["share"] < MIN_COVERAGE else ""
    return (
        f"Back-tested: {refitted} and asked up to {months} months ahead, the "
        "90 % fan of a new model holds the density that all later evidence gives it "
        f"with probability {100 * told['share']:.0f} % (standard error {100 * told['se']:.0f}; "
        f"mean of {ours['forecasts']} forecasts of {ours['models']} models in {ours['batches']} "
        f"batches; from {100 * min(by_origin):.0f} to {100 * max(by_origin):.0f} % by origin); "
        f"CRPS {ours['crps']:.2f}, {' and '.join(against)}{narrow}."
    )


def averages_sentence(told: Mapping[str, Any]) -> str:
    """Say how predictions of models' average scores did, which no later fit touches."""
    share = told["coverage"]["0.9"]
    years = [(day, own["year"]) for day, own in told["by_origin"].items()]
    above = [day for day, year in years if year["observed"] > year["upper"]]
    below = [day for day, year in years if year["observed"] < year["lower"]]
    sentence = (
        f"The stricter test, on reported scores alone: {100 * share['share']:.0f} % (standard "
        f"error {100 * share['se']:.0f}) of the models' average scores lay inside their 90 % "
        f"intervals (bias {told['bias']:+.2f}), and so did the average over all models of the year "
        f"after an origin in {len(years) - len(above) - len(below)} of {len(years)}"
    )
    for side, days in (("above", above), ("below", below)):
        if days:
            sentence += f"; it lay {side} as of {listed(days)}"
    if share["share"] < MIN_COVERAGE:
        sentence += ". Scores to come are less certain than such intervals say"
    return sentence + "."


def records_sentence(told: Mapping[str, Any]) -> str:
    """Say how forecasts of the record did."""
    return (
        f"The record: inside the 90 % interval with probability "
        f"{100 * told['coverage']['0.9']:.0f} % (mean of {told['forecasts']}), CRPS "
        f"{told['crps']:.2f} against {told['naive_crps']:.2f} for no new record."
    )


def scores_sentence(told: Mapping[str, Any]) -> str:
    """Say how predictions of single scores did; a benchmark can run ahead of density."""
    share = told["coverage"]["0.9"]["share"]
    sentence = (
        f"Single scores: 90 % intervals covered {100 * share:.0f} % of {told['predictions']} "
        f"predicted scores of {told['models']} models"
    )
    by_name = sorted(told["benchmarks"].items(), key=lambda item: item[1]["coverage"])
    parts = [f"{name} {100 * own['coverage']:.0f} % (bias {own['bias']:+.2f})"
             for name, own in by_name]  # fmt: skip
    sentence += f" ({', '.join(parts)})"
    by_origin = [
        f"{100 * own['coverage']:.0f} % as of {day}" for day, own in told["by_origin"].items()
    ]
    sentence += f"; {', '.join(by_origin)}"
    if share < MIN_COVERAGE:
        sentence += (
            "; one benchmark can run ahead of the rest before its data say so, and milestones on "
            "a single benchmark are less certain than they look"
        )
    return sentence + "."
