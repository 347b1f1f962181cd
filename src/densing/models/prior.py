"""A prior as a record: family, arguments, dims, unit and the reason for it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Dim = Literal["benchmark", "family", "protocol"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "normal": ("loc", "scale"),
    "lognormal": ("loc", "scale"),
    "beta": ("a", "b"),
    "gamma": ("shape", "rate"),
}
"""Known families and their arguments; every engine realises each of them."""


class Prior(BaseModel):
    """One declared prior.

    Arguments are numbers, lists (one value for each coordinate of `dims`) or names: a name
    stands for a quantity that the model has at hand when it samples this one, a parameter
    (partial pooling) or a fact of the evidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Literal["normal", "lognormal", "beta", "gamma"]
    args: dict[str, float | str | tuple[float, ...]]
    dims: tuple[Dim, ...] = ()
    unit: str
    about: str

    @model_validator(mode="after")
    def _arguments_fit_the_family(self) -> "Prior":
        known = FAMILIES[self.family]
        if set(self.args) != set(known):
            raise ValueError(
                f"family {self.family!r} takes the arguments {', '.join(known)}; "
                f"got {', '.join(sorted(self.args)) or 'none'}"
            )
        for name in known[1:] if self.family in ("normal", "lognormal") else known:
            value = self.args[name]
            if isinstance(value, float) and not value > 0:
                raise ValueError(f"argument {name!r} must be positive, got {value:g}")
        return self
