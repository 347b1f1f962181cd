"""How fast density grows on each benchmark, beside the common trend."""

import xarray as xr
from matplotlib.axes import Axes

from densing.report.rate_axis import limits, month_ticks
from densing.report.style import INK, MUTED, POPULATION, new_axes, stamp, style
from densing.report.words import months, months_range, percent, plain
from densing.results.headline import summary, trustworthy

MONTHS = (1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 12, 24)


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
    common = answer["population"]
    low, high = limits([common, *answer["benchmarks"].values()], margin=0.08)
    ax.axvspan(
        common["rate_per_year"]["lower"], common["rate_per_year"]["upper"], color=POPULATION,
        alpha=0.13, lw=0,
    )  # fmt: skip
    ax.axvline(common["rate_per_year"]["median"], color=POPULATION, lw=1.2, alpha=0.7)
    for y, (_, growth) in enumerate(rows):
        rate, told = growth["rate_per_year"], growth["doubling_months"]
        ax.plot([rate["lower"], rate["upper"]], [y, y], color=INK, lw=2.2, alpha=0.75)
        ax.plot(rate["median"], y, "o", color="white", mec=INK, mew=1.8, ms=6.5, zorder=5)
        words = months(told["median"]) + ("" if narrow else f"  ({months_range(told)})")
        ax.annotate(
            words, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=9,
            color=INK, annotation_clip=False,
        )  # fmt: skip
    told = common["doubling_months"]
    ax.set_title(
        f"common trend: {months(told['median'])} months{'\n' if narrow else ' '}"
        f"({percent(told['prob'])}: {months_range(told)})",
        color=POPULATION,
    )  # fmt: skip
    ax.set(xlim=(high, low), ylim=(len(rows) - 0.4, -0.6))
    if low < 0 < high:
        ax.axvline(0, color=MUTED, lw=1)
    ax.set_xticks(*month_ticks(low, high, values=MONTHS, apart=0.08, from_zero=0.14))
    ax.set_yticks(range(len(rows)), [plain(name) for name, _ in rows])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("doubling time in months on this benchmark")
    stamp(ax, trustworthy=trustworthy(run))
    return ax
