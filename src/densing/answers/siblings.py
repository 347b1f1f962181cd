"""`siblings`: models of one release, of several sizes, must be equally dense."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers._answer import DOUBTFUL, Answer, Cells, JointRun, Line, Record, draw
from densing.answers.given import as_families, as_prob, as_run, as_seed
from densing.results.interval import PROB, Interval, interval
from densing.results.run import RunError
from densing.results.siblings import SIZES
from densing.results.siblings import siblings as found_siblings
from densing.text import percent, sized

LEVEL = 0.05
"""A pooled slope within this of zero is none to speak of."""


class SiblingRelease(Record):
    """A release of several sizes."""

    release: str
    models: int
    smallest: float
    """Parameters."""
    largest: float
    slope: Interval
    """Of ln density on ln parameters."""


class Sibling(Record):
    """A model's average score beside the one that the others of its release make expected."""

    model: str
    release: str
    average: float
    predicted: Interval
    inside: bool


class Siblings(Answer):
    """Whether density depends on size where it must not: within releases."""

    draws = True
    slope: Interval
    """Pooled within releases, of ln density on ln parameters."""
    releases: list[SiblingRelease]
    coverage: float
    """Share of models whose average score lies in the interval predicted from their siblings."""
    siblings: list[Sibling]
    level: float = LEVEL

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List the releases, and say the pooled slope and how well siblings predict each other."""
        del width
        kind = f"{percent(self._prob)} interval"
        rows = [
            (
                row.release, str(row.models), f"{sized(row.smallest)} to {sized(row.largest)}",
                f"{row.slope.median:+.2f}", f"{row.slope.lower:+.2f} to {row.slope.upper:+.2f}",
            )
            for row in self.releases
        ]  # fmt: skip
        yield Cells(("release", "models", "params", "slope", kind), rows, right=1)
        slope = self.slope
        zero = "holds" if slope.lower <= 0.0 <= slope.upper else "does not hold"
        near = "does" if abs(slope.median) <= self.level else "does not"
        yield Line(
            f"Within {len(self.releases)} releases of {SIZES} sizes or more the slope of ln "
            f"density on ln parameters is {slope.median:+.3f} ({kind} {slope.lower:+.3f} to "
            f"{slope.upper:+.3f}, which {zero} 0); sizes are counted at their worth where it lies "
            f"within {self.level:g} of 0, and it {near}.",
            "bold" if abs(slope.median) <= self.level else "bold yellow",
        )
        yield Line(
            f"Each model predicted from the others of its release: {kind}s hold "
            f"{percent(self.coverage)} of {len(self.siblings)} average scores."
        )
        if not self.good:
            yield Line(DOUBTFUL, "bold red")

    def table(self) -> pd.DataFrame:
        """Return one row a release, indexed by name.

        Columns: models; smallest, largest (parameters); slope, lower, upper.
        """
        rows = [
            {
                "release": row.release, "models": row.models, "smallest": row.smallest,
                "largest": row.largest, "slope": row.slope.median, "lower": row.slope.lower,
                "upper": row.slope.upper,
            }
            for row in self.releases
        ]  # fmt: skip
        return self.framed(pd.DataFrame(rows).set_index("release"))

    def figures(self) -> dict[str, Any]:
        """Draw the slope of each release and the pooled one."""
        return {"siblings": draw("densing.report.families:plot_siblings", self)}


def siblings(run: JointRun, *, prob: float = PROB, seed: int = 1) -> Siblings:
    """Test that density does not depend on size within releases, where it must not.

    Models of one release have one recipe and differ in size. If sizes are counted at their worth,
    the slope of ln density on ln parameters within releases is zero, and a model's scores can be
    predicted from the others of its release.

    Parameters
    ----------
    run
        A run of a model whose yardstick are families (densing fit).
    prob
        Probability of the equal-tailed intervals.
    seed
        Same seed, same draws.

    Raises
    ------
    TypeError, RunError
        No run of families, or none of its releases has three sizes.
    """
    run, prob, seed = as_families(as_run(run)), as_prob(prob), as_seed(seed)
    return told_siblings(run, prob=prob, seed=seed)


def told_siblings(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> Siblings:
    """Return the `Siblings` of a run that is known to be one of families."""
    found = found_siblings(run, seed=seed)
    if found is None:
        raise RunError(f"no release of this run has {SIZES} sizes or more: nothing to compare")
    models = found.models
    told = [interval(found.predicted[:, i], prob=prob) for i in range(len(models))]
    rows = [
        Sibling(
            model=row.model, release=row.release, average=row.average, predicted=told[i],
            inside=bool(told[i].lower <= row.average <= told[i].upper),
        )
        for i, row in enumerate(models.itertuples())
    ]  # fmt: skip
    sizes = models.groupby("release")["params"]
    releases = [
        SiblingRelease(
            release=name, models=int(sizes.size()[name]), smallest=float(sizes.min()[name]),
            largest=float(sizes.max()[name]), slope=interval(slope, prob=prob),
        )
        for name, slope in found.slopes.items()
    ]  # fmt: skip
    return Siblings(
        slope=interval(found.slope, prob=prob),
        releases=sorted(releases, key=lambda row: row.slope.median),
        coverage=float(np.mean([row.inside for row in rows])), siblings=rows,
    ).about(run, prob=prob)  # fmt: skip
