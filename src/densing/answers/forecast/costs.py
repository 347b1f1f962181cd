r"""What running the smallest model that reaches a score, or a match, costs relative to today.

Two answers, kept apart. *From the run*: parameters that the day's best practice needs (the typical
new model's where there is no frontier), ``exp(-(line(t) - line(today)))``, the benchmark's own
growth in it; and the same over what a dollar of hardware computes by then, whose doubling time is
a declared prior (`budget`). How many parameters it takes at all cancels draw by draw, and so does
whether any size reaches the score: that is the milestone's to say. *From prices*: the bundled
prices at equal performance, carried on at the rate at which they fell (`price_trend`); no further
than they themselves span.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from densing.answers._answer import Record
from densing.answers.forecast.milestones import Request
from densing.answers.forecast.outlook import Band, Outlook, fan, intervals
from densing.models.dates import years
from densing.results.corollaries.economics import (
    HARDWARE_SPREAD,
    HARDWARE_YEARS,
    PriceTrend,
    hardware_rate,
    price_trend,
)
from densing.results.interval import PROB, Interval
from densing.results.needed import Yardstick


class HardwareYears(Record):
    """Prior of the time in which computation per dollar doubles, years: log-normal."""

    median: float
    log_spread: float


class Cost(Record):
    """What it costs to do one thing, today being 1; one interval a date."""

    name: str
    params: list[Interval]
    params_over_hardware: list[Interval]
    fans: dict[str, list[Band]]


class Costs(Record):
    """Costs at a forecast's dates, over today's."""

    relative_to: str
    """Today."""
    of: str
    """Whose density."""
    dates: list[str]
    hardware_years: HardwareYears
    requests: list[Cost]
    price: list[Interval] | None
    """None, with `no_price`, where none is told."""
    price_fan: list[Band] | None
    no_price: str | None
    prices: dict[str, Any]
    """How many, from, until, and how far beyond them the forecast reaches."""
    sentences: dict[str, str]
    """One for each of these costs."""


def cost_ahead(
    outlook: Outlook,
    requests: Sequence[Request],
    *,
    hardware_years: float = HARDWARE_YEARS,
    prob: float = PROB,
    prices: PriceTrend | None = None,
) -> Costs | None:
    """Costs at the outlook's months over today's, for each score or model to reach at any size.

    Parameters
    ----------
    hardware_years
        Median of the prior of hardware's doubling time, years.
    prices
        The bundled ones where None.

    Returns
    -------
    Costs or None
        None where no such request is made.

    Raises
    ------
    RequestError
        A hardware doubling time that is not positive.
    """
    span, ahead = outlook.span, outlook.ahead
    # Before anything else: a prior that is none is told, whatever is asked.
    hardware = hardware_rate(ahead.size, years=hardware_years, seed=outlook.seed)
    asked = [request for request in requests if request.factor is None and request.params is None]
    if not asked:
        return None
    time, now = ahead.time(span.months), ahead.time([span.today])
    lines, today = ahead.lines(time), ahead.lines(now)
    of = "frontier" if "frontier" in lines else "population"
    rows = []
    for request in asked:
        fall = lines[of] - today[of]
        if request.score is not None and request.benchmark is not None:
            yardstick = Yardstick(outlook.run, request.benchmark, protocol=request.protocol)
            fall = fall + yardstick.lead(time) - yardstick.lead(now)
        both = fall + hardware[:, None] * (time - now)
        rows.append(
            Cost(
                name=request.name, params=_costs(fall, prob),
                params_over_hardware=_costs(both, prob),
                fans={"params": fan(np.exp(-fall)), "params_over_hardware": fan(np.exp(-both))},
            )
        )  # fmt: skip
    out: dict[str, Any] = {
        "relative_to": f"{span.today:%Y-%m-%d}", "of": of,
        "dates": [f"{day:%Y-%m-%d}" for day in span.months],
        "hardware_years": {"median": hardware_years, "log_spread": HARDWARE_SPREAD},
        "requests": rows,
    }  # fmt: skip
    out |= _price(outlook, price_trend(seed=outlook.seed) if prices is None else prices, prob)
    return Costs(**out, sentences=_sentences(out))


def _costs(fall: np.ndarray, prob: float) -> list[Interval]:
    """Intervals of costs, from draws (sample, date) of the log by which they fell."""
    return intervals(np.exp(-fall), prob=prob)


def _price(outlook: Outlook, found: PriceTrend, prob: float) -> dict[str, Any]:
    """Price over today's, or why it is not told."""
    span = outlook.span
    first, last = found.table["date"].min(), found.table["date"].max()
    beyond, own = (span.until - last).days, (last - first).days
    rests = {
        "prices": len(found.table), "from": f"{first:%Y-%m-%d}", "until": f"{last:%Y-%m-%d}",
        "days_beyond": beyond, "span_days": own,
    }  # fmt: skip
    if beyond > own:
        why = (
            f"the bundled prices end {last:%Y-%m-%d} and span {own} days: {span.until:%Y-%m-%d} "
            f"lies {beyond} days beyond them, further than they tell"
        )
        return {"price": None, "price_fan": None, "no_price": why, "prices": rests}
    since = years(span.months) - years([span.today])
    fall = found.fall[:, None] * since
    return {
        "price": _costs(fall, prob), "price_fan": fan(np.exp(-fall)), "no_price": None,
        "prices": rests,
    }  # fmt: skip


def _sentences(told: dict[str, Any]) -> dict[str, str]:
    """One sentence for each cost: what it is and what it rests on."""
    who = "frontier's" if told["of"] == "frontier" else "typical new model's"
    hardware, rests = told["hardware_years"], told["prices"]
    out = {
        "params": f"Parameters that the {who} density needs, over those of {told['relative_to']}; "
        "whether any size does it at all, the milestone says.",
        "params_over_hardware": "The same over the computation that a dollar buys, which doubles "
        f"every {hardware['median']:g} years: a declared prior (log-normal, spread "
        f"{hardware['log_spread']:g}), no part of the run and never back-tested.",
    }
    out["price"] = (
        f"No price is told: {told['no_price']}."
        if told["price"] is None
        else f"Price of a token at equal performance, over today's: {rests['prices']} bundled "
        f"prices from {rests['from']} to {rests['until']}, carried on {rests['days_beyond']} days "
        "at the rate at which typical offers fell; it has margins and competition in it, "
        "and was never back-tested."
    )
    return out
