"""Where the evidence of a run comes from, with licences."""

from typing import Any

import xarray as xr

from densing.data import bundled
from densing.results.run import record

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
