"""What a page says of a run: each answer is computed once, when it is first asked for."""

from functools import cached_property
from typing import Any

import xarray as xr

from densing.results.corollaries import corollaries
from densing.results.density import density_table
from densing.results.headline import summary, trustworthy
from densing.results.influence import influence
from densing.results.predict import coverage, predict_held_out_checkpoints, predict_scores
from densing.results.prior_sensitivity import prior_sensitivity


class RunAnswers:
    """The answers of a run that does not change: page, figures and tables share them.

    Everything that draws takes a run or its answers: `RunAnswers.of` makes one of either.
    """

    def __init__(self, run: xr.DataTree) -> None:
        self.run = run

    @classmethod
    def of(cls, run: "xr.DataTree | RunAnswers") -> "RunAnswers":
        """Return the answers as they are, or those of a run."""
        return run if isinstance(run, cls) else cls(run)  # pyright: ignore[reportArgumentType]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """`results.headline.summary`."""
        return summary(self.run)

    @cached_property
    def trustworthy(self) -> bool:
        """Whether the run passed its diagnostics."""
        return trustworthy(self.run)

    @cached_property
    def densities(self) -> list[dict[str, Any]]:
        """`results.density.density_table`, 90 % intervals."""
        return density_table(self.run)

    @cached_property
    def halves(self) -> dict[str, dict[str, Any]]:
        """Interval of each model's density that holds one half, by model."""
        return {row["model"]: row["density"] for row in density_table(self.run, prob=0.5)}

    @cached_property
    def influence(self) -> dict[str, Any]:
        """`results.influence.influence`."""
        return influence(self.run)

    @cached_property
    def priors(self) -> dict[str, Any] | None:
        """`results.prior_sensitivity.prior_sensitivity`; None where a run keeps no log priors."""
        return prior_sensitivity(self.run) if "log_prior" in self.run.children else None

    @cached_property
    def coverage(self) -> dict[str, Any]:
        """`results.predict.coverage`."""
        return coverage(self.run)

    @cached_property
    def corollaries(self) -> dict[str, Any]:
        """`results.corollaries.corollaries`."""
        return corollaries(self.run)

    @cached_property
    def predictions(self) -> tuple[xr.Dataset, xr.Dataset]:
        """Scores and held-out checkpoints as predicted (`results.predict`), 90 % intervals."""
        return predict_scores(self.run), predict_held_out_checkpoints(self.run)


Answered = xr.DataTree | RunAnswers
"""A run, or its answers."""
