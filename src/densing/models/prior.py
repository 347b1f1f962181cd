"""A prior as a record: family, arguments, dims, unit and the reason for it."""

import math
from typing import ClassVar, Literal, NamedTuple

from pydantic import ConfigDict, model_validator

from densing.models.records import Handed

Dim = Literal[
    "benchmark", "family", "protocol", "knot", "type", "edge", "release", "panel", "reference"
]
Support = Literal["the whole line", "the positive half line", "the unit interval"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "normal": ("loc", "scale"),
    "lognormal": ("loc", "scale"),
    "beta": ("a", "b"),
    "gamma": ("shape", "rate"),
    "flat": (),
}
"""Known families and their arguments; every engine realises each of them."""

SUPPORTS: dict[str, Support] = {
    "normal": "the whole line",
    "lognormal": "the positive half line",
    "beta": "the unit interval",
    "gamma": "the positive half line",
    "flat": "the whole line",
}
"""Where the values of each family lie."""


class Fact(NamedTuple):
    """A quantity of the evidence: its dims and where its values lie."""

    dims: tuple[Dim, ...] = ("benchmark",)
    support: Support = "the whole line"


FACTS: dict[str, Fact] = {
    "mean_log_loss": Fact(),
    "log_checkpoint_loss": Fact(),
    "chance_logit": Fact(),
    "chance_spread": Fact(support="the positive half line"),
    "best_score": Fact(support="the unit interval"),
    "usual_ceiling": Fact(support="the unit interval"),
    "usual_level": Fact(dims=()),
}
"""Facts of the evidence that an argument may name; `layout` measures them."""


class Prior(Handed):
    """One declared prior.

    Arguments are numbers, lists (one value for each coordinate of `dims`) or names: a name
    stands for a quantity that the model has at hand when it samples this one, a parameter
    (partial pooling) or a fact of the evidence.
    """

    MADE: ClassVar[str] = (
        "dn.Prior(family='normal', args={'loc': 0, 'scale': 1}, unit='ln', about='why')"
    )
    CHANGED: ClassVar[str] = "model = model.with_priors(rate=dn.Prior(...))"
    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Literal["normal", "lognormal", "beta", "gamma", "flat"]
    args: dict[str, float | str | tuple[float, ...]]
    dims: tuple[Dim, ...] = ()
    unit: str
    about: str

    @property
    def support(self) -> Support:
        """Where its values lie."""
        return SUPPORTS[self.family]

    @property
    def positive(self) -> tuple[str, ...]:
        """Arguments that must be positive: all but a location."""
        return tuple(name for name in FAMILIES[self.family] if name != "loc")

    @model_validator(mode="after")
    def _arguments_fit_the_family(self) -> "Prior":
        known = FAMILIES[self.family]
        if set(self.args) != set(known):
            raise ValueError(
                f"family {self.family!r} takes the arguments {', '.join(known) or 'none'}; "
                f"got {', '.join(sorted(self.args)) or 'none'}"
            )
        for name, value in self.args.items():
            if isinstance(value, str):
                continue
            if isinstance(value, tuple) and not (self.dims and value):
                raise ValueError(
                    f"argument {name!r} is a list of {len(value)} values for a prior with "
                    f"{'the dims ' + ', '.join(self.dims) if self.dims else 'no dims'}: "
                    "give a number, or one value for each coordinate of its dims"
                )
            for number in value if isinstance(value, tuple) else (value,):
                if name in self.positive and not number > 0:
                    raise ValueError(f"argument {name!r} must be positive, got {number:g}")
                if not math.isfinite(number):
                    raise ValueError(f"argument {name!r} must be finite, got {number:g}")
        return self

    def misfits(self, default: "Prior", named: "dict[str, Prior]") -> list[str]:
        """Say what speaks against this prior in place of the default model's.

        Parameters
        ----------
        default
            The default model's prior of the same parameter.
        named
            The other parameters, which arguments may name beside the `FACTS`.
        """
        faults = []
        if self.dims != default.dims:
            faults.append(
                f"must have dims = {list(default.dims)}, as in the default model, "
                f"got {list(self.dims)}"
            )
        if not within(self.support, default.support):
            fitting = [name for name in FAMILIES if within(SUPPORTS[name], default.support)]
            faults.append(
                f"must be on {default.support}, got {self.family!r} on {self.support}; "
                f"families that fit: {', '.join(fitting)}"
            )
        known: dict[str, Prior | Fact] = {**named, **FACTS}
        for argument, value in self.args.items():
            if not isinstance(value, str):
                continue
            if value not in known:
                faults.append(
                    f"argument {argument!r} names {value!r}, which nothing bears; "
                    f"known: {', '.join(sorted(known))}, or give a number"
                )
                continue
            quantity = known[value]
            if not set(quantity.dims) <= set(self.dims):
                faults.append(
                    f"argument {argument!r} names {value!r}, which differs by "
                    f"{', '.join(quantity.dims)}; the prior's dims are {list(self.dims)}"
                )
            if argument in self.positive and quantity.support == "the whole line":
                faults.append(
                    f"argument {argument!r} must be positive, and {value!r} may be negative"
                )
        return faults


def within(support: Support, other: Support) -> bool:
    """Whether values on `support` can take the place of values on `other`.

    Only the whole line replaces the whole line: such a parameter may be sampled in shifted
    coordinates, which know no bounds.
    """
    half, unit = "the positive half line", "the unit interval"
    return support == other or (support == unit and other == half)
