"""Files of an answer in a folder, each whole or not there: JSON, CSV, and pages from templates."""

import csv
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from densing.files import finished, sweep, to_json


@contextmanager
def written_whole(out: Path, *, last: str) -> Iterator[Path]:
    """Yield a temporary folder; what the block has put there moves to `out` when it is done.

    Files move one by one, `last` (the page, which refers to the others) at the end: an
    interruption leaves what was there before, never half a page. Other files in `out` stay.

    Parameters
    ----------
    out
        Made where it does not exist, and taken back where nothing came of it.
    last
        Name of a file at the top of the folder.
    """
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    sweep(out, ".part-*")
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".part-") as name:
            folder = Path(name)
            yield folder
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            for file in sorted(files, key=lambda path: path == folder / last):
                place = out / file.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)
                finished.append(place)
    except BaseException:
        if made and not any(out.iterdir()):
            out.rmdir()
        raise


def write_json(path: Path, record: Any) -> None:
    """Write a record as JSON that every parser reads."""
    path.write_text(to_json(record) + "\n", encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write records under a line of column names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def fill(
    package: str,
    name: str,
    *,
    context: Mapping[str, Any],
    filters: Mapping[str, Callable[..., str]],
) -> Markup:
    """Return the HTML of the template `name` in `package`.

    Everything is escaped except `Markup`; a name that `context` lacks is an error
    (`jinja2.UndefinedError`).
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(lambda part: text(package, part)),
    )  # fmt: skip
    environment.filters |= filters
    return Markup(environment.get_template(name).render(context))


def asset(name: str) -> Markup:
    """Return the house style or script, as it stands."""
    return Markup(text("densing.report", name))


def text(package: str, name: str) -> str:
    """Return the text of a file inside a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
