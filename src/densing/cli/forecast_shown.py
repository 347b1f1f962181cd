"""What `densing forecast` prints."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from densing.cli.answers import below, months, plain_console, say, say_written
from densing.results.request import sized

TITLES = {
    "population": "typical new model", "frontier": "frontier", "new_model": "one new model",
    "record": "record",
}  # fmt: skip
DOERS = {
    "population": "typical new model", "frontier": "frontier", "record": "some released model",
}  # fmt: skip
COSTS = {
    "params": "parameters", "params_over_hardware": "parameters over hardware", "price": "price",
}  # fmt: skip
ENDS = ("population", "frontier")
ROWS = 8
WIDE = 100
"""Columns of a terminal from which on a median and its interval stand on one line."""


def show(answer: dict[str, Any], written: Path | None) -> None:
    """Print fans as a table, then milestones, and how far all this is to be believed."""
    console = plain_console()
    shown = [name for name in TITLES if answer[name]]
    table = Table("date", *(TITLES[name] for name in shown))
    apart = " " if console.width >= WIDE else "\n"
    dates = answer["dates"]
    for i in _some(answer):
        note = " (today)" if dates[i] == answer["extrapolation"]["today"] else ""
        cells = (_span(answer[name][i], apart=apart) for name in shown)
        table.add_row(dates[i] + note, *cells)
    prob = answer["population"][0]["prob"]
    console.print(f"Capability density, median and {prob:.0%} equal-tailed interval:")
    console.print(table)
    if answer["mixture"]:
        _mixture(console, answer)
    for milestone in answer["milestones"]:
        _milestone(console, milestone, answer)
    if answer["costs"]:
        _costs(console, answer)
    window = answer["window"]
    said = [f"{DOERS[k]} {_months(window[k])}" for k in ("population", "frontier") if window[k]]
    console.print(f"Months until half the parameters do the same: {', '.join(said)}")
    releases = answer["releases"]
    console.print(
        f"The record counts new releases as often as in the data's last {releases['window_days']} "
        f"days: {releases['models']} models in {releases['batches']} batches (for how often, the "
        "batch that ends them does not count)."
    )
    say(console, "How far this reaches beyond the data", answer["extrapolation"]["sentence"])
    _tested(console, answer)
    if not answer["trustworthy"]:
        console.print("not trustworthy: see `densing summary`", style="bold red")
    if written is not None:
        say_written(console, written)


def _costs(console: Console, answer: dict[str, Any]) -> None:
    told = answer["costs"]
    for row in told["requests"]:
        columns = {"params": row["params"], "params_over_hardware": row["params_over_hardware"]}
        if told["price"]:
            columns["price"] = told["price"]
        table = Table("date", *(COSTS[name] for name in columns))
        for i in _some(answer):
            cells = (_span(costs[i]) for costs in columns.values())
            table.add_row(answer["dates"][i], *cells)
        console.print(f"{row['name']}: what it costs, {told['relative_to']} being 1:", style="bold")
        console.print(table)
    for sentence in told["sentences"].values():
        below(console, sentence)


def _some(answer: dict[str, Any]) -> list[int]:
    """Positions of the dates that a table shows: the last and today's among them."""
    dates, today = answer["dates"], answer["extrapolation"]["today"]
    step, last = -(-len(dates) // ROWS), len(dates) - 1
    return [i for i, day in enumerate(dates) if i % step == 0 or i == last or day == today]


def _tested(console: Console, answer: dict[str, Any]) -> None:
    tested = answer["backtest"]
    if tested is None:
        say(console, "How such forecasts did", answer["not_backtested"], style="bold yellow")
        return
    say(console, "How such forecasts did", tested["sentence"])
    if any(m["request"]["score"] for m in answer["milestones"]):
        say(console, "How they did on single scores", tested["scores_sentence"], style="yellow")


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
            below(
                console,
                f"{doer}: {_when(told['date'], until)}; probability by {until} "
                f"{told['probability'][-1]:.2f}",
            )
        elif name == "record" and name in milestone:
            below(console, f"{doer}: no model of that size in the data's last year to go by")
    for name in ("population", "frontier"):
        sizes = milestone.get("params_needed", {}).get(name)
        if sizes and milestone["request"]["params"] is None:
            below(
                console,
                f"parameters it takes at the density of the {DOERS[name]}: "
                f"{_sizes(sizes[0])} on {answer['dates'][0]}, {_sizes(sizes[-1])} on {until}",
            )
    for key in ("why", "unseen"):
        if milestone.get(key):
            below(console, milestone[key], style="yellow")


def _span(interval: dict[str, Any], *, apart: str = " ") -> str:
    middle, low, high = (_number(interval[key]) for key in ("median", "lower", "upper"))
    return f"{middle}{apart}({low} to {high})"


def _number(value: float) -> str:
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _when(date: dict[str, Any], until: str) -> str:
    if date["lower"] is None:
        return f"not by {until}"
    return f"{date['median'] or f'after {until}'} ({date['lower']} to {date['upper'] or 'later'})"


def _months(interval: dict[str, Any]) -> str:
    return months({"doubling_months": interval})


def _sizes(interval: dict[str, Any]) -> str:
    if interval["lower"] is None:
        return "no size does it"
    middle, upper = (
        "no size" if interval[key] is None else sized(interval[key]) for key in ("median", "upper")
    )
    return f"{middle} ({sized(interval['lower'])} to {upper})"
