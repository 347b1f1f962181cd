"""Values that know only where they come from: what a graph is recorded with.

A `Traced` value goes through the model's formulae like an array; whatever comes out of an
operation comes from all that went in. No number is computed.
"""

from types import SimpleNamespace
from typing import Any

from densing.models.ops import NAMES


class Traced:
    """A value known by its sources, the names of the nodes it was computed from."""

    __array_ufunc__ = None
    """NumPy leaves operations with an array to this class."""

    shape = (0, 0)

    def __init__(self, sources: frozenset[str] = frozenset()) -> None:
        self.sources = sources

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: Any) -> "Traced":
        return self

    def __neg__(self) -> "Traced":
        return Traced(self.sources)

    def _with(self, other: Any) -> "Traced":
        return Traced(self.sources | sources(other))

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _with
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _with


def sources(value: Any) -> frozenset[str]:
    """Return the sources of a value, or of all values in a list; none for plain numbers."""
    if isinstance(value, Traced):
        return value.sources
    if isinstance(value, list | tuple):
        return frozenset().union(*(sources(part) for part in value))
    return frozenset()


def _traced(*args: Any, **named: Any) -> Traced:
    return Traced(sources([*args, *named.values()]))


def _by_rows(function: Any, *rows: Any) -> Any:
    """Call the function: what it closes over counts, too."""
    return function(*rows)


traced_ops = SimpleNamespace(**dict.fromkeys(NAMES, _traced) | {"by_rows": _by_rows})
"""Array namespace (`ops`) over traced values."""


def traced_record(record: type[Any], source: str) -> Any:
    """Make a record of the type of a NamedTuple of arrays, each traced to `source`."""
    return record(*(Traced(frozenset({source})) for _ in record._fields))
