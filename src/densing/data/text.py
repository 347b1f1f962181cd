"""A file into rows of text: encoding, separator and shape, with no regard to meaning."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from densing.data.faults import Fault, TableError

SEPARATORS = (",", ";", "\t", "|")
SAVE_AS = "save it as CSV (UTF-8)"


@dataclass(frozen=True)
class RawTable:
    """A file as text.

    Attributes
    ----------
    file
        Its name.
    header
        Names of the columns, spaces trimmed.
    rows
        Row number as a spreadsheet counts, and the cells, as many as the header has.
    decimal_comma
        Whether numbers may be written 0,7: the separator is not a comma.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    decimal_comma: bool


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
    for number, cells in body:
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if extra:
            problem = f"has {len(cells)} cells where the header has {len(header)}"
            cure = f"quote cells that contain {separator!r}"
            faults.append(Fault(file, number, None, extra[0], problem, cure))
            continue
        padded = [cell.strip() for cell in cells] + [""] * len(header)
        rows.append((number, tuple(padded[i] for i in keep)))
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
