"""One cell of text into a number, a date or a flag, or the reason why not and the cure."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import Any

BLANK = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "#n/a"})
"""Lower-case spellings of a cell that holds nothing."""

TRUE, FALSE = frozenset({"true", "yes", "1", "t", "y"}), frozenset({"false", "no", "0", "f", "n"})
SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
SPREADSHEET_EPOCH = date(1899, 12, 30)
YEARS = range(1950, 2200)

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"([+-]?[1-9]\d{0,2}([,.'’_\u00a0\u202f ])\d{3}(?:\2\d{3})*)(?:[.,](\d+))?")
_PERCENT = re.compile(r"([+-]?[\d.,]+)\s*%")
_SUFFIXED = re.compile(r"([\d.,]+)\s*(k|m(?:illion)?|b(?:illion)?|t(?:rillion)?)", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_OTHER_DATE = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")


class CellError(ValueError):
    """A cell that cannot be read: `problem` and `cure` say why and what to write."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem)
        self.problem, self.cure = problem, cure


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    if cell is None:
        return True
    if isinstance(cell, float):
        return math.isnan(cell)
    return str(cell).strip().lower() in BLANK or type(cell).__name__ in ("NAType", "NaTType")


def number(cell: Any, *, decimal_comma: bool = False) -> float:
    """Read a finite number.

    Parameters
    ----------
    cell
        Text as in the file, or a number.
    decimal_comma
        Whether the file writes 0,7 for 0.7 (known from its separator being a semicolon).

    Raises
    ------
    CellError
        Percent sign, thousands separators, a suffix such as 7B, infinity, or no number at all.
    """
    text = str(cell).strip().replace("\u2212", "-")
    if _PLAIN.fullmatch(text):
        value = float(text)
    elif decimal_comma and _COMMA.fullmatch(text):
        value = float(text.replace(",", "."))
    else:
        raise _not_a_number(text)
    if not math.isfinite(value):
        raise CellError("is not finite", "write a finite number or leave the row out")
    return value + 0.0


def size(text: str) -> float:
    """Read a number of parameters as people write it: 4e9, 4000000000 or 4B.

    Raises
    ------
    CellError
        As `number`, but for the suffixes K, M, B and T.
    """
    if match := _SUFFIXED.fullmatch(text.strip()):
        meant = _guess(match[1], SUFFIX[match[2][0].lower()])
        if meant is not None:
            return meant
    return number(text)


def _not_a_number(text: str) -> CellError:
    """Say why a text is no number, with the number it probably means."""
    if match := _PERCENT.fullmatch(text):
        meant = _guess(match[1], 0.01)
        cure = "write a proportion" if meant is None else f"write {plain(meant)}"
        return CellError("is a percentage", cure)
    if match := _SUFFIXED.fullmatch(text):
        meant = _guess(match[1], SUFFIX[match[2][0].lower()])
        cure = "write the count in full" if meant is None else f"write {plain(meant)}"
        return CellError("has a suffix", cure)
    if match := _GROUPED.fullmatch(text):
        meant = match[1].replace(match[2], "") + (f".{match[3]}" if match[3] else "")
        return CellError("has thousands separators", f"write {meant}")
    if text.lower().lstrip("+-") in ("inf", "infinity", "∞"):
        return CellError("is not finite", "write a finite number or leave the row out")
    if _COMMA.fullmatch(text):
        return CellError("has a decimal comma", f"write {text.replace(',', '.')}")
    return CellError("is not a number", "write digits with a decimal point, such as 0.7 or 7e9")


def _guess(text: str, scale: float) -> float | None:
    """Read what stands before a sign or a suffix, if it is plain enough, times its scale."""
    try:
        meant = float(text.replace(",", ".")) * scale
    except ValueError:
        return None
    return meant if math.isfinite(meant) else None


def plain(value: float) -> str:
    """Write a number without noise: integers in full, others to ten figures."""
    if abs(value) < 1e18 and value == round(value):
        return str(round(value))
    return f"{value:.10g}"


def day(cell: Any) -> datetime:
    """Read a calendar day.

    Raises
    ------
    CellError
        A spreadsheet's day number, another order of day and month, or no date.
    """
    if isinstance(cell, date) and cell.year not in YEARS:
        raise CellError("is no plausible year", "write YYYY-MM-DD")
    if isinstance(cell, datetime):
        return cell.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    text = str(cell).strip()
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        try:
            meant = datetime.fromisoformat(text)
        except ValueError:
            raise CellError("is no day of the calendar", "write YYYY-MM-DD") from None
        return day(meant)
    if _SERIAL.fullmatch(text):
        meant = SPREADSHEET_EPOCH + timedelta(days=int(float(text)))
        raise CellError("is a spreadsheet's day number", f"write {meant.isoformat()}")
    if match := _OTHER_DATE.fullmatch(text):
        year, month, number_of_day = (int(part) for part in match.groups())
        try:
            meant = date(year, month, number_of_day)
        except ValueError:
            raise CellError("is no day of the calendar", "write YYYY-MM-DD") from None
        raise CellError("is not an ISO date", f"write {meant.isoformat()}")
    if re.fullmatch(r"\d{4}(-\d{2})?", text):
        raise CellError("has no day", f"write a full day, such as {text[:4]}-07-01")
    raise CellError("is not a date", "write YYYY-MM-DD, such as 2023-07-18")


def flag(cell: Any) -> bool:
    """Read true or false.

    Raises
    ------
    CellError
        Neither.
    """
    text = str(cell).strip().lower().removesuffix(".0")
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise CellError("is neither true nor false", "write True or False")
