"""A joint model as a potential over one flat, whitened vector.

Everything that changes between fits of one shape (data, facts, whitening) is an argument, so a
program is compiled once per shape and not once per data set.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from numpyro import handlers
from numpyro.distributions import biject_to
from numpyro.distributions.distribution import validation_enabled
from numpyro.infer.util import log_density

from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.trajectories import Trajectories
from densing.inference.whitening import Inputs, Whitening
from densing.models.prior import Prior


@dataclass(frozen=True)
class Potential:
    """A model compiled for one shape of data."""

    negative_log_density: Callable[[Any, Inputs], Any]
    """Of the flat unconstrained vector (with Jacobians), given inputs."""
    value_and_grad: Callable[[Any, Inputs], Any]
    """The same and its gradient, compiled."""
    trajectories: Callable[..., Any]
    """Trajectories in whitened coordinates, compiled (`Trajectories.run`)."""
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
    *,
    shared: bool = False,
) -> Potential:
    """Build the potential of `model` for the shapes of `inputs`.

    Nothing is compiled before it is needed.

    Parameters
    ----------
    shared
        Whether one program is to serve for gradients and trajectories, where each by itself
        would take longer to compile for than to sample with. NumPyro's checks of arguments and
        values are left out of it, a fifth of that time: priors and data were checked when they
        were read, and chains walk where parameters are valid.
    """
    checks = partial(validation_enabled, is_validate=False) if shared else nullcontext

    def program(data: Any, facts: Mapping[str, Any]) -> None:
        model(NumpyroProgram(priors, sizes, facts), data)

    sites = latent_sites(program, inputs)
    transforms = {name: biject_to(fn.support) for name, fn in sites.items()}
    blank = {
        name: jnp.zeros(transforms[name].inverse_shape(fn.shape())) for name, fn in sites.items()
    }
    flat, unravel = ravel_pytree(blank)
    labels = [
        f"{name}[{i}]" if value.ndim else name
        for name, value in sorted(blank.items())
        for i in range(value.size)
    ]

    def constrained(z: Any) -> tuple[dict[str, Any], Any]:
        """Parameters at a flat vector, and the log Jacobian of getting there."""
        free = unravel(z)
        values = {name: transforms[name](x) for name, x in free.items()}
        jacobian = sum(
            jnp.sum(transforms[name].log_abs_det_jacobian(x, values[name]))
            for name, x in free.items()
        )
        return values, jacobian

    def negative_log_density(z: Any, inputs: Inputs) -> Any:
        values, jacobian = constrained(z)
        with checks():  # while it is traced
            return -(log_density(program, tuple(inputs), {}, values)[0] + jacobian)

    def constrain(z: Any, inputs: Inputs) -> dict[str, Any]:
        fixed = handlers.substitute(program, data=constrained(z)[0])
        with checks():
            sites = handlers.trace(fixed).get_trace(*inputs)
        return {
            name: site["value"]
            for name, site in sites.items()
            if site["type"] == "deterministic"
            or (site["type"] == "sample" and not site["is_observed"])
        }

    def start(key: Any) -> Any:
        return jax.random.uniform(key, (flat.size,), flat.dtype, -2.0, 2.0)

    trajectories = Trajectories(negative_log_density, int(flat.size))
    gradient = trajectories if shared else jax.jit(jax.value_and_grad(negative_log_density))
    return Potential(
        negative_log_density, gradient, trajectories.run, constrain, start, int(flat.size), labels
    )


def latent_sites(program: Callable[..., Any], inputs: Inputs) -> dict[str, Any]:
    """Distributions of what `program` samples, by name, found without computing anything.

    The program is traced abstractly: NumPyro's own initialisation runs it operation by
    operation, which costs more than compiling the potential.
    """
    found: dict[str, Any] = {}

    def fill(site: dict[str, Any]) -> Any:
        if site["type"] != "sample" or site["is_observed"]:
            return None
        found[site["name"]] = site["fn"]
        return biject_to(site["fn"].support)(jnp.zeros(site["fn"].shape()))

    jax.eval_shape(lambda args: handlers.substitute(program, substitute_fn=fill)(*args), inputs)
    return found


def whitened(potential: Potential) -> Callable[[Inputs, Whitening], Callable[[Any], Any]]:
    """Potential of the whitened vector, in the form NumPyro's kernels take."""

    def generate(inputs: Inputs, whitening: Whitening) -> Callable[[Any], Any]:
        def energy(y: Any) -> Any:
            z = whitening.centre + jnp.matmul(whitening.scale, y)
            return potential.negative_log_density(z, inputs)

        return energy

    return generate
