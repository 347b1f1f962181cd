"""`densing forecast`: density to come, the record, and when something will be reached."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from densing.cli.options import Flag, Seed


def forecast(
    run: Path,
    *,
    until: str,
    with_: Annotated[list[Path] | None, Parameter(name="--with", negative=())] = None,
    today: str | None = None,
    density: Annotated[list[float] | None, Parameter(negative=())] = None,
    match: str | None = None,
    score: float | None = None,
    benchmark: str | None = None,
    params: str | None = None,
    hardware_years: float = 2.1,
    prob: float = 0.9,
    seed: Seed = 1,
    out: Path | None = None,
    json: Flag = False,
) -> int:
    """Print what a run says of days to come, and how far that is beyond its data.

    Milestones: ten times today's density, and a 4B model with DeepSeek-V3's MMLU score, unless
    others are asked for.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    until
        Last day of the forecast, for example 2027-12-31.
    with_
        Another run, of another shape of the trend, to average with by stacking weights (densing
        compare). May be given several times.
    today
        Day that "today's density" refers to; the day of the call without it.
    density
        When is density so many times today's? May be given several times.
    match
        When, and at what size, does a model match this one? With --benchmark, on that alone.
    score
        When, and at what size, is this proportion reached on --benchmark?
    benchmark
        Benchmark of --match or --score.
    params
        Size of the model that is to do it, for example 4B or 4e9.
    hardware_years
        Median of the prior of the time in which computation per dollar doubles, in years: for
        what --score or --match will cost, relative to today.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the simulated releases.
    out
        Folder for figures (fan, milestones, costs; .png, .svg) and forecast.json.
    json
        Print one JSON object.
    """
    from densing.cli.answers import probability, status
    from densing.results.cost_ahead import cost_ahead
    from densing.results.forecast import forecast as tell
    from densing.results.forecast import look_ahead, shapes_apart
    from densing.results.plain_json import to_json
    from densing.results.request import requests
    from densing.results.run import open_run

    prob = probability(prob)
    if out is not None:
        from densing.cli.files import check_writable

        check_writable(out)
    runs, opened, ahead, weights = {}, open_run(run), None, {}
    if with_:
        from densing.answers.forecast.mixture import mix
        from densing.cli.files import open_named

        runs = open_named((run, *with_))
        opened, ahead, weights = mix(runs)
    outlook = look_ahead(opened, until=until, today=today, seed=seed, ahead=ahead)
    asked = requests(
        opened, density=density or (), match=match, score=score, benchmark=benchmark,
        params=_size(params),
    )  # fmt: skip
    answer = tell(outlook, milestones=asked, prob=prob)
    answer["costs"] = cost_ahead(outlook, asked, hardware_years=hardware_years, prob=prob)
    answer["mixture"] = shapes_apart(runs, weights, outlook.span, prob=prob) if runs else None
    written = None
    if out is not None:
        from densing.report.forecast_write import write_forecast

        written = write_forecast(outlook, answer, out)
    if json:
        print(to_json(answer))
    else:
        from densing.cli.forecast_shown import show

        show(answer, written)
    return status(trustworthy=answer["trustworthy"])


def _size(text: str | None) -> float | None:
    """Read --params; raises `RequestError` with the cure."""
    from densing.data.cells import CellError, size
    from densing.results.horizon import RequestError

    try:
        return None if text is None else size(text)
    except CellError as fault:
        raise RequestError(f"--params {text!r} {fault.problem}: {fault.cure}") from None
