"""What the fitted trend says of days to come, draw by draw.

Two lines, the same as in the fit: the *population*, the density of a typical new model of a
typical family (no family's effect, no residual), and the *frontier*, the day's best practice.
A *new model* is the population line, plus the effect of a new family, plus the residual.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from densing.models.dates import years
from densing.models.residual import draw_shortfall
from densing.results.derive import trend_lines
from densing.results.horizon import released
from densing.results.run import chosen, record
from densing.results.shortfall import Window, mean_shortfall, window_of
from densing.results.trend_curve import LINEAR, Curve, curve_of


class Piece(NamedTuple):
    """Posterior draws of one run's trend, and the shape of its line."""

    posterior: xr.Dataset
    """The trend's parameters, dims (chain, draw) first."""
    curve: Curve = LINEAR
    """Beyond the data it goes on by its own formula."""

    @property
    def size(self) -> int:
        """Number of draws."""
        return self.posterior["rate"].size

    def taken(self, samples: Any) -> "Piece":
        """Return some of the draws, by flat positions or a slice, as one chain."""
        flat = {name: (v.dims, v.to_numpy().reshape(1, -1, *v.shape[2:])[:, samples])
                for name, v in self.posterior.data_vars.items()}  # fmt: skip
        return Piece(xr.Dataset(flat), self.curve)


@dataclass(frozen=True)
class Future:
    """Posterior draws of a trend, flat over chains; of several runs one after the other."""

    pieces: tuple[Piece, ...]
    centre: float
    """Mean release date, years since Llama 1."""
    window: Window
    """Of the run's release dates: beyond it a shortfall goes on as `mean_shortfall` says."""
    form: str = "exponential"
    """Distribution of the shortfall."""

    @property
    def shapes(self) -> tuple[str, ...]:
        """Shapes of the trend that the lines have."""
        return tuple(dict.fromkeys(piece.curve.shape for piece in self.pieces))

    @property
    def size(self) -> int:
        """Number of draws."""
        return sum(piece.size for piece in self.pieces)

    def time(self, days: Any) -> np.ndarray:
        """Years since the mean release date, shape of `days`."""
        return years(days) - self.centre

    def draws(self, name: str) -> np.ndarray | None:
        """Draws of a scalar parameter, shape (sample,); None unless all runs have it."""
        if not all(name in piece.posterior for piece in self.pieces):
            return None
        return np.concatenate([piece.posterior[name].to_numpy().ravel() for piece in self.pieces])

    def part(self, samples: slice) -> "Future":
        """Return some of the draws."""
        start, stop, _ = samples.indices(self.size)
        taken, before = [], 0
        for piece in self.pieces:
            low, high = max(start - before, 0), min(stop - before, piece.size)
            if low < high:
                taken.append(piece.taken(slice(low, high)))
            before += piece.size
        return replace(self, pieces=tuple(taken))

    def lines(self, time: np.ndarray) -> dict[str, np.ndarray]:
        """Log density of population and (where there is one) frontier, (sample, time)."""
        each = [
            trend_lines(piece.posterior, time, window=self.window, curve=piece.curve)
            for piece in self.pieces
        ]
        flat = {}
        for i, name in enumerate(("population", "frontier")):
            if all(lines[i] is not None for lines in each):
                parts = (
                    lines[i].reshape(piece.size, -1)
                    for lines, piece in zip(each, self.pieces, strict=True)
                )
                flat[name] = np.concatenate(list(parts))
        return flat

    def line_at(self, time: np.ndarray) -> np.ndarray:
        """Log density of the population at each draw's own times, shape (sample, ...)."""
        ends = np.cumsum([piece.size for piece in self.pieces])[:-1]
        out = []
        for piece, own in zip(self.pieces, np.split(time, ends), strict=True):
            by_chain = own.reshape(*piece.posterior["rate"].shape, *own.shape[1:])
            line = piece.curve.height(piece.posterior, by_chain, own_times=True)
            out.append(line.reshape(own.shape))
        return np.concatenate(out)

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
    piece = Piece(kept.transpose("chain", "draw", ...), curve)
    return Future((piece,), centre, window, form)
