"""`densing report` and `densing fit`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from densing.cli.options import Sampling, Tables

if TYPE_CHECKING:
    import xarray as xr

Json = Annotated[bool, Parameter(negative=())]


def report(
    *,
    out: Path = Path("report"),
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Json = False,
) -> int:
    """Fit the model and write the answer as a page, with figures and tables.

    Parameters
    ----------
    out
        Folder of the report: index.html, run.nc, figures/, tables/.
    json
        Print the summary as one JSON object.
    """
    _folder(out)
    run = _fit(tables, sampling)
    from densing.report.write import write_report
    from densing.results.run import save_run

    save_run(run, out / "run.nc")
    page = write_report(run, out, command=shlex.join(["densing", *sys.argv[1:]]))
    from densing.cli.show import show_summary

    return show_summary(run, json=json, written=page)


def fit(
    *,
    out: Path,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Json = False,
) -> int:
    """Fit the model and write one run file.

    Parameters
    ----------
    out
        Run file to write, for example run.nc.
    json
        Print the summary as one JSON object.
    """
    if out.is_dir():
        raise IsADirectoryError(21, "is a folder; give the name of a file", str(out))
    _folder(out.parent)
    run = _fit(tables, sampling)
    from densing.cli.show import show_summary
    from densing.results.run import save_run

    return show_summary(run, json=json, written=save_run(run, out))


def _fit(tables: Tables, sampling: Sampling) -> "xr.DataTree":
    model, settings = sampling.declared()
    evidence = tables.load()
    from densing.inference.fit import fit as sample

    with sampling.progress() as listener:
        return sample(evidence, model=model, settings=settings, seed=sampling.seed, listen=listener)


def _folder(path: Path) -> None:
    """Refuse a place that cannot be written to before the work, not after it."""
    from tempfile import TemporaryFile

    place = path
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise NotADirectoryError(20, "is a file, not a folder", str(place))
    with TemporaryFile(dir=place):
        pass
