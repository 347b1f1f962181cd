"""Greedy label placing: each label takes the first free place around its point, or none."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from densing.report.style import INK, MUTED, figure_of
from densing.report.words import plain

ANGLES = np.deg2rad([90, 60, 120, 45, 135, 20, 160, 0, 180, -20, -160, -45, -135, -60, -120, -90])
DISTANCES = (7.0, 13.0, 21.0, 31.0, 43.0)
"""Points (1/72 inch) between a marker's centre and its label."""


def place_labels(
    ax: Axes,
    points: np.ndarray,
    texts: Sequence[str],
    *,
    obstacles: np.ndarray,
    keep_clear: Sequence[Artist] = (),
    fontsize: float = 8.0,
) -> list[str]:
    """Label points without overlap, the first of them first.

    Parameters
    ----------
    ax
        Axes whose limits are final.
    points
        Data coordinates of the points to label, shape (label, 2).
    texts
        One label a point.
    obstacles
        Data coordinates that no label should cover, shape (obstacle, 2).
    keep_clear
        Artists that no label may touch.

    Returns
    -------
    list of str
        The labels that found a place.
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()  # settles the layout
    scale = figure.dpi / 72.0
    taken = [artist.get_window_extent() for artist in keep_clear]
    frame = ax.get_window_extent()
    marks = ax.transData.transform(obstacles) if len(obstacles) else np.empty((0, 2))
    anchors = ax.transData.transform(points) if len(texts) else np.empty((0, 2))
    placed = []
    for anchor, text in zip(anchors, texts, strict=True):
        label = ax.annotate(
            plain(text), (0, 0), xycoords="figure pixels", fontsize=fontsize, color=INK, zorder=12
        )
        extent = label.get_window_extent()
        label.remove()
        best = _best_place(anchor, extent.width, extent.height, taken, marks, frame, scale)
        if best is None:
            continue
        offset, box = best
        taken.append(box)
        placed.append(text)
        far = np.hypot(*offset) > DISTANCES[1] + 6
        data = ax.transData.inverted().transform(anchor)
        ax.annotate(
            plain(text), (data[0], data[1]), xytext=(offset[0], offset[1]),
            textcoords="offset points", ha="center", va="center", fontsize=fontsize, color=INK,
            zorder=12,
            arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.6, "shrinkA": 1, "shrinkB": 3}
            if far else None,
        )  # fmt: skip
    return placed


def _best_place(
    anchor: np.ndarray,
    width: float,
    height: float,
    taken: Sequence[Bbox],
    marks: np.ndarray,
    frame: Bbox,
    scale: float,
) -> tuple[np.ndarray, Bbox] | None:
    """Offset (points) of the label's centre and its box (pixels) at the cheapest free place."""
    best, cheapest = None, np.inf
    for distance in DISTANCES:
        for rank, angle in enumerate(ANGLES):
            direction = np.array([np.cos(angle), np.sin(angle)])
            reach = distance * scale + np.array([width / 2, height / 2]) * np.abs(direction)
            centre = anchor + direction * reach
            half = np.array([width, height]) / 2 + 1.5 * scale
            box = Bbox([centre - half, centre + half])
            inside = (
                frame.x0 <= box.x0 and box.x1 <= frame.x1
                and frame.y0 <= box.y0 and box.y1 <= frame.y1
            )  # fmt: skip
            if not inside or any(box.overlaps(other) for other in taken):
                continue
            covered = np.all((marks > box.min) & (marks < box.max), axis=1).sum()
            cost = 4.0 * covered + 0.5 * distance + 0.15 * rank
            if cost < cheapest:
                best, cheapest = ((centre - anchor) / scale, box), cost
    return best


def obstacles(
    ax: Axes,
    x: np.ndarray,
    low: np.ndarray,
    middle: np.ndarray,
    high: np.ndarray,
    *,
    dense: np.ndarray,
) -> np.ndarray:
    """Points along every interval and line, and thrice at every dot, shape (obstacle, 2).

    No label fits between those of the intervals that are `dense`, shape (model,).
    """
    share = np.linspace(0.0, 1.0, 7)[:, None]
    bars = np.exp(np.log(low) * (1 - share) + np.log(high) * share)
    xs, ys = [np.tile(x, len(share)), x, x, x], [bars.ravel(), middle, middle, middle]
    for i in np.flatnonzero(dense):
        xs.append(np.full(60, x[i]))
        ys.append(np.geomspace(low[i], high[i], 60))
    for line in ax.get_lines():
        at, height = (np.asarray(v, float) for v in line.get_data())
        if len(at) > 2:
            fine = np.linspace(at[0], at[-1], 150)
            xs.append(fine)
            ys.append(np.exp(np.interp(fine, at, np.log(height))))
    return np.column_stack([np.concatenate(xs), np.concatenate(ys)])
