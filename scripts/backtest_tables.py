"""Tables of kept back-tests, for `write_tables`; and how a kept result was made."""

import json
from pathlib import Path
from typing import Any

from densing.models.declaration import markdown
from densing.results.backtested import SENTENCES

ROOT = Path(__file__).resolve().parents[1]


def backtest_short(file: str) -> str:
    """Forecasters side by side at each horizon of a kept back-test, all origins together."""
    rows = json.loads((ROOT / file).read_text(encoding="utf-8"))["table"]
    levels = ", ".join(f"{100 * float(level):.0f}" for level in rows[0]["coverage"])
    scores = []
    for row in sorted(rows, key=lambda row: row["months"]):
        count, *rest = scored(row)
        scores.append(
            (str(row["months"]), row["forecaster"], count, str(row["batches"]), *rest)
        )  # fmt: skip
    columns = ("months ahead", "forecaster", "n", "batches", f"inside {levels} %", "bias", "CRPS",
               "log score")  # fmt: skip
    return markdown(columns, scores)


def backtest(file: str) -> str:
    """Scores of a kept back-test, its sentences, and how it was made."""
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    said = [kept[key] for key in (*SENTENCES, "scores_sentence", "cannot_know")]
    return "\n\n".join(
        ["New models' log density, all origins together:",
         backtest_short(file), "By origin: percent inside the 90 % interval, and CRPS.",
         by_origin(kept["by_origin"]),
         "Average reported score over a model's benchmarks, by origin: percent of models inside "
         "the 90 % interval, and the average of all of the year's models beside its forecast.",
         years(kept["averages"]), *said, made(kept)]
    )  # fmt: skip


SHAPES = {
    "ladder": "`ladder`: a straight line", "changepoint": "`changepoint`", "local": "`local`",
    "saturating": "`saturating`", "shapes": "all four, stacked as of each origin",
}  # fmt: skip
"""Kept back-tests, in order, and what they are of."""


def backtest_shapes(folder: str) -> str:
    """Kept back-tests side by side at the longest horizon, their weights, how they were made."""
    kept = {name: json.loads((ROOT / folder / f"{name}.json").read_text("utf-8"))
            for name in SHAPES}  # fmt: skip
    rows, naive = [], {}
    for name, told in kept.items():
        months = max(row["months"] for row in told["table"])
        far = {row["forecaster"]: row for row in told["table"] if row["months"] == months}
        averages, doubt = told["averages"], "" if told["trustworthy"] else " (not trustworthy)"
        rows.append((SHAPES[name] + doubt, *scored(far.pop("densing")),
                     f"{100 * averages['coverage']['0.9']['share']:.0f}",
                     f"{averages['crps']:.3f}"))  # fmt: skip
        naive[name] = far
    rows += [(f"naive: {name}", *scored(row), "", "") for name, row in naive["ladder"].items()]
    apart = max(
        abs(row["crps"] - naive["ladder"][name]["crps"])
        for own in naive.values() for name, row in own.items()
    )  # fmt: skip
    columns = ("forecaster", "n", "inside 50, 80, 90, 95 %", "bias", "CRPS", "log score",
               "average scores inside 90 %", "their CRPS")  # fmt: skip
    average = kept["shapes"]
    names = [name for name in SHAPES if name in average["weights"]]
    weights = [
        (row["origin"], *(weight(row["weights"][name]) for name in names))
        for row in (*average["origins"], {"origin": "today", "weights": average["weights"]})
    ]
    return "\n\n".join(
        [markdown(columns, rows),
         "Naive forecasts are made from the densities of the straight line's refits; from those of "
         f"the others their CRPS differ by up to {apart:.2f}.",
         "Weights as of each origin, from what its own refits say of the models known by then:",
         markdown(("origin", *(f"`{name}`" for name in names)), weights),
         made_alike(list(kept.values()))]
    )  # fmt: skip


def scored(row: dict[str, Any]) -> tuple[str, ...]:
    """Cells of a forecaster's scores: count, coverage, bias, CRPS, log score."""
    return (
        str(row["forecasts"]),
        ", ".join(f"{100 * told['share']:.0f}" for told in row["coverage"].values()),
        f"{row['bias']:+.2f}", f"{row['crps']:.2f}", f"{row['log_score']:.2f}",
    )  # fmt: skip


def weight(told: float | None) -> str:
    """Say a stacking weight; none where a run was not trustworthy."""
    return "none" if told is None else f"{told:.2f}"


def by_origin(rows: list[dict[str, Any]]) -> str:
    """Table of a back-test's forecasters side by side, one row an origin."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        cell = f"{100 * row['coverage']['0.9']['share']:.0f}\u00a0%, {row['crps']:.2f}"
        about = {"origin": row["origin"], "n": str(row["forecasts"])}
        found.setdefault(row["origin"], about)[row["forecaster"]] = cell
    columns = tuple(next(iter(found.values())))
    return markdown(columns, [tuple(row[name] for name in columns) for row in found.values()])


def years(averages: dict[str, Any]) -> str:
    """Table of what the models of the year after each origin scored on average."""
    columns = ("origin", "n", "models inside 90 %", "year's average", "forecast", "90 % interval")
    rows = [
        (origin, str(own["forecasts"]), f"{100 * own['coverage']:.0f}",
         f"{own['year']['observed']:.2f}", f"{own['year']['median']:.2f}",
         f"{own['year']['lower']:.2f} to {own['year']['upper']:.2f}")
        for origin, own in averages["by_origin"].items()
    ]  # fmt: skip
    return markdown(columns, rows)


def made(kept: dict[str, Any]) -> str:
    """Say how a kept result was made."""
    versions = ", ".join(f"{name} {number}" for name, number in kept["versions"].items())
    return f"`{kept['command']}`, {kept['date']}; seed {kept['seed']}; {versions}."


def made_alike(kept: list[dict[str, Any]]) -> str:
    """Say how kept results were made, once what they have in common."""
    commands = "; ".join(f"`{told['command']}`" for told in kept)
    rest = {made(told).removeprefix(f"`{told['command']}`") for told in kept}
    return commands + rest.pop() if len(rest) == 1 else "\n\n".join(map(made, kept))
