"""What a run whose trend is no straight line has to say beyond its mean rate."""

from typing import Any

import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.models.shapes import SHAPES
from densing.results.acceleration import acceleration
from densing.results.growth import growth, sentence
from densing.results.interval import PROB
from densing.results.run import record
from densing.results.trend_curve import curve_of


def shape_summary(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Return `shape`, its name; `at_end` and `acceleration`, None where they say nothing new.

    `at_end` holds the date of the last value and growth records of `population` and `frontier`
    (None without one) there; see `acceleration` for the other.
    """
    curve = curve_of(run)
    at_end = None
    if curve.shape != "linear":
        last = curve.span.last + float(record(run, "centre")["time"])
        derived = run["derived"]
        at_end: dict[str, Any] | None = {
            "date": f"{EPOCH + pd.Timedelta(days=round(last * DAYS_PER_YEAR)):%Y-%m-%d}"
        }
        for key in ("population", "frontier"):
            name = f"{key}_rate_at_end"
            at_end[key] = growth(derived[name], prob=prob) if name in derived else None
    return {
        "shape": curve.shape, "at_end": at_end, "acceleration": acceleration(run, prob=prob),
    }  # fmt: skip


def shape_sentences(answer: dict[str, Any], *, subject: str) -> list[str]:
    """Say a `shape_summary` in words; nothing for a straight line.

    Parameters
    ----------
    subject
        What grows: "Capability density of a typical new model".
    """
    told, at_end = [], answer["at_end"]
    if at_end is None:
        return told
    about = SHAPES[answer["shape"]].about
    told.append(
        f"The trend has the shape {answer['shape']!r} ({about}): rates are its mean "
        f"slopes over all dates. At the last, {at_end['date']}:"
    )
    told.append("  " + sentence(at_end["population"], subject))
    if at_end["frontier"]:
        told.append("  " + sentence(at_end["frontier"], "Its frontier"))
    if answer["acceleration"]:
        told += acceleration_sentences(answer["acceleration"])
    return told


def acceleration_sentences(answer: dict[str, Any]) -> list[str]:
    """Say an `acceleration` in words."""
    date = answer["changepoint"]
    when = date["median"]
    if date["lower"] != date["upper"]:
        when += (
            f" ({100 * date['prob']:.0f} % {date['kind']} interval {date['lower']} to "
            f"{date['upper']})"
        )
    told = [f"Growth after the changepoint, {when}, over growth before it:"]
    for key, name in (("population", "typical"), ("frontier", "frontier")):
        if answer[key]:
            told.append(f"  {name}: {ratio_words(answer[key])}")
    return told


def ratio_words(eras: dict[str, Any]) -> str:
    """Say a ratio of slopes: `1.2 (0.7 to 2.4); P(acceleration) = 0.68`."""
    ratio = eras["ratio"]

    def end(value: float | None, none: str) -> str:
        return none if value is None else f"{value:.2f}"

    middle = end(ratio["median"], "none")
    lower, upper = end(ratio["lower"], "not bounded below"), end(ratio["upper"], "not bounded")
    return f"{middle} ({lower} to {upper}); P(acceleration) = {eras['p_acceleration']:.2f}"
