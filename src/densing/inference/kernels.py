"""The steps of a chain: NumPyro's NUTS, compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from numpyro.infer.hmc import hmc
from numpyro.infer.hmc_util import build_adaptation_schedule
from numpyro.infer.util import ParamInfo

from densing.inference.potential import Potential, whitened
from densing.inference.settings import Settings
from densing.inference.whitening import Inputs, Whitening

BLOCK = 25
"""Draws between two looks at the progress and the interrupt."""
FIRST_STEP = 0.3
"""Step size that a chain begins with where nothing is known of it."""
SHALLOW = 5
"""Depth of trees at most, while a chain adapts: what is not shaped yet is not worth long walks."""


class Pace(NamedTuple):
    """What is known of a whitening before the first draw."""

    step_size: float
    """A step size that suits it: the first, and what adaptation is drawn to."""
    warmup: int
    """Draws that the step size alone adapts over; 0 keeps it fixed."""
    onward: int = 0
    """Kept draws that it goes on adapting over, in shallow trees: for draws that only show a
    posterior's shape."""


@dataclass
class Kernel:
    """Start and block of a chain; the block is compiled when it is first needed, once."""

    value_and_grad: Callable[..., Any]
    """Of the flat unconstrained vector: what the modes were searched with."""
    begin: Callable[..., Any]
    block: Any
    compiled: Callable[..., Any] | None = None

    def advance(self, *example: Any) -> Callable[..., Any]:
        """Return the compiled block, compiling (or loading from the cache) for `example`."""
        ready = self.compiled
        if ready is None:
            ready = self.compiled = self.block.lower(*example).compile()
        return ready


def kernel(potential: Potential, settings: Settings) -> Kernel:
    """Build the jitted steps; keep the result to sample again without recompiling."""
    start, step = hmc(potential_fn_gen=whitened(potential), algo="NUTS")
    # While it adapts, and after that; NumPyro's types know only of one for both.
    depth: Any = (min(SHALLOW, settings.max_tree_depth), settings.max_tree_depth)
    last_window = len(build_adaptation_schedule(settings.warmup)) - 1

    def begin(
        key: Any, y: Any, energy: Any, slope: Any, inputs: Inputs, whitening: Whitening,
        pace: Pace | None,
    ) -> Any:  # fmt: skip
        # Dual averaging is drawn to ten times the step size it is told.
        state = start(
            ParamInfo(y, energy, slope),
            settings.warmup,
            step_size=FIRST_STEP if pace is None else 0.1 * pace.step_size,
            dense_mass=False,
            target_accept_prob=settings.target_accept,
            max_tree_depth=depth,
            model_args=(inputs, whitening),
            rng_key=key,
        )
        if pace is None:
            return state
        # Scales adapt in the windows before the last one, the step size in all of them.
        adapting = state.adapt_state._replace(
            step_size=jnp.asarray(pace.step_size, float), window_idx=jnp.asarray(last_window)
        )
        ahead = settings.warmup - pace.warmup - pace.onward
        return state._replace(i=state.i + ahead, adapt_state=adapting)

    def one(state: Any, inputs: Inputs, whitening: Whitening) -> tuple[Any, Any]:
        state = step(state, (inputs, whitening))
        kept = (
            whitening.centre + jnp.matmul(whitening.scale, state.z),
            state.energy,
            state.num_steps,
            state.diverging,
            state.accept_prob,
            state.adapt_state.step_size,
            -state.potential_energy,
            state.z_grad,
        )
        return state, kept

    def block(state: Any, inputs: Inputs, whitening: Whitening) -> tuple[Any, Any]:
        return jax.lax.scan(lambda s, _: one(s, inputs, whitening), state, None, length=BLOCK)

    return Kernel(potential.value_and_grad, jax.jit(begin), jax.jit(block))
