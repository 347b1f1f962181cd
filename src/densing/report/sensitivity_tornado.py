"""Tornado: how far each reference choice alone moves the doubling time."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report.rate_axis import COLOURS, DOUBT, limits, rate_axis, rate_band, rows_axis
from densing.report.style import INK, MUTED, style
from densing.report.words import months, months_range, percent, plain


@style()
def plot_tornado(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw, for each axis, the medians of its levels around the default, widest axis on top.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    narrow
        For a phone: the estimands below each other.
    """
    shown = [e for e in COLOURS if answer["default"] and answer["default"][e]]
    order = sorted(answer["axes"], key=lambda name: -_reach(answer, name, shown[0]))
    order = [name for name in order if any(answer["axes"][name]["levels"].values())]
    rows, columns = (len(shown), 1) if narrow else (1, len(shown))
    size = (1.3 + (3.6 if narrow else 5.0) * columns + 0.5, rows * (1.3 + 0.52 * len(order)))
    figure = Figure(figsize=size, layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).ravel())
    ends = limits(
        [g for e in shown for name in order for _, g, _ in _levels(answer, name, e)]
        + [answer["default"][e] for e in shown],
        ends=False,
    )
    bounds = limits([answer["default"][e] for e in shown])
    low, high = min(ends[0], bounds[0]), max(ends[1], bounds[1])
    pad = 0.16 * (high - low)
    for ax, estimand in zip(panels, shown, strict=True):
        _panel(ax, answer, order, estimand)
        rate_axis(ax, low - pad, high + pad, apart=0.06, from_zero=0.06)
        rows_axis(ax, [plain(name.replace("_", " ")) for name in order])
        ax.set_xlabel(
            "median, months, each choice alone" if narrow
            else "median doubling time, months, where that choice alone changes"
        )  # fmt: skip
    return panels


def _levels(
    answer: Mapping[str, Any], name: str, estimand: str
) -> list[tuple[str, Mapping[str, Any], bool]]:
    """Level, growth and whether it may be trusted, of the axis alone."""
    return [
        (level, told[estimand], told["verdict"] == "trustworthy")
        for level, told in answer["axes"][name]["levels"].items()
        if told is not None and told[estimand] is not None
    ]


def _reach(answer: Mapping[str, Any], name: str, estimand: str) -> float:
    centre = answer["default"][estimand]["rate_per_year"]["median"]
    rates = [g["rate_per_year"]["median"] for _, g, _ in _levels(answer, name, estimand)]
    return max([centre, *rates]) - min([centre, *rates])


def _panel(ax: Axes, answer: Mapping[str, Any], order: list[str], estimand: str) -> None:
    title, colour = COLOURS[estimand]
    default = answer["default"][estimand]
    rate, told = default["rate_per_year"], default["doubling_months"]
    rate_band(ax, default, colour)
    for y, name in enumerate(order):
        levels = sorted(
            _levels(answer, name, estimand), key=lambda item: item[1]["rate_per_year"]["median"]
        )
        if not levels:
            ax.annotate("no frontier", (rate["median"], y), fontsize=7, color=MUTED, va="center",
                        xytext=(4, 0), textcoords="offset points")  # fmt: skip
            continue
        at = [g["rate_per_year"]["median"] for _, g, _ in levels]
        ax.barh(y, max([*at, rate["median"]]) - min([*at, rate["median"]]), height=0.34,
                left=min([*at, rate["median"]]), color=colour, alpha=0.35, lw=0)  # fmt: skip
        for (_, _, good), x in zip(levels, at, strict=True):
            ax.plot(x, y, "o" if good else "x", ms=4, color=colour if good else DOUBT, zorder=5)
        # Falling to the right: the lowest rate is the rightmost.
        slow, fast = levels[0][0], levels[-1][0]
        if at[0] < rate["median"]:
            _label(ax, slow, at[0], y, left=False)
        if at[-1] > rate["median"] and (fast != slow or at[0] >= rate["median"]):
            _label(ax, fast, at[-1], y, left=True)
    ax.set_title(
        f"{title}: {months(told['median'])} months\n"
        f"(band: {percent(told['prob'])} of the default, {months_range(told)})",
        color=colour,
    )


def _label(ax: Axes, text: str, x: float, y: float, *, left: bool) -> None:
    ax.annotate(
        plain(text), (x, y), xytext=(-5 if left else 5, 0), textcoords="offset points",
        ha="right" if left else "left", va="center", fontsize=7.5, color=INK,
    )  # fmt: skip
