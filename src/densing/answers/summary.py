"""`summary`: the headline of a run and whether to trust it."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers._answer import Answer, Cells, Growth, Line, Record, Run, Verdict
from densing.answers.given import as_prob, as_run
from densing.answers.growth import Shaped, shaped
from densing.results.family_draws import SINCE
from densing.results.interval import PROB, Interval, growth, interval
from densing.results.run import record
from densing.text import ESTIMANDS, month, months_range

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


class FamiliesSummary(Summary):
    """The headline of a run of the families model: every rate with its window.

    `population` is the typical release, the benchmarks of the run weighed equally, from `since` to
    the last date; `frontier` the best of `best_of` releases.
    """

    since: str
    """Where the window of the rates begins, a date."""
    until: str
    """Date of the newest release: where the window ends, and what `now` is of."""
    now: Growth
    """The typical release at the last date."""
    types: dict[str, Growth]
    """By type of benchmark, from `since` on."""
    types_now: dict[str, Growth]
    new_benchmark: Growth
    """A benchmark like these that nobody has looked at yet, from `since` on."""
    best_of: int
    best_over_typical: Interval
    """How much denser the best of `best_of` releases is than the typical one, at the last date."""
    tokens_share: Interval | None
    """Share of the growth since `since` that goes with more training tokens; None where too few
    models say how many they had."""
    releases: int
    families: int
    effective_families: float
    """Kish's effective number of families: (sum n)^2 / sum n^2 over their models."""
    evidence_version: str

    def own_parts(self) -> Iterator[Line | Cells]:
        """Say growth by type, of the whole portfolio, now, and of the best."""
        window = f"From {self.since} to {self.until}"
        yield Line(self.population.sentence(f"{window}: density of a typical release"), "bold")
        yield Line(self.now.sentence(f"Now ({self.until}): it"), "bold")
        rows = [
            (name, _months(growth), _months(self.types_now[name]))
            for name, growth in sorted(
                self.types.items(), key=lambda row: -row[1].rate_per_year.median
            )
        ]
        rows.append(("all, weighed equally", _months(self.population), _months(self.now)))
        rows.append(("a new benchmark like these", _months(self.new_benchmark), ""))
        percent = f"{self.population.rate_per_year.prob:.0%}".replace("%", " %")
        heads = (f"months to double ({percent} equal-tailed)", f"since {self.since}", "now")
        yield Cells(heads, rows, breaks=(len(self.types) - 1,))
        if self.benchmarks:
            yield Line(f"Since {self.since}. {by_benchmark(self.benchmarks)}")
        best = self.best_over_typical
        yield Line(
            f"The best of {self.best_of} releases is {best.median:.2g} times denser than the "
            f"typical one ({best.lower:.2g} to {best.upper:.2g})"
        )
        if self.tokens_share:
            share = self.tokens_share
            yield Line(
                f"Of the growth, {share.median:.0%} ({share.lower:.0%} to {share.upper:.0%}) goes "
                "with more training tokens"
            )
        yield Line(
            f"{self.models} models of {self.releases} releases and {self.families} families "
            f"({self.effective_families:.0f} effective), {self.scores} scores, evidence "
            f"{self.evidence_version}; level: reference {self.reference}, model {self.model}"
        )
        yield Line(self.newest.sentence())
        if error := self.diagnostics.get("mcse_months"):
            ends = " and ".join("none" if e is None else f"{e:.2f}" for e in error.values())
            yield Line(f"Monte Carlo error of the first interval's ends: {ends} months")


def _months(growth: Growth) -> str:
    """Say a doubling time with its interval, as a cell."""
    months = growth.doubling_months
    if months.lower is None:
        return "no growth"
    middle = "none" if months.median is None else month(months.median)
    return f"{middle} ({months_range(months)})"


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
        families = model["choices"].get("form") == "families"
        if families:
            own |= _of_families(run, model["choices"], prob=prob)
            ends = mcse_months(run["derived"]["population_rate"].to_numpy(), prob=prob)
            own["diagnostics"] = own["diagnostics"] | {"mcse_months": ends}
        told = (FamiliesSummary if families else Summary)(
            **shaped(run, prob=prob), benchmarks=benchmark_growth(run, prob=prob),
            models=int(run.attrs["models"]), scores=int(run.attrs["scores"]), newest=newest(run),
            reference=model["choices"]["reference"], model=model["name"],
            choices=model["choices"], evidence_hash=run.attrs["evidence_hash"], **own,
        )  # fmt: skip
    return told.about(run, prob=prob)


def _of_families(run: xr.DataTree, choices: Mapping[str, Any], *, prob: float) -> dict[str, Any]:
    """Fields of `FamiliesSummary` beside those of every summary."""
    derived, data = run["derived"], run["constant_data"]
    families = pd.Series(data["model_family"].to_numpy().astype(str))
    count = families.value_counts()
    lead = (derived["frontier"] - derived["population"]).isel(date=-1)

    def by_type(name: str) -> dict[str, Any]:
        rates = derived[name]
        return {
            str(kind): growth(rates.sel(type=kind).to_numpy(), prob=prob)
            for kind in rates["type"].to_numpy()
        }

    last = pd.Timestamp(derived["date"].to_numpy().max())
    first = pd.Timestamp(derived["date"].to_numpy().min())
    return {
        "since": f"{max(SINCE, first):%Y-%m-%d}", "until": f"{last:%Y-%m-%d}",
        "now": growth(derived["population_rate_at_end"].to_numpy(), prob=prob),
        "types": by_type("type_rate_since"), "types_now": by_type("type_rate_at_end"),
        "new_benchmark": growth(derived["new_benchmark_rate"].to_numpy(), prob=prob),
        "best_of": int(choices["best_of"]),
        "best_over_typical": interval(np.exp(lead.to_numpy()), prob=prob),
        "tokens_share": _tokens_share(run, prob=prob),
        "releases": len(set(data["model_release"].to_numpy().astype(str))),
        "families": len(count),
        "effective_families": float(count.sum() ** 2 / (count**2).sum()),
        "evidence_version": str(run.attrs.get("evidence_version", "unknown")),
    }  # fmt: skip


MIN_WITH_TOKENS = 20
"""Models that say their training tokens, for a share of growth to be told."""


def _tokens_share(run: xr.DataTree, *, prob: float) -> Interval | None:
    """Share of growth since `SINCE` that goes with training tokens.

    Draw by draw, log densities of models that say their tokens are regressed on date and ln
    tokens; tokens' own growth times their coefficient is over the whole.
    """
    data = run["constant_data"]
    dates = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    tokens = data["training_tokens"].to_numpy().astype(float)
    use = np.isfinite(tokens) & (tokens > 0) & (dates >= SINCE)
    if use.sum() < MIN_WITH_TOKENS:
        return None
    time = ((dates - SINCE).days / 365.25).to_numpy()[use]
    x = np.column_stack([np.ones(use.sum()), time, np.log(tokens[use])])
    density = run["posterior"]["log_density"].to_numpy()
    y = density.reshape(-1, density.shape[-1])[:, use].T
    _, by_date, by_tokens = np.linalg.lstsq(x, y, rcond=None)[0]
    growth_of_tokens = np.polyfit(time, x[:, 2], 1)[0]
    part = by_tokens * growth_of_tokens
    return interval(part / (part + by_date), prob=prob)


BATCHES = 10
"""Consecutive parts of each chain whose quantiles tell a Monte Carlo error."""


def mcse_months(rate: np.ndarray, *, prob: float = PROB) -> dict[str, float | None]:
    """Monte Carlo standard errors of the ends of a doubling time's interval, months.

    By batch means: the scatter of a quantile over consecutive parts of each chain. (ArviZ has it
    too, and brings an engine, which a summary does without.)

    Parameters
    ----------
    rate
        Draws of a rate, 1 / year, shape (chain, draw).
    """
    batches = np.stack(
        np.array_split(rate[:, : rate.shape[1] // BATCHES * BATCHES], BATCHES, axis=1)
    )
    out: dict[str, float | None] = {}
    for name, level in (("lower", (1 + prob) / 2), ("upper", (1 - prob) / 2)):
        end = float(np.quantile(rate, level))
        ends = np.quantile(batches, level, axis=-1)
        error = float(ends.std(ddof=1) / np.sqrt(ends.size))
        out[name] = 12.0 * float(np.log(2.0)) / end**2 * error if end > 0 else None
    return out


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
