"""`densing data`: the bundled evidence, and `densing data add`."""

from typing import TYPE_CHECKING

from cyclopts import App
from rich.box import SIMPLE
from rich.table import Table

from densing.cli.answers import plain_console, print_json
from densing.cli.grow import add
from densing.cli.offers import TableName
from densing.cli.options import Flag

if TYPE_CHECKING:
    from rich.console import Console

COVERAGE = "coverage"
"""Name under which the counts of what there is are printed like a table."""

MANY = 12
"""More source keys than these are counted, not listed."""

data = App(name="data", group_commands="Commands")
data.command(add, name="add", help="check new models and merge them into your own catalog")


@data.default
def listing(name: TableName = None, *, json: Flag = False) -> None:
    """List the bundled evidence and what it covers, or print one of its tables.

    Parameters
    ----------
    name
        Table to print as CSV, or `coverage`: models and scores by half-year, type, benchmark,
        protocol, family and release. Without it, all tables are listed with their provenance.
    json
        Print one JSON list.
    """
    from densing.data import bundled, coverage, list_bundled
    from densing.models.declaration import DeclarationError

    listing = list_bundled()
    if name not in {None, COVERAGE, *listing["name"]}:
        known = ", ".join([*listing["name"], COVERAGE])
        raise DeclarationError(f"no bundled table {name!r}; there are: {known}")
    frame = listing if name is None else coverage() if name == COVERAGE else bundled(name)
    if json:
        print_json(frame.astype(object).where(frame.notna(), None).to_dict(orient="records"))
    elif name is not None:
        print(frame.to_csv(index=False), end="")
    else:
        shown = Table("table", "rows", "what it holds, and the keys of its sources", box=SIMPLE)
        for table, rows, what, sources in frame.itertuples(index=False):
            keys = sources if sources.count(",") < MANY else f"{sources.count(',') + 1} sources"
            shown.add_row(table, str(rows), what + (f"\n[dim]{keys}[/dim]" if keys else ""))
        console = plain_console()
        console.print(shown)
        _print_coverage(console)
        console.print(
            "densing data NAME prints a table; densing data sources says what the keys stand for; "
            "densing data coverage counts by protocol and family, too"
        )
        console.print(_freshness())


def _print_coverage(console: "Console") -> None:
    """Say what there is: in all, by half-year, by type, and which reference families."""
    from densing.data import EVIDENCE_DATE, EVIDENCE_VERSION, bundled, coverage

    table = coverage()
    whole = table.iloc[0]
    console.print(
        f"evidence {EVIDENCE_VERSION} of {EVIDENCE_DATE}: {whole['models']} open base models that "
        f"are not derived and have two scores or more, released {whole['first']} to "
        f"{whole['last']}, of {whole['families']} families (effective number by Kish "
        f"{whole['effective_families']:.1f}); {whole['scores']} scores"
    )
    for by in ("half-year", "type"):
        shown = Table(by, "models", "scores", "families", box=SIMPLE)
        for row in table[table["by"] == by].to_dict(orient="records"):
            shown.add_row(*(str(row[key]) for key in ("value", "models", "scores", "families")))
        console.print(shown)
    references = bundled("references")
    shown = Table("reference family", "it has", "of what", box=SIMPLE)
    for row in references.to_dict(orient="records"):
        shown.add_row(row["reference"], row["kind"], row["about"])
    console.print(shown)


def _freshness() -> str:
    """Say how old the newest model of the bundled catalog is today."""
    from datetime import date

    from densing.data import bundled

    catalog = bundled("catalog")
    last = int(catalog["release_date"].argmax())
    name, released = catalog["model"].iloc[last], catalog["release_date"].iloc[last]
    days = (date.today() - released.date()).days
    return (
        f"newest model of the catalog: {name}, released {released:%Y-%m-%d}, "
        f"{days} days ago; later ones are added by --models or load_evidence(models=...)"
    )
