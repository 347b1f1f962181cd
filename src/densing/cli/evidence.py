"""`densing data`: the bundled evidence, and `densing data add`."""

from cyclopts import App
from rich.box import SIMPLE
from rich.table import Table

from densing.cli.answers import plain_console, print_json
from densing.cli.grow import add
from densing.cli.offers import TableName
from densing.cli.options import Flag

data = App(name="data", group_commands="Commands")
data.command(add, name="add", help="check new models and merge them into your own catalog")


@data.default
def listing(name: TableName = None, *, json: Flag = False) -> None:
    """List the bundled evidence, or print one of its tables.

    Parameters
    ----------
    name
        Table to print as CSV; without it, all are listed with their provenance.
    json
        Print one JSON list.
    """
    from densing.data import bundled, list_bundled
    from densing.models.declaration import DeclarationError

    listing = list_bundled()
    if name is not None and name not in set(listing["name"]):
        raise DeclarationError(
            f"no bundled table {name!r}; there are: {', '.join(listing['name'])}"
        )
    frame = listing if name is None else bundled(name)
    if json:
        print_json(frame.astype(object).where(frame.notna(), None).to_dict(orient="records"))
    elif name is not None:
        print(frame.to_csv(index=False), end="")
    else:
        shown = Table("table", "rows", "what it holds, and the keys of its sources", box=SIMPLE)
        for table, rows, what, sources in frame.itertuples(index=False):
            shown.add_row(table, str(rows), what + (f"\n[dim]{sources}[/dim]" if sources else ""))
        console = plain_console()
        console.print(shown)
        console.print(
            "densing data NAME prints a table; densing data sources says what the keys stand for"
        )
        console.print(_freshness())


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
