"""Ratios that follow from a run: growth over growth, and architectures over dense models."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from densing.report.bars import bars
from densing.report.style import FRONTIER, MUTED, POPULATION, RECORD
from densing.report.words import digits

KINDS = {"moe": "experts", "ssm": "state space", "hybrid": "hybrid"}


def growth_ratios(ax: Axes, answer: Mapping[str, Any]) -> None:
    """Draw growth after a change over growth before it, and newer benchmarks over older ones."""
    rows: list[tuple[str, Any, str]] = []
    change, age = answer["acceleration"], answer["benchmark_age"]
    for key, name, colour in (
        ("population", "after over before,\ntypical", POPULATION),
        ("frontier", "after over before,\nfrontier", FRONTIER),
    ):
        if change[key]:
            rows.append((name, change[key]["ratio"], colour))
    if age:
        newer, older = (
            ", ".join(row["name"] for row in age[key]["benchmarks"]) for key in ("newer", "older")
        )
        rows.append((f"{newer}\nover {older}", age["ratio"], RECORD))
        rows.append(("newer over older\nin general", age["in_general"], MUTED))
    _ratios(ax, rows)
    ax.set_title("Growth over growth")
    ax.set_xlabel("ratio (above 1: faster after, or on newer)")


def architecture_ratios(ax: Axes, told: Mapping[str, Any]) -> None:
    """Draw density about the trend over that of dense models, by what counts."""
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
    _ratios(ax, rows)
    ax.set_title("Density over dense models'")
    ax.set_xlabel("ratio about the trend (above 1: denser)")


def _ratios(ax: Axes, rows: list[tuple[str, Any, str]]) -> None:
    if not rows:
        ax.set_axis_off()
        ax.annotate("nothing to compare in this run", (0.5, 0.5), xycoords="axes fraction",
                    ha="center", color=MUTED)  # fmt: skip
        return
    bars(ax, rows, label=lambda value: digits(value, figures=2), absent="not bounded")
    ax.axvline(1.0, color=MUTED, lw=0.9, ls="--", zorder=1)
