"""Files and frames into typed tables of a known kind: encoding, separator, shape and cells."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from densing.data.cells import CellError, day, flag, is_blank, number
from densing.data.faults import Fault, TableError, at
from densing.data.forms import (
    ALIASES,
    Formed,
    RawTable,
    formed,
    guess_kind,
    letters,
)
from densing.data.harness import harness_table, is_harness
from densing.data.schemas import TABLES, Column, columns

if TYPE_CHECKING:
    import pandas as pd

KNOWN = frozenset(column.name for table in TABLES.values() for column in table)
ROW = "densing_row"
"""Name of the index that carries the row numbers of the file."""
READ_AS = "read_as"
"""Entry of a frame's `attrs` that says in one line what was read as what."""
SEPARATORS = (",", ";", "\t", "|")
SAVE_AS = "save it as CSV (UTF-8)"


def read_table(path: str | Path, kind: str | None = None) -> pd.DataFrame:
    """Read a table from a file and give every column its type.

    Numbers become floats (required counts integers), dates timestamps, flags booleans, blank
    cells missing values; columns the table does not know are kept. The values themselves are
    judged by `validate`.

    Parameters
    ----------
    path
        A delimited text file, JSON records, or results of lm-evaluation-harness (a file, or a
        folder of them).
    kind
        Which table it is; None to tell from its header.

    Returns
    -------
    DataFrame
        Columns in the file's order; the index, named `densing_row`, holds the row numbers.
        `attrs["read_as"]` says in one line what was read as what.

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
    table: str | Path | pd.DataFrame,
    kind: str | None = None,
    *,
    name: str | None = None,
    known: Collection[str] = (),
) -> tuple[pd.DataFrame, str, list[Fault]]:
    """Read a table of any form and collect the faults of its cells.

    Parameters
    ----------
    known
        Names of benchmarks beside the bundled ones, for tables with a column a benchmark.

    Returns
    -------
    frame, kind, faults
        Cells at fault are missing in `frame`; its `attrs["read_as"]` says what was read as what.

    Raises
    ------
    TableError
        The file is no table, or of no known kind: nothing further can be said of it.
    TypeError
        Neither the name of a file nor a frame.
    """
    (raw, notes, faults), kind = load_raw(table, kind, name=name, known=known)
    told = {fault.column for fault in faults if fault.row in (None, 1)}
    frame, found = _typed(raw, kind)
    faults += [f for f in found if f.row not in (None, 1) or f.column not in told]
    if kind == "losses" and "held_out" in frame and frame["held_out"].any():
        notes = [*notes, f"{int(frame['held_out'].sum())} runs held out of the fit"]
    frame.attrs[READ_AS] = "; ".join([kind.replace("_", " "), *notes])
    return frame, kind, list(dict.fromkeys(faults))


def load_raw(
    table: str | Path | pd.DataFrame,
    kind: str | None = None,
    *,
    name: str | None = None,
    known: Collection[str] = (),
) -> tuple[Formed, str]:
    """Read a table of any form as text, with the columns and units it should have."""
    if isinstance(table, str | Path):
        path = Path(table)
        content = _json(path)
        if path.is_dir() or is_harness(content):
            if kind not in (None, "catalog"):
                problem = "holds results of lm-evaluation-harness, which are models and scores"
                raise _whole(path.name, problem, "give it as models (--models) or --catalog")
            return _results(path, known), "catalog"
        raw = read_rows(path, known=KNOWN) if content is None else _records(content, path.name)
    else:
        require_table(table, name or kind or "table")
        raw = _from_frame(table, name or kind or "table")
    if kind is None:
        kind = guess_kind(raw.header, known)
        if kind is None:
            problem = f"is no known table (its columns: {', '.join(raw.header[:12])})"
            cure = f"name its columns as one of: {', '.join(TABLES)}"
            raise TableError([Fault(raw.file, 1, None, None, problem, cure)])
    return formed(raw, kind, known), kind


def _json(path: Path) -> Any:
    """Content of a JSON file, None where it is none."""
    if path.suffix.lower() not in (".json", ".jsonl") or not path.is_file():
        return None
    text = _decode(path, path.name)
    try:
        if path.suffix.lower() == ".jsonl":
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _whole(path.name, f"is no JSON ({error})", "write it anew") from None


def _results(path: Path, known: Collection[str]) -> Formed:
    """Results of lm-evaluation-harness of a file or of a folder, with its models.csv."""
    places = [path] if path.is_file() else sorted(path.rglob("*.json"))
    contents = {place: _json(place) for place in places}
    found = {place: content for place, content in contents.items() if is_harness(content)}
    if not found:
        problem = "is a directory without results of lm-evaluation-harness (*.json)"
        raise _whole(path.name or str(path), problem, "name a file in it")
    beside = path / "models.csv"
    facts = read_rows(beside, known=KNOWN) if beside.is_file() else None
    names = [place.name for place in found]
    files = {
        place.name if names.count(place.name) == 1 else str(place.relative_to(path)): content
        for place, content in found.items()
    }
    return harness_table(files, facts, path.name or str(path), known)


def _records(content: Any, file: str) -> RawTable:
    """Treat a list of JSON objects as a file whose first data row is row 2."""
    if isinstance(content, dict) and isinstance(content.get("rows"), list):
        content = [r.get("row", r) if isinstance(r, dict) else r for r in content["rows"]]
    if (
        not isinstance(content, list)
        or not content
        or not all(isinstance(r, dict) for r in content)
    ):
        problem = "holds neither a list of records nor results of lm-evaluation-harness"
        raise _whole(file, problem, 'give records, such as [{"model": ..., "MMLU": ...}], or CSV')
    header = tuple(dict.fromkeys(str(key) for record in content for key in record))
    rows = tuple(tuple(_cell(record.get(key)) for key in header) for record in content)
    return RawTable(file, header, tuple(enumerate(rows, start=2)))


def _cell(value: Any) -> Any:
    """Value of a JSON record as the text of a cell."""
    return "" if value is None else value if isinstance(value, str) else str(value)


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
    names = tuple(str(name).strip() for name in frame.columns)
    twice = {name for name in names if names.count(name) > 1}
    if twice or not len(frame):
        problem = f"has columns twice: {', '.join(sorted(twice))}" if twice else "has no rows"
        raise TableError([Fault(file, None, None, None, problem, "correct the frame")])
    rows = (tuple(row) for row in frame.itertuples(index=False, name=None))
    return RawTable(file, names, tuple(enumerate(rows, start=2)))


def _typed(raw: RawTable, kind: str) -> tuple[pd.DataFrame, list[Fault]]:
    import pandas as pd

    expected = {column.name: column for column in columns(kind)}
    names = raw.header
    faults = [
        Fault(raw.file, 1, name, None, "is missing", _resembling(name, names, kind))
        for name, column in expected.items()
        if column.required and name not in names
    ]
    index = pd.Index([label for label, _ in raw.rows], name=ROW)
    data: dict[str, Any] = {}
    for i, name in enumerate(names):
        values = [(label, row[i]) for label, row in raw.rows]
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
            frame[name] = _integers(frame[name])
    return frame, faults


def _column(
    raw: RawTable, column: Column, values: list[tuple[Any, Any]], faults: list[Fault]
) -> list[Any]:
    """Read the cells of one column, adding to `faults`."""
    read = {
        "text": lambda cell: str(cell).strip(),
        "number": lambda cell: number(cell, decimal_comma=raw.decimal_comma),
        "count": lambda cell: number(cell, decimal_comma=raw.decimal_comma),
        "date": day,
        "flag": flag,
    }[column.kind]
    empty = {"number": float("nan"), "count": float("nan"), "flag": False}.get(column.kind)
    result = []
    for label, cell in values:
        if is_blank(cell):
            if column.required:
                cure = f"give it ({column.unit})" if column.unit else "give it"
                written = None if cell is None else str(cell)
                faults.append(at(raw.file, label, column.name, written, "is blank", cure))
            result.append(empty)
            continue
        try:
            result.append(read(cell))
        except CellError as error:
            fault = at(raw.file, label, column.name, str(cell), error.problem, error.cure)
            faults.append(fault)
            result.append(empty)
    return result


def _integers(counts: pd.Series) -> pd.Series:
    """Make counts integers where all of them are; a fraction or a gap leaves them floats."""
    exact = counts.notna() & (counts % 1 == 0) & (counts.abs() < 2**62)
    return counts.astype("int64") if bool(exact.all()) else counts


def _unknown(values: list[Any], decimal_comma: bool) -> list[Any]:  # noqa: FBT001
    """Keep a column the table does not know: numbers where all are, otherwise as it is."""
    try:
        return [
            float("nan") if is_blank(v) else number(v, decimal_comma=decimal_comma) for v in values
        ]
    except CellError:
        return [None if is_blank(value) else value for value in values]


def _resembling(name: str, header: tuple[str, ...], kind: str) -> str:
    """Say what to do for a missing column, with the free one of the file that it may be."""
    taken = {column.name for column in columns(kind)} | set(ALIASES.get(kind, {}))
    free = {letters(column): column for column in header if column not in taken}
    close = difflib.get_close_matches(letters(name), free, n=1, cutoff=0.6)
    if not close and "date" in name:
        close = [key for key in free if "date" in key][:1]
    hint = f" (rename {free[close[0]]!r}?)" if close else ""
    return f"add a column {name!r}{hint}"


def read_rows(path: str | Path, *, known: frozenset[str] = frozenset()) -> RawTable:
    """Read a delimited file of any common make.

    Copes with byte-order marks (UTF-8, UTF-16), CRLF, and commas, semicolons, tabs or bars
    between cells.

    Parameters
    ----------
    known
        Column names to expect (lower case): they decide between separators.

    Raises
    ------
    TableError
        The file is missing, a directory, empty, not text, without data rows, or its rows and
        header do not fit together.
    """
    path = Path(path)
    file = path.name or str(path)
    text, reader = _decode(path, file), None
    try:
        # The separator is judged from the first line alone, quotes respected.
        first = next((line for line in text.split("\n") if line.strip()), "")
        separator = _separator(first, known)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        records = list(reader)
    except csv.Error as error:
        row = reader.line_num if reader is not None else None
        raise _whole(file, f"cannot be split into cells ({error})", SAVE_AS, row) from None
    numbered = [
        (i, cells) for i, cells in enumerate(records, start=1) if any(map(str.strip, cells))
    ]
    if not numbered:
        raise _whole(file, "holds no table", "give a header and at least one row")
    (_, header), *body = numbered
    names, keep = _header(file, [cell.strip() for cell in header], body)
    if not body:
        raise _whole(file, "has a header and no rows", "give at least one row")
    faults, rows = [], []
    for row, cells in body:
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if extra:
            problem = f"has {len(cells)} cells where the header has {len(header)}"
            cure = f"quote cells that contain {separator!r}"
            faults.append(Fault(file, row, None, extra[0], problem, cure))
            continue
        padded = [cell.strip() for cell in cells] + [""] * len(header)
        rows.append((row, tuple(padded[i] for i in keep)))
    if faults and known and not any(name.lower() in known for name in names):
        raise _whole(
            file, "is no table: its rows differ in length, its header is not known", SAVE_AS
        )
    if faults:
        raise TableError(faults)
    return RawTable(file, names, tuple(rows), decimal_comma=separator != ",")


def _decode(path: Path, file: str) -> str:
    """Text of a file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _whole(file, f"does not exist ({path})", "check the path") from None
    except IsADirectoryError:
        raise _whole(file, "is a directory", "name a file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _whole(file, f"cannot be read ({reason})", "check the path and its rights") from None
    if not data.strip():
        raise _whole(file, "is empty", "give a header and at least one row")
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _whole(file, "is a spreadsheet or an archive, not text", SAVE_AS)
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        problem = f"is not {coding.removesuffix('-sig').upper()} text (byte {error.start + 1})"
        row = None if coding == "utf-16" else _row(data[: error.start].decode("latin-1"))
        raise _whole(file, problem, SAVE_AS, row) from None
    if "\0" in text:
        row = _row(text[: text.index("\0")])
        raise _whole(file, "is not text (it contains NUL)", SAVE_AS, row)
    # A lone carriage return ends a line in old files; inside cells it is noise.
    return re.sub(r"\r\n?", "\n", text)


def _row(before: str) -> int:
    """Row that a text ends in."""
    return max(before.count("\n"), before.count("\r")) + 1


def _separator(line: str, known: frozenset[str]) -> str:
    """Separator that makes the most of a header line: known names first, then cells."""

    def merit(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([line], delimiter=separator), [])
        names = {cell.strip().lower() for cell in cells}
        return len(names & known), len(cells)

    return max(SEPARATORS, key=merit)


def _header(
    file: str, names: list[str], body: list[tuple[int, list[str]]]
) -> tuple[tuple[str, ...], list[int]]:
    """Names of the columns that count, and their positions.

    A column without a name is dropped where it is empty and named by its position where not.
    """
    keep, final, seen, faults = [], [], {}, []
    for i, name in enumerate(names):
        if not name:
            if not any(len(cells) > i and cells[i].strip() for _, cells in body):
                continue
            name = f"column {i + 1}"
        if name.lower() in seen:
            problem = f"stands twice in the header (columns {seen[name.lower()]} and {i + 1})"
            faults.append(Fault(file, 1, name, None, problem, "rename or remove one of them"))
        seen.setdefault(name.lower(), i + 1)
        keep.append(i)
        final.append(name)
    if faults:
        raise TableError(faults)
    return tuple(final), keep


def _whole(file: str, problem: str, cure: str, row: int | None = None) -> TableError:
    """Make the error of a fault for which nothing further can be said of the file."""
    return TableError([Fault(file, row, None, None, problem, cure)])
