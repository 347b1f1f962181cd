"""Rows of text, or a frame, into a typed table of a known kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from densing.data import cells
from densing.data.faults import Fault, TableError
from densing.data.losses import as_losses
from densing.data.schemas import TABLES, Column, columns
from densing.data.text import RawTable, read_rows

if TYPE_CHECKING:
    import pandas as pd

KNOWN = frozenset(column.name for table in TABLES.values() for column in table)
ROW = "densing_row"
"""Name of the index that carries the row numbers of the file."""


def guess_kind(names: Iterable[str]) -> str | None:
    """Tell which table a header belongs to.

    The table all of whose required columns are there wins, the one that requires most first;
    failing that, the one with the largest share of its required columns, if more than half.
    None where nothing fits.
    """
    present = {_normal(name) for name in names}
    required = {kind: {c.name for c in table if c.required} for kind, table in TABLES.items()}
    share = {kind: len(need & present) / len(need) for kind, need in required.items()}
    best = max(TABLES, key=lambda kind: (share[kind], len(required[kind] & present)))
    return best if share[best] > 0.5 else None


def read_table(path: str | Path, kind: str | None = None) -> pd.DataFrame:
    """Read a table from a file and give every column its type.

    Numbers become floats (required counts integers), dates timestamps, flags booleans, blank
    cells missing values; columns the table does not know are kept. The values themselves are
    judged by `validate`.

    Parameters
    ----------
    path
        A delimited text file.
    kind
        Which table it is; None to tell from its header.

    Returns
    -------
    DataFrame
        Columns in the file's order; the index, named `densing_row`, holds the row numbers.

    Raises
    ------
    TableError
        Every fault of the file, all at once.
    """
    frame, _, faults = load(path, kind)
    if faults:
        raise TableError(faults)
    return frame


def load(
    table: str | Path | pd.DataFrame, kind: str | None = None, *, name: str | None = None
) -> tuple[pd.DataFrame, str, list[Fault]]:
    """Read a table and collect the faults of its cells.

    Returns
    -------
    frame, kind, faults
        Cells at fault are missing in `frame`.

    Raises
    ------
    TableError
        The file is no table, or of no known kind: nothing further can be said of it.
    TypeError
        Neither the name of a file nor a frame.
    """
    if isinstance(table, str | Path):
        raw = read_rows(table, known=KNOWN)
    else:
        require_table(table, name or kind or "table")
        raw = _from_frame(table, name or kind or "table")
    if kind is None:
        kind = guess_kind(raw.header)
        if kind is None:
            problem = f"is no known table (its columns: {', '.join(raw.header[:12])})"
            cure = f"name its columns as one of: {', '.join(TABLES)}"
            raise TableError([Fault(raw.file, 1, None, None, problem, cure)])
    frame, faults = _typed(as_losses(raw) if kind == "losses" else raw, kind)
    return frame, kind, faults


def require_table(table: Any, name: str) -> None:
    """Raise `TypeError` unless `table` is the name of a file or a frame; says what to do."""
    frame = all(hasattr(table, needed) for needed in ("columns", "itertuples"))
    if not frame and not isinstance(table, str | Path):
        raise TypeError(
            f"{name} must be a file name or a pandas.DataFrame, got {type(table).__name__}: "
            "pandas.DataFrame(records) makes one of a list of records"
        )


def _from_frame(frame: pd.DataFrame, file: str) -> RawTable:
    """Treat a frame as a file whose first data row is row 2."""
    names = tuple(str(name) for name in frame.columns)
    twice = {name for name in names if names.count(name) > 1}
    if twice or not len(frame):
        problem = f"has columns twice: {', '.join(sorted(twice))}" if twice else "has no rows"
        raise TableError([Fault(file, None, None, None, problem, "correct the frame")])
    rows = (tuple(row) for row in frame.itertuples(index=False, name=None))
    return RawTable(file, names, tuple(enumerate(rows, start=2)), decimal_comma=False)


def _typed(raw: RawTable, kind: str) -> tuple[pd.DataFrame, list[Fault]]:
    import pandas as pd

    expected = {column.name: column for column in columns(kind)}
    names = [_normal(name) if _normal(name) in expected else name for name in raw.header]
    faults = [
        Fault(raw.file, 1, name, None, "is missing", _resembling(name, raw.header))
        for name, column in expected.items()
        if column.required and name not in names
    ]
    index = pd.Index([number for number, _ in raw.rows], name=ROW)
    data: dict[str, Any] = {}
    for i, name in enumerate(names):
        values = [(number, row[i]) for number, row in raw.rows]
        column = expected.get(name)
        if column is None:
            data[name] = _unknown([value for _, value in values], raw.decimal_comma)
        else:
            data[name] = _column(raw, column, values, faults)
    frame = pd.DataFrame(data, index=index)
    for name, column in expected.items():
        if name in frame and column.kind == "date":
            frame[name] = pd.to_datetime(frame[name])
        if name in frame and column.kind == "flag":
            frame[name] = frame[name].astype(bool)
        if name in frame and column.kind == "count" and column.required:
            frame[name] = _whole(frame[name])
    return frame, faults


def _column(
    raw: RawTable, column: Column, values: list[tuple[int, Any]], faults: list[Fault]
) -> list[Any]:
    """Read the cells of one column, adding to `faults`."""
    read = {
        "text": lambda cell: str(cell).strip(),
        "number": lambda cell: cells.number(cell, decimal_comma=raw.decimal_comma),
        "count": lambda cell: cells.number(cell, decimal_comma=raw.decimal_comma),
        "date": cells.day,
        "flag": cells.flag,
    }[column.kind]
    empty = {"number": float("nan"), "count": float("nan"), "flag": False}.get(column.kind)
    result = []
    for number, cell in values:
        if cells.is_blank(cell):
            if column.required:
                cure = f"give it ({column.unit})" if column.unit else "give it"
                written = None if cell is None else str(cell)
                faults.append(Fault(raw.file, number, column.name, written, "is blank", cure))
            result.append(empty)
            continue
        try:
            result.append(read(cell))
        except cells.CellError as error:
            fault = Fault(raw.file, number, column.name, str(cell), error.problem, error.cure)
            faults.append(fault)
            result.append(empty)
    return result


def _whole(counts: pd.Series) -> pd.Series:
    """Make counts integers where all of them are; a fraction or a gap leaves them floats."""
    exact = counts.notna() & (counts % 1 == 0) & (counts.abs() < 2**62)
    return counts.astype("int64") if bool(exact.all()) else counts


def _unknown(values: list[Any], decimal_comma: bool) -> list[Any]:  # noqa: FBT001
    """Keep a column the table does not know: numbers where all are, otherwise as it is."""
    try:
        return [
            float("nan") if cells.is_blank(v) else cells.number(v, decimal_comma=decimal_comma)
            for v in values
        ]
    except cells.CellError:
        return [None if cells.is_blank(value) else value for value in values]


def _normal(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def _resembling(name: str, header: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, [_normal(h) for h in header], n=1, cutoff=0.6)
    hint = f" (rename {close[0]!r}?)" if close else ""
    return f"add a column {name!r}{hint}"
