"""Checks beyond types: whether the values of a table can be true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from densing.data.cells import plain
from densing.data.checks import CHECKS
from densing.data.faults import Fault, TableError, at
from densing.data.reading import load
from densing.data.schemas import KEYS, columns
from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

HORIZON = timedelta(days=365)
"""How far beyond today a date may lie: an announced release, not a slip of the pen."""


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
        A file, or a frame in memory.
    kind
        Which table it is; None to tell from its columns.
    benchmarks
        Names whose items and chance are known; None for the bundled ones.
    horizon
        How far beyond today a date may lie.

    Returns
    -------
    DataFrame
        The table, typed.

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
    frame, kind, faults = load(table, kind, name=name)
    file = Path(table).name if isinstance(table, str | Path) else name or kind
    known = frozenset(bundled("benchmarks")["benchmark"] if benchmarks is None else benchmarks)
    found = [
        *_rules(frame, kind, file),
        *_future(frame, kind, file, horizon),
        *_duplicates(frame, kind, file),
    ]
    if all(column.name in frame for column in columns(kind) if column.required):
        found += CHECKS[kind](frame, file, known)
    unread = {(fault.row, fault.column) for fault in faults}
    return frame, kind, faults + [f for f in found if (f.row, f.column) not in unread]


def _rules(frame: pd.DataFrame, kind: str, file: str) -> Iterator[Fault]:
    """Faults against the rules of single columns."""
    for column in columns(kind):
        if column.rule is None or column.name not in frame:
            continue
        values = frame[column.name].astype(float)
        wrong = values[values.notna() & ~column.rule.test(values)]
        for row, value in wrong.items():
            rule = column.rule
            yield at(file, row, column.name, plain(value), rule.problem, rule.cure(value))


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
            problem = f"repeats row {first[name]} ({', '.join(key)})"
            yield at(file, row, key[0], name[0], problem, "remove one of the two")
        first.setdefault(name, row)
