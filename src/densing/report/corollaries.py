"""What follows from a growing density: its figures, and the page's section."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from densing.report import words
from densing.report.axes import COLOURS, beside, interval_plot, log_axis, name_rows
from densing.report.folder import fill
from densing.report.style import (
    FAINT,
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    PAPER,
    POPULATION,
    RECORD,
    figure_of,
    new_panels,
    shades,
    stamp,
    style,
)
from densing.report.words import digits, plain, size
from densing.results.corollaries import TITLES
from densing.results.corollaries.contrasts import SMALLER
from densing.results.corollaries.economics import PriceTrend

Answer = Mapping[str, Any]
"""`results.corollaries.corollaries(run)`, or a record in it."""
LARGEST = 1e14
"""Parameters beyond which a size is drawn as an arrow."""
KINDS = {"moe": "experts", "ssm": "state space", "hybrid": "hybrid"}
NONE = {"lower": None, "median": None, "upper": None}
SURPRISE = LinearSegmentedColormap.from_list("surprise", [FRONTIER, PAPER, POPULATION])
MOST = 4.0
"""Powers of ten that a misfit by chance is unlikely by, at the darkest."""


@style()
def plot_corollaries(answer: Answer, prices: PriceTrend, *, narrow: bool = False) -> list[Axes]:
    """Draw the corollaries of a run.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    prices
        `results.corollaries.economics.price_trend()`, for the dots.
    narrow
        Panels below each other, for a phone.
    """
    axes = new_panels(6, columns=1 if narrow else 2, width=4.4 if narrow else 5.4, height=3.5)
    _times(axes[0], answer)
    _prices(axes[1], prices)
    drawn = [(row["model"], row["months"], FRONTIER) for row in answer["half_size"]]
    interval_plot(axes[2], drawn, label=_short, log=False)
    axes[2].set_xlim(left=-0.3)
    axes[2].set_title("Until half the size does the same")
    axes[2].set_xlabel("months from release, at best practice")
    _sizes(axes[3], answer["sizes"])
    _ratios(axes[4], _growths(answer))
    axes[4].set_title("Growth over growth")
    axes[4].set_xlabel("ratio (above 1: faster after, or on newer)")
    _ratios(axes[5], _architectures(answer["architectures"]))
    axes[5].set_title("Density over dense models'")
    axes[5].set_xlabel("ratio about the trend (above 1: denser)")
    for ax in axes:
        stamp(ax, trustworthy=answer["trustworthy"])
    return axes


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{float(f'{value:.2g}'):g}"


def _two(value: float) -> str:
    return digits(value, figures=2)


def _times(ax: Axes, answer: Answer) -> None:
    told, prices = answer["budget"], answer["prices"]
    names = {"population": "typical model", "frontier": "frontier"}
    rows = [(f"density, {names[key]}", told["density"][key], COLOURS[key][1])
            for key in names if key in told["density"]]  # fmt: skip
    rows += [("hardware (prior)", told["hardware"], MUTED)]
    rows += [(f"both, {names[key]}", told["together"][key], COLOURS[key][1])
             for key in names if key in told["together"]]  # fmt: skip
    rows += [("price at equal score", prices["halving_months"], RECORD)]
    rows += [(f"  {name.replace(' the', '')}", level, RECORD)
             for name, level in prices["levels"].items()]  # fmt: skip
    interval_plot(ax, rows, label=_short)
    ax.set_title("Months to double or to halve")
    ax.set_xlabel("months (price: to halve)")


def _prices(ax: Axes, prices: PriceTrend) -> None:
    names = sorted(prices.by_benchmark)
    for name, colour in zip(names, shades(len(names)), strict=True):
        own = prices.table[prices.table["benchmark"] == name]
        ax.plot(own["date"], own["price_at_equal_score"], "o", ms=3.6, mec="white", mew=0.4,
                color=colour, label=name)  # fmt: skip
    low, middle, high = np.exp(np.quantile(prices.line, [0.05, 0.5, 0.95], axis=0))
    ax.fill_between(prices.days, low, high, color=RECORD, alpha=0.25, lw=0, zorder=1)
    ax.plot(prices.days, middle, color=RECORD, lw=2)
    log_axis(ax.yaxis, form=lambda value: f"${_short(value)}")
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.set_title("Price of an equal score")
    ax.set_ylabel("a million tokens, moved to one score")
    ax.legend(fontsize=7.5, loc="lower left", handletextpad=0.2, labelspacing=0.25)


def _sizes(ax: Axes, rows: Sequence[Answer]) -> None:
    for y, row in enumerate(rows):
        shown = zip(row["dates"], row["params"], (MUTED, FRONTIER, HELD_OUT), (-0.24, 0.0, 0.24),
                    strict=True)  # fmt: skip
        for when, told, colour, off in shown:
            if told["lower"] is None or told["median"] is None or told["median"] > LARGEST:
                continue
            far = told["upper"] is None or told["upper"] > LARGEST
            high = LARGEST if far else told["upper"]
            ax.plot([told["lower"], high], [y + off] * 2, color=colour, lw=2.6, alpha=0.5)
            if far:
                ax.plot(LARGEST, y + off, ">", color=colour, ms=5, alpha=0.7)
            ax.plot(told["median"], y + off, "o", color=colour, ms=5,
                    label=when if y == 0 else None)  # fmt: skip
    name_rows(ax, [f"{row['benchmark']} {row['score']:.2f}" for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_title("Size that a score takes")
    ax.set_xlabel("parameters, at best practice")
    if rows:
        ax.axvline(rows[0]["smallest_seen"], color=MUTED, lw=1, ls=":",
                   label="smallest model")  # fmt: skip
        ax.legend(fontsize=7.5, loc="best", handletextpad=0.2)
    log_axis(ax.xaxis, form=size, most=6)


def _growths(answer: Answer) -> list[tuple[str, Any, str]]:
    """Growth after a change over growth before it, and on newer over older benchmarks."""
    change, age = answer["acceleration"], answer["benchmark_age"]
    names = {"population": "typical", "frontier": "frontier"}
    rows = [(f"after over before,\n{name}", change[key]["ratio"], COLOURS[key][1])
            for key, name in names.items() if change[key]]  # fmt: skip
    if age:
        newer, older = (
            ", ".join(row["name"] for row in age[key]["benchmarks"]) for key in ("newer", "older")
        )
        rows.append((f"{newer}\nover {older}", age["ratio"], RECORD))
        rows.append(("newer over older\nin general", age["in_general"], MUTED))
    return rows


def _architectures(told: Answer) -> list[tuple[str, Any, str]]:
    """Density about the trend over that of dense models, by what counts."""
    rows = []
    for name, row in told["contrasts"].items():
        kind = f"{KINDS.get(name, name)} ({row['models']})"
        if row["total"] is None:
            rows.append((kind, row["ratio"], POPULATION))
        else:
            rows.append((f"{kind},\ntotal count", row["total"], POPULATION))
            rows.append((f"{kind},\nactive count", row["active"], FRONTIER))
        if row["over_well_known"]:
            rows.append((f"{kind} over\nwell-known dense", row["over_well_known"], MUTED))
    return rows


def _ratios(ax: Axes, rows: list[tuple[str, Any, str]]) -> None:
    if not rows:
        ax.set_axis_off()
        ax.annotate("nothing to compare in this run", (0.5, 0.5), xycoords="axes fraction",
                    ha="center", color=MUTED)  # fmt: skip
        return
    interval_plot(ax, rows, label=_two, absent="not bounded")
    ax.axvline(1.0, color=MUTED, lw=0.9, ls="--", zorder=1)


@style()
def plot_compression(answer: Answer, *, narrow: bool = False) -> list[Axes]:
    """Draw the ratios of densities, as measured and against the trend; quantised models below.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`; its `compression` or its `quantised` is not None.
    narrow
        Means by method instead of pairs, panels below each other, for a phone.
    """
    derived = _methods(answer["compression"]) if narrow else _pairs(answer["compression"])
    weights = _methods(answer["quantised"])
    titles = ("Density over its original's", "The same, each against its day's trend")
    if narrow:
        titles = ("Over its original's", "Against its day's trend")
    panels = [("ratio", titles[0], POPULATION)]
    if derived:
        panels.append(("against_trend", titles[1], FRONTIER))
    axes = new_panels(
        len(panels), columns=1 if narrow else 2, width=4.6 if narrow else 5.6,
        height=1.3 + 0.34 * (len(derived) + len(weights)),
    )  # fmt: skip
    for i, (ax, (key, title, colour)) in enumerate(zip(axes, panels, strict=True)):
        rows = [(name, told[key], colour) for name, told in derived]
        if key == "ratio":
            rows += [(name, told["ratio"], RECORD) for name, told in weights]
        elif not narrow:  # the rows go on beside the first panel's, empty
            rows += [(name, NONE, RECORD) for name, _ in weights]
        if i > 0 and not narrow:
            rows = [("", *rest) for _, *rest in rows]
        interval_plot(ax, rows, label=_two, absent="the same weights")
        ax.axvline(1.0, color=MUTED, lw=1, ls="--", zorder=1)
        if len(rows) > len(derived) > 0:
            ax.axhline(len(derived) - 0.5, color=MUTED, lw=0.8, zorder=1)
        ax.set_title(title)
        ax.set_xlabel("ratio (above 1: denser)")
        if answer["compression_kept"] is None or (key == "ratio" and weights):
            stamp(ax, trustworthy=answer["trustworthy"])  # what is kept is to be trusted
    return axes


def _pairs(told: Answer | None) -> list[tuple[str, Answer]]:
    """Pairs by method, those that make a smaller model first."""
    pairs = [] if told is None else told["pairs"]
    ordered = sorted(pairs, key=lambda row: (row["method"] not in SMALLER, row["method"]))
    return [(f"{row['model']} ({row['method']})", row) for row in ordered]


def _methods(told: Answer | None) -> list[tuple[str, Answer]]:
    """Means by method, those that make a smaller model first."""
    methods = {} if told is None else told["methods"]
    return [
        (f"{name} (mean of {row['pairs']})" if row["pairs"] > 1 else name, row)
        for name, row in sorted(methods.items(), key=lambda item: item[0] not in SMALLER)
    ]


@style()
def plot_size_bands(answer: Answer, *, narrow: bool = False) -> list[Axes]:
    """Draw each band's density over the trend, and each benchmark's scores over prediction.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    narrow
        Panels below each other, for a phone.
    """
    bands: Sequence[Answer] = answer["size_bands"]["bands"]
    axes = new_panels(2, columns=1 if narrow else 2, width=4.4 if narrow else 5.4,
                      height=0.9 + 0.5 * len(bands))  # fmt: skip
    _departures(axes[0], bands, likely=answer["size_bands"]["likely"])
    _fits(axes[1], bands, labels=narrow)
    for ax in axes:
        stamp(ax, trustworthy=answer["trustworthy"])
    return axes


def _departures(ax: Axes, bands: Sequence[Answer], *, likely: float) -> None:
    rows = []
    for band in bands:
        count, experts, name = band["models"], band["experts"], band["name"]
        if count:
            kinds = f", {experts} MoE" if experts else ""
            name += f"\n{count} model{'s' * (count > 1)}{kinds}"
        colour = FRONTIER if (band["p_departs"] or 0.0) >= likely else POPULATION
        rows.append((name, band["ratio"] or NONE, colour))
    if any(band["models"] for band in bands):
        interval_plot(ax, rows, label=_two, absent="no models")
    ax.axvline(1.0, color=INK, lw=1, ls="--", zorder=1)
    for y, band in enumerate(bands):
        if band["models"]:
            beside(ax, y, f"{band['p_departs']:.2f}", x=1.02, fontsize=8.5, color=MUTED)
    ax.annotate("off with\nprobability", (1.02, -0.02), xycoords="axes fraction", va="top",
                fontsize=7.5, color=MUTED, annotation_clip=False)  # fmt: skip
    ax.set_title("Density over its trend, by size")
    ax.set_xlabel("ratio (above 1: denser than the trend)")


def _fits(ax: Axes, bands: Sequence[Answer], *, labels: bool) -> None:
    names = list(bands[0]["benchmarks"])
    for y, band in enumerate(bands):
        for x, name in enumerate(names):
            cell = band["benchmarks"][name]
            corner = (x - 0.47, y - 0.45)
            if cell is None:
                ax.add_patch(Rectangle(corner, 0.94, 0.9, fc=PAPER, ec=FAINT, lw=0.8, hatch="//"))
                continue
            surprise = np.sign(cell["difference"]) * min(-np.log10(cell["p"]) / MOST, 1.0)
            edge = {"ec": INK, "lw": 2.2} if cell["lacks_fit"] else {"ec": FAINT, "lw": 0.8}
            ax.add_patch(Rectangle(corner, 0.94, 0.9, fc=SURPRISE(0.5 + 0.5 * surprise), **edge))
            ax.text(x, y, _points(cell["difference"]), ha="center", va="center", fontsize=8.8,
                    color=PAPER if abs(surprise) > 0.8 else INK,
                    fontweight="bold" if cell["lacks_fit"] else "normal")  # fmt: skip
    ax.set(xlim=(-0.55, len(names) - 0.45), ylim=(len(bands) - 0.5, -0.7))
    ax.set_xticks(range(len(names)), [plain(name) for name in names], fontsize=7 if labels else 8.2)
    ax.set_yticks(range(len(bands)), [band["name"] if labels else "" for band in bands])
    ax.tick_params(length=0, labelcolor=INK)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title("Scores less what other scores predict", fontsize=9.6 if labels else 10.5)
    ax.set_xlabel("mean difference in points; darker: less like chance")


def _points(difference: float) -> str:
    """Say a difference of proportions in points: `+2.1`, `0.0`."""
    value = round(100 * difference, 1) + 0.0
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") if value else "0.0"


def corollary_figures(
    answer: Answer, prices: PriceTrend, *, narrow: bool = False
) -> dict[str, Figure]:
    """Figures by the stem of their files: compression where something is known of it."""
    drawn = {
        "corollaries": plot_corollaries(answer, prices, narrow=narrow),
        "size_bands": plot_size_bands(answer, narrow=narrow),
    }
    if answer["compression"] is not None or answer["quantised"] is not None:
        drawn["compression"] = plot_compression(answer, narrow=narrow)
    return {name: figure_of(axes) for name, axes in drawn.items()}


def section(answer: Answer, images: Mapping[str, Any]) -> Markup:
    """Return the HTML of the page's section; `images`: `page.Image` of each figure, by name."""
    return fill("densing.report", "corollaries.html.j2", filters={"percent": words.percent},
                context={"answer": answer, "images": images, "titles": TITLES})  # fmt: skip
