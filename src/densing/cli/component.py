"""`densing loss` and `densing trend`: one component alone, on any table."""

from pathlib import Path
from typing import Literal

from densing.cli.files import check_file
from densing.cli.options import Flag, Sampling


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
    from densing.data import validate

    model, settings = sampling.declared()
    runs = validate(table, "losses")
    from densing.answers.summary import summarise
    from densing.cli.command import tell
    from densing.inference.component import fit_loss
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
    from densing.data import validate

    model, settings = sampling.declared()
    values = validate(table, "trend")
    from densing.answers.summary import summarise
    from densing.cli.command import tell
    from densing.inference.component import fit_trend
    from densing.results.run import save_run

    with sampling.progress() as listener:
        run = fit_trend(
            values, shortfall=residual == "skewed", model=model, settings=settings,
            seed=sampling.seed, listen=listener,
        )  # fmt: skip
    written = save_run(run, out) if out else None
    return tell(summarise(run), json=json, written=written)
