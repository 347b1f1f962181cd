"""Which reference choice matters most: what one standard deviation of each moves, in months."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report.axes import COLOURS, DOUBT, rate_axis
from densing.report.style import INK, MUTED, framed, style
from densing.report.words import months, plain

LAST = {
    "interactions": "choices together, beyond their sum",
    "posterior": "the evidence: posterior of one universe",
}
"""What is drawn below the axes."""


@style()
def plot_variance(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw between which doubling times one standard deviation of each choice moves the default.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    narrow
        For a phone: the estimands below each other.
    """
    split = {e: told for e in COLOURS if (told := answer["variance"][e]) is not None}
    names = list(next(iter(split.values()))["axes"])
    labels = [answer["axes"][name]["title"] for name in names] + list(LAST.values())
    places = [*range(len(names)), *(len(names) + 0.5 + i for i in range(len(LAST)))]
    lines, columns = (len(split), 1) if narrow else (1, len(split))
    width = 4.9 if narrow else 3.1 + 2.75 * columns
    figure = Figure(figsize=(width, lines * (1.2 + 0.23 * len(labels))), layout=framed())
    panels = list(figure.subplots(lines, columns, squeeze=False, sharey=True).ravel())
    parts = {  # every estimand has an order of its own; rows are those of the first
        e: [*(told["axes"][name] for name in names), *(told[k] for k in LAST)]
        for e, told in split.items()
    }
    gap = "\n" if narrow else " "
    far = {e: max(p["rate_per_year"] for p in parts[e] if p) for e in split}
    low = min(told["around_rate_per_year"] - far[e] for e, told in split.items())
    high = max(told["around_rate_per_year"] + far[e] for e, told in split.items())
    for ax, (estimand, told) in zip(panels, split.items(), strict=True):
        title, colour = COLOURS[estimand]
        centre = told["around_rate_per_year"]
        for y, part, own in zip(places, parts[estimand], [*names, None, None], strict=True):
            share = part["rate_per_year"] if part else 0.0
            ax.barh(y, 2 * share, left=centre - share, height=0.66,
                    color=colour if own else DOUBT, alpha=0.8, lw=0)  # fmt: skip
            ax.annotate(_range(part), (centre - share, y), xytext=(4, 0), fontsize=7,
                        textcoords="offset points", va="center_baseline", color=MUTED)  # fmt: skip
        ax.axvline(centre, color=INK, lw=0.9)
        ax.axhline(len(names) - 0.25, color=INK, lw=0.7)
        room = 0.42 * (high - low)  # of the words at the bars' slow end
        rate_axis(ax, low - room, high + 0.06 * (high - low), apart=0.075, from_zero=0.1)
        ax.set_yticks(places, [plain(label) for label in labels], fontsize=8.5)
        ax.set_ylim(places[-1] + 0.6, -0.6)
        ax.tick_params(axis="y", length=0, labelcolor=INK)
        ax.grid(axis="y", visible=False)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("doubling time, months")
        ax.set_title(f"{title}:{gap}{told['universes']} universes", color=colour)
    figure.supxlabel(
        "Bar: one standard deviation of a choice over its levels, around the default (line).\n"
        "Taken of growth rates, which a universe without growth has as well.",
        fontsize=7.5, color=MUTED,
    )  # fmt: skip
    return panels


def _range(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return "none"
    fast, slow = part["months"]
    if fast is None:
        return "no growth"
    return f"{months(fast)} to {'no growth' if slow is None else months(slow)}"
