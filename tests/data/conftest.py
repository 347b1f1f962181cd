"""Small sound tables, to be broken one cell at a time."""

import pytest

CATALOG = [
    ["model", "release_date", "params", "benchmark", "score", "embedding_params", "active_params"],
    ["A-7B", "2023-07-18", "7e9", "MMLU", "0.45", "2.6e8", "7e9"],
    ["A-7B", "2023-07-18", "7e9", "BBH", "0.38", "2.6e8", "7e9"],
    ["B-70B", "2024-04-18", "70553706496", "MMLU", "0.79", "", ""],
]
SIZES, RATIOS = (1e7, 1e8, 1e9), (10, 20, 40)
RUNS = [["reference", "run", "params", "tokens", "benchmark", "loss", "accuracy"]] + [
    [
        "mine",
        f"{n:g}-{r}",
        f"{n:.0f}",
        f"{n * r:.0f}",
        "MMLU",
        f"{1 + n**-0.1 + r / 1e3:.4f}",
        "0.3",
    ]
    for n in SIZES
    for r in RATIOS
]
POINTS = [
    ["reference", "checkpoint", "benchmark", "loss", "score"],
    ["mine", "c0", "MMLU", "0.4", "0.25"],
    ["mine", "c1", "MMLU", "0.2", "0.60"],
]
TREND = [
    ["name", "date", "value", "lower", "upper", "prob"],
    ["a", "2023-02-24", "0.1", "0.05", "0.2", "0.9"],
    ["b", "2024-02-24", "0.4", "", "", ""],
    ["c", "2024-08-24", "0.9", "", "", ""],
]
TABLES = {
    "catalog": CATALOG,
    "reference_runs": RUNS,
    "calibration_points": POINTS,
    "trend": TREND,
    "benchmarks": [["benchmark", "items", "chance"], ["XQuiz", "100", "0.25"]],
}


def text_of(rows, separator=","):
    return "\n".join(separator.join(row) for row in rows) + "\n"


@pytest.fixture
def write(tmp_path):
    """Write a table, whole or with some cells replaced: {(row, column): text}."""

    def _write(kind, cells=None, *, rows=None, name=None, separator=","):
        rows = [list(row) for row in (TABLES[kind] if rows is None else rows)]
        for (row, column), text in (cells or {}).items():
            rows[row - 1][rows[0].index(column)] = text
        path = tmp_path / (name or f"{kind}.csv")
        path.write_text(text_of(rows, separator), encoding="utf-8")
        return path

    return _write
