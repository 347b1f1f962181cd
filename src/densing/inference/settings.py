"""Sampler recipes as declared in `inference/*.toml`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from densing.models.declaration import read_declaration, validated


class Settings(BaseModel):
    """How a posterior is sampled, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    engine: Literal["numpyro"] = "numpyro"
    chains: Annotated[int, Field(ge=1, le=64)] = 4
    pilot: Annotated[int, Field(ge=50)] = 150
    """Draws of each chain that the whitening is learned from, then dropped."""
    warmup: Annotated[int, Field(ge=50)] = 150
    """Draws that step size and scales adapt over, before the pilot and again after it."""
    draws: Annotated[int, Field(ge=50)] = 700
    target_accept: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.8
    max_tree_depth: Annotated[int, Field(ge=1, le=12)] = 9


def load_settings(name: str | Path = "default") -> Settings:
    """Load a recipe by name or from a TOML file; raises `DeclarationError`."""
    stem, content = read_declaration("inference", name)
    return validated(Settings, {"name": stem, **content}, str(name))
