"""The joint model, handed over to those who sample it themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from densing.answers.given import as_evidence, as_model
from densing.data import Evidence
from densing.models.declaration import Model

if TYPE_CHECKING:
    import pymc


@dataclass(frozen=True)
class NumpyroModel:
    """A NumPyro model and what it is called with."""

    model: Callable[..., None]
    """The model function."""
    args: tuple[Any, ...]
    """Its arguments: ``mcmc.run(key, *args)``."""
    coords: Mapping[str, list[str]]
    """Names along each dimension, for `arviz.from_numpyro`."""
    dims: Mapping[str, list[str]]
    """Dimensions of every sampled and derived quantity, for `arviz.from_numpyro`."""


def to_numpyro(evidence: Evidence, model: Model | str | Path | None = None) -> NumpyroModel:
    """Hand the joint model over as a NumPyro model.

    The models' log densities (in the families model all effects) are integrated out: they are
    the factor `scores`, and `fit` draws them again afterwards. Turns on JAX's 64-bit numbers,
    as `fit` does: the model needs them.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model
        Declared model, its name or a .toml file; the default where None.

    Raises
    ------
    TypeError, DeclarationError, SelectionError
        As `fit`.
    """
    evidence, model = as_evidence(evidence), as_model(model)
    import jax
    import jax.numpy as jnp

    from densing.inference.numpyro_engine import NumpyroProgram
    from densing.models.problem import problem_of
    from densing.results.variables import DERIVED_PARAMETERS

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    problem = problem_of(evidence, model)
    priors, sizes = model.priors, problem.sizes

    def densing_model(data: Any, facts: Mapping[str, Any]) -> None:
        problem.program(NumpyroProgram(priors, sizes, facts), data)

    dims: dict[str, list[str]] = {
        name: [*prior.dims] for name, prior in priors.items() if prior.dims
    }
    dims |= {f"{name}_coordinate": own for name, own in dims.items()}
    dims |= {name: list(v.dims) for name, v in DERIVED_PARAMETERS.items() if v.dims}
    args = jax.tree.map(jnp.asarray, (problem.data, dict(problem.facts)))
    return NumpyroModel(densing_model, args, dict(problem.coords), dims)


def to_pymc(evidence: Evidence, model: Model | str | Path | None = None) -> "pymc.Model":
    """Hand the joint model over as a `pymc.Model`, with its coordinates.

    Observations enter as potentials and the models' log densities are integrated out; `pm.sample`
    and nutpie sample it as it is.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model
        Declared model, its name or a .toml file; the default where None.

    Raises
    ------
    TypeError, DeclarationError, SelectionError
        As `fit`.
    """
    evidence, model = as_evidence(evidence), as_model(model)
    from densing.inference.pymc_engine import pymc_model

    return pymc_model(evidence, model=model)
