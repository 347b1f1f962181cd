"""A run's draws as the program sees them: parameters, curves, and the cells of any scores.

What a run says of scores goes through the model's own program (`models.scores.cells`), replayed
at its draws (`models.program.Replay`): a choice of the model that the program heeds is heeded by
every prediction, and stands nowhere else. As in a replay, draws run along the *last* axis.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import years
from densing.models.joint import weighted_log_sizes
from densing.models.layout import TEST_TASK_SINCE
from densing.models.loss import loss_curve
from densing.models.performance import score_map
from densing.models.program import Replay, last_axis
from densing.models.scores import Cells, ScoreData, cells
from densing.models.trend import Trend, TrendData, trend
from densing.results.run import chosen, of_ladder, record
from densing.results.trend_curve import curve_of

WEIGHT = "expert_weight"


def evenly(size: int, draws: int | None) -> np.ndarray:
    """Positions of at most `draws` evenly spaced ones among `size`; all of them for None."""
    return np.linspace(0, size - 1, size if draws is None else min(draws, size)).astype(int)


def flat(values: Any, draws: int | None = None) -> np.ndarray:
    """Draws of one variable over all chains, at most `draws`, evenly spaced: (sample, ...).

    Parameters
    ----------
    values
        DataArray with the dims chain and draw.
    """
    array = values.transpose("chain", "draw", ...).to_numpy()
    array = array.reshape(-1, *array.shape[2:])
    return array[evenly(len(array), draws)]


def thinned(run: xr.DataTree, names: Sequence[str], *, draws: int | None) -> dict[str, np.ndarray]:
    """At most `draws` evenly spaced posterior draws of each variable, shape (sample, ...)."""
    return {name: flat(run["posterior"][name], draws) for name in names}


def replay_of(posterior: Any, *, draws: int | None = None) -> Replay:
    """Replay at the draws of a posterior (dataset or group of a run), draws last."""
    return Replay(
        {
            str(name): np.moveaxis(flat(values, draws), 0, -1)
            for name, values in posterior.data_vars.items()
            if {"chain", "draw"} <= set(values.dims)
        }
    )


def cells_of(m: Replay, rows: ScoreData, *, link: str, likelihood: str) -> Cells:
    """Curves of each row at each draw, fields of shape (row, 1, draw).

    What is in the model is what the posterior has: protocols, trends of the benchmarks, a bias.

    Parameters
    ----------
    rows
        One cell a score, floating-point fields of shape (row, 1) (see `program.last_axis`).
    """
    return cells(
        m, rows, loss_curve(m.values), score_map(m.values, link=link),
        protocols="protocol_effect" in m.values, benchmark_trends="offset" in m.values,
        likelihood=likelihood, contamination="contamination" in m.values,
    )  # fmt: skip


class RunReplay:
    """The program of a joint run at its draws, asked about scores."""

    def __init__(self, run: xr.DataTree, *, draws: int | None = None) -> None:
        """Take at most `draws` evenly spaced draws, all of them where None.

        Raises
        ------
        RunError
            A run of the families model: it has no curves of a reference.
        """
        self.run = of_ladder(run, "score curves of a reference")
        self.m = replay_of(run["posterior"], draws=draws)
        self.centre: dict[str, float] = record(run, "centre")
        self.link: str = chosen(run, "link", "logit")
        self.likelihood: str = chosen(run, "likelihood", "beta")
        self.benchmarks = [str(name) for name in run["constant_data"]["benchmark"].to_numpy()]
        coords = run["posterior"].coords
        self.protocols = [str(p) for p in coords["protocol"].to_numpy()] \
            if "protocol_effect" in self.m.values else []  # fmt: skip

    def rows(self, of: xr.DataTree | None = None, *, at: Any = slice(None)) -> ScoreData:
        """Scores of a run as rows of the program, each at its own model's date.

        Parameters
        ----------
        of
            Run whose scores these are; its own where None.
        at
            Which of its score rows.
        """
        data = (self.run if of is None else of)["constant_data"].to_dataset()
        day = data["release_date"].to_numpy().astype(str)
        who = data["score_model"].to_numpy().astype(int)[at]
        return self.described(
            data["score_benchmark"].to_numpy().astype(str)[at],
            protocol=data["score_protocol"].to_numpy().astype(str)[at],
            items=data["score_items"].to_numpy()[at], tokens=data["score_tokens"].to_numpy()[at],
            day=pd.DatetimeIndex(day[who]), score=data["score"].to_numpy().astype(float)[at],
        )  # fmt: skip

    def described(
        self, benchmark: Sequence[str] | np.ndarray, *, protocol: Any, items: Any, tokens: Any,
        day: pd.DatetimeIndex, score: Any = None,
    ) -> ScoreData:  # fmt: skip
        """Rows of the program from what is known of scores, each argument of shape (row,).

        Parameters
        ----------
        protocol
            Names as the run has them; the baseline's is empty.
        tokens
            Reference tokens D0.
        day
            Release date of the score's model.
        score
            Proportions, where they are known.
        """
        known = {"": 0} | {name: i + 1 for i, name in enumerate(self.protocols)}
        whole = np.zeros(len(day)) if score is None else np.asarray(score, float)
        rows = ScoreData(
            log_score=None, log_miss=None, count=None,
            benchmark=np.asarray([self.benchmarks.index(str(name)) for name in benchmark], int),
            protocol=np.asarray([known.get(str(name), 0) for name in protocol], int),
            items=np.asarray(items, float),
            d=np.log(np.asarray(tokens, float)) - self.centre["log_tokens"],
            time=years(day) - self.centre["time"],
            score=None if self.likelihood == "beta" else whole,
            late=np.asarray(day >= TEST_TASK_SINCE, float),
        )  # fmt: skip
        return last_axis(rows)

    def cells(self, rows: ScoreData) -> Cells:
        """Curves of each row at each draw, fields of shape (row, 1, draw) or less."""
        return cells_of(self.m, rows, link=self.link, likelihood=self.likelihood)

    def log_sizes(self, of: xr.DataTree | None = None) -> np.ndarray:
        """Centred log parameters that count of a run's models, (model, draw) or (model, 1)."""
        data = (self.run if of is None else of)["constant_data"].to_dataset()
        log_params = np.log(data["counted_params"].to_numpy())[:, None] - self.centre["log_params"]
        if WEIGHT not in self.m.values:
            return log_params
        ratio = np.log(data["expert_ratio"].to_numpy())[:, None]
        return weighted_log_sizes(self.m.values[WEIGHT], log_params, ratio)

    def trend(self) -> Trend:
        """Trend at each model's own date, family's effect included, fields (model, draw)."""
        data, values = self.run["constant_data"].to_dataset(), self.m.values
        family = np.zeros(data.sizes["model"], int)
        if "family_effect" in values:
            names = self.run["posterior"]["family"].to_numpy().astype(str)
            of = data["model_family"].to_numpy().astype(str)
            family = pd.Index(names).get_indexer(pd.Index(of))
        time = years(data["release_date"].to_numpy().astype(str)) - self.centre["time"]
        curve = curve_of(self.run)
        return trend(
            self.m, TrendData(time[:, None], family, np.asarray(curve.span)),
            shortfall="shortfall" in values, families="family_effect" in values,
            shape=curve.shape, form=chosen(self.run, "shortfall_form", "exponential"),
        )  # fmt: skip


def run_log_sizes(run: xr.DataTree, *, draws: int) -> np.ndarray:
    """Log parameters of a run's models, shape (sample, model); (1, model) where they are known."""
    if chosen(run, "form", "ladder") == "families":
        derived = run["derived"]
        effective, density = (flat(derived[k], draws) for k in ("effective_params", "density"))
        return np.log(effective / density)
    replay = RunReplay(run, draws=draws)
    return replay.log_sizes().T + replay.centre["log_params"]
