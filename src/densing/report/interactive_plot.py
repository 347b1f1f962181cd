"""The interactive figure as a Bokeh plot: points, lines and axes, without any behaviour.

Colours are names of the page's own (`--ink`, `--population`, ...), kept as tags: the page's script
fills them in, again whenever the reader changes between light and dark.
"""

from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    BooleanFilter,
    CDSView,
    ColumnDataSource,
    Label,
    Line,
    LinearAxis,
    Model,
    NumeralTickFormatter,
    Plot,
    PrintfTickFormatter,
    Range1d,
    Scatter,
    Segment,
    Span,
    Step,
    Text,
    VArea,
)
from bokeh.models.glyph import Glyph
from bokeh.plotting import figure

Columns = dict[str, Any]
AXIS = "density: effective over actual parameters"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"


def interactive_plot(models: Columns, lines: dict[str, Columns]) -> Plot:
    """Draw every model and every line; logarithmic, with the linear axis ready but not shown.

    Parameters
    ----------
    models, lines
        `interactive.model_columns`, and `line_columns` of each line by name.
    """
    plot = _frame(models, lines)
    one = Span(location=1, dimension="width", line_dash=[5, 4])
    words = Label(x=8, y=1, x_units="screen", text="1: the reference family", y_offset=3,
                  text_font_size="11px", text_font=FONT)  # fmt: skip
    plot.add_layout(coloured(one, line="--muted"))
    plot.add_layout(coloured(words, text="--muted"))
    for name, columns in lines.items():
        _line(plot, name, columns)
    _points(plot, ColumnDataSource(models, name="models"), models)
    return plot


def coloured[M: Model](model: M, **variables: str) -> M:
    """Tag a model with the page's colours of its line, fill or text."""
    model.tags = [{f"{kind}_color": variable for kind, variable in variables.items()}]
    return model


def _frame(models: Columns, lines: dict[str, Columns]) -> Plot:
    x = np.asarray(models["x"])
    drawn = [models["lower"], models["upper"]]
    for name, line in lines.items():
        drawn += [line["median"]] if name == "record" else [line["lower"], line["upper"]]
    lowest, highest = float(min(map(min, drawn))), float(max(map(max, drawn)))
    pad = max(0.03 * np.ptp(x), 10 * 86_400_000.0)  # milliseconds: ten days
    plot = figure(
        name="density", x_axis_type="datetime", y_axis_type="log", sizing_mode="stretch_both",
        x_range=Range1d(start=float(x.min() - pad), end=float(x.max() + pad)),
        y_range=Range1d(start=lowest / 1.5, end=highest * 1.5), tools="box_zoom",
        toolbar_location=None, background_fill_color=None, border_fill_color=None,
        outline_line_color=None, min_border_right=30,
    )  # fmt: skip
    plot.tags = [{"linear": [0.0, highest * 1.05], "log": [lowest / 1.5, highest * 1.5]}]
    log, linear = plot.yaxis[0], LinearAxis(visible=False)
    plot.add_layout(linear, "left")
    log.update(formatter=PrintfTickFormatter(format="%g"), axis_label=AXIS)
    linear.update(formatter=NumeralTickFormatter(format="0.[00]"), axis_label=AXIS)
    for axis, name in ((log, "log"), (linear, "linear"), (plot.xaxis[0], "dates")):
        axis.update(
            name=name, major_label_text_font_size="12px", axis_label_text_font_size="12px",
            major_label_text_font=FONT, axis_label_text_font=FONT,
            axis_label_text_font_style="normal", minor_tick_line_color=None,
            tags=[
                {"axis_line_color": "--muted", "major_tick_line_color": "--muted",
                 "major_label_text_color": "--muted", "axis_label_text_color": "--ink"},
            ],
        )  # fmt: skip
    plot.xgrid.visible = False
    plot.ygrid[0].update(name="grid", tags=[{"grid_line_color": "--faint"}])
    return plot


def _line(plot: Plot, name: str, columns: Columns) -> None:
    """Band and median of a trend; of the record only the median, which rises in steps."""
    source = ColumnDataSource(columns)
    if name == "record":
        line = Step(x="x", y="median", mode="after", line_width=1.6, line_dash=[2, 3])
    else:
        band = VArea(x="x", y1="lower", y2="upper", fill_alpha=0.16)
        _add(plot, source, band, name=name, fill=f"--{name}")
        line = Line(x="x", y="median", line_width=2.6)
    _add(plot, source, line, name=name, line=f"--{name}")


def _points(plot: Plot, source: ColumnDataSource, models: Columns) -> None:
    """Models in views that the page's script keeps: left out, the others, records, one's own."""
    own = np.asarray(models["own"], bool)
    best = np.asarray(models["record"], bool) & ~own
    in_views = {"left_out": np.zeros_like(own), "others": ~best & ~own, "records": best, "own": own}
    views = {
        name: CDSView(filter=BooleanFilter(booleans=shown.tolist(), name=name))
        for name, shown in in_views.items()
    }
    dot: dict[str, Any] = {"x": "x", "y": "density", "size": "diameter"}
    faint = Scatter(**dot, fill_alpha=0.16, line_alpha=0.0)
    _add(plot, source, faint, name="left_out", view=views["left_out"], fill="--muted")
    shades = {"others": "--muted", "records": "--ink", "own": "--own"}
    for view, colour in shades.items():
        whisker = Segment(x0="x", x1="x", y0="lower", y1="upper", line_alpha=0.5)
        _add(plot, source, whisker, name="intervals", view=views[view], line=colour)
    for view, colour in shades.items():
        marker = Scatter(**dot, fill_alpha=0.9, line_width=0.8)
        _add(plot, source, marker, name="dots", view=views[view], fill=colour, line="--paper")
    empty: Columns = {name: [] for name in ("x", "density", "text", "align", "right", "down")}
    text = Text(
        x="x", y="density", text="text", text_align={"field": "align"}, x_offset="right",
        y_offset="down", text_baseline="middle", text_font_size="11px", text_font=value(FONT),
        background_fill_alpha=0.6,
    )  # fmt: skip
    names = ColumnDataSource(empty, name="names")
    _add(plot, names, text, name="labels", text="--ink", background_fill="--paper")
    chosen = ColumnDataSource({"x": [], "density": [], "diameter": []}, name="chosen")
    ring = Scatter(**dot, fill_alpha=0.0, line_width=3)
    _add(plot, chosen, ring, name="ring", line="--link")


def _add(
    plot: Plot,
    source: ColumnDataSource,
    glyph: Glyph,
    *,
    name: str,
    view: CDSView | None = None,
    **colours: str,
) -> None:
    """Add a glyph that looks the same whatever is selected."""
    plot.add_glyph(source, coloured(glyph, **colours), name=name, view=view or CDSView(),
                   nonselection_glyph=None)  # fmt: skip
