"""The joint program at known values, without an engine."""

import numpy as np

from densing.models.ops import numpy_ops


class Known:
    """A `Program` whose parameters and facts are known; what it derives is known thereafter."""

    xp = numpy_ops

    def __init__(self, values):
        self.values = dict(values)

    def sample(self, name, *, coordinate=None):
        return self.values[name]

    def derive(self, name, value, dims=()):
        self.values[name] = value
        return value

    def observe(self, name, family, args, value):
        pass

    def factor(self, name, log_density):
        pass


def known_values(priors, sizes, rng):
    """Draws of all parameters, nearer to the middle of their priors than these say."""
    values = {}
    for name, prior in priors.items():
        shape = tuple(sizes[dim] for dim in prior.dims)
        args = [values[a] if isinstance(a, str) else a for a in prior.args.values()]
        z = 0.5 * rng.standard_normal(shape)
        values[name] = {
            "normal": lambda loc, scale, z=z: loc + scale * z,
            "lognormal": lambda loc, scale, z=z: np.exp(loc + scale * z),
            "beta": lambda a, b, shape=shape: rng.beta(4 * a, 4 * b, shape),
            "flat": lambda z=z: z - 1.0,
        }[prior.family](*args)
    return values
