"""`densing report`, `densing fit`, and one component alone: `densing loss`, `densing trend`."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from densing.cli.files import check_file, check_writable, open_joint
from densing.cli.options import Flag, Sampling, Tables, read_table

if TYPE_CHECKING:
    import xarray as xr

    from densing.data import Evidence
    from densing.inference.settings import Settings
    from densing.models.choices import Choices
    from densing.models.declaration import Model


def report(
    *,
    out: Path = Path("report"),
    run: Path | None = None,
    sensitivity: Path | None = None,
    highlight: list[str] | None = None,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit the model and write the answer as a page, with figures and tables.

    Parameters
    ----------
    out
        Folder of the report: index.html, run.nc, figures/, tables/.
    run
        Run file to make the page of, in place of a fit: that of a report that was interrupted, or
        of densing fit.
    sensitivity
        Folder of a finished densing sensitivity run of the same evidence and model, to show in the
        page; without it, OUT/sensitivity where that is one.
    highlight
        Model that stands out in the page, as those of --models do. May be given several times.
    json
        Print the summary as one JSON object.
    """
    check_writable(out)
    named = list(highlight or ())
    if run is not None:
        from densing.answers.given import as_models
        from densing.results.run import record

        opened = _given(run, tables, sampling)
        as_models(named, opened)
        choices = _sensitivity(
            sensitivity, out, opened.attrs["evidence_hash"], record(opened, "model")
        )
    else:
        model, settings = sampling.declared()
        evidence = tables.load()
        own = own_models(evidence, model.choices)
        check_named(named, evidence, model.choices)
        named = [*own, *named]
        choices = _sensitivity(sensitivity, out, evidence.hash, model.model_dump(mode="json"))
        opened = _fit(evidence, model, settings, sampling)
    from densing.report.page import write_report
    from densing.results.run import save_run

    kept = out / "run.nc"
    if run is None or run.resolve() != kept.resolve():
        save_run(opened, kept)
    command = shlex.join(["densing", *sys.argv[1:]])
    try:
        page = write_report(opened, out, command=command, sensitivity=choices, highlight=named)
    except (KeyboardInterrupt, OSError):
        again = ["densing", "report", "--run", str(kept), "--out", str(out)]
        again += [part for name in named for part in ("--highlight", name)]
        print(f"the fit is kept; the page is made by: {shlex.join(again)}", file=sys.stderr)
        raise
    from densing.answers.summary import summarise
    from densing.cli.command import tell

    return tell(summarise(opened), json=json, written=page)


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
    own_models(evidence, model.choices)
    run = _fit(evidence, model, settings, sampling)
    from densing.answers.summary import summarise
    from densing.cli.command import tell
    from densing.results.run import save_run

    return tell(summarise(run), json=json, written=save_run(run, out))


def loss(
    table: Path,
    *,
    out: Path | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit the loss law L(N, D) to any table of runs.

    Parameters
    ----------
    table
        CSV with params, tokens (or training FLOP), loss and, for several laws, benchmark.
    out
        Run file to write as well.
    json
        Print one JSON object.
    """
    check_file(out)
    model, settings = sampling.declared(model="ladder")
    runs = read_table(table, "losses")
    from densing.answers.summary import summarise
    from densing.cli.command import tell
    from densing.inference.fit import fit_loss
    from densing.results.run import save_run

    with sampling.progress() as listener:
        run = fit_loss(runs, model=model, settings=settings, seed=sampling.seed, listen=listener)
    written = save_run(run, out) if out else None
    return tell(summarise(run), json=json, written=written)


def trend(
    table: Path,
    *,
    residual: Literal["skewed", "normal"] = "skewed",
    out: Path | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit an exponential trend to any dated positive values.

    Parameters
    ----------
    table
        CSV with name, date, value and, if known, lower and upper (and prob) or se.
    residual
        skewed: with a frontier above the population; normal: the population alone.
    out
        Run file to write as well.
    json
        Print one JSON object.
    """
    check_file(out)
    model, settings = sampling.declared(model="ladder")
    values = read_table(table, "trend")
    from densing.answers.summary import summarise
    from densing.cli.command import tell
    from densing.inference.fit import fit_trend
    from densing.results.run import save_run

    with sampling.progress() as listener:
        run = fit_trend(
            values, shortfall=residual == "skewed", model=model, settings=settings,
            seed=sampling.seed, listen=listener,
        )  # fmt: skip
    written = save_run(run, out) if out else None
    return tell(summarise(run), json=json, written=written)


def own_models(evidence: "Evidence", choices: "Choices") -> list[str]:
    """Names of the models of the table `--models` that take part in the fit.

    Those that do not are told on standard error, with what leaves them out.

    Raises
    ------
    SelectionError
        None of them takes part.
    """
    from densing.models.select import own_models as judged

    names, told = judged(evidence, choices)
    if told:
        print("\n".join(told), file=sys.stderr)
    return names


def check_named(names: Sequence[str], evidence: "Evidence", choices: "Choices") -> None:
    """Refuse models of `--highlight` that take no part in the fit, all at once.

    Raises
    ------
    SelectionError
        A model that the catalog does not have, or that the choices leave out.
    """
    from densing.models.select import SelectionError, left_out

    out = left_out(evidence, choices, names)
    if out:
        raise SelectionError(
            "\n".join(f"{name} takes no part in the fit: {reason}" for name, reason in out.items())
        )


def _given(run: Path, tables: Tables, sampling: Sampling) -> "xr.DataTree":
    """Open the run that a page is asked of; what a fit alone would heed beside it is refused."""
    from densing.models.declaration import DeclarationError

    if tables != Tables() or sampling != Sampling(quiet=sampling.quiet):
        raise DeclarationError(
            "--run shows a run as it was fitted: leave out the tables and the options of the fit, "
            "or leave out --run to fit"
        )
    return open_joint(run)


def _sensitivity(
    given: Path | None, out: Path, evidence_hash: str, model: "Mapping[str, Any]"
) -> dict[str, Any] | None:
    """Read the multiverse that is given, or that lies in the report's folder and fits."""
    found = out / "sensitivity"
    if given is None and not found.is_dir():
        return None
    from densing.report.sensitivity import read_sensitivity
    from densing.results.run import RunError

    about: dict[str, Any] = {"evidence_hash": evidence_hash, "model": model}
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
