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
_EXPERTS = re.compile(r"(\d+)\s*x\s*(\d+(?:\.\d+)?)\s*([mbt])", re.IGNORECASE)
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:?\d{2})?")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_UNIX = re.compile(r"(\d{10})(?:\d{3})?(?:\.\d+)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/. -](\d{1,2})[/. -](\d{1,2})\b.*")
_YEAR_LAST = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})\b.*")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_QUARTER = re.compile(r"(\d{4})[\s-]*q([1-4])|q([1-4])[\s-]*(\d{4})", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})(\.\d+)?")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


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
    if match := _EXPERTS.fullmatch(text):
        most = float(match[1]) * float(match[2]) * SUFFIX[match[3].lower()]
        return CellError(
            "counts experts, which share some of their parameters",
            f"write the total, at most {plain(most)}, and in active_params those used for a token",
        )
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
        zoned = _ISO.fullmatch(text)
        try:
            meant = datetime.fromisoformat(zoned[1] if zoned else text)
        except ValueError:
            raise CellError("is no day of the calendar", "write YYYY-MM-DD") from None
        return day(meant)
    raise _not_a_day(text)


def _not_a_day(text: str) -> CellError:
    """Say why a text is no day, with the day it means or the days it may mean."""
    if _SERIAL.fullmatch(text):
        meant = SPREADSHEET_EPOCH + timedelta(days=int(float(text)))
        return CellError("is a spreadsheet's day number", f"write {meant.isoformat()}")
    if match := _UNIX.fullmatch(text):
        meant = date(1970, 1, 1) + timedelta(seconds=int(match[1]))
        return CellError("is a number of seconds since 1970", f"write {meant.isoformat()}")
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _other_order(*(int(part) for part in match.groups()))
    if match := _YEAR_LAST.fullmatch(text):
        one, two, year = (int(part) for part in match.groups())
        year += 0 if year > 99 else 2000
        if one != two and max(one, two) <= 12:
            return CellError(
                "has day and month in an order that cannot be told",
                f"write {year}-{two:02}-{one:02} or {year}-{one:02}-{two:02}, whichever is meant",
            )
        return _other_order(year, *((two, one) if two <= 12 else (one, two)))
    if (words := _in_words(text)) is not None:
        return words
    if match := _QUARTER.fullmatch(text):
        year, quarter = int(match[1] or match[4]), int(match[2] or match[3])
        return _no_day("a quarter", year, 3 * quarter - 2, 3)
    if match := _MONTH.fullmatch(text):
        return _no_day("a month", int(match[1]), int(match[2]), 1)
    if match := _YEAR.fullmatch(text):
        return _no_day("a year and a fraction" if match[2] else "a year", int(match[1]), 1, 12)
    return CellError("is not a date", "write YYYY-MM-DD, such as 2023-07-18")


def _in_words(text: str) -> CellError | None:
    """Judge a date whose month is a word; None where no month stands in it."""
    parts = re.findall(r"[A-Za-z]+|\d+", text)
    month = next((MONTHS.index(p[:3].lower()) + 1 for p in parts if p[:3].lower() in MONTHS), None)
    numbers = [int(part) for part in parts if part.isdecimal() and len(part) < 5]
    if month is None or not numbers:
        return None
    year = next((n for n in numbers if n in YEARS), None)
    if year is not None and (len(numbers) == 1 or numbers[0] == year):
        return _no_day("a month", year, month, 1)
    if year is None and len(numbers) == 1:
        return CellError("has no year or no day", "write YYYY-MM-DD")
    return _other_order(year or 2000 + numbers[1] % 100, month, numbers[0])


def _other_order(year: int, month: int, number_of_day: int) -> CellError:
    """Name the ISO form of a day that was written otherwise."""
    try:
        meant = date(year, month, number_of_day)
    except ValueError:
        return CellError("is no day of the calendar", "write YYYY-MM-DD")
    return CellError("is not an ISO date", f"write {meant.isoformat()}")


def _no_day(what: str, year: int, month: int, months: int) -> CellError:
    """Ask for the day of a month, a quarter or a year: the first, the middle or the last."""
    try:
        first = date(year, month, 1)
        last = date(year + (month + months - 1) // 12, (month + months - 1) % 12 + 1, 1)
    except ValueError:
        return CellError("is no day of the calendar", "write YYYY-MM-DD")
    days = (first, first + (last - first) // 2, last - timedelta(days=1))
    first_middle_last = ", ".join(d.isoformat() for d in days[:2]) + f" or {days[2].isoformat()}"
    return CellError(
        f"is {what}, not a day",
        f"choose the day, {first_middle_last} (first, middle, last), and keep to it",
    )


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
