"""What must hold between tables: those of one evidence, and new models beside a catalog."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from densing.data.checks import MODEL_FACTS, written
from densing.data.faults import Fault, at, named
from densing.data.reading import ROW
from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

ALL = ("reference_runs", "calibration_points", "catalog", "benchmarks")
SPELT = ("model", "organization", "family", "architecture", "benchmark", "protocol")
"""Columns whose words group rows, so that one thing must not go by two spellings."""
ADDRESS = re.compile(r"(https?://|doi:|arXiv:|github:)\S", re.IGNORECASE)
CELL = ["model", "benchmark"]


def check_together(
    tables: Mapping[str, pd.DataFrame],
    *,
    files: Mapping[str, str] | None = None,
    given: Collection[str] = ALL,
) -> list[Fault]:
    """Find what does not fit between the four tables of an evidence.

    Parameters
    ----------
    tables
        reference_runs, calibration_points, catalog and benchmarks, each typed.
    files
        Name of each table in the faults; its kind by default.
    given
        Tables the user gave: only these are held to account for their own rows, since a user's
        reference need not cover every benchmark of the bundled catalog.
    """
    names = {kind: kind for kind in ALL} | dict(files or {})
    runs, points = tables["reference_runs"], tables["calibration_points"]
    return [
        *(without_runs(tables["catalog"], runs, names["catalog"]) if "catalog" in given else ()),
        *(_no_reference(points, runs, names) if "calibration_points" in given else ()),
        *(_no_scores(runs, points, names["reference_runs"]) if "reference_runs" in given else ()),
        *_nothing_in_common(tables["catalog"], runs, names["catalog"]),
    ]


def without_runs(catalog: pd.DataFrame, runs: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Benchmarks of the catalog that no reference was run on, and that are not bundled either.

    A bundled benchmark may stand in a catalog without runs: models that take their exchange rate
    from releases of several sizes read it, those that need a reference pass it over.
    """
    known = set(runs["benchmark"])
    for benchmark, rows in catalog.groupby("benchmark", sort=False):
        if benchmark not in known | set(bundled("benchmarks")["benchmark"]):
            problem = f"has no reference runs ({len(rows)} rows of the catalog)"
            cure = f"drop these rows or add runs; runs exist on {', '.join(sorted(known))}"
            yield _first(file, rows, "benchmark", str(benchmark), problem, cure)


def _no_reference(
    points: pd.DataFrame, runs: pd.DataFrame, names: Mapping[str, str]
) -> Iterator[Fault]:
    """Calibration points of a reference or benchmark that has no runs."""
    known = set(zip(runs["reference"], runs["benchmark"], strict=True))
    for (reference, benchmark), rows in points.groupby(["reference", "benchmark"], sort=False):
        if (reference, benchmark) not in known:
            problem = f"has calibration points on {benchmark} but no runs"
            cure = f"add runs to {names['reference_runs']}, or drop these rows"
            file = names["calibration_points"]
            yield _first(file, rows, "reference", str(reference), problem, cure)


def _no_scores(runs: pd.DataFrame, points: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Report references whose losses nothing links to scores."""
    scored = runs[runs["accuracy"].notna()] if "accuracy" in runs else runs.iloc[:0]
    linked = set(points["reference"]) | set(scored["reference"])
    for reference, rows in runs.groupby("reference", sort=False):
        if reference not in linked:
            problem = "has losses but no scores, so no loss can be read as a score"
            cure = "give calibration points for it, or a column 'accuracy'"
            yield _first(file, rows, "reference", str(reference), problem, cure)


def _nothing_in_common(catalog: pd.DataFrame, runs: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Catalog and references that share no benchmark at all."""
    have, known = set(catalog["benchmark"]), set(runs["benchmark"])
    if not have & known:
        problem = f"shares no benchmark with the reference runs ({', '.join(sorted(known))})"
        yield Fault(file, None, "benchmark", None, problem, "give scores on one of them")


def _first(
    file: str, rows: pd.DataFrame, column: str, value: str, problem: str, cure: str
) -> Fault:
    """Make a fault at the first row of a group, where the index is rows of a file."""
    if rows.index.name != ROW:
        return Fault(file, None, column, value, problem, cure)
    return at(file, rows.index[0], column, value, problem, cure)


def there_already(own: pd.DataFrame, catalog: pd.DataFrame) -> pd.Series:
    """Whether the catalog has a row, with all that the row states; a blank states nothing.

    Returns
    -------
    Series of bool
        One value a row of `own`.
    """
    import pandas as pd

    names = [name for name in own if name in catalog]
    known: dict[tuple[Any, ...], list[list[str]]] = {}
    for cell, row in zip(_rows(catalog[CELL]), _rows(catalog[names]), strict=True):
        known.setdefault(cell, []).append([written(value) for value in row])
    found = [
        any(
            all(
                mine in ("blank", there)
                for mine, there in zip(map(written, row), kept, strict=True)
            )
            for kept in known.get(cell, ())
        )
        for cell, row in zip(_rows(own[CELL]), _rows(own[names]), strict=True)
    ]
    return pd.Series(found, index=own.index, dtype=bool)


def check_against(
    own: pd.DataFrame,
    catalog: pd.DataFrame,
    *,
    file: str,
    sources: Collection[str],
    runs: pd.DataFrame,
) -> list[Fault]:
    """Find what keeps new rows from joining a catalog.

    Parameters
    ----------
    own
        The new rows, those apart that stand there already.
    catalog
        What they join.
    file
        Name of the new table in the faults.
    sources
        Keys that have a citation.
    runs
        Reference runs: a score on a benchmark without any can be read by no model.
    """
    return [
        *_without_source(own, file, sources),
        *_second_scores(own, catalog, file),
        *_other_facts(own, catalog, file),
        *_other_spellings(own, catalog, file),
        *_same_weights(own, catalog, file),
        *without_runs(own, runs, file),
    ]


def _without_source(own: pd.DataFrame, file: str, sources: Collection[str]) -> Iterator[Fault]:
    if "source" not in own:
        cure = "add a column 'source': where each score stands, by a key or an address"
        yield Fault(file, 1, "source", None, "is missing", cure)
        return
    for row, source in own["source"].items():
        if written(source) == "blank":
            cure = "say where the score stands: an address, doi:, arXiv:, or a key of the sources"
            yield at(file, row, "source", None, "is blank", cure)
        elif source not in sources and not ADDRESS.match(str(source)):
            close = difflib.get_close_matches(str(source), sorted(sources), n=1, cutoff=0.8)
            hint = f"did you mean {close[0]!r}? otherwise " if close else ""
            cure = f"{hint}give its citation (--sources), or an address (https://, doi:, arXiv:)"
            yield at(file, row, "source", str(source), "is an unknown source", cure)


def _second_scores(own: pd.DataFrame, catalog: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Second scores of a model on one benchmark, in the catalog or among the new rows."""
    told = catalog.drop_duplicates(CELL).set_index(CELL)
    seen: dict[tuple[str, str], object] = {}
    for row, (model, benchmark) in zip(own.index, _rows(own[CELL]), strict=True):
        score = written(own.at[row, "score"])
        if (model, benchmark) in told.index:
            there: Any = told.loc[(model, benchmark)]
            where = ", ".join(written(there.get(n)) for n in ("protocol", "source"))
            problem = f"{model} has {written(there['score'])} on {benchmark} already ({where})"
            cure = "leave the row out, or replace all rows of the model (--replace)"
            yield at(file, row, "score", score, problem, cure)
        elif (model, benchmark) in seen:
            problem = (
                f"is a second score of {model} on {benchmark} ({named(seen[model, benchmark])})"
            )
            yield at(file, row, "model", model, problem, "keep the one whose protocol is usual")
        seen.setdefault((model, benchmark), row)


def _other_facts(own: pd.DataFrame, catalog: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Facts of a model that the catalog states otherwise; a blank says nothing."""
    for fact in MODEL_FACTS:
        if fact not in own or fact not in catalog:
            continue
        known = catalog.dropna(subset=[fact]).drop_duplicates("model").set_index("model")[fact]
        mine = own.dropna(subset=[fact]).drop_duplicates("model")
        for row, model, value in zip(mine.index, mine["model"], mine[fact], strict=True):
            if model in known.index and written(value) != written(known[model]):
                there = written(known[model])
                problem = f"differs from the catalog's {fact} of {model} ({there})"
                cure = f"write {there}, or replace all rows of the model (--replace)"
                yield at(file, row, fact, written(value), problem, cure)


def _other_spellings(own: pd.DataFrame, catalog: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Words that the catalog spells otherwise: the same thing would count as two."""
    for column in SPELT:
        if column not in own or column not in catalog:
            continue
        known = {_letters(name): name for name in catalog[column].dropna().unique()}
        exact = set(known.values())
        for row, name in own[column].dropna().drop_duplicates().items():
            there = known.get(_letters(name))
            if there is not None and name not in exact:
                cure = f"write {there!r}, or tell the two apart by more than signs"
                yield at(file, row, column, name, f"is spelt {there!r} in the catalog", cure)


def _same_weights(own: pd.DataFrame, catalog: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Weights that the catalog knows by another name."""
    if "hub_id" not in own or "hub_id" not in catalog:
        return
    known = catalog.dropna(subset=["hub_id"]).drop_duplicates("hub_id").set_index("hub_id")["model"]
    mine = own.dropna(subset=["hub_id"]).drop_duplicates("model")
    for row, model, weights in zip(mine.index, mine["model"], mine["hub_id"], strict=True):
        if weights in known.index and known[weights] != model:
            problem = f"is {known[weights]!r} in the catalog"
            yield at(file, row, "hub_id", weights, problem, f"name the model {known[weights]!r}")


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return frame.itertuples(index=False, name=None)


def _letters(name: str) -> str:
    """Letters and digits of a name."""
    return re.sub(r"[\W_]+", "", name.casefold())
