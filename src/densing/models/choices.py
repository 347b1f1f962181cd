"""Reference choices: the conventions an answer depends on, each declared."""

import math
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from densing.models.joint import Switches
from densing.models.shapes import ShapeName


class Choices(BaseModel):
    """Everything that is convention rather than evidence.

    A fit resolves these once and keeps them in the run file; sensitivity varies them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: str = "minicpm"
    """Reference family: which `reference` of the runs and checkpoints."""
    benchmarks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Benchmarks whose scores count."""
    tokens: Annotated[float, Field(gt=0)] | Literal["own", "infinite"] = 5e12
    """D0, the tokens the reference is trained on: a count, each model's own, or no limit."""
    count: Literal["non-embedding", "total", "active"] = "non-embedding"
    """Which parameters of a target model count."""
    irreducible: bool = True
    """Loss law with an irreducible loss E (the paper's law has none)."""
    shortfall: bool = True
    """Skewed residual with a frontier; otherwise normal, population only."""
    families: bool = True
    """A random effect for each family of models."""
    shape: ShapeName = "linear"
    """How the slope of the trend may change over the dates (`models.shapes`)."""
    changepoint: date = date(2022, 11, 30)
    """Date at which the slope changes under shape = fixed_changepoint: ChatGPT's release."""
    benchmark_trends: bool = True
    """Each benchmark has its own level and growth about the common ones (none to speak of where
    there is one benchmark: its own are then the common ones)."""
    derived: bool = False
    """Include pruned, distilled, up-scaled and quantised models."""
    held_out: bool = False
    """Fit the reference's held-out rows too, instead of predicting them."""
    min_scores: Annotated[int, Field(ge=1)] = 1
    """Scores a model needs on the chosen benchmarks."""
    released_from: date | None = None
    released_until: date | None = None
    exclude_families: tuple[str, ...] = ()

    @field_validator("tokens", mode="before")
    @classmethod
    def _finite(cls, value: Any) -> Any:
        try:
            finite = math.isfinite(float(value))
        except (TypeError, ValueError):
            return value  # a word: left to the type
        if not finite:
            raise ValueError('must be a finite count; for no limit write the word "infinite"')
        return value

    @field_validator("benchmarks")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in value if value.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} more than once; name each benchmark once")
        return value

    @property
    def switches(self) -> Switches:
        """The choices that change the program."""
        return Switches(
            self.irreducible,
            self.shortfall,
            self.families,
            benchmark_trends=self.benchmark_trends and len(self.benchmarks) > 1,
            shape=self.shape,
        )
