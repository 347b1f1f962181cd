"""Sample a program with the engine that a recipe names: one door, whatever is behind it."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp

from densing.inference.draws import Draws
from densing.inference.news import Listener, nobody
from densing.inference.sampler import build_sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import DeclarationError
from densing.models.prior import Prior


def sample(
    program: Callable[..., Any],
    data: Any,
    *,
    priors: Mapping[str, Prior],
    sizes: Mapping[str, int],
    facts: Mapping[str, Any],
    coords: Mapping[str, list[str]],
    settings: Settings,
    seed: int,
    listen: Listener | None = None,
) -> Draws:
    """Sample `program` (a function of a `Program` and data) given arrays `data`.

    Parameters
    ----------
    priors
        Declared priors by name; those the program does not ask for are ignored.
    sizes
        Length of each named dimension.
    facts
        Arrays that priors refer to by name.
    coords
        Names along each dimension.
    listen
        Called with `Progress`, from several threads.

    Raises
    ------
    DeclarationError
        The recipe's engine is not installed.
    """
    if settings.engine == "numpyro":
        prepare_jax()
        inputs = jax.tree.map(jnp.asarray, Inputs(data, dict(facts)))
        sampler = build_sampler(program, inputs, priors=priors, sizes=sizes, settings=settings)
        found = sampler.sample(inputs, seed=seed, listen=listen or nobody)
        seconds = {name: round(value, 2) for name, value in found.seconds.items()}
        return Draws(
            found.values, found.chains.statistics, found.gradient_evaluations, seconds,
            found.first_divergences,
        )  # fmt: skip
    require(settings)
    prepare_jax()
    # Imported here: PyMC takes seconds, and the default engine does without it.
    from densing.inference.pymc_engine import pm_model
    from densing.inference.pymc_sampling import sample_pymc

    model = pm_model(program, data, priors=priors, sizes=sizes, facts=facts, coords=coords)
    if settings.engine == "pymc":
        return sample_pymc(model, settings=settings, seed=seed, listen=listen)
    from densing.inference.nutpie_sampling import sample_nutpie

    return sample_nutpie(model, settings=settings, seed=seed, listen=listen)


def require(settings: Settings) -> None:
    """Raise `DeclarationError` unless the recipe's engine is installed."""
    if find_spec(settings.engine) is None:
        raise DeclarationError(
            f"inference {settings.name!r}: engine {settings.engine!r} is not installed; "
            f"install it with: pip install 'densing[{settings.engine}]', "
            "or take a recipe of another engine (`densing inference`)"
        )
