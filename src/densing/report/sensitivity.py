"""A multiverse as a folder (record, table, pictures), and as a section of the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from densing.files import read_json
from densing.report import words
from densing.report.axes import COLOURS
from densing.report.folder import fill, write_json, written_whole
from densing.report.sensitivity_figures import (
    moved,
    plot_specification,
    plot_tornado,
    plot_variance,
)
from densing.report.style import figure_of, save
from densing.results.run import RunError
from densing.sensitivity.record import off
from densing.sensitivity.summary import table

RECORD = "sensitivity.json"


def write_sensitivity(answer: Mapping[str, Any], folder: Path) -> Path:
    """Write sensitivity.json, sensitivity.csv and figures/ in `folder`; returns the folder."""
    with written_whole(folder, last=RECORD) as made:
        (made / "figures").mkdir()
        write_json(made / RECORD, answer)
        table(answer).to_csv(made / "sensitivity.csv", index=False)
        for name, (figure, _) in choice_pictures(answer, narrow=False).items():
            save(figure, made / "figures" / name)
    return folder


def read_sensitivity(
    folder: Path, *, evidence_hash: str, model: Mapping[str, Any]
) -> dict[str, Any]:
    """Read the multiverse in `folder`, which must be of that evidence and around that model.

    Parameters
    ----------
    folder
        What `densing sensitivity --out` wrote.
    model
        The declared model, as `Model.model_dump(mode="json")`.

    Raises
    ------
    RunError
        Nothing that can be read, or of other evidence, or around another model.
    """
    answer = read_json(folder / RECORD)
    if not isinstance(answer, dict) or not _whole(answer):
        raise RunError(
            f"{folder}: no finished sensitivity run of this version; "
            f"make one with densing sensitivity --out {folder}"
        )
    around = answer["around"]
    faults = []
    if around["evidence_hash"] != evidence_hash:
        faults.append("its evidence is not this report's")
    if {**around["model"], "name": "", "about": ""} != {**model, "name": "", "about": ""}:
        faults.append(f"its default is the model {around['model']['name']!r} with other choices")
    if not drawable(answer):
        faults.append("it has no universe on the default, alone off which choices are shown")
    if faults:
        raise RunError(
            f"{folder}: {' and '.join(faults)}; make it again with the same options as the report"
        )
    return answer


def _whole(answer: Mapping[str, Any]) -> bool:
    """Whether the record has the parts that the section is made from."""
    around = answer.get("around")
    return (
        isinstance(around, dict)
        and isinstance(around.get("model"), dict)
        and {"name", "choices"} <= set(around["model"])
        and "evidence_hash" in around
        and all(
            isinstance(answer.get(part), dict)
            for part in ("axes", "multiverse", "widest", "variance")
        )
        and {"default", "universes", "diagnostics"} <= set(answer)
    )


def drawable(answer: Mapping[str, Any]) -> bool:
    """Whether there is a default with an answer, and a level off it, to draw."""
    alone = any(told for axis in answer["axes"].values() for told in axis["levels"].values())
    return bool(answer["default"] and any(answer["default"][e] for e in COLOURS)) and alone


def choice_pictures(
    answer: Mapping[str, Any], *, narrow: bool = True
) -> dict[str, tuple[Figure, Figure | None]]:
    """Figures that the answer has by name, each for a page and for a phone (None: scrolled).

    Parameters
    ----------
    narrow
        Whether those for a phone are wanted, and growths that the default has alone.
    """
    drawn: dict[str, tuple[Figure, Figure | None]] = {}
    plots = {"tornado": (plot_tornado, drawable(answer)),
             "variance": (plot_variance, any(answer["variance"].values()))}  # fmt: skip
    for name, (plot, there) in plots.items():
        if there:
            phone = figure_of(plot(answer, narrow=True)) if narrow else None
            drawn[name] = figure_of(plot(answer)), phone
    for estimand in COLOURS:
        shown = [answer["default"]] if narrow else answer["universes"]
        if any(universe[estimand] is not None for universe in shown):
            axes = plot_specification(answer, estimand=estimand)
            drawn[f"specification-{estimand}"] = figure_of(axes), None
    return drawn


def section(answer: Mapping[str, Any], images: Mapping[str, Any]) -> Markup:
    """Return the section's HTML.

    Parameters
    ----------
    answer
        `read_sensitivity`.
    images
        `page.Image` of each of `choice_pictures`, by name.
    """
    first = next(e for e in COLOURS if answer["default"][e])
    defaults = {name: axis["default"] for name, axis in answer["axes"].items()}
    context = {
        "broken": [u for u in answer["universes"] if u["population"] is None],
        "skipped": [(off(s["levels"], defaults), s["reason"]) for s in answer.get("skipped") or ()],
        "answer": answer, "images": images, "estimands": COLOURS, "first": COLOURS[first][0],
        "moved": {name: moved(answer, name, first) for name in answer["axes"]},
    }  # fmt: skip
    filters = {"months": words.months, "months_range": words.months_range}
    return Markup(fill("densing.report", "sensitivity.html.j2", context=context, filters=filters))
