"""`densing data add`: new models merged into a catalog of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING

from densing.cli.answers import plain_console, print_json
from densing.cli.options import Flag

if TYPE_CHECKING:
    from densing.data.growing import Grown


def add(
    table: Path,
    *,
    out: Path = Path("densing-data"),
    sources: Path | None = None,
    benchmarks: Path | None = None,
    replace: Flag = False,
    dry_run: Flag = False,
    json: Flag = False,
) -> None:
    """Check new models, each score with its source, and merge them into your own catalog.

    The catalog starts as a copy of the bundled one, which is never changed. Every fault of every
    table is named at once, and then nothing is written.

    Parameters
    ----------
    table
        New rows (CSV) in the catalog's form, with a column `source`: a key of the sources, or an
        address (https://, doi:, arXiv:).
    out
        Folder of your catalog: catalog.csv, sources.csv and, where you give any, benchmarks.csv.
    sources
        Citations (CSV: source, citation, licence ...) of sources that are not known yet.
    benchmarks
        Benchmarks (CSV: benchmark, items, chance ...) that are not known yet.
    replace
        Let models of the table take the place of those of the same name, with all their rows.
    dry_run
        Only say what would change.
    json
        Print one JSON object.
    """
    from densing.cli.files import check_file
    from densing.data.growing import grow

    if not dry_run:
        check_file(out / "catalog.csv")
    grown = grow(table, folder=out, sources=sources, benchmarks=benchmarks, replace=replace)
    changed = bool(len(grown.added) or grown.replaced or sources or benchmarks)
    written = [] if dry_run or not changed else _write(grown, out)
    if json:
        print_json(
            {
                "added": grown.added[["model", "benchmark", "score"]].to_dict(orient="records"),
                "there_already": grown.there, "replaced": grown.replaced,
                "completed": [list(pair) for pair in grown.completed], "notes": _notes(grown),
                "rows": len(grown.tables["catalog"]), "written": [str(path) for path in written],
            }
        )  # fmt: skip
        return
    console = plain_console(markup=False)
    for model, rows in grown.added.groupby("model", sort=False):
        console.print(f"new: {model} on {', '.join(rows['benchmark'])}")
    if grown.there:
        console.print(f"there already, word for word: {_count(grown.there, 'row')}")
    for model, rows in grown.replaced.items():
        console.print(f"replaced: {_count(rows, 'row')} of {model}")
    for model, fact in grown.completed:
        console.print(f"completed: {fact} of {model}, which the catalog left blank")
    for note in _notes(grown):
        console.print(f"note: {note}", style="yellow")
    catalog = grown.tables["catalog"]
    size = f"{_count(len(catalog), 'row')} of {_count(catalog['model'].nunique(), 'model')}"
    if not changed:
        console.print(f"nothing to add: the catalog stays as it is, {size}")
        return
    if dry_run:
        console.print(f"dry run, nothing written: the catalog would have {size}")
        return
    console.print(f"written: {', '.join(map(str, written))}; the catalog has {size}")
    own = f" --benchmarks {out / 'benchmarks.csv'}" if "benchmarks" in grown.tables else ""
    console.print(f"use it: densing report --catalog {out / 'catalog.csv'}{own} --out mine")


def _write(grown: "Grown", folder: Path) -> list[Path]:
    """Write each table whole, the catalog last, so that what it refers to is there."""
    from densing.files import write_whole

    paths = []
    for kind, table in grown.tables.items():
        paths.append(folder / f"{kind}.csv")
        write_whole(paths[-1], table.to_csv(index=False, lineterminator="\n").encode())
    return paths


def _notes(grown: "Grown") -> list[str]:
    """Say what is allowed and yet may surprise."""
    from densing.models.declaration import load_model

    choices = load_model("default").choices
    catalog = grown.tables["catalog"]
    notes = list(grown.left_out)
    for model in grown.added["model"].unique():
        rows = catalog[catalog["model"] == model]
        count = rows["benchmark"].isin(choices.benchmarks).sum()
        if count < choices.min_scores:
            notes.append(
                f"{model} has scores on {count} of the default model's benchmarks, which asks for "
                f"{choices.min_scores} (less by --set min_scores=1)"
            )
        elif "derived_from" in rows and rows["derived_from"].ne("").any():
            notes.append(
                f"{model} is derived: the default model leaves it out (--set derived=true)"
            )
        elif "embedding_params" not in rows or rows["embedding_params"].eq("").any():
            notes.append(f"{model} has no embedding_params: all its parameters count")
    return notes


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
