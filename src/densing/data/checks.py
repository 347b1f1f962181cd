"""Whether the values of one table can be true: by column, by row, and by what rows say together."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from densing.data.cells import plain
from densing.data.faults import Fault, TableError, at, named
from densing.data.reading import READ_AS, load
from densing.data.schemas import KEYS, columns
from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

    Check = Callable[[pd.DataFrame, str, frozenset[str]], Iterator[Fault]]

HORIZON = timedelta(days=365)
"""How far beyond today a date may lie: an announced release, not a slip of the pen."""

MODEL_FACTS = (
    "hub_id", "organization", "family", "release", "release_date", "date_precision", "params",
    "active_params", "embedding_params", "training_tokens", "architecture", "derived_from",
    "cot_mid_training",
)  # fmt: skip
"""Columns of the catalog that belong to the model, not to the score."""

REQUIRED = frozenset({"params", "release_date", "tokens"})
"""Facts whose blanks are reported as such."""

FEWEST_SIZES, FEWEST_DURATIONS, FEWEST_RUNS = 3, 3, 8
"""What a loss law in size and tokens needs at the least."""
FEWEST_VALUES, FEWEST_DAYS = 3, 2
"""What a trend needs at the least: a level, a slope and a spread."""

ITEMS = "add a column 'items', or a row to the benchmarks table"
ITEMS_AND_RUNS = (
    "drop these rows, or give a reference's runs on it (--reference) and its number of items (a "
    "column 'items', or --benchmarks)"
)
"""What becomes of a benchmark nothing is known of: a model's score on it needs runs, too."""


def validate(
    table: str | Path | pd.DataFrame,
    kind: str | None = None,
    *,
    benchmarks: Iterable[str] | None = None,
    horizon: timedelta = HORIZON,
) -> pd.DataFrame:
    """Read a table and judge it.

    Parameters
    ----------
    table
        A file in any of the forms that are read (or a folder of results of
        lm-evaluation-harness), or a frame in memory.
    kind
        Which table it is; None to tell from its columns.
    benchmarks
        Names whose items and chance are known; None for the bundled ones.
    horizon
        How far beyond today a date may lie.

    Returns
    -------
    DataFrame
        The table, typed; `attrs["read_as"]` says in one line what was read as what.

    Raises
    ------
    TableError
        Every fault, all at once.
    """
    frame, _, faults = inspect_table(table, kind, benchmarks=benchmarks, horizon=horizon)
    if faults:
        raise TableError(faults)
    return frame


def inspect_table(
    table: str | Path | pd.DataFrame,
    kind: str | None = None,
    *,
    benchmarks: Iterable[str] | None = None,
    horizon: timedelta = HORIZON,
    name: str | None = None,
) -> tuple[pd.DataFrame, str, list[Fault]]:
    """Read a table and collect the faults of its cells and of its values.

    `name` is what the faults call a frame in memory, its kind where None.

    Raises
    ------
    TableError
        The file is no table at all, or of no known kind.
    """
    known = frozenset(bundled("benchmarks")["benchmark"] if benchmarks is None else benchmarks)
    frame, kind, faults = load(table, kind, name=name, known=known)
    file = Path(table).name if isinstance(table, str | Path) else name or kind
    found = [
        *_rules(frame, kind, file),
        *_future(frame, kind, file, horizon),
        *_duplicates(frame, kind, file),
    ]
    if all(column.name in frame for column in columns(kind) if column.required):
        found += CHECKS[kind](frame, file, known)
        if kind == "catalog":
            frame.attrs[READ_AS] += "".join(
                f"; {model} is {there} of the bundled catalog (the same {why}): as one of your "
                "models it takes its place"
                for model, (there, why) in same_models(frame, bundled("catalog")).items()
            )
    unread = {(fault.row, fault.column) for fault in faults}
    new = [fault for fault in found if (fault.row, fault.column) not in unread]
    return frame, kind, list(dict.fromkeys([*faults, *new]))


def same_models(own: pd.DataFrame, catalog: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Find new models that the catalog has by another name.

    One model are those of one `hub_id`; and those of one size and day with the same score on
    each benchmark they share, at least two.

    Returns
    -------
    dict of str to (str, str)
        New name to the catalog's name, and to what shows it.
    """
    if not {"model", "release_date", "params", "benchmark", "score"} <= set(own.columns):
        return {}
    found: dict[str, tuple[str, str]] = {}
    if "hub_id" in own and "hub_id" in catalog:
        mine = catalog[["hub_id", "model"]].dropna().drop_duplicates("hub_id")
        names = dict(mine.itertuples(index=False, name=None))
        mine = own[["model", "hub_id"]].dropna().drop_duplicates()
        for model, weights in mine.itertuples(index=False, name=None):
            if names.get(weights, model) != model:
                found[model] = (names[weights], f"hub_id {weights}")
    new = own[~own["model"].isin([*found, *catalog["model"]])]
    pairs = new.astype({"params": float}).merge(
        catalog.astype({"params": float}),
        on=["release_date", "params", "benchmark"],
        suffixes=("", "_there"),
    )
    for (model, there), shared in pairs.groupby(["model", "model_there"], sort=False):
        if len(shared) > 1 and (shared["score"] == shared["score_there"]).all():
            found[str(model)] = (str(there), "size, date and scores")
    return found


def read_as(frame: pd.DataFrame) -> str:
    """Say in one line what of a table was read as what; empty for a frame that was not read."""
    return str(frame.attrs.get(READ_AS, ""))


def _rules(frame: pd.DataFrame, kind: str, file: str) -> Iterator[Fault]:
    """Faults against the rules of single columns."""
    for column in columns(kind):
        for rule in column.rules if column.name in frame else ():
            values = frame[column.name].astype(float).dropna()
            for row, value in values[~rule.test(values)].items():
                yield at(
                    file, row, column.name, plain(value), rule.problem, rule.cure(float(value))
                )


def _future(frame: pd.DataFrame, kind: str, file: str, horizon: timedelta) -> Iterator[Fault]:
    import pandas as pd

    last = date.today() + horizon
    for column in columns(kind):
        if column.kind != "date" or column.name not in frame:
            continue
        dates = frame[column.name]
        for row, value in dates[dates > pd.Timestamp(last)].items():
            problem = f"lies beyond {last}"
            yield at(file, row, column.name, f"{value:%Y-%m-%d}", problem, "check the year")


def _duplicates(frame: pd.DataFrame, kind: str, file: str) -> Iterator[Fault]:
    key = [name for name in KEYS[kind] if name in frame]
    if not key:
        return
    first: dict[tuple[str, ...], object] = {}
    for row, values in zip(frame.index, frame[key].astype(object).to_numpy(), strict=True):
        name = tuple(str(value) for value in values)
        if name in first:
            problem = f"repeats {named(first[name])} ({', '.join(key)})"
            yield at(file, row, key[0], name[0], problem, "remove one of the two")
        first.setdefault(name, row)


def _unknown_benchmarks(
    frame: pd.DataFrame,
    file: str,
    known: frozenset[str],
    *,
    among: str | None = None,
    cure: str = ITEMS,
) -> Iterator[Fault]:
    """Benchmarks nothing is known of, in rows that carry a score but no number of items."""
    lost = ~frame["benchmark"].isin(known) & frame["benchmark"].notna()
    if "items" in frame:
        lost &= frame["items"].isna()
    if among is not None:
        lost &= frame[among].notna() if among in frame else False
    for row, name in frame.loc[lost, "benchmark"].items():
        close = difflib.get_close_matches(
            name.lower(), [k.lower() for k in sorted(known)], n=1, cutoff=0.7
        )
        meant = next((k for k in sorted(known) if close and k.lower() == close[0]), None)
        hint = f"did you mean {meant!r}? otherwise " if meant else ""
        yield at(file, row, "benchmark", name, "is an unknown benchmark", hint + cure)


def _differing(frame: pd.DataFrame, file: str, owner: str, facts: Iterable[str]) -> Iterator[Fault]:
    """Facts that one owner states in two ways: the first row that departs from its first."""
    for fact in facts:
        if fact not in frame:
            continue
        known = frame[frame[fact].notna()] if fact in REQUIRED else frame
        for name, values in known.groupby(owner, sort=False)[fact]:
            texts = [written(value) for value in values]
            other = next((i for i, text in enumerate(texts) if text != texts[0]), None)
            if other is not None:
                problem = f"differs from {named(values.index[0])} of {owner} {name!r} ({texts[0]})"
                cure = "state it alike in every row"
                yield at(file, values.index[other], fact, texts[other], problem, cure)


def written(value: object) -> str:
    """Write a value as a table has it."""
    if value is None or value != value:
        return "blank"
    if isinstance(value, float):
        return plain(value)
    return str(value).removesuffix(" 00:00:00")


def _catalog(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known, cure=ITEMS_AND_RUNS)
    yield from _differing(frame, file, "model", MODEL_FACTS)
    if "embedding_params" in frame:
        wrong = frame[frame["embedding_params"] >= frame["params"]]
        for row, value, size in _parts(wrong, "embedding_params"):
            problem = f"is not below params ({plain(size)})"
            cure = "params counts all parameters, embeddings included"
            yield at(file, row, "embedding_params", plain(value), problem, cure)
    if "active_params" in frame:
        wrong = frame[frame["active_params"] > frame["params"]]
        for row, value, size in _parts(wrong, "active_params"):
            problem = f"exceeds params ({plain(size)})"
            cure = "params counts all parameters, active ones included"
            yield at(file, row, "active_params", plain(value), problem, cure)


def _parts(rows: pd.DataFrame, part: str) -> Iterator[tuple[Hashable, float, float]]:
    """Row, part and whole of each row."""
    return zip(rows.index, rows[part], rows["params"], strict=True)


def _reference_runs(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known, among="accuracy")
    named = frame.assign(run=frame["reference"].astype(str) + " " + frame["run"].astype(str))
    yield from _differing(named, file, "run", ("params", "tokens"))
    runs = frame[~frame["held_out"]] if "held_out" in frame else frame
    for (reference, benchmark), group in runs.groupby(["reference", "benchmark"], sort=False):
        yield from _too_few(group, file, f"reference {reference!r} on {benchmark!r}")


def _too_few(group: pd.DataFrame, file: str, what: str) -> Iterator[Fault]:
    """Report runs that cannot identify a loss law in size and tokens."""
    if group[["params", "tokens"]].isna().to_numpy().any():
        return  # cells that could not be read are reported already
    have = (group["params"].nunique(), group["tokens"].nunique(), len(group))
    need = (FEWEST_SIZES, FEWEST_DURATIONS, FEWEST_RUNS)
    if any(h < n for h, n in zip(have, need, strict=True)):
        problem = (
            f"{what} has {have[2]} runs of {have[0]} sizes and {have[1]} numbers of tokens, "
            "too few for a loss law"
        )
        cure = f"give at least {need[2]} runs, {need[0]} sizes and {need[1]} numbers of tokens"
        yield Fault(file, None, None, None, problem, cure)


def _calibration(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known)


def _losses(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del known
    runs = frame[~frame["held_out"]] if "held_out" in frame else frame
    groups = runs.groupby("benchmark", sort=False) if "benchmark" in runs else [("", runs)]
    yield from _several_laws(runs, file)
    for name, group in groups:
        yield from _too_few(group, file, f"{name!r}" if name else "the table")


def _several_laws(frame: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Columns of words that tell apart runs of one size and tokens, which one law cannot."""
    cell = ["params", "tokens", *(["benchmark"] if "benchmark" in frame else [])]
    if not frame.duplicated(cell).any():
        return
    for name in frame.columns.difference([c.name for c in columns("losses")], sort=False):
        words = frame[name]
        told = words.notna().all() and 1 < words.nunique() <= len(frame) / 2
        if told and words.dtype.kind not in "fiub" and not frame.duplicated([*cell, name]).any():
            values = ", ".join(map(str, words.unique()[:4]))
            problem = f"tells runs of one size and tokens apart ({values})"
            cure = "name it 'benchmark' for a law each, keep one of them, or remove the column"
            yield Fault(file, 1, name, None, problem, cure)


def _trend(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del known
    days = frame["date"].nunique()
    if not frame[["date", "value"]].isna().to_numpy().any() and (
        len(frame) < FEWEST_VALUES or days < FEWEST_DAYS
    ):
        problem = f"has too few values for a trend: {len(frame)}, on {days} days"
        cure = f"give at least {FEWEST_VALUES} values, on {FEWEST_DAYS} days"
        yield Fault(file, None, None, None, problem, cure)
    yield from _two_errors(frame, file)
    for end, beyond, side in (("lower", "gt", "above"), ("upper", "lt", "below")):
        if end not in frame:
            continue
        wrong = getattr(frame[end], beyond)(frame["value"])
        for row, value in frame.loc[wrong, end].items():
            yield at(file, row, end, plain(value), f"lies {side} the value", "swap or correct it")
    for one, other in (("lower", "upper"), ("upper", "lower")):
        if one in frame:
            lost = frame[other].isna() if other in frame else frame[one].notna()
            for row in frame.index[frame[one].notna() & lost]:
                yield at(file, row, other, None, f"is blank where {one} is given", "give both")


def _two_errors(frame: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Rows whose standard error and interval say different things, by more than a factor of 2."""
    if not {"se", "lower", "upper"} <= set(frame.columns):
        return
    from scipy.stats import norm

    prob = frame["prob"].fillna(0.9) if "prob" in frame else 0.9
    half = (frame["upper"] - frame["lower"]) / 2
    ratio = half / (norm.ppf(0.5 + prob / 2) * frame["se"])
    for row, error in frame.loc[(ratio > 2) | (ratio < 0.5), "se"].items():
        problem = "does not go with lower and upper"
        cure = "leave the standard error or the interval blank"
        yield at(file, row, "se", plain(error), problem, cure)


def _nothing_more(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del frame, file, known
    return iter(())


CHECKS: dict[str, Check] = {
    "catalog": _catalog,
    "reference_runs": _reference_runs,
    "calibration_points": _calibration,
    "benchmarks": _nothing_more,
    "sources": _nothing_more,
    "trend": _trend,
    "losses": _losses,
}
