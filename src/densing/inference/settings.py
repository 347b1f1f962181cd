"""Sampler recipes as declared in `inference/*.toml`."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from densing.models.declaration import read_declaration, validated
from densing.models.records import Handed


class Settings(Handed):
    """How a posterior is sampled, frozen."""

    MADE: ClassVar[str] = "take a declared one by its name, dn.load_settings('default')"
    CHANGED: ClassVar[str] = 'write a .toml file that says extends = "default", and load that'
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    engine: Literal["numpyro", "pymc", "nutpie"] = "numpyro"
    """Who samples: NumPyro's NUTS, PyMC's NUTS, or nutpie's NUTS on the `pm.Model`."""
    chains: Annotated[int, Field(ge=1, le=64)] = 4
    pilot: Annotated[int, Field(ge=0)] = 150
    """Draws of each chain that the whitening is learned from, then dropped (at least 50), up to
    three times. nutpie has no pilot, it learns the shape in its warm-up: 0."""
    warmup: Annotated[int, Field(ge=50)] = 150
    """Draws that the step size adapts over, and PyMC's and nutpie's scales, before those that
    are kept."""
    draws: Annotated[int, Field(ge=50)] = 400
    max_draws: Annotated[int, Field(ge=0)] = 0
    """Chains go on to at most this many draws while R-hat or an effective sample size falls
    short (NumPyro alone); 0 for `draws` and no more."""
    target_accept: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.8
    careful_accept: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Acceptance of a second try where the first diverges (NumPyro alone); 0 for no second try."""
    max_tree_depth: Annotated[int, Field(ge=1, le=12)] = 9

    @model_validator(mode="before")
    @classmethod
    def _nutpie_without_a_pilot(cls, content: Any) -> Any:
        without = isinstance(content, dict) and content.get("engine") == "nutpie"
        return {"pilot": 0, **content} if without else content

    @model_validator(mode="after")
    def _fields_fit_the_engine(self) -> "Settings":
        if self.engine == "nutpie" and self.pilot:
            raise ValueError(
                f"engine 'nutpie' has no pilot, got pilot = {self.pilot}: leave it out (or set it "
                "to 0 where it is inherited) and raise warmup instead"
            )
        if self.engine != "numpyro" and self.max_draws:
            raise ValueError(
                f"engine {self.engine!r} does not go on beyond `draws`, got max_draws = "
                f"{self.max_draws}: leave it out (or set it to 0 where it is inherited)"
            )
        if self.engine != "numpyro" and self.careful_accept:
            raise ValueError(
                f"engine {self.engine!r} makes no second try, got careful_accept = "
                f"{self.careful_accept:g}: leave it out (or set it to 0 where it is inherited)"
            )
        if self.engine != "nutpie" and self.pilot < 50:
            raise ValueError(
                f"pilot must be at least 50 for engine {self.engine!r}, got {self.pilot}"
            )
        return self


def load_settings(name: str | Path = "default") -> Settings:
    """Load a recipe by name or from a TOML file; raises `DeclarationError`."""
    stem, content = read_declaration("inference", name)
    return validated(Settings, {"name": stem, **content}, str(name))
