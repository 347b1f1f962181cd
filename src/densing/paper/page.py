"""The reproduction in a folder: page, table, JSON and figures, each file whole or not there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.paper.claim import COLUMNS, RULE, ends_of, grouped, number, row, tally
from densing.paper.figures import (
    draw_chatgpt,
    draw_doubling,
    draw_growth,
    draw_loss_beyond,
    draw_loss_curves,
    draw_pairs,
    draw_prices,
    draw_score_curves,
)
from densing.paper.reproduce import ABSENT, Reproduction
from densing.report.folder import asset, fill, write_csv, write_json, written_whole
from densing.report.page import data_uri
from densing.report.style import figure_of, save
from densing.results.corollaries.contrasts import CURE


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
    return lambda result: f"Six panels, {', '.join(result.laws)}: {kind}."


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


def write_reproduction(result: Reproduction, out: str | Path, *, command: str) -> Path:
    """Write reproduce.html, reproduce.csv, reproduce.json and figures/*.png, *.svg.

    Each file is whole or not there (`report.folder.written_whole`). Other files in `out` stay.

    Returns
    -------
    Path
        The page.
    """
    out = Path(out)
    with written_whole(out, last="reproduce.html") as folder:
        figures = folder / "figures"
        figures.mkdir()
        images = {p.name: data_uri(*save(p.draw(result), figures / p.name)) for p in PICTURES}
        write_csv(folder / "reproduce.csv", COLUMNS, [row(claim) for claim in result.claims])
        write_json(folder / "reproduce.json", result.as_dict())
        page = render(result, images, command=command)
        (folder / "reproduce.html").write_text(page, encoding="utf-8")
    return out / "reproduce.html"


def render(result: Reproduction, images: dict[str, str], *, command: str) -> str:
    """Return the page's HTML; `images` are data addresses of `figures.PICTURES` by name."""
    answer, sections = result.as_dict(), grouped(result.claims, by=lambda claim: claim.section)
    context = {
        "style": asset("page.css"), "sections": sections, "tally": tally(result.claims),
        "rule": RULE, "trustworthy": result.trustworthy, "contradictions": result.contradictions,
        "absent": ABSENT, "scores": answer["public_scores"], "sources": answer["source"],
        "joint": result.joint, "derived": result.runs.derived is not None, "cure": CURE,
        "command": command,
        "figures": [(p, p.alt(result), images[p.name]) for p in PICTURES],
    }  # fmt: skip
    filters = {"number": number, "ends": ends_of}
    return fill("densing.paper", "page.html.j2", context=context, filters=filters)
