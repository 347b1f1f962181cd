"""Every figure of the reproduction: its name, its words and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.paper.draw_dates import draw_chatgpt, draw_growth, draw_prices
from densing.paper.draw_laws import draw_loss_beyond, draw_loss_curves, draw_score_curves
from densing.paper.draw_pairs import draw_doubling, draw_pairs
from densing.paper.reproduce import Reproduction
from densing.paper.wording import ends_of, number
from densing.report.style import figure_of


@dataclass(frozen=True)
class Picture:
    """One figure."""

    name: str
    """Stem of its files."""
    title: str
    caption: str
    """How to read it."""
    alt: Callable[[Reproduction], str]
    """What it shows, for those who cannot see it."""
    plot: Callable[[Reproduction], Any]

    def draw(self, result: Reproduction) -> Figure:
        """Draw it."""
        axes = self.plot(result)
        return figure_of(axes if isinstance(axes, Axes) else axes[0])


def _claims(*names: str) -> Callable[[Reproduction], str]:
    """Alternative text out of named claims."""

    def text(result: Reproduction) -> str:
        found = {claim.name: claim for claim in result.claims}
        parts = []
        for claim in (found[name] for name in names):
            again = "" if claim.reproduced is None else f", reproduced {number(claim.reproduced)}"
            estimate = f", re-estimate {ends_of(claim.interval)}" if claim.interval else ""
            parts.append(
                f"{claim.name} ({claim.unit}): published {claim.published}{again}{estimate}"
            )
        return ". ".join(parts) + "."

    return text


def _growth(result: Reproduction) -> str:
    names = [claim.name for claim in result.claims if claim.name.startswith("doubling time: ")]
    count = len(result.growth.table)
    return (
        f"Scatter plot of {count} published densities against release date, logarithmic, with the "
        f"printed, the reproduced and the Bayesian line. {_claims(*names[:2])(result)}"
    )


def _doubling(result: Reproduction) -> str:
    names = [claim.name for claim in result.claims if claim.name.startswith("doubling time: ")]
    return "Interval plot of doubling times. " + _claims(*names)(result)


def _pairs(result: Reproduction) -> str:
    rows = result.pairs.itertuples()
    return "Density of derived models over their originals: " + ", ".join(
        f"{row.model} {row.ratio:.2f} of {row.parent}" for row in rows
    )


def _laws(kind: str) -> Callable[[Reproduction], str]:
    return lambda result: f"Six panels, {', '.join(result.laws.panels)}: {kind}."


LEGEND = (
    "Broad and pale: as printed. Dashed: reproduced by the paper's method. Coloured: re-estimated, "
    "with 90 % bands."
)

PICTURES = (
    Picture(
        "doubling_time", "The doubling time, every way",
        "Black: the paper's rule under other training tokens of its reference, and under the loss "
        "curve that fits better. Grey: what the same rule finds in data that do not grow. Orange: "
        "frontier; blue: typical new model. Bars: 90 % intervals.",
        _doubling, draw_doubling,
    ),
    Picture(
        "figure_1", "Figure 1: growth of density",
        f"{LEGEND} Dark dots set a record when released. The frontier is a stochastic frontier: "
        "best practice without each model's luck, so record-setters lie above it.",
        _growth, draw_growth,
    ),
    Picture(
        "figure_3a", "Figure 3a: price of inference", f"{LEGEND} Dark dots were the cheapest.",
        _claims("halving time: cheapest line"), draw_prices,
    ),
    Picture(
        "figure_3b", "Figure 3b: compression",
        "Density of models that were distilled, pruned or quantised, beside their originals.",
        _pairs, draw_pairs,
    ),
    Picture(
        "figure_3c", "Figure 3c: before and after ChatGPT",
        f"{LEGEND} The line before ChatGPT rests on three points.",
        _claims("growth before ChatGPT", "growth after ChatGPT", "acceleration, records"),
        draw_chatgpt,
    ),
    Picture(
        "extended_data_1a", "Extended Data Figure 1a: loss curves", LEGEND,
        _laws("loss against training tokens by model size, where all curves nearly agree"),
        draw_loss_curves,
    ),
    Picture(
        "extended_data_1a_beyond", "The same loss curves where they are used",
        f"{LEGEND} Effective parameters come from this extrapolation; the curves part there.",
        _laws("loss against parameters far beyond the trained sizes, where the curves part"),
        draw_loss_beyond,
    ),
    Picture(
        "extended_data_1b", "Extended Data Figure 1b: score curves",
        f"{LEGEND} Triangles were held out by the paper; the re-estimate uses them.",
        _laws("score against loss, S-shaped, with fitted and held-out checkpoints"),
        draw_score_curves,
    ),
)  # fmt: skip
"""In the order of the page."""
