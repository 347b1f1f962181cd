"""One's own tables beside the bundled ones: what is added, and what takes whose place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def joined(catalog: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Add models to a catalog; they take the place of those of the same name."""
    import pandas as pd

    if "model" not in own or "model" not in catalog:
        return catalog
    kept = catalog[~catalog["model"].isin(own["model"])]
    columns = [*catalog.columns, *(name for name in own.columns if name not in catalog)]
    own = own.reindex(columns=columns).astype(
        {name: kept[name].dtype for name in catalog if kept[name].dtype.kind not in "iub"}
    )
    return pd.concat([kept, own], ignore_index=True)


def extended(base: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Put one's own benchmarks in place of, or after, the bundled ones."""
    import pandas as pd

    kept = base[~base["benchmark"].isin(own["benchmark"])]
    return pd.concat([kept, own], ignore_index=True)


def completed(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give a row to each benchmark that another table uses and none describes."""
    import pandas as pd

    table = tables["benchmarks"]
    known, rows = set(table["benchmark"]), []
    for kind in ("reference_runs", "calibration_points", "catalog"):
        frame = tables[kind]
        if "items" not in frame:
            continue
        for name, items in frame.groupby("benchmark")["items"]:
            if name not in known and items.notna().any():
                known.add(name)
                about = "not described: chance taken as 0"
                rows.append((name, int(items.dropna().iloc[0]), 0.0, about))
    if not rows:
        return table
    more = pd.DataFrame(rows, columns=["benchmark", "items", "chance", "description"])
    return pd.concat([table, more], ignore_index=True)
