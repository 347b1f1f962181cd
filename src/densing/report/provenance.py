"""What a run rests on, as rows of text: its choices and priors, and its sources with licences."""

from typing import Any

import xarray as xr

from densing.data import bundled
from densing.report.words import size
from densing.results.run import record

REASONS = {
    "reference": "the family of small models whose scaling is the yardstick",
    "benchmarks": "the tests whose scores count",
    "tokens": "D0, the tokens the reference family is imagined to be trained on: a convention; "
    "density is relative to it",
    "count": "which parameters count, of the reference and of the models alike; experts: of a "
    "mixture of experts, active^(1-w) total^w with w estimated",
    "irreducible": "the loss law has a part that no size or data removes",
    "shortfall": "models fall short of a frontier by skewed amounts; without it there is no "
    "frontier estimand",
    "shortfall_form": "the distribution of the shortfall below the frontier",
    "likelihood": "the distribution of a model's score about its expectation",
    "link": "the sigmoid from loss to score",
    "free_ceiling": "each benchmark has a ceiling of its own; otherwise it is a score of one",
    "contamination": "models from November 2023 on have a bias upwards on each benchmark, as large "
    "as its prior says: training on the test task (arXiv 2407.07890)",
    "families": "models of one developer's line share an effect: siblings are not independent",
    "shape": "how the slope of the trend may change over the dates of the models; whatever it is, "
    "the rate is the mean slope over them",
    "changepoint": "the date at which the slope changes, where the shape has a declared one",
    "benchmark_trends": "each benchmark has its own level and growth about the common ones: the "
    "benchmarks are a sample",
    "derived": "pruned, distilled, up-scaled and quantised models count as models",
    "held_out": "the reference's held-out rows are fitted too, instead of being predicted",
    "min_scores": "scores that a model needs to take part",
    "released_from": "first release date that takes part",
    "released_until": "last release date that takes part",
    "exclude_families": "families left out",
}
NOTATION = {
    "normal": "Normal({loc}, {scale})",
    "lognormal": "LogNormal({loc}, {scale})",
    "beta": "Beta({a}, {b})",
    "gamma": "Gamma({shape}, rate {rate})",
}


def choice_rows(run: xr.DataTree) -> list[dict[str, str]]:
    """Every reference choice: name, value, meaning."""
    choices = record(run, "model")["choices"]
    return [
        {
            "name": name.replace("_", " "),
            "value": value_text(name, value),
            "about": REASONS.get(name, ""),
        }
        for name, value in choices.items()
    ]


def value_text(name: str, value: Any) -> str:
    """Value of a choice in words, with its unit."""
    if value is None or value == []:
        return "no limit" if name.startswith("released") else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "tokens" and isinstance(value, int | float):
        return f"{size(float(value))} tokens"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def prior_rows(run: xr.DataTree) -> list[dict[str, str]]:
    """Every declared prior: name, distribution, dims, unit, reason."""
    return [
        {
            "name": name,
            "distribution": distribution(prior),
            "dims": ", ".join(prior["dims"]) or "one value",
            "unit": prior["unit"],
            "about": prior["about"],
        }
        for name, prior in record(run, "model")["priors"].items()
    ]


def distribution(prior: dict[str, Any]) -> str:
    """Prior in the usual notation: `Normal(0, 2.5)`; unknown families list their arguments."""
    args = {key: argument(value) for key, value in prior["args"].items()}
    known = NOTATION.get(prior["family"])
    if known is None:
        return f"{prior['family']}({', '.join(f'{k} = {v}' for k, v in args.items())})"
    return known.format(**args)


def argument(value: Any) -> str:
    """Argument of a prior: a number, one a coordinate, or a name."""
    if isinstance(value, list):
        return "[" + ", ".join(f"{v:g}" for v in value) + "]"
    return value if isinstance(value, str) else f"{value:g}".replace("-", "−")


REFERENCE_TABLES = ("reference_runs", "calibration_points")


def sources(run: xr.DataTree) -> list[dict[str, Any]]:
    """List the sources of the scores and of the reference, one record each.

    Records have source, title, citation, address, licence, note and scores (how many scores of
    the run it gave). A key that the bundled table of sources does not know keeps its name alone.
    """
    keys = run["constant_data"]["score_source"].to_numpy().astype(str)
    counts = {key: int((keys == key).sum()) for key in sorted(set(keys)) if key}
    for key in reference_sources(str(record(run, "model")["choices"]["reference"])):
        counts.setdefault(key, 0)
    table = bundled("sources").set_index("source").fillna("")
    out = []
    for key, count in sorted(counts.items(), key=lambda item: -item[1]):
        row = table.loc[key].to_dict() if key in table.index else {}
        out.append(
            {
                "source": key,
                "title": row.get("title") or key,
                "citation": row.get("citation") or "",
                "address": row.get("address_or_doi") or "",
                "licence": row.get("licence") or "not in the bundled table of sources",
                "note": row.get("note") or "",
                "scores": count,
                "link": link(row.get("address_or_doi") or ""),
            }
        )
    return out


def reference_sources(reference: str) -> list[str]:
    """Keys of the sources of a bundled reference family; none where it is not bundled."""
    keys: list[str] = []
    for name in REFERENCE_TABLES:
        table = bundled(name)
        keys += table.loc[table["reference"] == reference, "source"].dropna().unique().tolist()
    return list(dict.fromkeys(keys))


def link(address: str) -> str:
    """Web address of the first part of an address such as `arXiv:2412.04315` or `doi:10...`."""
    first = address.split(";")[0].strip()
    kind, _, rest = first.partition(":")
    rest = rest.strip()
    match kind:
        case "doi":
            return f"https://doi.org/{rest}"
        case "arXiv":
            return f"https://arxiv.org/abs/{rest}"
        case "github":
            return f"https://github.com/{rest.split(' ')[0].rstrip(',')}"
        case "https":
            return first
    return ""
