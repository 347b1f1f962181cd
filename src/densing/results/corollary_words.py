"""Each corollary in one sentence, from its numbers alone."""

from collections.abc import Mapping
from typing import Any

from densing.results.change_words import age_words, change_words
from densing.results.compression import CURE
from densing.results.compression_words import compression_words
from densing.text import span

TITLES = {
    "acceleration": "Did growth change", "budget": "Hardware and density",
    "prices": "Price of inference at equal performance",
    "half_size": "Half the parameters", "sizes": "Size that a score takes",
    "compression": "Compression against training", "architectures": "Other architectures",
    "benchmark_age": "Newer against older benchmarks",
    "size_bands": "Where over sizes the law breaks",
}  # fmt: skip
"""Headings of the corollaries, in order."""
KINDS = {"moe": "mixtures of experts", "ssm": "state-space models", "hybrid": "hybrids"}
NAMES = {"population": "a typical new model", "frontier": "the frontier"}


def sentences(answer: Mapping[str, Any]) -> dict[str, str]:
    """One sentence a corollary; none where there is nothing to say."""
    said = {
        "acceleration": change_words(answer["acceleration"]),
        "budget": _budget(answer["budget"]), "prices": _prices(answer["prices"]),
        "half_size": _half_size(answer["half_size"]), "sizes": _sizes(answer["sizes"]),
        "compression": compression_words(answer), "architectures": _kinds(answer["architectures"]),
        "benchmark_age": age_words(answer["benchmark_age"]),
        "size_bands": size_bands_words(answer["size_bands"]),
    }  # fmt: skip
    return {name: text for name, text in said.items() if text}


def best(by_estimand: Mapping[str, Any]) -> str:
    """Estimand that is spoken of: the frontier where there is one."""
    return "frontier" if "frontier" in by_estimand else "population"


def _budget(told: Mapping[str, Any]) -> str:
    key = best(told["together"])
    level = f"{100 * told['hardware']['prob']:.0f} %"
    return (
        f"With hardware that doubles every {told['hardware_years']['median']:g} years (a prior: "
        f"{span(told['hardware'], unit=' months', digits=0)}), the effective parameters that one "
        f"budget buys at {NAMES[key]} double every {span(told['together'][key], unit=' months')}; "
        f"intervals of {level}. Density does most of it: alone it takes "
        f"{span(told['density'][key], unit=' months')}."
    )


def _prices(told: Mapping[str, Any]) -> str:
    key = best(told["p_faster_than_density"])
    levels = " and ".join(
        f"{span(row, unit=' months')} for the {name}" for name, row in told["levels"].items()
    )
    return (
        f"At an equal score the price of a typical offer halved every "
        f"{span(told['halving_months'], unit=' months')} ({told['prices']} prices of "
        f"{told['models']} models, {told['from']} to {told['until']}), {levels}; that it fell "
        f"faster than the density of {NAMES[key]} grew has probability "
        f"{told['p_faster_than_density'][key]:.2f}."
    )


def _half_size(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    parts = [f"{row['model']} {span(row['months'])}" for row in rows[:3]]
    return (
        "Months from release until best practice matches a model with half its parameters: "
        f"{', '.join(parts)}."
    )


def _sizes(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    row = rows[0]
    parts = [
        f"{sized(size)} on {when}" for when, size in zip(row["dates"], row["params"], strict=True)
    ]
    return (
        f"Parameters that best practice needs for {row['score']:.2f} on {row['benchmark']}, the "
        f"median of the last year's models: {', '.join(parts)}."
    )


def size_bands_words(told: Mapping[str, Any]) -> str:
    """Say which bands of sizes stand off the trend, and where single benchmarks do not fit."""
    seen = [band for band in told["bands"] if band["models"]]
    if not seen:
        return ""
    empty = [band["name"] for band in told["bands"] if not band["models"]]
    parts = [f"{band['name']} {span(band['ratio'], digits=2)}" for band in seen]
    off = [band for band in seen if band["p_departs"] >= told["likely"]]
    text = f"Density over its trend, by size: {', '.join(parts)}. "
    if off:
        text += f"Off the trend: {', '.join(_band(band) for band in off)}. "
    else:
        text += (
            f"No size stands off the trend with probability {told['likely']:g}; the likeliest is "
            f"{_band(max(seen, key=lambda band: band['p_departs']))}. "
        )
    wrong = [
        f"{name} {band['name']} ({100 * cell['difference']:+.0f} points)"
        for band in seen for name, cell in band["benchmarks"].items() if cell and cell["lacks_fit"]
    ]  # fmt: skip
    text += (
        f"Scores off what the models' other scores predict, beyond chance: {', '.join(wrong)}"
        if wrong else
        f"In none of {told['tested']} pairs of size and benchmark are scores off what the models' "
        "other scores predict, beyond chance"
    )  # fmt: skip
    return text + (f". No models {' and '.join(empty)}: nothing is said there." if empty else ".")


def _band(band: Mapping[str, Any]) -> str:
    experts = band["experts"]
    kinds = f", {experts} of {band['models']} mixtures of experts" if experts else ""
    return f"{band['name']} (probability {band['p_departs']:.2f}{kinds})"


def _kinds(told: Mapping[str, Any]) -> str:
    parts = [
        f"{KINDS.get(name, name)} {span(row['ratio'], digits=2)} times ({row['models']} model"
        f"{'s' * (row['models'] > 1)}{_counts(row)})"
        for name, row in told["contrasts"].items()
    ]
    if not parts:
        return ""
    text = (
        f"Density about the trend, over that of {told['dense']} dense models, with {told['count']} "
        f"parameters counted: {'; '.join(parts)}."
    )
    beside = [
        f"{KINDS.get(name, name)} {span(row['over_well_known'], digits=2)} times"
        for name, row in told["contrasts"].items() if row["over_well_known"] is not None
    ]  # fmt: skip
    if beside:
        text += (
            f" Over the {told['well_known']} dense ones with three scores or more that were "
            f"trained anew: {'; '.join(beside)}."
        )
    if absent := {"ssm", "hybrid"} - set(told["contrasts"]):
        names = " or ".join(KINDS[name] for name in KINDS if name in absent)
        text += f" The run has no {names}: a few are in that of {CURE}."
    return text


def _counts(row: Mapping[str, Any]) -> str:
    """Say the ratio by the other way of counting; the run's own stands before it."""
    other = [
        f"{span(row[key], digits=2)} by {key} parameters"
        for key in ("total", "active") if row[key] is not None and row[key] != row["ratio"]
    ]  # fmt: skip
    return f"; {' and '.join(other)}, the trend kept" if other else ""


def sized(told: Mapping[str, Any]) -> str:
    """Interval of a number of parameters: `2.3B (700M to 9.3B)`."""
    if told["lower"] is None:
        return "no size"
    low, middle, high = (
        "no size" if told[key] is None else parameters(told[key])
        for key in ("lower", "median", "upper")
    )
    return f"{middle} ({low} to {high})"


def parameters(count: float) -> str:
    """Two digits of a number of parameters: `2.3B`."""
    scale, unit = (1e9, "B") if count >= 1e9 else (1e6, "M")
    value = float(f"{count / scale:.2g}")
    return f"{value:,.0f}{unit}" if value >= 10 else f"{value:g}{unit}"
