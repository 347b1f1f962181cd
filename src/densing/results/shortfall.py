"""Mean shortfall below the frontier at any date, draw by draw; also beyond the data's."""

from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """First and last release date of the models, years since the mean date."""

    first: float
    last: float


def window_of(time: np.ndarray) -> Window:
    """Return the ends of release dates, given as years since their mean, shape (model,)."""
    return Window(float(np.min(time)), float(np.max(time)))


def shortfall_at(shortfall: np.ndarray, drift: np.ndarray, time: np.ndarray | float) -> np.ndarray:
    """Mean shortfall at dates within the data's, ``shortfall exp(drift time)``, ln density.

    Arguments as in `mean_shortfall`, which goes beyond those dates.
    """
    return shortfall * np.exp(drift * time)


def gap_growth(
    shortfall: np.ndarray, drift: np.ndarray, start: np.ndarray | float, end: np.ndarray | float
) -> np.ndarray:
    """Mean growth of the mean shortfall between two dates within the data's, 1 / year."""
    rise = shortfall_at(shortfall, drift, end) - shortfall_at(shortfall, drift, start)
    return rise / (end - start)


def mean_shortfall(
    shortfall: np.ndarray, drift: np.ndarray, time: np.ndarray, window: Window
) -> np.ndarray:
    """Mean shortfall at `time`: ``shortfall exp(drift time)`` within the window of the data.

    Away from the window a shortfall that widens goes on along its tangent at the window's end,
    ``end (1 + drift (time - end))``, one that narrows goes on exponentially, and stays positive.
    The exponential of an uncertain rate is a form chosen for the data's dates: carried on for
    years, it turns that rate's upper tail into gaps of millions, of which the data know nothing.
    Value and slope are continuous in `time`, and in `drift` at zero.

    Parameters
    ----------
    shortfall, drift
        Draws: ln density at the mean date, and 1 / year; broadcast against `time`.
    time
        Years since the mean release date.

    Returns
    -------
    numpy.ndarray
        Ln density, positive, shape of all three broadcast.
    """
    inside = np.clip(time, window.first, window.last)
    # Above zero where it widens away from the data, on either side; zero within them.
    change = drift * (time - inside)
    beyond = np.where(change > 0.0, 1.0 + change, np.exp(np.minimum(change, 0.0)))
    return shortfall_at(shortfall, drift, inside) * beyond
