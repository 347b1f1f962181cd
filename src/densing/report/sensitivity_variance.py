"""Which reference choice matters most: the spread of the doubling time by axis, in months."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from densing.report.rate_axis import COLOURS, DOUBT
from densing.report.style import INK, MUTED, new_axes, style
from densing.report.words import plain


@style()
def plot_variance(answer: Mapping[str, Any]) -> Axes:
    """Draw each axis' standard deviation beside what one posterior and the interactions have.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    """
    shown = [e for e in COLOURS if answer["variance"][e] is not None]
    first = answer["variance"][shown[0]]
    names = list(first["axes"])
    labels = [name.replace("_", " ") for name in names]
    labels += ["choices together beyond their sum", "one universe's own posterior"]
    ax = new_axes(8.6, 1.3 + 0.36 * len(labels))
    thick = 0.36
    for shift, estimand in enumerate(shown):
        told = answer["variance"][estimand]
        title, colour = COLOURS[estimand]
        values = [told["axes"][name] for name in names]
        values += [told["interactions"], told["posterior"]]
        for y, value in enumerate(values):
            own = y < len(names)
            at = y + (shift - 0.5 * (len(shown) - 1)) * thick
            ax.barh(at, value or 0.0, height=thick, color=colour if own else DOUBT,
                    alpha=(0.85, 0.85)[shift] if own else (0.9, 0.55)[shift], lw=0,
                    label=title if y == 0 else None)  # fmt: skip
            text = "none" if value is None else f"{value:.2f}"
            ax.annotate(text, (value or 0.0, at), xytext=(3, 0), textcoords="offset points",
                        va="center", fontsize=7, color=MUTED)  # fmt: skip
    ax.axhline(len(names) - 0.5, color=INK, lw=0.7)
    ax.set_yticks(range(len(labels)), [plain(label) for label in labels])
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("standard deviation of the doubling time over the levels of the choice, months")
    ax.set_title(
        f"Which reference choice matters most ({first['universes']} trustworthy universes)"
    )
    ax.legend(loc="lower right")
    return ax
