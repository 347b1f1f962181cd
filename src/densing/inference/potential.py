"""A joint model as a potential over one flat, whitened vector.

Everything that changes between fits of one shape (data, facts, whitening) is an argument, so a
program is compiled once per shape and not once per data set.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from numpyro.infer.util import initialize_model

from densing.inference.numpyro_engine import NumpyroProgram
from densing.models.prior import Prior


class Inputs(NamedTuple):
    """What a potential is evaluated with: arrays only."""

    data: Any
    facts: Mapping[str, Any]


class Whitening(NamedTuple):
    """Affine map from the sampler's vector y to the unconstrained vector: centre + scale @ y."""

    centre: Any
    scale: Any


@dataclass(frozen=True)
class Potential:
    """A model compiled for one shape of data."""

    negative_log_density: Callable[[Any, Inputs], Any]
    """Of the flat unconstrained vector (with Jacobians), given inputs."""
    constrain: Callable[[Any, Inputs], dict[str, Any]]
    """All sampled and derived quantities at a flat unconstrained vector."""
    start: Callable[[Any], Any]
    """Flat unconstrained vector drawn for a key: dispersed starting points."""
    size: int
    labels: list[str]
    """Name of each entry of the flat vector."""


def build(
    model: Callable[[NumpyroProgram, Any], Any],
    priors: Mapping[str, Prior],
    sizes: Mapping[str, int],
    inputs: Inputs,
) -> Potential:
    """Build the potential of `model` for the shapes of `inputs`."""

    def program(data: Any, facts: Mapping[str, Any]) -> None:
        model(NumpyroProgram(priors, sizes, facts), data)

    key = jax.random.key(0)
    info = initialize_model(
        key, program, model_args=tuple(inputs), dynamic_args=True, validate_grad=False
    )
    flat, unravel = ravel_pytree(info.param_info.z)
    labels = [
        f"{name}[{i}]" if value.ndim else name
        for name, value in sorted(info.param_info.z.items())
        for i in range(value.size)
    ]

    def negative_log_density(z: Any, inputs: Inputs) -> Any:
        return info.potential_fn(*inputs)(unravel(z))

    def constrain(z: Any, inputs: Inputs) -> dict[str, Any]:
        return info.postprocess_fn(*inputs)(unravel(z))

    def start(key: Any) -> Any:
        return jax.random.uniform(key, (flat.size,), flat.dtype, -2.0, 2.0)

    return Potential(negative_log_density, constrain, start, flat.size, labels)


def whitened(potential: Potential) -> Callable[[Inputs, Whitening], Callable[[Any], Any]]:
    """Potential of the whitened vector, in the form NumPyro's kernels take."""

    def generate(inputs: Inputs, whitening: Whitening) -> Callable[[Any], Any]:
        def energy(y: Any) -> Any:
            z = whitening.centre + jnp.matmul(whitening.scale, y)
            return potential.negative_log_density(z, inputs)

        return energy

    return generate
