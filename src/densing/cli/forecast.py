"""`densing forecast`: density to come, the record, and when something will be reached."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from densing.cli.options import Flag, Seed

TITLES = {
    "population": "typical new model", "frontier": "frontier", "new_model": "one new model",
    "record": "record",
}  # fmt: skip
DOERS = {
    "population": "typical new model", "frontier": "frontier", "record": "some released model",
}  # fmt: skip
ENDS = ("population", "frontier")
ROWS = 8


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
    params: float | None = None,
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
        Size of the model that is to do it, for example 4e9.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the simulated releases.
    out
        Folder for figures (fan.png, milestones.png, .svg) and forecast.json.
    json
        Print one JSON object.
    """
    from densing.cli.answers import probability, status
    from densing.results.backtested import untested, verdict
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
        from densing.cli.files import open_named
        from densing.results.mixture import mix

        runs = open_named((run, *with_))
        opened, ahead, weights = mix(runs)
    outlook = look_ahead(opened, until=until, today=today, seed=seed, ahead=ahead)
    asked = requests(
        opened, density=density or (), match=match, score=score, benchmark=benchmark, params=params
    )
    answer = tell(outlook, milestones=asked, prob=prob)
    beyond = answer["extrapolation"]["days_beyond"]
    answer["backtest"] = untested() if runs else verdict(opened, days_beyond=beyond)
    answer["mixture"] = shapes_apart(runs, weights, outlook.span, prob=prob) if runs else None
    written = None
    if out is not None:
        from densing.report.forecast_write import write_forecast

        written = write_forecast(outlook, answer, out)
    if json:
        print(to_json(answer))
    else:
        _show(answer, written)
    return status(trustworthy=answer["trustworthy"])


def _show(answer: dict[str, Any], written: Path | None) -> None:
    console = Console(highlight=False, soft_wrap=True)
    shown = [name for name in TITLES if answer[name]]
    table = Table("date", *(TITLES[name] for name in shown))
    dates = answer["dates"]
    step = -(-len(dates) // ROWS)
    today = answer["extrapolation"]["today"]
    for i, day in enumerate(dates):
        if i % step == 0 or i == len(dates) - 1 or day == today:
            note = " (today)" if day == today else ""
            table.add_row(day + note, *(_span(answer[name][i]) for name in shown))
    prob = answer["population"][0]["prob"]
    console.print(f"Capability density, median and {prob:.0%} equal-tailed interval:")
    console.print(table)
    if answer["mixture"]:
        _mixture(console, answer)
    for milestone in answer["milestones"]:
        _milestone(console, milestone, answer)
    window = answer["window"]
    said = [f"{DOERS[k]} {_months(window[k])}" for k in ("population", "frontier") if window[k]]
    console.print(f"Months until half the parameters do the same: {', '.join(said)}")
    releases = answer["releases"]
    console.print(
        f"The record counts new releases as often as in the data's last {releases['window_days']} "
        f"days: {releases['models']} models in {releases['batches']} batches."
    )
    console.print(answer["extrapolation"]["sentence"])
    tested = answer["backtest"]
    console.print(tested["sentence"], style=None if tested["same"] else "yellow")
    if tested["scores_sentence"] and any(m["request"]["score"] for m in answer["milestones"]):
        console.print(tested["scores_sentence"], style="yellow")
    if not answer["trustworthy"]:
        console.print("not trustworthy: see `densing summary`", style="bold red")
    if written is not None:
        console.print(f"written: {written}")


def _mixture(console: Console, answer: dict[str, Any]) -> None:
    until = answer["extrapolation"]["until"]
    table = Table("each shape alone", "weight", *(f"{TITLES[k]}, {until}" for k in ENDS))
    for part in answer["mixture"]:
        table.add_row(
            part["name"], "none" if part["weight"] is None else f"{part['weight']:.2f}",
            *(_span(part[key]) if part[key] else "none" for key in ENDS),
            style=None if part["trustworthy"] else "red",
        )  # fmt: skip
    console.print("The forecast is the average of these, by their stacking weights:")
    console.print(table)


def _milestone(console: Console, milestone: dict[str, Any], answer: dict[str, Any]) -> None:
    console.print(f"{milestone['name']}:", style="bold")
    until = answer["extrapolation"]["until"]
    for name, doer in DOERS.items():
        told = milestone.get(name)
        if told:
            console.print(
                f"  {doer}: {_when(told['date'], until)}; probability by {until} "
                f"{told['probability'][-1]:.2f}"
            )
        elif name == "record" and name in milestone:
            console.print(f"  {doer}: no model of that size in the data's last year to go by")
    for name in ("population", "frontier"):
        sizes = milestone.get("params_needed", {}).get(name)
        if sizes and milestone["request"]["params"] is None:
            console.print(
                f"  parameters it takes at the density of the {DOERS[name]}: "
                f"{_sizes(sizes[0])} on {answer['dates'][0]}, {_sizes(sizes[-1])} on {until}"
            )
    for key in ("why", "unseen"):
        if milestone.get(key):
            console.print(f"  {milestone[key]}", style="yellow")


def _span(interval: dict[str, Any]) -> str:
    middle, low, high = (_number(interval[key]) for key in ("median", "lower", "upper"))
    return f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _when(date: dict[str, Any], until: str) -> str:
    if date["lower"] is None:
        return f"not by {until}"
    return f"{date['median'] or f'after {until}'} ({date['lower']} to {date['upper'] or 'later'})"


def _months(interval: dict[str, Any]) -> str:
    from densing.cli.answers import months

    return months({"doubling_months": interval})


def _sizes(interval: dict[str, Any]) -> str:
    from densing.cli.show import count

    if interval["lower"] is None:
        return "no size does it"
    middle, upper = (
        "no size" if interval[key] is None else count(interval[key]) for key in ("median", "upper")
    )
    return f"{middle} ({count(interval['lower'])} to {upper})"
