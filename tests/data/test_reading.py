"""Files of every make into typed tables."""

import codecs

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densing.data import TableError, guess_kind, inspect_table, read_table
from densing.data.schemas import columns

from .conftest import CATALOG, TABLES, text_of


def only_fault(error):
    (fault,) = error.value.faults
    return fault


@pytest.mark.parametrize("kind", TABLES)
def test_reads_and_tells_every_kind(write, kind):
    path = write(kind)
    frame = read_table(path)
    assert len(frame) == len(TABLES[kind]) - 1
    assert guess_kind(TABLES[kind][0]) == kind
    assert list(frame.index) == list(range(2, len(frame) + 2))


def test_types(write):
    frame = read_table(write("catalog"))
    assert frame["params"].dtype == np.int64
    assert frame["params"].tolist() == [7_000_000_000, 7_000_000_000, 70_553_706_496]
    assert frame["release_date"].iloc[0] == pd.Timestamp("2023-07-18")
    assert frame["embedding_params"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    "mangle",
    [
        lambda t: codecs.BOM_UTF8 + t.encode(),
        lambda t: t.replace("\n", "\r\n").encode(),
        lambda t: t.replace("\n", "\r").encode(),
        lambda t: t.encode("utf-16"),
        lambda t: t.replace(",", ";").encode(),
        lambda t: t.replace(",", "\t").encode(),
        lambda t: t.replace(",", " , ").encode(),
        lambda t: t.replace("\n", "\n\n").encode(),
        lambda t: t.replace("\n", ",\n").encode(),
        lambda t: t.replace("release_date", "Release Date").encode(),
        lambda t: t.rstrip("\n").encode(),
    ],
)
def test_copes_with_any_make_of_file(tmp_path, mangle):
    path = tmp_path / "catalog.csv"
    path.write_bytes(mangle(text_of(CATALOG)))
    frame = read_table(path, "catalog")
    assert frame["score"].tolist() == [0.45, 0.38, 0.79]
    assert list(frame.columns) == CATALOG[0]


def test_decimal_comma_with_semicolons(tmp_path):
    path = tmp_path / "catalog.csv"
    path.write_text(text_of(CATALOG, ";").replace("0.", "0,"), encoding="utf-8")
    assert read_table(path)["score"].tolist() == [0.45, 0.38, 0.79]


def test_row_numbers_count_blank_lines(write):
    path = write("catalog", {(4, "score"): "x"})
    path.write_text(path.read_text().replace("\n", "\n\n", 1))
    with pytest.raises(TableError) as error:
        read_table(path)
    assert only_fault(error).row == 5


def test_keeps_columns_it_does_not_know(write):
    rows = [
        [*row, extra] for row, extra in zip(CATALOG, ["colour", "red", "", "blue"], strict=True)
    ]
    frame = read_table(write("catalog", rows=rows))
    assert frame["colour"].tolist()[0] == "red"
    assert pd.isna(frame["colour"].iloc[1])


def test_quoted_separator(tmp_path):
    path = tmp_path / "catalog.csv"
    path.write_text(text_of(CATALOG).replace("A-7B", '"A, the ""first"""'))
    assert read_table(path)["model"].iloc[0] == 'A, the "first"'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b",,\n,,\n", "holds no table"),
        (b"model,score\n", "no rows"),
        (b"PK\x03\x04 and so on", "spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not UTF-8"),
        (b"a,b\n1\x002,3\n", "NUL"),
        ("modèle,b\n1,2\n".encode("latin-1"), "not UTF-8"),
        (b"this,is,nothing\n1,2,3\n", "no known table"),
    ],
)
def test_says_what_is_no_table(tmp_path, data, problem):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(TableError) as error:
        read_table(path)
    fault = only_fault(error)
    assert problem in fault.problem
    assert fault.cure
    assert fault.file == "t.csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bad", [b"\xe9", b"\0", b"x" * 200_000])
def test_the_row_that_is_no_text_is_named(tmp_path, end, bad):
    path = tmp_path / "t.csv"
    path.write_bytes(f"a,b{end}1,2{end}3,".encode() + bad + f"{end}5,6{end}".encode())
    with pytest.raises(TableError) as error:
        read_table(path)
    assert only_fault(error).row == 3


def test_missing_file_and_directory(tmp_path):
    for path, problem in [(tmp_path / "none.csv", "not exist"), (tmp_path, "directory")]:
        with pytest.raises(TableError, match=problem):
            read_table(path)
    with pytest.raises(TableError):
        read_table("bad\0name.csv")


def test_duplicate_header(write):
    rows = [[*row, row[4]] for row in CATALOG]
    with pytest.raises(TableError, match="twice") as error:
        read_table(write("catalog", rows=rows))
    assert only_fault(error).column == "score"


def test_missing_column_names_the_likely_one(write):
    rows = [["models" if cell == "model" else cell for cell in row] for row in CATALOG]
    with pytest.raises(TableError) as error:
        read_table(write("catalog", rows=rows), "catalog")
    fault = only_fault(error)
    assert (fault.row, fault.column) == (1, "model")
    assert "'models'" in fault.cure


def test_too_many_cells(write):
    rows = [list(row) for row in CATALOG]
    rows[2].append("7,5")
    with pytest.raises(TableError, match="cells where the header has") as error:
        read_table(write("catalog", rows=rows))
    assert only_fault(error).row == 3


def test_short_row_is_blank(write):
    rows = [list(row) for row in CATALOG]
    rows[2] = rows[2][:4]
    with pytest.raises(TableError) as error:
        read_table(write("catalog", rows=rows))
    assert only_fault(error).column == "score"
    assert "blank" in only_fault(error).problem


def test_reports_all_cells_at_once(write):
    cells = {(2, "score"): "45%", (3, "params"): "8x7B", (4, "release_date"): "45400"}
    with pytest.raises(TableError) as error:
        read_table(write("catalog", cells))
    found = {(f.row, f.column, f.value) for f in error.value.faults}
    assert found == {(row, column, text) for (row, column), text in cells.items()}
    assert [f.cure for f in error.value.faults] == [
        "write 0.45",
        "write the total, at most 56000000000, and in active_params those used for a token",
        "write 2024-04-18",
    ]


def test_frames_read_like_files(write):
    path = write("catalog")
    frame, kind, faults = inspect_table(pd.read_csv(path))
    assert kind == "catalog"
    assert not faults
    pd.testing.assert_frame_equal(frame, read_table(path), check_dtype=False)


def test_frame_cells_are_named_by_row(write):
    frame = pd.read_csv(write("catalog"))
    frame.loc[1, "score"] = np.inf
    _, _, faults = inspect_table(frame, "catalog")
    assert [(f.file, f.row, f.column) for f in faults] == [("catalog", 3, "score")]


def test_losses_by_other_names(write):
    rows = [["Model Size", "Training FLOP", "loss", "colour"]]
    rows += [[f"{n:g}", f"{6 * n * n * r:g}", "2.5", "red"] for n in (1e8, 1e9) for r in (10, 20)]
    frame = read_table(write("losses", rows=rows), "losses")
    assert frame["tokens"].tolist() == pytest.approx([1e9, 2e9, 1e10, 2e10])
    rows[2][1] = "much"
    with pytest.raises(TableError) as error:
        read_table(write("losses", rows=rows), "losses")
    assert (only_fault(error).row, only_fault(error).column) == (3, "tokens")


def test_tokens_given_are_kept(write):
    rows = [["params", "D", "compute", "loss"], ["1e9", "5e10", "1e25", "2.1"]]
    frame = read_table(write("losses", rows=rows), "losses")
    assert frame.loc[2, ["params", "tokens"]].tolist() == [1e9, 5e10]


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="known: reference_runs"):
        columns("shopping list")


fuzz = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def survives(path):
    """Whatever a file holds, it is read or refused by a TableError with an aligned message."""
    try:
        inspect_table(path)
    except TableError as error:
        if not (error.faults and str(error)):
            raise AssertionError(path.read_bytes()) from error


@fuzz
@given(data=st.binary(max_size=300))
def test_any_bytes(tmp_path, data):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(data)
    survives(path)


@fuzz
@given(kind=st.sampled_from(sorted(TABLES)), data=st.data())
def test_mangled_tables(tmp_path, kind, data):
    text = text_of(TABLES[kind], data.draw(st.sampled_from([",", ";", "\t"])))
    alphabet = st.sampled_from('0123456789.,;"%-eE\n\r\t NAB')
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.text(alphabet, max_size=5)) + text[at + cut :]
    path = tmp_path / "fuzz.csv"
    path.write_bytes(text.encode())
    survives(path)


@fuzz
@given(kind=st.sampled_from(sorted(TABLES)), data=st.data())
def test_any_cell(tmp_path, kind, data):
    rows = [list(row) for row in TABLES[kind]]
    row = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    some = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters=',\n\r"'), max_size=8),
        st.floats().map(repr),
        st.integers().map(str),
        st.dates().map(str),
    )
    rows[row][column] = data.draw(some)
    path = tmp_path / "fuzz.csv"
    path.write_text(text_of(rows), encoding="utf-8")
    survives(path)


def test_prose_is_one_fault_and_not_one_a_line(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n\nOne, two.\nThree, four, five.\n")
    with pytest.raises(TableError) as error:
        read_table(path)
    (fault,) = error.value.faults
    assert "is no table" in fault.problem
