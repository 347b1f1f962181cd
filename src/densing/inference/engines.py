"""Sample a problem with the engine that a recipe names: one door, whatever is behind it."""

from importlib.util import find_spec

import jax
import jax.numpy as jnp

from densing.inference.draws import Draws
from densing.inference.news import Listener, nobody
from densing.inference.sampler import build_sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import DeclarationError
from densing.models.problem import Problem


def sample(
    problem: Problem, *, settings: Settings, seed: int, listen: Listener | None = None
) -> Draws:
    """Sample the posterior of a problem.

    Parameters
    ----------
    listen
        Called with `Progress`, from several threads.

    Raises
    ------
    DeclarationError
        The recipe's engine is not installed.
    """
    if settings.engine == "numpyro":
        prepare_jax()
        inputs = jax.tree.map(jnp.asarray, Inputs(problem.data, dict(problem.facts)))
        sampler = build_sampler(
            problem.program, inputs, priors=problem.priors, sizes=problem.sizes, settings=settings
        )
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

    model = pm_model(problem)
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
