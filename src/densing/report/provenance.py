"""What a run rests on, as rows of text: its choices and priors, and its sources with licences."""

from typing import Any

import xarray as xr

from densing.data import bundled
from densing.models.choices import Choices, FamilyChoices
from densing.report.words import size
from densing.results.family_run import is_families
from densing.results.run import record

NOTATION = {
    "normal": "Normal({loc}, {scale})",
    "lognormal": "LogNormal({loc}, {scale})",
    "beta": "Beta({a}, {b})",
    "gamma": "Gamma({shape}, rate {rate})",
}


def choice_rows(run: xr.DataTree) -> list[dict[str, str]]:
    """Every reference choice: name, value, meaning."""
    fields = Choices.model_fields
    if is_families(run):
        fields = FamilyChoices.model_fields
    return [
        {
            "name": name.replace("_", " "), "value": value_text(name, value),
            "about": (fields[name].description or "").replace("`", "") if name in fields else "",
        }
        for name, value in record(run, "model")["choices"].items()
    ]  # fmt: skip


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
            "name": name, "distribution": distribution(prior),
            "dims": ", ".join(prior["dims"]) or "one value", "unit": prior["unit"],
            "about": prior["about"],
        }
        for name, prior in record(run, "model")["priors"].items()
    ]  # fmt: skip


def distribution(prior: dict[str, Any]) -> str:
    """Prior in the usual notation: `Normal(0, 2.5)`; unknown families list their arguments."""

    def said(value: Any) -> str:
        if isinstance(value, list):  # one a coordinate
            return "[" + ", ".join(f"{v:g}" for v in value) + "]"
        return value if isinstance(value, str) else f"{value:g}".replace("-", "−")

    args = {key: said(value) for key, value in prior["args"].items()}
    listed = ", ".join(f"{key} = {value}" for key, value in args.items())
    form = NOTATION.get(prior["family"])
    return f"{prior['family']}({listed})" if form is None else form.format(**args)


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
    rows = []
    for key, count in sorted(counts.items(), key=lambda item: -item[1]):
        row = table.loc[key].to_dict() if key in table.index else {}
        address = row.get("address_or_doi") or ""
        rows.append(
            {
                "source": key, "title": row.get("title") or key,
                "citation": row.get("citation") or "", "address": address,
                "licence": row.get("licence") or "not in the bundled table of sources",
                "note": row.get("note") or "", "scores": count, "link": link(address),
            }
        )  # fmt: skip
    return rows


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
