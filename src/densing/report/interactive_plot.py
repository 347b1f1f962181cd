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
    GlyphRenderer,
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
        `interactive_data.model_columns`, and `line_columns` of each line by name.
    """
    source = ColumnDataSource(models, name="models")
    plot = _frame(models, lines)
    coloured(plot.add_layout, Span(location=1, dimension="width", line_dash=[5, 4]), line="--muted")
    coloured(
        plot.add_layout,
        Label(
            x=8, y=1, x_units="screen", text="1: the reference family", y_offset=3,
            text_font_size="11px", text_font=FONT,
        ),
        text="--muted",
    )  # fmt: skip
    for name, columns in lines.items():
        _line(plot, name, columns)
    _points(plot, source, models)
    return plot


def coloured[M: Model](add: Any, model: M, **variables: str) -> M:
    """Tag a model with the page's colours of its line, fill or text, and add it to a plot."""
    model.tags = [{f"{kind}_color": variable for kind, variable in variables.items()}]
    add(model)
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
    colour = f"--{name}"
    if name == "record":
        line = Step(x="x", y="median", mode="after", line_width=1.6, line_dash=[2, 3])
    else:
        band = VArea(x="x", y1="lower", y2="upper", fill_alpha=0.16)
        coloured(lambda glyph: _add(plot, source, glyph, name=name), band, fill=colour)
        line = Line(x="x", y="median", line_width=2.6)
    coloured(lambda glyph: _add(plot, source, glyph, name=name), line, line=colour)


def _points(plot: Plot, source: ColumnDataSource, models: Columns) -> None:
    """Models in views that the page's script keeps: left out, the others, records, one's own."""
    own = np.asarray(models["own"], bool)
    best = np.asarray(models["record"], bool) & ~own
    in_views = {"left_out": np.zeros_like(own), "others": ~best & ~own, "records": best, "own": own}
    views = {
        name: CDSView(filter=BooleanFilter(booleans=shown.tolist(), name=name))
        for name, shown in in_views.items()
    }

    def add(glyph: Glyph, view: str, layer: str) -> None:
        _add(plot, source, glyph, name=layer, view=views[view])

    dot: dict[str, Any] = {"x": "x", "y": "density", "size": "diameter"}
    coloured(lambda g: add(g, "left_out", "left_out"),
             Scatter(**dot, fill_alpha=0.16, line_alpha=0.0), fill="--muted")  # fmt: skip
    shades = {"others": "--muted", "records": "--ink", "own": "--own"}
    for view, colour in shades.items():
        whisker = Segment(x0="x", x1="x", y0="lower", y1="upper", line_alpha=0.5)
        coloured(lambda g, view=view: add(g, view, "intervals"), whisker, line=colour)
    for view, colour in shades.items():
        marker = Scatter(**dot, fill_alpha=0.9, line_width=0.8)
        coloured(lambda g, view=view: add(g, view, "dots"), marker, fill=colour, line="--paper")
    empty: Columns = {name: [] for name in ("x", "density", "text", "align", "right", "down")}
    names = ColumnDataSource(empty, name="names")
    text = Text(
        x="x", y="density", text="text", text_align={"field": "align"}, x_offset="right",
        y_offset="down", text_baseline="middle", text_font_size="11px", text_font=value(FONT),
        background_fill_alpha=0.6,
    )  # fmt: skip
    coloured(
        lambda g: _add(plot, names, g, name="labels"), text, text="--ink", background_fill="--paper"
    )
    chosen = ColumnDataSource({"x": [], "density": [], "diameter": []}, name="chosen")
    ring = Scatter(**dot, fill_alpha=0.0, line_width=3)
    coloured(lambda g: _add(plot, chosen, g, name="ring"), ring, line="--link")


def _add(
    plot: Plot, source: ColumnDataSource, glyph: Glyph, *, name: str, view: CDSView | None = None
) -> GlyphRenderer:
    """Add a glyph that looks the same whatever is selected."""
    return plot.add_glyph(source, glyph, name=name, view=view or CDSView(), nonselection_glyph=None)
