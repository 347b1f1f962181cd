"""What the fitted trend says of days to come, draw by draw.

Two lines, the same as in the fit: the *population*, the density of a typical new model of a
typical family (no family's effect, no residual), and the *frontier*, the day's best practice.
A *new model* is the population line, plus the effect of a new family, plus the residual.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from densing.models.dates import years
from densing.models.residual import draw_shortfall
from densing.results.derive import trend_lines
from densing.results.horizon import released
from densing.results.run import chosen, record
from densing.results.shortfall import Window, mean_shortfall, window_of
from densing.results.trend_curve import LINEAR, Curve, curve_of


@dataclass(frozen=True)
class Future:
    """Posterior draws of a run's trend, flat over chains."""

    posterior: xr.Dataset
    """The trend's parameters, dims (chain, draw) first."""
    centre: float
    """Mean release date, years since Llama 1."""
    window: Window
    """Of the run's release dates: beyond it a shortfall goes on as `mean_shortfall` says."""
    curve: Curve = LINEAR
    """Shape of the line; beyond the data it goes on by its own formula."""
    form: str = "exponential"
    """Distribution of the shortfall."""

    @property
    def shapes(self) -> tuple[str, ...]:
        """Shapes of the trend that the lines have."""
        return (self.curve.shape,)

    @property
    def size(self) -> int:
        """Number of draws."""
        return self.posterior["rate"].size

    def time(self, days: Any) -> np.ndarray:
        """Years since the mean release date, shape of `days`."""
        return years(days) - self.centre

    def draws(self, name: str) -> np.ndarray | None:
        """Draws of a scalar parameter, shape (sample,); None where the model has none."""
        return self.posterior[name].to_numpy().ravel() if name in self.posterior else None

    def part(self, samples: slice) -> "Future":
        """Return some of the draws, as one chain."""
        flat = {name: (v.dims, v.to_numpy().reshape(1, -1, *v.shape[2:])[:, samples])
                for name, v in self.posterior.data_vars.items()}  # fmt: skip
        return replace(self, posterior=xr.Dataset(flat))

    def lines(self, time: np.ndarray) -> dict[str, np.ndarray]:
        """Log density of population and (where there is one) frontier, (sample, time)."""
        population, frontier = trend_lines(
            self.posterior, time, window=self.window, curve=self.curve
        )
        flat = {"population": population.reshape(self.size, -1)}
        if frontier is not None:
            flat["frontier"] = frontier.reshape(self.size, -1)
        return flat

    def line_at(self, time: np.ndarray) -> np.ndarray:
        """Log density of the population at each draw's own times, shape (sample, ...)."""
        chains_and_draws = self.posterior["rate"].shape
        own = time.reshape(*chains_and_draws, *time.shape[1:])
        return self.curve.height(self.posterior, own, own_times=True).reshape(time.shape)

    def family_effect(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Effects of new families, one of `shape` for each draw: (sample, *shape)."""
        spread = self.draws("family_spread")
        if spread is None:
            return np.zeros((self.size, *(1,) * len(shape)))
        return over(spread, shape) * rng.standard_normal((self.size, *shape))

    def residual(
        self, rng: np.random.Generator, time: np.ndarray, *, common: bool = False
    ) -> np.ndarray:
        """Shortfall and noise of new models at `time`.

        Parameters
        ----------
        time
            Years since the mean release date, shape (sample or 1, ...).
        common
            One model's random numbers at all times of a draw, so that its path is smooth.

        Returns
        -------
        numpy.ndarray
            Log density, shape (sample, ...).
        """
        drawn = (self.size, *((1,) * (time.ndim - 1) if common else time.shape[1:]))
        axes = time.shape[1:]
        theta, drift = self.draws("shortfall"), self.draws("shortfall_drift")
        noise = self.draws("scatter" if theta is None else "noise")
        assert noise is not None
        out = over(noise, axes) * rng.standard_normal(drawn)
        if theta is not None and drift is not None:
            mean = mean_shortfall(over(theta, axes), over(drift, axes), time, self.window)
            out = out + mean * (1.0 - draw_shortfall(rng, self.form, drawn))
        return out

    def new_models(self, rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
        """Log density of one new model of a new family at each `time`, (sample, time).

        The random numbers of a draw are the same at all times: smooth fans, right margins.
        """
        line = self.lines(time)["population"]
        return line + self.family_effect(rng, (1,)) + self.residual(rng, time[None], common=True)


def over(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Draws (sample,) with an axis of length one for each of `shape`."""
    return values.reshape(-1, *(1,) * len(shape))


TREND = (
    "level", "rate", "family_spread", "scatter", "noise", "shortfall", "shortfall_drift",
)  # fmt: skip


def future(run: xr.DataTree) -> Future:
    """Collect the trend of a joint run."""
    posterior = run["posterior"].to_dataset()
    curve = curve_of(run)
    names = dict.fromkeys([*TREND, *curve.parameters])
    kept = posterior[[name for name in names if name in posterior]]
    centre, days = float(record(run, "centre")["time"]), years(released(run))
    form, window = chosen(run, "shortfall_form", "exponential"), window_of(days - centre)
    return Future(kept.transpose("chain", "draw", ...), centre, window, curve, form)
