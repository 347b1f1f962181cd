"""`predict`: the scores a run expects of models it has not seen, and how near they come."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd

from densing.answers._answer import (
    DOUBTFUL,
    Answer,
    Cells,
    JointRun,
    Line,
    ModelTable,
    Record,
    draw,
)
from densing.answers.given import as_families, as_model_rows, as_prob, as_run, as_seed
from densing.models.family_predict import predict_nothing, predict_others
from densing.results.family_run import new_models, seen
from densing.results.interval import PROB, Interval, interval
from densing.results.score_forecasts import log_predictive
from densing.results.scoring import crps
from densing.text import cut, percent, sized

DRAWS = 250
"""Draws of the run that predictions use."""
COPIES = 4
"""New models drawn for each draw of the run."""
NAMED = 5
"""Models that a sentence names."""


class PredictedScore(Record):
    """A reported score beside the one that was expected."""

    model: str
    benchmark: str
    score: float
    predicted: Interval
    inside: bool
    in_run: bool
    """The run was fitted to this model: the score is not out of sample."""


class PredictedAverage(Record):
    """A model's average over the benchmarks it reports beside the one that was expected."""

    model: str
    release_date: str
    params: float
    benchmarks: int
    """Scores that are averaged."""
    average: float
    predicted: Interval
    inside: bool
    in_run: bool


class Coverage(Record):
    """Share of what was reported that lies inside the intervals; None where there is none."""

    scores: float | None
    averages: float | None


class PredictionScores(Record):
    """How near the expectations come, models that the run has seen left aside.

    Means over models of their average scores; None where no model is out of sample.
    """

    coverage: Coverage
    crps: float | None
    """Continuous ranked probability score of average scores, a proportion; lower is better."""
    log_score: float | None
    """Log predictive density of average scores, nats; higher is better."""
    n: int
    """Models."""
    crps_scores: float | None
    """The same of single scores."""
    log_score_scores: float | None
    n_scores: int


class Predictions(Answer):
    """What a run expects of models, beside what they report."""

    draws = True
    given: str
    """`nothing` (size, date and family alone) or `others` (the model's other scores too)."""
    scores: list[PredictedScore]
    averages: list[PredictedAverage]
    summary: PredictionScores

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List the models, and say how near the expectations came."""
        del width
        kind = f"{percent(self._prob)} interval"
        rows = [
            (
                row.model, row.release_date, sized(row.params), str(row.benchmarks),
                f"{row.average:.3f}", f"{row.predicted.median:.3f}",
                f"{row.predicted.lower:.3f} to {row.predicted.upper:.3f}",
                "in the run" if row.in_run else "inside" if row.inside else "outside",
            )
            for row in self.averages
        ]  # fmt: skip
        heads = "model", "released", "params", "scores", "average", "expected", kind, ""
        yield Cells(heads, rows, right=2)
        seen = [row.model for row in self.averages if row.in_run]
        if seen:
            yield Line(
                f"Not out of sample, and left out of what follows, since the run was fitted to "
                f"them: {cut(seen, NAMED)}.",
                "yellow",
            )
        told, known = self.summary, "size, date and family alone"
        if self.given == "others":
            known = "size, date, family and the model's other scores"
        if not told.n:
            yield Line("No model here is out of sample: nothing was tested.", "bold yellow")
        else:
            yield Line(
                f"From {known}, {kind}s hold {percent(told.coverage.averages)} of {told.n} average "
                f"scores (CRPS {told.crps:.3f}, log score {told.log_score:.2f}) and "
                f"{percent(told.coverage.scores)} of {told.n_scores} single scores (CRPS "
                f"{told.crps_scores:.3f}, log score {told.log_score_scores:.2f}).",
                "bold",
            )
        if not self.good:
            yield Line(DOUBTFUL, "bold red")

    def table(self) -> pd.DataFrame:
        """Return one row a score.

        Columns: model, benchmark, score, expected, lower, upper, inside, in_run; `attrs` has
        the summary.
        """
        rows = [
            {
                "model": row.model, "benchmark": row.benchmark, "score": row.score,
                "expected": row.predicted.median, "lower": row.predicted.lower,
                "upper": row.predicted.upper, "inside": row.inside, "in_run": row.in_run,
            }
            for row in self.scores
        ]  # fmt: skip
        frame = self.framed(pd.DataFrame(rows))
        frame.attrs["summary"] = self.summary.model_dump()
        return frame

    def figures(self) -> dict[str, Any]:
        """Draw expected against reported scores, and misses by date and size."""
        return {"predict": draw("densing.report.unseen_figures:plot_predictions", self)}


def predict(
    run: JointRun,
    table: ModelTable,
    *,
    given: Literal["nothing", "others"] = "nothing",
    prob: float = PROB,
    seed: int = 1,
) -> Predictions:
    """Scores that a run expects of models it has not seen, beside those they report.

    Nothing is fitted. Models that the run was fitted to are marked and count in no summary.

    Parameters
    ----------
    run
        A run of a model whose yardstick are families (densing fit).
    table
        Models and their scores: a file or frame as for `load_evidence(models=...)`, or
        `catalog` for the bundled ones.
    given
        What is known of each model: `nothing` but size, date and family, or its `others`, each
        score predicted from the rest.
    prob
        Probability of the equal-tailed intervals.
    seed
        Same seed, same draws.

    Raises
    ------
    TypeError, RunError, TableError
        No run of families, no usable table, or no score on a benchmark of the run.
    """
    run, prob, seed = as_families(as_run(run)), as_prob(prob), as_seed(seed)
    if given not in ("nothing", "others"):
        raise ValueError(f"given must be 'nothing' or 'others', got {given!r}")
    rows = as_model_rows(table)
    new = new_models(run, rows, draws=DRAWS)
    if given == "nothing":
        drawn = predict_nothing(new.states, new.data, new.family, seed=seed, copies=COPIES)
    else:
        drawn = np.concatenate(
            [
                predict_others(new.states, new.data, new.family, new.score, seed=seed + copy)
                for copy in range(COPIES)
            ]
        )
    there = np.isfinite(new.score)
    models, names = new.models, new.layout.coords["benchmark"]
    known = models["model"].isin(seen(run, rows)).to_numpy()
    at = np.nonzero(there)
    single = Judged(drawn[:, at[0], at[1]], new.score[at], prob)
    average = Judged(np.mean(drawn, axis=2, where=there), new.score.mean(axis=1, where=there), prob)
    scores = [
        PredictedScore(
            model=models["model"][i], benchmark=names[k], score=float(new.score[i, k]),
            predicted=told, inside=inside, in_run=bool(known[i]),
        )
        for i, k, told, inside in zip(*at, single.told, single.inside, strict=True)
    ]  # fmt: skip
    averages = [
        PredictedAverage(
            model=models["model"][i], release_date=f"{models['release_date'][i]:%Y-%m-%d}",
            params=float(models["params"][i]), benchmarks=int(there[i].sum()),
            average=float(average.seen[i]), predicted=average.told[i],
            inside=average.inside[i], in_run=bool(known[i]),
        )
        for i in range(len(models))
    ]  # fmt: skip
    of_averages, of_scores = average.means(~known), single.means(~known[at[0]])
    summary = PredictionScores(
        coverage=Coverage(scores=of_scores[0], averages=of_averages[0]),
        crps=of_averages[1], log_score=of_averages[2], n=int(np.sum(~known)),
        crps_scores=of_scores[1], log_score_scores=of_scores[2],
        n_scores=int(np.sum(~known[at[0]])),
    )  # fmt: skip
    return Predictions(given=given, scores=scores, averages=averages, summary=summary).about(
        run, prob=prob
    )


class Judged:
    """Draws of what is expected, shape (draw, case), beside what was seen, shape (case,)."""

    def __init__(self, drawn: np.ndarray, seen: np.ndarray, prob: float) -> None:
        self.drawn, self.seen = drawn, seen
        self.told = [interval(drawn[:, i], prob=prob) for i in range(len(seen))]
        self.inside = [
            bool(told.lower <= value <= told.upper)
            for told, value in zip(self.told, seen, strict=True)
        ]

    def means(self, of: np.ndarray) -> tuple[float | None, ...]:
        """Coverage, CRPS and log score, means over some cases; None for none."""
        if not of.any():
            return None, None, None
        drawn, seen = self.drawn[:, of], self.seen[of]
        log = log_predictive(drawn, seen)
        return (
            float(np.mean(np.asarray(self.inside)[of])), float(np.mean(crps(drawn, seen))),
            float(np.mean(log)),
        )  # fmt: skip
