"""How fast density grows on each benchmark, beside the common trend."""

import xarray as xr
from matplotlib.axes import Axes

from densing.answers.summary import summarise as summary
from densing.report.rate_axis import (
    growth_title,
    limits,
    rate_axis,
    rate_band,
    rate_row,
    rows_axis,
)
from densing.report.style import INK, POPULATION, new_axes, stamp, style
from densing.report.words import months, months_range, plain
from densing.results.run import trustworthy


@style()
def plot_benchmark_rates(run: xr.DataTree, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw the doubling time of a typical new model's density on each benchmark, fastest first.

    The axis is the rate, falling to the right and ticked in the months that it means. The band is
    the common trend, about which the benchmarks are a sample.

    Raises
    ------
    ValueError
        The run's model gives all benchmarks one trend.
    """
    answer = summary(run)
    if not answer["benchmarks"]:
        raise ValueError("this run's model gives all benchmarks one trend: nothing to compare")
    rows = sorted(answer["benchmarks"].items(), key=lambda row: -row[1]["rate_per_year"]["median"])
    height = 1.25 + 0.34 * len(rows)
    ax = ax or new_axes(*((4.6, height) if narrow else (8.6, height)))
    common, growths = answer["population"], [growth for _, growth in rows]
    rate_band(ax, common, POPULATION)
    for y, growth in enumerate(growths):
        rate_row(ax, y, growth, INK, lw=2.2, size=6.5)
        told = growth["doubling_months"]
        words = months(told["median"]) + ("" if narrow else f"  ({months_range(told)})")
        ax.annotate(
            words, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=9,
            color=INK, annotation_clip=False,
        )  # fmt: skip
    ax.set_title(growth_title("common trend", common, gap="\n" if narrow else " "),
                 color=POPULATION)  # fmt: skip
    rows_axis(ax, [plain(name) for name, _ in rows])
    rate_axis(ax, *limits([common, *growths], margin=0.08), apart=0.08)
    ax.set_xlabel("doubling time in months on this benchmark")
    stamp(ax, trustworthy=trustworthy(run))
    return ax
