"""Figures of a multiverse as verbs (apart, since they need what `multiverse` needs)."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from densing.notebook.plots import shown
from densing.report.sensitivity_specification import plot_specification as _specification
from densing.report.sensitivity_tornado import plot_tornado as _tornado
from densing.report.sensitivity_variance import plot_variance as _variance


def plot_tornado(answer: Mapping[str, Any]) -> list[Axes]:
    """Draw how far each reference choice alone moves the doubling time (of `multiverse`)."""
    return shown(_tornado(answer), new=True)


def plot_specification(answer: Mapping[str, Any], *, estimand: str = "population") -> list[Axes]:
    """Draw every universe's doubling time, sorted, above its choices (of `multiverse`).

    `estimand` is `population` or `frontier`.
    """
    return shown(_specification(answer, estimand=estimand), new=True)


def plot_variance(answer: Mapping[str, Any]) -> Axes:
    """Draw which reference choice spreads the doubling time most (of `multiverse`)."""
    return shown(_variance(answer), new=True)
