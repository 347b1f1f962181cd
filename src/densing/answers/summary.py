"""`summary`: the headline of a run and whether to trust it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import xarray as xr

from densing.answers._answer import Answer, Cells, Growth, Line, Record, Run, Verdict
from densing.answers.given import as_prob, as_run
from densing.answers.growth import Shaped, shaped
from densing.results.interval import PROB, Interval, growth, interval
from densing.results.run import record
from densing.text import ESTIMANDS, month

STALE_DAYS = 180
"""From this age on, the newest model is called old."""
LAW = ("irreducible_loss", "size_coefficient", "alpha", "data_coefficient", "beta")
NOISE = ("loss_noise", "loss_tail")


class Newest(Record):
    """The newest model of a run: an answer about growth is as fresh as its evidence."""

    model: str
    release_date: str
    days_before_fit: int | None
    """None where the run does not say when it was made."""

    def sentence(self) -> str:
        """Say which it is, and whether it is old."""
        days, note = self.days_before_fit, f"newest model: {self.model}, released"
        if days is None:
            return f"{note} {self.release_date}"
        stale = days >= STALE_DAYS
        more = "; later models are not in it (add them with --models)" if stale else ""
        return f"{note} {self.release_date}, {days} days before the fit{more}"


class Diagnosed(Answer):
    """An answer that is the run's own: its diagnostics, seed and versions."""

    diagnostics: Verdict
    seed: int
    versions: dict[str, str]

    @property
    def trustworthy(self) -> bool:
        """Whether the run's diagnostics passed."""
        return self.diagnostics.ok

    def own_parts(self) -> Iterator[Line | Cells]:
        """Say the answer itself."""
        raise NotImplementedError

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """Say the answer between doubts and diagnostics."""
        del width
        if not self.trustworthy:
            yield Line(f"{self.diagnostics.verdict}: do not use these numbers", "bold red")
        yield from self.own_parts()
        yield from _diagnosed(self.diagnostics)


class Summary(Shaped, Diagnosed):
    """The headline of a run of the joint model."""

    benchmarks: dict[str, Growth] | None
    """Growth of the typical new model on each; None where all share one trend."""
    models: int
    scores: int
    newest: Newest
    reference: str
    model: str
    choices: dict[str, Any]
    evidence_hash: str

    def own_parts(self) -> Iterator[Line | Cells]:
        """Say both growth rates, those of the benchmarks, and what they rest on."""
        yield from self.growth_parts()
        if self.benchmarks:
            yield Line(by_benchmark(self.benchmarks))
        yield Line(
            f"{self.models} models, {self.scores} scores, reference {self.reference}, model "
            f"{self.model}"
        )
        yield Line(self.newest.sentence())

    def table(self) -> pd.DataFrame:
        """Return the doubling times (see `doubling_time`)."""
        rows = {key: self[key].row() for key in ESTIMANDS if self[key]}
        return self.framed(pd.DataFrame.from_dict(rows, orient="index"))


class Trend(Shaped, Diagnosed):
    """The growth of dated values (`densing trend`)."""

    values: int
    """How many values there are."""
    table = Summary.table

    def own_parts(self) -> Iterator[Line | Cells]:
        """Say both growth rates."""
        return self.growth_parts(subject="The value")


class LossLaw(Diagnosed):
    """Parameters of ``E + A N^-alpha + B D^-beta`` (`densing loss`)."""

    parameters: dict[str, Interval] | dict[str, dict[str, Interval]]
    """Intervals by name; by law first where there are several."""
    runs: int

    def own_parts(self) -> Iterator[Line | Cells]:
        """List the parameters."""
        several = any(isinstance(value, Mapping) for value in self.parameters.values())
        laws: Mapping[str, Any] = self.parameters if several else {"": self.parameters}
        rows = [
            (law, name, f"{i.median:.4g}", f"{i.lower:.4g} to {i.upper:.4g}")
            for law, parameters in laws.items()
            for name, i in parameters.items()
        ]
        yield Cells(("law" if several else "", "parameter", "median", "interval"), rows)


def summary(run: Run, *, prob: float = PROB) -> Summary | Trend | LossLaw:
    """Headline and diagnostics of a run.

    Parameters
    ----------
    run
        A run (densing fit, densing report, densing loss, densing trend).
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError, RunError
        No run; the message says what to do.
    """
    prob = as_prob(prob)
    run = as_run(run, kinds=("joint", "loss", "trend"), warn=False)  # a summary says so itself
    return summarise(run, prob=prob)


def summarise(run: xr.DataTree, *, prob: float = PROB) -> Any:
    """Return the `Summary`, `Trend` or `LossLaw` of a run that is known to be one."""
    own = {
        "diagnostics": record(run, "health"), "seed": int(run.attrs["seed"]),
        "versions": record(run, "versions"),
    }  # fmt: skip
    kind = run.attrs.get("kind", "joint")
    if kind == "loss":
        told = LossLaw(parameters=_laws(run, prob), runs=int(run.attrs["runs"]), **own)
    elif kind == "trend":
        told = Trend(**shaped(run, prob=prob), values=int(run.attrs["values"]), **own)
    else:
        model = record(run, "model")
        told = Summary(
            **shaped(run, prob=prob), benchmarks=benchmark_growth(run, prob=prob),
            models=int(run.attrs["models"]), scores=int(run.attrs["scores"]), newest=newest(run),
            reference=model["choices"]["reference"], model=model["name"],
            choices=model["choices"], evidence_hash=run.attrs["evidence_hash"], **own,
        )  # fmt: skip
    return told.about(run, prob=prob)


def doubling_time(run: xr.DataTree, *, prob: float = PROB) -> pd.DataFrame:
    """Doubling time of density in months, for the typical new model and for the frontier.

    The interval is put on the rate and its ends are mapped, so `upper` is infinite where the
    rate's interval includes no growth; where a rate is not positive there is no doubling time (a
    missing value).

    Parameters
    ----------
    run
        Of `fit` or `open_run` (of `densing trend`, too).
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    DataFrame
        Rows population and (where the model has one) frontier; columns median, lower, upper
        (months), rate, rate_lower, rate_upper (1 / year) and p_not_growing.

    Raises
    ------
    TypeError, RunError
        No run with a trend; the message says what to do.
    """
    return summary(as_run(run, kinds=("joint", "trend")), prob=prob).table()


def benchmark_growth(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any] | None:
    """Growth of the typical model on each benchmark; None where all share one trend."""
    derived = run["derived"]
    if "benchmark_rate" not in derived:
        return None
    rates = derived["benchmark_rate"]
    return {
        str(name): growth(rates.sel(benchmark=name).to_numpy(), prob=prob)
        for name in rates["benchmark"].to_numpy()
    }


def by_benchmark(growths: Mapping[str, Growth]) -> str:
    """Say the median doubling times of the benchmarks, fastest first."""
    ordered = sorted(growths.items(), key=lambda row: -row[1].rate_per_year.median)
    medians = {name: growth.doubling_months.median for name, growth in ordered}
    rows = (f"{k} {'no doubling' if m is None else month(m)}" for k, m in medians.items())
    return "By benchmark, months to double: " + ", ".join(rows)


def newest(run: xr.DataTree) -> dict[str, Any]:
    """Newest model of a joint run, its release date and its age in days at the fit."""
    table = run["constant_data"]
    dates = pd.DatetimeIndex(table["release_date"].to_numpy().astype(str))
    last = int(dates.argmax())
    created = run.attrs.get("created")
    fitted = None if created is None else pd.Timestamp(created).tz_localize(None)
    return {
        "model": str(table["model"].to_numpy()[last]),
        "release_date": f"{dates[last]:%Y-%m-%d}",
        "days_before_fit": None if fitted is None else int((fitted - dates[last]).days),
    }


def _laws(run: xr.DataTree, prob: float) -> dict[str, Any]:
    tables = (run["posterior"], run["derived"])
    names = [str(name) for name in run["posterior"]["benchmark"].to_numpy()]

    def law(position: int) -> dict[str, Any]:
        out = {}
        for name in LAW + NOISE:
            values = next(table[name] for table in tables if name in table)
            at = values.isel(benchmark=position) if "benchmark" in values.dims else values
            out[name] = interval(at, prob=prob)
        return out

    laws = {name: law(position) for position, name in enumerate(names)}
    return laws[names[0]] if len(names) == 1 else laws


def _diagnosed(health: Verdict) -> Iterator[Line]:
    """Say diagnostics, and all that is wrong."""

    def number(key: str, form: str) -> str:
        value = health.get(key)
        return "unknown" if value is None else format(value, form)

    line = (
        f"{'trustworthy: ' if health.ok else ''}R-hat {number('max_rhat', '.3f')}, effective draws "
        f"{number('min_ess_bulk', '.0f')} (bulk) and {number('min_ess_tail', '.0f')} (tail) at the "
        f"least, {number('divergences', 'd')} divergences"
    )
    if seconds := health.get("seconds"):
        line += (
            f"; {number('gradient_evaluations', 'd')} gradients in {seconds['sample']:.0f} s, "
            f"compiled in {seconds['compile']:.0f} s"
        )
    yield Line(line, "" if health.ok else "bold red")
    if first := health.get("first_divergences"):
        yield Line(
            f"after a first try in larger steps, dropped, that met {first} divergences"
        )  # fmt: skip
    yield from (Line(reason, "red", below=True) for reason in health.reasons)
