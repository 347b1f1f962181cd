"""The interactive figure for the page: its library, its plot as data, and its controls."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from markupsafe import Markup

from densing.report.answers import Answered, RunAnswers
from densing.report.axes import dodge, marker_area
from densing.report.density import BEYOND
from densing.report.folder import asset
from densing.report.words import digits, percent, size
from densing.results.family_run import choices_of, is_families
from densing.results.line import record_setters

MILLISECONDS_PER_DAY = 86_400_000.0
ARCHITECTURES = {"dense": "dense", "moe": "mixture of experts"}
LINES = (
    ("population", "Typical new model"),
    ("frontier", "Frontier"),
    ("record", "Expected record"),
)


def model_columns(run: Answered, *, highlight: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Columns of one entry a model, in order of name.

    `x` (milliseconds since 1970; models of one day stand side by side), `density`, `lower`,
    `upper` (median and 90 % equal-tailed interval), `params` (those that count), `diameter`
    (pixels), `record` (whether it set one when released), `own` (whether it is highlighted), the
    texts `name`, `family`, `architecture`, and `facts` and `scores`: pairs of title and text that
    tell about it.
    """
    answers = RunAnswers.of(run)
    data = answers.run["constant_data"].to_dataset()
    table = {row["model"]: row for row in answers.densities}
    names = data["model"].to_numpy().astype(str)
    rows = [table[name] for name in names]
    released = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    params = data["counted_params"].to_numpy()
    middle = np.asarray([row["density"]["median"] for row in rows])
    columns = {
        "name": names,
        "x": milliseconds(released) + MILLISECONDS_PER_DAY * dodge(released, params),
        "density": middle,
        "lower": np.asarray([row["density"]["lower"] for row in rows]),
        "upper": np.asarray([row["density"]["upper"] for row in rows]),
        "params": params,
        "diameter": 1.35 * np.sqrt(marker_area(params)),
        "record": np.isin(np.arange(len(rows)), record_setters(released, middle)),
        "own": np.isin(names, list(highlight)),
        "family": data["model_family"].to_numpy().astype(str),
        "architecture": data["architecture"].to_numpy().astype(str),
    }
    order = sorted(range(len(rows)), key=lambda i: (names[i].casefold(), i))
    return {
        **{key: values[order].tolist() for key, values in columns.items()},
        "facts": [facts(data, i, rows[i]) for i in order],
        "scores": [scores(data, i) for i in order],
    }


def facts(data: xr.Dataset, i: int, row: dict[str, Any]) -> list[list[str]]:
    """Title and text of each line that tells about model `i`."""

    def text(name: str) -> str:
        return str(data[name].values[i])

    density, effective = row["density"], row["effective_params"]
    kind = ARCHITECTURES.get(text("architecture"), text("architecture"))
    shape = size(float(data["params"].values[i]))
    active = float(data["active_params"].values[i])
    if active < 0.995 * float(data["params"].values[i]):
        shape += f", {size(active)} active"
    lines = [
        ["Density", median_and_ends(density, lambda v: digits(v, figures=2))],
        ["Effective size", median_and_ends(effective, size)],
        ["Actual size", f"{shape}, {size(row['params'])} counted"],
        ["Released", row["release_date"]],
        ["By", ", ".join(filter(None, (text("organization"), text("model_family"), kind)))],
        ["Trained on", f"{size(float(data['training_tokens'].values[i]))} tokens"],
    ]
    if row["p_beyond_reference"] >= BEYOND:
        lines.append(
            ["Beyond reach", f"of the reference: probability {row['p_beyond_reference']:.2f}"]
        )
    return [line for line in lines if line[1] not in ("", "unknown tokens")]


def scores(data: xr.Dataset, i: int) -> list[list[str]]:
    """Benchmark and score, in percent, of each score of model `i`."""
    own = data["score_model"].to_numpy().astype(int) == i
    benchmarks = data["score_benchmark"].to_numpy()[own].astype(str)
    values = data["score"].to_numpy()[own]
    return [[b, f"{100 * v:.1f} %"] for b, v in zip(benchmarks, values, strict=True)]


def median_and_ends(interval: dict[str, Any], form: Any) -> str:
    """Median and interval that says its probability: `0.58 (90 %: 0.21 to 1.8)`."""
    low, middle, high = (form(interval[key]) for key in ("lower", "median", "upper"))
    return f"{middle} ({percent(interval['prob'])}: {low} to {high})"


def line_columns(run: xr.DataTree, name: str) -> dict[str, list[float]]:
    """Columns `x` (milliseconds), `median`, `lower`, `upper` (90 %) of one of `LINES`."""
    derived = run["derived"]
    draws = derived[name].transpose("chain", "draw", "date").to_numpy()
    low, middle, high = np.exp(np.quantile(draws, [0.05, 0.5, 0.95], axis=(0, 1)))
    dates = pd.DatetimeIndex(derived["date"].to_numpy())
    return {
        "x": milliseconds(dates).tolist(),
        "median": middle.tolist(),
        "lower": low.tolist(),
        "upper": high.tolist(),
    }


def lines_of(run: xr.DataTree) -> list[tuple[str, str]]:
    """Names and titles of the lines that a run has: no frontier under a symmetric residual."""
    lines = [(name, title) for name, title in LINES if name in run["derived"]]
    if not is_families(run):
        return lines
    told = {"population": "Typical release", "frontier": f"Best of {choices_of(run).best_of}"}
    return [(name, told.get(name, title)) for name, title in lines]


def milliseconds(dates: pd.DatetimeIndex) -> np.ndarray:
    """Milliseconds since 1970, shape of `dates`."""
    return dates.to_numpy("datetime64[ms]").astype(np.int64).astype(float)


def interactive(run: Answered, *, highlight: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that `interactive.html.j2` refers to; models to highlight stand out.

    Bokeh is imported here and not with the room: a figure alone does not wait for it.
    """
    from bokeh.embed import json_item
    from bokeh.resources import Resources

    from densing.report.interactive_plot import interactive_plot

    library = Resources(mode="inline", components=["bokeh"], log_level="error").js_raw
    answers = RunAnswers.of(run)
    models = model_columns(answers, highlight=highlight)
    named = lines_of(answers.run)
    lines = {name: line_columns(answers.run, name) for name, _ in named}
    kinds = sorted(set(models["architecture"]) - {""})
    return {
        "library": Markup("\n".join(library).replace("</script", "<\\/script")),
        "script": asset("interactive.js"),
        "style": asset("interactive.css"),
        "plot": inside_script(json_item(interactive_plot(models, lines))),
        "lines": named,
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
