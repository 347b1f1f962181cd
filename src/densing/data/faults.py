"""What is wrong with a table, cell by cell, and the error that carries all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 40
"""Up to how many faults a message prints one by one; the error itself keeps every one."""
SHOWN_OF_A_KIND = 3
"""How many of each kind it prints where there are more."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one table.

    Attributes
    ----------
    file
        Name of the file or, for a table handed over in memory, what it was given as.
    row
        Row as a spreadsheet counts them: the header is row 1, the first data row is row 2.
        None where the fault concerns the file or a whole column.
    column, value
        Column, and the cell as it was written; None where there is no single one.
    problem, cure
        What is wrong, and what to write instead.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    problem: str
    cure: str

    def __str__(self) -> str:
        """One line: where, what, cure."""
        where = [self.file]
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.column is not None:
            where.append(self.column)
        written = "" if self.value is None else f" = {_short(self.value)}"
        return f"{', '.join(where)}{written}: {self.problem}; {self.cure}"

    @property
    def kind(self) -> tuple[str, str | None, str]:
        """File, column and problem without its numbers and names: what one cure mends."""
        bare = re.sub(r"\(.*\)|'[^']*'|[+-]?\d[\d.,e+-]*", "", self.problem)
        return self.file, self.column, bare


@dataclass(frozen=True, eq=False)
class Place:
    """Where a score was read that had no row of its own: a label of a frame's index.

    Attributes
    ----------
    file
        Name of the file.
    row
        Row of a wide table, which holds several scores; None in a file without rows.
    column
        Column, or entry, that held the score.
    """

    file: str
    row: int | None
    column: str

    def __str__(self) -> str:
        """Row, or the file's name where it has none, as messages refer to it."""
        return self.file if self.row is None else str(self.row)


def at(
    file: str, row: object, column: str | None, value: str | None, problem: str, cure: str
) -> Fault:
    """Make the fault of one cell; `row` is a label of a frame's index."""
    if isinstance(row, Place):
        column = row.column if column == "score" else column
        return Fault(row.file, row.row, column, value, problem, cure)
    return Fault(file, int(str(row)), column, value, problem, cure)


def named(row: object) -> str:
    """Name a row in a sentence: `row 5`, or the file that has no rows."""
    return str(row) if isinstance(row, Place) and row.row is None else f"row {row}"


class TableError(Exception):
    """A table cannot be used. Nothing was read or written.

    Attributes
    ----------
    faults
        Every fault found, in order of file and row.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(
            sorted(dict.fromkeys(faults), key=lambda f: (f.file, f.row or 0, f.column or ""))
        )
        super().__init__(describe(self.faults))


def describe(faults: Iterable[Fault], *, shown: int = SHOWN) -> str:
    """Lay faults out as an aligned table.

    Where there are more than `shown`, they are grouped by kind: each kind with its first few
    and the number of the others.
    """
    faults = tuple(faults)
    groups: dict[object, list[Fault]] = {}
    for fault in faults:
        groups.setdefault(fault.kind if len(faults) > shown else None, []).append(fault)
    most = SHOWN_OF_A_KIND if len(faults) > shown else shown
    printed = [fault for group in groups.values() for fault in group[:most]]
    cells = {fault: _cells(fault) for fault in printed}
    widths = [max((len(line[i]) for line in cells.values()), default=0) for i in range(4)]
    head = f"{_count(len(faults), 'fault')} in {_count(len({f.file for f in faults}), 'table')}"
    lines = [head + (f", of {_count(len(groups), 'kind')}" if len(faults) > shown else "")]
    for group in sorted(groups.values(), key=len, reverse=True):
        for fault in group[:most]:
            left = "  ".join(
                text.ljust(width) for text, width in zip(cells[fault], widths, strict=True) if width
            )
            lines.append(f"  {left}  {fault.problem}; {fault.cure}")
        if len(group) > most:
            lines.append(f"  ... and {len(group) - most} more of this kind, {_rows(group[most:])}")
    return "\n".join(lines)


def _cells(fault: Fault) -> tuple[str, str, str, str]:
    """List what stands left of a fault's sentence: file, row, column, value."""
    row = "" if fault.row is None else f"row {fault.row}"
    value = "" if fault.value is None else _short(fault.value)
    return fault.file, row, fault.column or "", value


def _rows(group: list[Fault]) -> str:
    rows = [fault.row for fault in group if fault.row is not None]
    where = f"rows {min(rows)} to {max(rows)}" if rows else "of the whole table"
    return f"in {where}: {len(group) + SHOWN_OF_A_KIND} in all"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _short(text: str, width: int = 28) -> str:
    text = "".join(c if c.isprintable() else "·" for c in text)
    return repr(text if len(text) <= width else text[: width - 1] + "…")
