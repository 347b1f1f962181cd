"""A small synthetic evidence: two benchmarks, four models, two families, one other protocol.

Plain NumPy, no formula of the package: what is tested against it is tested against this file.
"""

import numpy as np
import pandas as pd

from densing.data import Evidence

QUIZ, CODE = "Quiz", "Code"
LAWS = {QUIZ: (0.20, 60.0, 0.30, 900.0, 0.37), CODE: (0.05, 30.0, 0.28, 500.0, 0.36)}
"""E, A, alpha, B, beta."""
MAPS = {QUIZ: (0.25, 0.92, 4.0, 0.50), CODE: (0.0, 0.95, 4.0, 0.25)}
"""Floor, ceiling, steepness, midpoint."""
MODELS = [
    # model, family, date, params, embedding, tokens, Quiz (protocol), Code
    ("One-7B", "One", "2023-03-01", 7e9, 3e8, 1e12, 0.35, "5-shot", 0.10),
    ("One-13B", "One", "2023-07-15", 13e9, 4e8, 2e12, 0.48, "5-shot", 0.0),
    ("Two-3B", "Two", "2024-02-10", 3e9, np.nan, np.nan, 0.52, "letter", 0.31),
    ("Two-9B", "Two", "2024-11-20", 9e9, 8e8, 8e12, 0.71, "letter", None),
]


def loss(benchmark, params, tokens):
    e, a, alpha, b, beta = LAWS[benchmark]
    return e + a * params**-alpha + b * tokens**-beta


def score(benchmark, at):
    floor, ceiling, steepness, midpoint = MAPS[benchmark]
    return floor + (ceiling - floor) / (1 + np.exp(-steepness * (1 - at / midpoint)))


def runs():
    rng = np.random.default_rng(1)
    rows = [
        ("mine", f"{n:g}x{ratio}", n, n * ratio, name,
         loss(name, n, n * ratio) * np.exp(0.01 * rng.standard_normal()), False)
        for name in LAWS
        for n in (1e7, 1e8, 1e9)
        for ratio in (10, 20, 60)
    ]  # fmt: skip
    rows += [("mine", "big", 5e9, 1e11, name, loss(name, 5e9, 1e11), True) for name in LAWS]
    columns = ["reference", "run", "params", "tokens", "benchmark", "loss", "held_out"]
    return pd.DataFrame(rows, columns=columns)


def points():
    rng = np.random.default_rng(2)
    rows = []
    for name, items in ((QUIZ, 1000), (CODE, 164)):
        for i, at in enumerate(MAPS[name][3] * np.array([0.6, 0.8, 0.95, 1.1, 1.4, 2.0])):
            correct = rng.binomial(items, score(name, at))
            rows.append(("mine", f"c{i}", name, at, correct / items, False))
    rows.append(("mine", "c-big", QUIZ, 0.28, 0.8, True))
    columns = ["reference", "checkpoint", "benchmark", "loss", "score", "held_out"]
    return pd.DataFrame(rows, columns=columns)


def catalog():
    rows = []
    for model, family, day, params, embedding, tokens, quiz, protocol, code in MODELS:
        facts = (model, family, pd.Timestamp(day), params, embedding, tokens, None)
        rows.append((*facts, QUIZ, quiz, np.nan, protocol))
        if code is not None:
            rows.append((*facts, CODE, code, np.nan, None))
    # A second report of one score over fewer items, and a pruned model.
    facts = rows[0][:7]
    rows.append((*facts, QUIZ, 0.33, 200.0, "5-shot"))
    rows.append(
        ("One-5B-pruned", "One", pd.Timestamp("2023-09-01"), 5e9, np.nan, np.nan,
         "One-7B: pruned", QUIZ, 0.33, np.nan, "5-shot")
    )  # fmt: skip
    columns = [
        "model", "family", "release_date", "params", "embedding_params", "training_tokens",
        "derived_from", "benchmark", "score", "items", "protocol",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["active_params"] = table["params"].where(table["model"] != "Two-9B", 2e9)
    return table


def benchmarks():
    return pd.DataFrame(
        [(QUIZ, 1000.0, 0.25, "5-shot"), (CODE, 164.0, 0.0, "0-shot")],
        columns=["benchmark", "items", "chance", "protocol"],
    )


def evidence(**tables):
    """The world, with some of its tables replaced."""
    base = {
        "reference_runs": runs(),
        "calibration_points": points(),
        "catalog": catalog(),
        "benchmarks": benchmarks(),
    }
    return Evidence(**(base | tables))
