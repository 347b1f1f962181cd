"""The interactive figure for the page: its library, its plot as data, and its controls."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from densing.report.interactive_data import ARCHITECTURES, line_columns, lines_of, model_columns
from densing.report.template import asset


def interactive(run: xr.DataTree, *, highlight: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that `interactive.html.j2` refers to; models to highlight stand out.

    Bokeh is imported here and not with the room: a figure alone does not wait for it.
    """
    from bokeh.embed import json_item
    from bokeh.resources import Resources

    from densing.report.interactive_plot import interactive_plot

    library = Resources(mode="inline", components=["bokeh"], log_level="error").js_raw
    models = model_columns(run, highlight=highlight)
    lines = {name: line_columns(run, name) for name, _ in lines_of(run)}
    kinds = sorted(set(models["architecture"]) - {""})
    return {
        "library": Markup("\n".join(library).replace("</script", "<\\/script")),
        "script": asset("interactive.js"),
        "style": asset("interactive.css"),
        "plot": inside_script(json_item(interactive_plot(models, lines))),
        "lines": lines_of(run),
        "names": models["name"],
        "families": counts(models["family"]),
        "architectures": [(kind, ARCHITECTURES.get(kind, kind)) for kind in kinds],
        "sizes": size_steps(np.asarray(models["params"])),
    }


def inside_script(record: Any) -> Markup:
    """Return JSON that cannot end the script element around it."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def counts(values: list[str]) -> list[tuple[str, int]]:
    """Each different text and how often it occurs, the most frequent first."""
    found = {value: values.count(value) for value in sorted(values, key=str.casefold) if value}
    return sorted(found.items(), key=lambda item: -item[1])


def size_steps(params: np.ndarray) -> list[float]:
    """Sizes of 1 and 3 times a power of ten that lie strictly between the ends of `params`."""
    decades = 10.0 ** np.arange(np.floor(np.log10(params.min())), np.log10(params.max()) + 1)
    steps = np.outer(decades, [1.0, 3.0]).ravel()
    return [float(s) for s in steps if params.min() < s < params.max()]
