"""`densing report` and `densing fit`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from densing.cli.files import check_file, check_writable
from densing.cli.options import Flag, Sampling, Tables
from densing.cli.own import check_named, own_models

if TYPE_CHECKING:
    import xarray as xr

    from densing.data import Evidence
    from densing.inference.settings import Settings
    from densing.models.declaration import Model


def report(
    *,
    out: Path = Path("report"),
    sensitivity: Path | None = None,
    highlight: Annotated[list[str] | None, Parameter(negative=())] = None,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit the model and write the answer as a page, with figures and tables.

    Parameters
    ----------
    out
        Folder of the report: index.html, run.nc, figures/, tables/.
    sensitivity
        Folder of a finished densing sensitivity run of the same evidence and model, to show in the
        page; without it, OUT/sensitivity where that is one.
    highlight
        Model that stands out in the page, as those of --models do. May be given several times.
    json
        Print the summary as one JSON object.
    """
    check_writable(out)
    model, settings = sampling.declared()
    evidence = tables.load()
    own = own_models(tables.models, evidence, model.choices)
    check_named(highlight or (), evidence, model.choices)
    choices = _sensitivity(sensitivity, out, evidence, model)
    run = _fit(evidence, model, settings, sampling)
    from densing.report.write import write_report
    from densing.results.run import save_run

    save_run(run, out / "run.nc")
    command = shlex.join(["densing", *sys.argv[1:]])
    page = write_report(
        run, out, command=command, sensitivity=choices, highlight=[*own, *(highlight or ())]
    )
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
    model, settings = sampling.declared()
    evidence = tables.load()
    own_models(tables.models, evidence, model.choices)
    run = _fit(evidence, model, settings, sampling)
    from densing.cli.show import show_summary
    from densing.results.run import save_run

    return show_summary(run, json=json, written=save_run(run, out))


def _sensitivity(
    given: Path | None, out: Path, evidence: "Evidence", model: "Model"
) -> dict[str, Any] | None:
    """Read the multiverse that is given, or that lies in the report's folder and fits."""
    found = out / "sensitivity"
    if given is None and not found.is_dir():
        return None
    from densing.report.sensitivity_page import read_sensitivity
    from densing.results.run import RunError

    about: dict[str, Any] = {
        "evidence_hash": evidence.hash, "model": model.model_dump(mode="json")
    }  # fmt: skip
    if given is not None:
        return read_sensitivity(given, **about)
    try:
        return read_sensitivity(found, **about)
    except RunError as fault:
        print(f"left out of the page: {fault}", file=sys.stderr)
        return None


def _fit(
    evidence: "Evidence", model: "Model", settings: "Settings", sampling: Sampling
) -> "xr.DataTree":
    from densing.inference.fit import fit as sample

    with sampling.progress() as listener:
        return sample(evidence, model=model, settings=settings, seed=sampling.seed, listen=listener)
