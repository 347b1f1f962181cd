"""The evidence that comes with the package, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

EVIDENCE_VERSION = "2026.12"
"""Version of the bundled evidence, on its own: a new one whenever a row of it changes."""

EVIDENCE_DATE = "2026-12-01"
"""Day on which the bundled evidence was last gathered."""

WHAT = {
    "reference_runs": "losses of the reference families' training runs",
    "calibration_points": "loss and score of the same checkpoints",
    "references": "the reference families: what each has, and in which unit",
    "reference_scores": "scores of the reference families without losses",
    "delphi": "losses of a ladder that tests loss laws: no scores, seven runs held out",
    "marin": "loss and score of four checkpoints of one size on nine benchmarks",
    "catalog": "open base models: dates, sizes and one preferred score a benchmark",
    "benchmarks": "type, items, chance level and baseline protocol",
    "repeats": "other reports of the catalog's models and benchmarks",
    "left_out": "scores left out of the catalog, with the reason",
    "sources": "citation, address and licence of every source key",
    "published_density": "the paper's densities, five benchmarks",
    "published_density_mmlu": "the paper's densities, MMLU alone",
    "published_curves": "the paper's fitted loss and performance curves",
    "published_prices": "the paper's prices of inference",
    "published_compression": "the paper's compressed models",
    "prices": "prices of inference with the score they buy",
    "compressed_pairs": "compressed and up-scaled models beside their parents",
}
"""Every bundled table and what it holds."""


def bundled(name: str) -> pd.DataFrame:
    """Read one of the tables that come with the package.

    Columns whose name ends in `date`, `released` and `read` are timestamps.

    Raises
    ------
    ValueError
        No table of that name.
    """
    import pandas as pd

    if name not in WHAT:
        raise ValueError(f"no bundled table {name!r}; there are: {', '.join(WHAT)}")
    with (resources.files("densing.data") / "bundled" / f"{name}.csv").open(
        encoding="utf-8"
    ) as file:
        table = pd.read_csv(file)
    for column in table.columns:
        if column.endswith("date") or column in ("released", "read"):
            table[column] = pd.to_datetime(table[column])
    return table


@contextmanager
def bundled_file(name: str) -> Iterator[Path]:
    """Give the file of a bundled table while the block runs."""
    place = resources.files("densing.data") / "bundled" / f"{name}.csv"
    with resources.as_file(place) as path:
        yield path


def list_bundled() -> pd.DataFrame:
    """List the bundled tables.

    Returns
    -------
    DataFrame
        One row a table: name, rows, what (a sentence), sources (keys of the sources table).
    """
    import pandas as pd

    rows = []
    for name, what in WHAT.items():
        table = bundled(name)
        keys = set(table["source"].dropna()) if "source" in table else set()
        rows.append((name, len(table), what, ", ".join(sorted(keys)) if name != "sources" else ""))
    return pd.DataFrame(rows, columns=["name", "rows", "what", "sources"])


def delphi(near: float | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Losses of the Delphi ladder, a hard test of loss laws: runs to fit and runs to predict.

    Sizes and tokens are not collinear, as they are where all runs are near the optimum of their
    compute, and the seven runs to predict took 11 to 1,100 times the median compute of those to
    fit. An additive law whose irreducible loss is free misses them by 3 to 12 % when it is fitted
    to all runs, and by less than 1 % when to those near the optimum: off it the form fails.

    Parameters
    ----------
    near
        Keep, of the runs to fit, those whose size is within this factor of the best one of their
        compute; None for all.

    Returns
    -------
    fitted, held_out
        Each with run, params (no embeddings), tokens, loss (nats a token, Paloma's mean over
        domains), total_params, flops.
    """
    table = bundled("delphi")
    fitted, held_out = table[~table["held_out"]], table[table["held_out"]]
    if near is not None:
        best = fitted.loc[fitted.groupby("flops")["loss"].idxmin()].set_index("flops")["params"]
        ratio = fitted["params"] / fitted["flops"].map(best)
        fitted = fitted[ratio.between(1 / near, near)]
    return fitted.reset_index(drop=True), held_out.reset_index(drop=True)
