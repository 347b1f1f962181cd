"""Cells of text into values, and the cures where they cannot be."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from densing.data.cells import CellError, day, flag, is_blank, number, plain


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.7", 0.7), ("7e9", 7e9), (".5", 0.5), ("+1.", 1.0), ("\u22121", -1.0), (" 3 ", 3.0)],
)
def test_reads_numbers(text, value):
    assert number(text) == value


def test_negative_zero_is_zero():
    assert str(number("-0.0")) == "0.0"


@pytest.mark.parametrize(
    ("text", "problem", "cure"),
    [
        ("70%", "percentage", "0.7"),
        ("70.1 %", "percentage", "0.701"),
        ("7B", "suffix", "7000000000"),
        ("1.4T", "suffix", "1400000000000"),
        ("15 trillion", "suffix", "15000000000000"),
        ("7,000,000,000", "thousands", "7000000000"),
        ("7 000 000", "thousands", "7000000"),
        ("7'000'000.5", "thousands", "7000000.5"),
        ("1.234.567", "thousands", "1234567"),
        ("0,7", "decimal comma", "0.7"),
        ("0,700", "decimal comma", "0.700"),
        ("inf", "finite", "finite"),
        ("1e999", "finite", "finite"),
        ("seven", "not a number", "decimal point"),
    ],
)
def test_explains_what_is_no_number(text, problem, cure):
    with pytest.raises(CellError) as error:
        number(text)
    assert problem in error.value.problem
    assert cure in error.value.cure


def test_decimal_comma_where_the_file_has_it():
    assert number("0,7", decimal_comma=True) == 0.7
    assert number("0.7", decimal_comma=True) == 0.7


def test_reads_days():
    assert day("2023-07-18") == datetime(2023, 7, 18)
    assert day("2023-07-18T10:30:00Z") == datetime(2023, 7, 18)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("44980", "2023-02-23"),
        ("44980.0", "2023-02-23"),
        ("2023/2/24", "2023-02-24"),
        ("18.07.2023", "2023-07-18"),
        ("2023-07", "2023-07-01"),
        ("2023-02-30", "YYYY-MM-DD"),
        ("0001-01-01", "YYYY-MM-DD"),
        ("2023/13/40", "YYYY-MM-DD"),
        ("soon", "YYYY-MM-DD"),
    ],
)
def test_explains_what_is_no_day(text, cure):
    with pytest.raises(CellError) as error:
        day(text)
    assert cure in error.value.cure


def test_reads_flags():
    assert [flag(t) for t in ("True", "yes", "1", "0", "no", False, 1.0)] == [
        True, True, True, False, False, False, True,
    ]  # fmt: skip
    with pytest.raises(CellError, match="neither"):
        flag("perhaps")


def test_blanks():
    blanks = ["", "  ", "NaN", "n/a", None, float("nan"), "-"]
    assert all(is_blank(cell) for cell in blanks)
    assert not is_blank("0")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_reads_back_what_python_writes(value):
    assert number(repr(value)) == value


@given(st.text(max_size=20))
def test_any_text_is_a_value_or_a_cell_error(text):
    for read in (number, day, flag):
        try:
            read(text)
        except CellError as error:
            if not (error.problem and error.cure):
                raise AssertionError(text) from error


def test_plain_writes_without_noise():
    assert [plain(x) for x in (7e9, 0.1 + 0.2, -3.0)] == ["7000000000", "0.3", "-3"]
