"""`densing report` and `densing fit`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from densing.cli.files import check_file, check_writable
from densing.cli.options import Flag, Sampling, Tables

if TYPE_CHECKING:
    import xarray as xr


def report(
    *,
    out: Path = Path("report"),
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit the model and write the answer as a page, with figures and tables.

    Parameters
    ----------
    out
        Folder of the report: index.html, run.nc, figures/, tables/.
    json
        Print the summary as one JSON object.
    """
    check_writable(out)
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
    json: Flag = False,
) -> int:
    """Fit the model and write one run file.

    Parameters
    ----------
    out
        Run file to write, for example run.nc.
    json
        Print the summary as one JSON object.
    """
    check_file(out)
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
