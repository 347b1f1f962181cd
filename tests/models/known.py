"""The joint program at known values, without an engine."""

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
