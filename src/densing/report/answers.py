"""What a page says of a run: each answer is computed once, when it is first asked for."""

from functools import cached_property

import xarray as xr

from densing.answers.density import density_table
from densing.answers.influence import left_one_out as influence
from densing.answers.priors import prior_sensitivity
from densing.answers.siblings import told_siblings as siblings
from densing.answers.summary import summarise as summary
from densing.results.corollaries import corollaries
from densing.results.family_growth import windows
from densing.results.family_run import is_families
from densing.results.isoperformance import isoperformance
from densing.results.predict import coverage, predict_held_out_checkpoints, predict_scores
from densing.results.run import trustworthy


class RunAnswers:
    """The answers of a run that does not change: page, figures and tables share them.

    Each is what the function of that name in `results` returns for the run at its defaults.
    Everything that draws takes a run or its answers: `RunAnswers.of` makes one of either.
    """

    def __init__(self, run: xr.DataTree) -> None:
        self.run = run

    @classmethod
    def of(cls, run: "xr.DataTree | RunAnswers") -> "RunAnswers":
        """Return the answers as they are, or those of a run."""
        return run if isinstance(run, cls) else cls(run)  # pyright: ignore[reportArgumentType]

    summary = cached_property(lambda self: summary(self.run))
    families = cached_property(lambda self: is_families(self.run))
    """Whether the run is of families as yardsticks, with growth by type and in two windows."""
    windows = cached_property(lambda self: windows(self.run))
    siblings = cached_property(lambda self: siblings(self.run))
    isoperformance = cached_property(lambda self: isoperformance(self.run))
    trustworthy = cached_property(lambda self: trustworthy(self.run))
    densities = cached_property(lambda self: density_table(self.run))
    halves = cached_property(
        lambda self: {r["model"]: r["density"] for r in density_table(self.run, prob=0.5)}
    )
    """Interval that holds one half of each model's density, by model."""
    influence = cached_property(lambda self: influence(self.run))
    coverage = cached_property(lambda self: coverage(self.run))
    corollaries = cached_property(lambda self: corollaries(self.run))
    predictions = cached_property(
        lambda self: (predict_scores(self.run), predict_held_out_checkpoints(self.run))
    )
    """Of the scores and of the held-out checkpoints."""
    priors = cached_property(
        lambda self: prior_sensitivity(self.run) if "log_prior" in self.run.children else None
    )
    """Power-scaling of the priors; None where a run keeps no log priors."""


Answered = xr.DataTree | RunAnswers
"""A run, or its answers."""
