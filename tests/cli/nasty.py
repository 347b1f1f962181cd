"""Tables as people have them: what spreadsheets, other tools and slips of the hand make of one."""

import codecs

from hypothesis import strategies as st

SOUND = [
    ["model", "release_date", "params", "benchmark", "score", "source", "items", "family"],
    ["mine-7B", "2025-06-01", "6.9e9", "MMLU", "0.712", "https://example.org/a", "", "mine"],
    ["mine-7B", "2025-06-01", "6.9e9", "MATH", "0.431", "https://example.org/a", "", "mine"],
    ["mine-7B", "2025-06-01", "6.9e9", "HumanEval", "0.52", "https://example.org/a", "164", "mine"],
    ["mine-3B", "2025-08-09", "3.1e9", "MMLU", "0.61", "doi:10.1/x", "", "mine"],
]

CELLS = [
    "70%", "70,1 %", "%", "9" * 400 + "%", "7B", "9" * 400 + "B", "1.4T", "7,000,000,000",
    "7.000.000", "7 000 000", "7'000'000", "0,7", "1e999", "-1e999", "NaN", "nan", "inf", "-Inf",
    "∞", "None", "#N/A", "#REF!", "=A1+1", "TRUE", "45000", "45000.5", "99999", "00000",
    "2023/07/18", "18.07.2023", "7/18/23", "Jul-23", "2023-02-30", "2023-07", "9999-12-31",
    "0000-00-00", "2023-07-18T24:00:00+99:99", "2023-W01-1", "1e400", "-0", "0", "1", "1e-320",
    "٣", "²", "1_000", "0x1F", "--", "'", '"', "\ufeff", "\u202e", "\ud7ff", "\U0001f600",
    "a" * 3000, "x" * 140_000, "[red]", "{}", "\\", "\x1b[31m", "MMLU ", "mmlu", "-7e9", "6.9e9.",
    "1e20", "1e300", "9" * 5000, "-" + "9" * 25, ".5.", "1e9999999999", "true", "yes", " \t ",
    "\u00a0", "\x85", "\u2028",
]  # fmt: skip
"""What one cell may hold; each has been seen in a file, or is the end of a range."""

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252",
    "cp037", "shift_jis",
)  # fmt: skip


@st.composite
def tables(draw, header=tuple(SOUND[0]), rows=SOUND[1:]):
    """Bytes of a file that once was sound."""
    table = [list(header), *(list(row) for row in rows)]
    for _ in range(draw(st.integers(0, 4))):
        _slip(draw, table)
    separator = draw(st.sampled_from([",", ",", ",", ";", "\t", "|", " ", ":"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\r", "\n\n", "\x0b", "\u2028"]))
    quote = draw(st.sampled_from(["", "", '"', "'"]))
    text = end.join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in table)
    text += draw(st.sampled_from(["", end, end * 3, separator, '"']))
    return _spoilt(draw, text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace"))


def _slip(draw, table):
    """Spoil one thing of a table, in place."""
    row = draw(st.integers(0, len(table) - 1))
    column = draw(st.integers(0, max(len(table[row]) - 1, 0)))
    kind = draw(st.sampled_from(SLIPS))
    if kind == "cell" and table[row]:
        table[row][column] = draw(st.one_of(st.sampled_from(CELLS), st.text(max_size=12)))
    elif kind == "column twice":
        for cells in table:
            cells.extend(cells[column : column + 1])
    elif kind == "row twice":
        table.insert(row, list(table[row]))
    elif kind == "column gone":
        for cells in table:
            del cells[column : column + 1]
    elif kind == "row gone" and len(table) > 1:
        del table[row]
    elif kind == "short row":
        del table[row][column:]
    elif kind == "long row":
        table[row] += ["more"] * draw(st.integers(1, 3))
    elif kind == "columns swapped":
        for cells in table:
            cells.reverse()
    elif kind == "blank row":
        table.insert(row, [""] * len(table[0]))


SLIPS = (
    "cell", "cell", "cell", "cell", "column twice", "row twice", "column gone", "row gone",
    "short row", "long row", "columns swapped", "blank row",
)  # fmt: skip


def _spoilt(draw, data):
    """What a transfer, or a second program, does to bytes."""
    kind = draw(st.sampled_from(["", "", "", "", "cut", "bytes", "nul", "joined", "bom"]))
    at = draw(st.integers(0, len(data)))
    if kind == "cut":
        return data[:at]
    if kind == "bytes":
        return data[:at] + draw(st.binary(max_size=20)) + data[at:]
    if kind == "nul":
        return data[:at] + b"\0" + data[at:]
    if kind == "joined":
        return data + "\nmodèle,é\n".encode("latin-1")
    if kind == "bom":
        return (
            draw(st.sampled_from([codecs.BOM_UTF8 * 2, codecs.BOM_UTF16_LE, b"\xff\xfe\0\0"]))
            + data
        )
    return data
