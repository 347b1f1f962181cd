"""Write what README and documentation take from the repository into their pages.

``python scripts/write_tables.py`` (`make tables`). A page says ``<!-- generated: KIND
ARGUMENT -->`` on a line of its own, and ``<!-- end of generated -->`` on another; what stands
between is what `KINDS` makes of it. So a table of priors is that of the declaration, a graph that
of the program, and a quoted result the kept one's, wherever the page is read. Tests fail where a
page is behind.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts")]

from backtest_tables import backtest, backtest_shapes, backtest_short, made

from densing import data
from densing.calibration.ranks import LEVELS, POOLED_FALSE_ALARM, pooled
from densing.cli.calibrate import pooled_cells
from densing.cli.coverage import COLUMNS, not_bounded
from densing.data.schemas import TABLES
from densing.models.declaration import PRIORS, declared, load_model, markdown, prior_rows, words
from densing.models.graph import model_graph
from densing.report.figures import PICTURES
from densing.results.corollaries.contrasts import derived_words
from densing.sensitivity.axes import load_axes
from densing.sensitivity.summary import spread, together
from densing.text import ESTIMANDS, months

END = "<!-- end of generated -->"
MARK = re.compile(
    rf"^<!-- generated: (?P<kind>\S+) ?(?P<argument>.*?) -->\n.*?^{END}$", re.MULTILINE | re.DOTALL
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def main() -> None:
    """Write every page anew, and name those that changed."""
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        if (after := filled(before)) != before:
            page.write_text(after, encoding="utf-8")
            print(f"written: {page.relative_to(ROOT)}")


def filled(text: str) -> str:
    """Fill every mark of a page; an unknown one is an error."""
    return MARK.sub(_fill, text)


def _fill(mark: re.Match[str]) -> str:
    head = mark[0].partition("\n")[0]
    return f"{head}\n\n{KINDS[mark['kind']](mark['argument'])}\n\n{END}"


def priors(model: str) -> str:
    """Table of a model's priors with their reasons."""
    return markdown(PRIORS, prior_rows(load_model(model)))


def graph(model: str) -> str:
    """Graph of a model, from the program itself."""
    return f"```mermaid\n{model_graph(model).mermaid()}\n```"


def models(_: str) -> str:
    """Table of the declared models."""
    return markdown(
        ("model", "what it is"), [(f"`{n}`", load_model(n).about) for n in declared("models")]
    )


def choices(model: str) -> str:
    """Table of the choices: value in a model, and meaning."""
    chosen = load_model(model).choices
    values = chosen.model_dump(mode="json")
    about = {n: field.description or "" for n, field in type(chosen).model_fields.items()}
    return markdown(
        ("choice", f"in `{model}`", "meaning"),
        [(f"`{k}`", words(v), " ".join(about[k].split())) for k, v in values.items()],
    )


def axes(name: str) -> str:
    """Table of the reference choices that `densing sensitivity` varies, with the reasons."""
    rows = [
        (f"`{axis}`: {told.called(axis)}", told.default, ", ".join(told.levels), told.reason)
        for axis, told in load_axes(name or "default").axes.items()
    ]
    return markdown(("axis", "default", "instead", "why it is a choice"), rows)


def columns(table: str) -> str:
    """Table of the columns of one of the tables."""
    rows = [(f"`{c.name}`", "yes" if c.required else "", c.about, c.unit) for c in TABLES[table]]
    return markdown(("column", "required", "what it holds", "unit"), rows)


def evidence(by: str) -> str:
    """Count what the bundled evidence covers, by half-year, type or another grouping."""
    table = data.coverage()
    if by == "all":
        whole = table.iloc[0]
        return (
            f"Version {data.EVIDENCE_VERSION}, gathered until {data.EVIDENCE_DATE}: "
            f"**{whole['models']} open base models** that are not derived and have two scores or "
            f"more, released {whole['first']} to {whole['last']}, of {whole['families']} families "
            f"(effective number by Kish {whole['effective_families']:.1f}), "
            f"{whole['scores']} scores."
        )
    rows = table[table["by"] == by]
    shown = ["value", "models", "scores", "families", "effective_families", "first", "last"]
    heads = (by, "models", "scores", "families", "effective", "first", "last")
    return markdown(heads, rows[shown].astype(str).to_numpy().tolist())


def references(_: str) -> str:
    """Table of the reference families."""
    table = data.bundled("references").fillna("")
    shown = ["reference", "kind", "loss_unit", "about"]
    return markdown(("reference", "it has", "loss", "of what"), table[shown].to_numpy().tolist())


def readme(part: str) -> str:
    """Part of the README between `<!-- PART -->` and `<!-- end of PART -->`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split(f"<!-- {part} -->")[1].split(f"<!-- end of {part} -->")[0].strip()


def bench(file: str) -> str:
    """Print a kept benchmark beside its targets."""
    command = [sys.executable, ROOT / "benchmarks/table.py", ROOT / file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"```text\n{done.stdout.rstrip()}\n```"


def calibration(file: str) -> str:
    """Table of a kept calibration, all quantities of a case together, and how it was made."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    levels = list(next(iter(kept["cases"].values()))["coverage"])
    rows = [
        (name, case["about"], str(len(case["quantities"])), str(case["worlds"]),
         str(case["trustworthy"]), *(share(case["coverage"][level]) for level in levels),
         ", ".join(case["alarms"]) or "none")
        for name, case in kept["cases"].items()
    ]  # fmt: skip
    heads = [f"{100 * float(level):.0f} %" for level in levels]
    columns = ("case", "what", "quantities", "worlds", "trustworthy", *heads, "not uniform")
    together = [
        (name, *pooled_cells(pooled(case["ranks"]))) for name, case in kept["cases"].items()
    ]
    return "\n\n".join(
        [markdown(columns, rows),
         "All quantities of a case together, ranks as normal quantiles: the mean is 0 and the "
         "spread 1 where posteriors are right; the spread is 2 where they are half as wide as they "
         "should be. A calibrated case raises an alarm (mean: p below "
         f"{LEVELS['mean']:g}; spread: p below {LEVELS['spread']:g}) with a probability of at most "
         f"{POOLED_FALSE_ALARM:g}.",
         markdown(("case", "mean", "p", "spread", "p"), together), made(kept)]
    )  # fmt: skip


def calibration_short(file: str) -> str:
    """Coverage alone of a kept calibration."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    levels = list(next(iter(kept["cases"].values()))["coverage"])
    rows = [
        (case["about"], str(case["worlds"]), *(share(case["coverage"][level]) for level in levels))
        for case in kept["cases"].values()
    ]
    heads = [f"{100 * float(level):.0f} %" for level in levels]
    return markdown(("part", "worlds", *heads), rows)


def coverage(file: str) -> str:
    """Table of a kept coverage in hard worlds, and how it was made."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    rows = [
        (f"`{name}`: {row['about']}", str(row["worlds"]), str(row["trustworthy"]),
         *(share(row[key], "coverage") for key in COLUMNS),
         not_bounded(row) if "not_bounded" in row["population_rate"] else "not kept")
        for name, row in kept["kinds"].items()
    ]  # fmt: skip
    columns = ("worlds", "count", "trustworthy", *COLUMNS.values(), "not bounded")
    said = "".join(f"{sentence}. " for sentence in kept.get("reasons", []))
    return f"{markdown(columns, rows)}\n\n{said}{made(kept)}"


def multiverse(file: str) -> str:
    """Answers of a kept sensitivity run: one axis at a time, all universes, and how it was made."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    rows = [("the default", "", *(months(kept["default"][key]) for key in ESTIMANDS))]
    for axis, told in kept["axes"].items():
        for level, own in told["levels"].items():
            if own is None:
                continue
            doubt = "" if own["verdict"] == "trustworthy" else " (not trustworthy)"
            rows.append((f"`{axis}`", level + doubt, *(months(own[key]) for key in ESTIMANDS)))
    whole = [f"{sentence}." for sentence in together(kept)]
    split = [f"{t}, {spread(kept, key)}." for key, t in ESTIMANDS.items() if kept["variance"][key]]
    spent = kept["diagnostics"]
    last = (
        f"{spent['trustworthy']} of {spent['universes']} universes are trustworthy; "
        f"{spent['gradient_evaluations']:,} gradients."
    )
    said = [claim["sentence"] + "." for claim in kept["claims"]]
    columns = ("axis", "instead of the default", *(f"{t}, months" for t in ESTIMANDS.values()))
    return "\n\n".join(
        [markdown(columns, rows), " ".join([*whole, *said, *split, last]), made(kept)]
    )


def compression(file: str) -> str:
    """Sentence of the kept answer on compression, and how it was made."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    return f"> {derived_words(kept)}\n\n{made(kept)}"


VERBS = {
    "density_by_release": "plot_density", "growth_rate": "plot_rate",
    "benchmark_rates": "plot_benchmark_rates",
    "density_ranking": "plot_ranking", "predictive_check": "plot_predictive",
    "influence": "plot_influence", "loss_law": "plot_loss_law",
    "reference_at_d0": "plot_reference", "performance_map": "plot_performance_map",
    "diagnostics": "plot_diagnostics",
}  # fmt: skip
"""The verb that draws a figure of the report."""


def gallery(folder: str) -> str:
    """Every figure of the report with its own words; the pictures are kept in `folder`."""
    parts = []
    for picture in PICTURES:
        kept = (ROOT / folder / f"{picture.name}.svg").relative_to(ROOT / "docs")
        verb = f"`dn.{VERBS[picture.name]}(run)`; " if picture.name in VERBS else ""
        parts.append(
            f"## {picture.title}\n\n![{picture.title}]({kept})\n\n{picture.caption} "
            f"{verb}`{picture.name}` in the report's folder."
        )
    return "\n\n".join(parts)


def share(told: dict[str, Any], key: str = "mean") -> str:
    """Coverage in percent, with its standard error where it has one."""
    if told[key] is None:
        return "none"
    error = told.get("standard_error")
    text = f"{100 * told[key]:.1f}"
    return text if error is None else f"{text} ({100 * error:.1f})"


KINDS: dict[str, Callable[[str], str]] = {
    "axes": axes, "backtest": backtest, "backtest_shapes": backtest_shapes,
    "backtest_short": backtest_short, "bench": bench,
    "calibration": calibration, "calibration_short": calibration_short, "choices": choices,
    "columns": columns, "compression": compression, "coverage": coverage, "evidence": evidence,
    "gallery": gallery, "graph": graph, "models": models, "multiverse": multiverse,
    "priors": priors, "readme": readme, "references": references,
}  # fmt: skip
"""What a mark may ask for."""

if __name__ == "__main__":
    main()
