"""The headline of a run, which prints itself in a terminal and in a notebook."""

from collections.abc import Mapping
from html import escape
from typing import Any

import xarray as xr

from densing.notebook.given import NotTrustworthyWarning, as_prob, as_run
from densing.notebook.told import Told
from densing.results import component, headline
from densing.results.freshness import freshness_note
from densing.results.growth import sentence
from densing.results.interval import PROB
from densing.results.shape_summary import shape_sentences

ALARM = "#b3261e"


class Summary(Told):
    """The record that `densing summary --json` prints, as a mapping with a readable face."""

    @property
    def trustworthy(self) -> bool:
        """Whether the run's diagnostics passed."""
        return self["diagnostics"]["verdict"] == "trustworthy"

    def __repr__(self) -> str:
        told, doubts = self._lines()
        return "\n".join([*(doubts[:1]), *told, *(f"  {doubt}" for doubt in doubts[1:])])

    def _repr_html_(self) -> str:
        told, doubts = self._lines()
        parts = [f"<li>{escape(line)}</li>" for line in doubts[1:]]
        alarm = (
            f'<p style="color:{ALARM}"><b>{escape(doubts[0])}</b></p><ul>{"".join(parts)}</ul>'
            if doubts
            else ""
        )
        return alarm + "".join(f"<p>{escape(line)}</p>" for line in told)

    def _lines(self) -> tuple[list[str], list[str]]:
        """Return what the run says, and (first its verdict) why that is not to be trusted."""
        told = []
        if "population" in self:
            subject = "Capability density of a typical new model" if "models" in self else "Value"
            told.append(sentence(self["population"], subject))
            if self["frontier"]:
                told.append(sentence(self["frontier"], "Its frontier"))
            told += shape_sentences(dict(self), subject=subject)
        if self.get("benchmarks"):
            told.append(headline.by_benchmark(self["benchmarks"]))
        if "parameters" in self:
            told += [f"{name}: {_words(value)}" for name, value in self["parameters"].items()]
        if "models" in self:
            told.append(
                f"{self['models']} models, {self['scores']} scores, reference "
                f"{self['reference']}, model {self['model']}"
            )
            told.append(freshness_note(self["newest"]))
        health = self["diagnostics"]
        if self.trustworthy:
            told.append(
                f"trustworthy: R-hat {health['max_rhat']:.3f}, effective draws "
                f"{health['min_ess_bulk']:.0f} (bulk) and {health['min_ess_tail']:.0f} (tail) at "
                f"the least, {health['divergences']} divergences"
            )
            return told, []
        return told, [f"{health['verdict']}: do not use these numbers", *health["reasons"]]


def _words(value: Mapping[str, Any]) -> str:
    if "median" not in value:
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    return f"{value['median']:.4g} ({value['lower']:.4g} to {value['upper']:.4g})"


def summary(run: xr.DataTree, *, prob: float = PROB) -> Summary:
    """Headline and diagnostics of a run.

    Parameters
    ----------
    run
        Of `fit` or `open_run`; runs of `densing loss` and `densing trend`, too.
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    Summary
        A mapping (population, frontier, diagnostics, ...) that prints itself.

    Raises
    ------
    TypeError, RunError
        No run; the message says what to do.
    """
    import warnings

    prob = as_prob(prob)
    with warnings.catch_warnings():  # a summary says so itself
        warnings.simplefilter("ignore", NotTrustworthyWarning)
        run = as_run(run, kinds=("joint", "loss", "trend"))
    kinds = {"loss": component.loss_summary, "trend": component.trend_summary}
    return Summary(kinds.get(run.attrs.get("kind", "joint"), headline.summary)(run, prob=prob))
