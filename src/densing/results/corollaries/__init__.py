"""What follows from a growing density, each with its interval, from one run."""

from typing import Any

import xarray as xr

from densing.models.shapes import SHAPES
from densing.results.corollaries import change
from densing.results.corollaries.change import (
    age_words,
    benchmark_age,
    change_of_growth,
    change_words,
)
from densing.results.corollaries.contrasts import (
    CURE,
    architecture_words,
    architectures,
    compression,
    compression_words,
    kept_compression,
)
from densing.results.corollaries.economics import (
    HARDWARE_YEARS,
    budget,
    budget_words,
    density_rates,
    half_size,
    half_size_words,
    hardware_rate,
    price_answer,
    price_trend,
    price_words,
    target_size_words,
    target_sizes,
)
from densing.results.corollaries.misfit import size_bands, size_bands_words
from densing.results.interval import PROB
from densing.results.quantised import quantised
from densing.results.run import RunError, of_ladder, trustworthy
from densing.results.trend_curve import curve_of

TITLES = {
    "acceleration": "Did growth change", "budget": "Hardware and density",
    "prices": "Price of inference at equal performance",
    "half_size": "Half the parameters", "sizes": "Size that a score takes",
    "compression": "Compression against training", "architectures": "Other architectures",
    "benchmark_age": "Newer against older benchmarks",
    "size_bands": "Where over sizes the law breaks",
}  # fmt: skip
"""Headings of the corollaries, in order."""


def corollaries(
    run: xr.DataTree,
    *,
    derived: xr.DataTree | None = None,
    bent: xr.DataTree | None = None,
    hardware_years: float = HARDWARE_YEARS,
    prob: float = PROB,
    seed: int = 1,
) -> dict[str, Any]:
    """Answer each corollary of the law.

    Parameters
    ----------
    derived
        Run that keeps derived models, for compression; `run` itself where None.
    bent
        Run whose trend has a changepoint, for the change of growth; `run` itself where None.
    hardware_years
        Median of the prior of hardware's doubling time, years.

    Returns
    -------
    dict
        `acceleration`, `budget`, `prices`, `half_size`, `sizes`, `compression` (where no run keeps
        derived models that of a kept run, and how it was made as `compression_kept`; None, and
        `compression_cure`, where nothing is kept), `quantised`, `architectures`, `benchmark_age`
        (None where benchmarks share a trend), `size_bands`, `sentences` (by corollary),
        `trustworthy`.

    Raises
    ------
    RunError
        A run of a loss law or a trend alone; a `derived` run without pairs; a `bent` run without a
        changepoint; a hardware doubling time that is not positive.
    """
    for given in (run, derived, bent):
        kind = "joint" if given is None else given.attrs.get("kind", "joint")
        if kind != "joint":
            raise RunError(
                f"a run of `densing {kind}` has no densities: give one of `densing fit` or "
                "`densing report`"
            )
        if given is not None:
            of_ladder(given, "corollaries")
    if bent is not None and SHAPES[curve_of(bent).shape].corner is None:
        raise RunError(
            f"--bent: its trend has the shape {curve_of(bent).shape!r}, without a changepoint; "
            f"make one with `{change.CURE}`"
        )
    rates = density_rates(run)
    hardware = hardware_rate(next(iter(rates.values())).size, years=hardware_years, seed=seed)
    compressed, about = None, None
    try:
        compressed = compression(run if derived is None else derived, prob=prob)
    except RunError:
        if derived is not None:
            raise
        if found := kept_compression():
            compressed, about = found
    answer = {
        "acceleration": change_of_growth(run, given=bent, prob=prob, seed=seed),
        "budget": budget(run, years=hardware_years, prob=prob, seed=seed),
        "prices": price_answer(price_trend(seed=seed), rates, hardware, prob=prob, seed=seed),
        "half_size": half_size(run, prob=prob), "sizes": target_sizes(run, prob=prob, seed=seed),
        "compression": compressed, "compression_kept": about,
        "compression_cure": CURE if compressed is None else None,
        "quantised": quantised(run, prob=prob, seed=seed),
        "architectures": architectures(run, prob=prob),
        "benchmark_age": benchmark_age(run, prob=prob, seed=seed),
        "size_bands": size_bands(run, prob=prob, seed=seed),
        "trustworthy": all(trustworthy(one) for one in (run, derived, bent) if one is not None),
    }  # fmt: skip
    said = {
        "acceleration": change_words(answer["acceleration"]),
        "budget": budget_words(answer["budget"]), "prices": price_words(answer["prices"]),
        "half_size": half_size_words(answer["half_size"]),
        "sizes": target_size_words(answer["sizes"]), "compression": compression_words(answer),
        "architectures": architecture_words(answer["architectures"]),
        "benchmark_age": age_words(answer["benchmark_age"]),
        "size_bands": size_bands_words(answer["size_bands"]),
    }  # fmt: skip
    return answer | {"sentences": {name: text for name, text in said.items() if text}}
