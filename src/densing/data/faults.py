"""What is wrong with a table, cell by cell, and the error that carries all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 40
"""How many faults a message prints; the error itself keeps every one."""
SHOWN_KINDS = 8
"""How many kinds of faults it counts where there are more than it prints."""


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


def at(
    file: str, row: object, column: str | None, value: str | None, problem: str, cure: str
) -> Fault:
    """Make the fault of one cell; `row` is a label of a frame's index."""
    return Fault(file, int(str(row)), column, value, problem, cure)


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
    """Lay faults out as an aligned table, at most `shown` of them."""
    faults = tuple(faults)
    files = len({fault.file for fault in faults})
    head = f"{_count(len(faults), 'fault')} in {_count(files, 'table')}"
    cells = [
        (
            fault.file,
            "" if fault.row is None else f"row {fault.row}",
            fault.column or "",
            "" if fault.value is None else _short(fault.value),
            fault.problem,
        )
        for fault in faults[:shown]
    ]
    widths = [max((len(line[i]) for line in cells), default=0) for i in range(4)]
    lines = [head]
    for fault, line in zip(faults, cells, strict=False):
        left = "  ".join(
            text.ljust(width) for text, width in zip(line[:4], widths, strict=True) if width
        )
        lines.append(f"  {left}  {line[4]}; {fault.cure}")
    if len(faults) > shown:
        kinds = Counter(f"{fault.column or fault.file} {fault.problem}" for fault in faults)
        said = [f"{kind} ({count})" for kind, count in kinds.most_common(SHOWN_KINDS)]
        said += ["others"] if len(kinds) > SHOWN_KINDS else []
        lines.append(f"  ... and {len(faults) - shown} more; in all: {', '.join(said)}")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _short(text: str, width: int = 28) -> str:
    text = "".join(c if c.isprintable() else "·" for c in text)
    return repr(text if len(text) <= width else text[: width - 1] + "…")
