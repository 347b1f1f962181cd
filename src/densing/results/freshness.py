"""How old the newest model of a fit is: an answer about growth is as fresh as its evidence."""

from typing import Any

import pandas as pd
import xarray as xr

STALE_DAYS = 180
"""From this age on, the newest model is called old."""


def freshness(run: xr.DataTree) -> dict[str, Any]:
    """Return the newest model of a joint run, its release date and its age in days at the fit.

    `days_before_fit` is None where the run does not say when it was made.
    """
    table = run["constant_data"]
    dates = pd.DatetimeIndex(table["release_date"].to_numpy().astype(str))
    last = int(dates.argmax())
    created = run.attrs.get("created")
    fitted = None if created is None else pd.Timestamp(created).tz_localize(None)
    return {
        "model": str(table["model"].to_numpy()[last]),
        "release_date": f"{dates[last]:%Y-%m-%d}",
        "days_before_fit": None if fitted is None else int((fitted - dates[last]).days),
    }


def freshness_note(newest: dict[str, Any]) -> str:
    """Say it in a line."""
    days = newest["days_before_fit"]
    note = f"newest model: {newest['model']}, released {newest['release_date']}"
    if days is None:
        return note
    note += f", {days} days before the fit"
    stale = "; later models are not in it (add them with --models)" if days >= STALE_DAYS else ""
    return note + stale
