"""Reference choices: the conventions an answer depends on, each declared."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from densing.models import shapes
from densing.models.families import FamilySwitches
from densing.models.joint import Switches
from densing.models.laws import LinkName
from densing.models.records import Handed
from densing.models.residual import ShortfallForm
from densing.models.scores import LikelihoodName
from densing.models.shapes import ShapeName


class Choices(Handed):
    """Everything that is convention rather than evidence.

    A fit resolves these once and keeps them in the run file; sensitivity varies them.
    """

    MADE: ClassVar[str] = "model = dn.load_model('default').choose(tokens=1e12)"
    CHANGED: ClassVar[str] = "model = model.choose(tokens=1e12)"
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    form: Literal["ladder"] = "ladder"
    """The joint model of one reference family's ladder, its targets and their trend."""
    reference: str = "minicpm"
    """Family of small models whose scaling is the yardstick: the `reference` of their tables."""
    benchmarks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Benchmarks whose scores count."""
    tokens: Annotated[float, Field(gt=0)] | Literal["own", "infinite"] = 5e12
    """D0, the tokens the reference is imagined to be trained on: a count, each model's own, or no
    limit. A convention: density is relative to it."""
    count: Literal["non-embedding", "total", "active", "experts"] = "non-embedding"
    """Which parameters count, of the reference and of the models alike; experts: without
    embeddings, of a mixture ``active^(1-w) total^w``, w a parameter (`expert_weight`)."""
    irreducible: bool = True
    """Loss law with an irreducible loss E (the paper's law has none)."""
    shortfall: bool = True
    """Models fall short of a frontier by skewed amounts; otherwise the residual is normal, and
    there is no frontier."""
    shortfall_form: ShortfallForm = "exponential"
    """Distribution of the shortfall below the frontier."""
    likelihood: LikelihoodName = "beta"
    """Distribution of a model's score about its expectation."""
    link: LinkName = "logit"
    """Sigmoid from loss to score."""
    free_ceiling: bool = True
    """A ceiling of each benchmark's own; otherwise a score of 1."""
    contamination: bool = False
    """A bias of each benchmark, upwards, for models from November 2023 on: training on the test
    task (arXiv 2407.07890). It is hard to tell from growth: its prior decides."""
    families: bool = True
    """Models of one developer's line share an effect: siblings are not independent."""
    shape: ShapeName = "linear"
    """How the slope of the trend may change over the dates (`models.shapes`); whatever it is, the
    rate is the mean slope over them."""
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
    """First release date that takes part."""
    released_until: date | None = None
    """Last release date that takes part."""
    exclude_families: tuple[str, ...] = ()
    """Families left out."""

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

    @model_validator(mode="after")
    def _form_of_something(self) -> "Choices":
        if not self.shortfall and self.shortfall_form != "exponential":
            raise ValueError(
                f"shortfall_form = {self.shortfall_form!r} needs a shortfall: "
                "set shortfall = true, or leave shortfall_form at 'exponential'"
            )
        return self

    @property
    def switches(self) -> Switches:
        """The choices that change the program."""
        return Switches(
            self.irreducible,
            self.shortfall,
            self.families,
            benchmark_trends=self.benchmark_trends and len(self.benchmarks) > 1,
            shape=self.shape,
            shortfall_form=self.shortfall_form,
            likelihood=self.likelihood,
            experts=self.count == "experts",
            contamination=self.contamination,
            free_ceiling=self.free_ceiling,
            link=self.link,
        )


class FamilyChoices(Handed):
    """Conventions of the families model (`models.families`): releases are the yardstick."""

    MADE: ClassVar[str] = "model = dn.load_model('default').choose(shape='linear')"
    CHANGED: ClassVar[str] = "model = model.choose(shape='linear')"
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    form: Literal["families"]
    """Families as yardsticks: no reference is needed for a rate, one sets the level."""
    benchmarks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Benchmarks whose scores count."""
    reference: str = "minicpm"
    """Reference family at which density is 1: a level, which changes no rate."""
    tokens: Annotated[float, Field(gt=0)] = 5e12
    """D0, the tokens that the reference is taken to be trained on: a part of the level, too."""
    shape: ShapeName = "local"
    """How the slope of the trend may change over the dates (`models.shapes`)."""
    changepoint: date = date(2025, 1, 1)
    """Date at which the slope changes under shape = fixed_changepoint."""
    type_changes: bool = True
    """The change of slope differs by type of benchmark."""
    family_residuals: bool = True
    """Families, not releases alone, stand out on single benchmarks."""
    within_families: bool = True
    """Growth within families may differ from growth between them (a family's mean date as
    regressor), so that families that enter late do not take growth away."""
    outlying_releases: bool = False
    """Some releases depart further than others do (code models, other languages)."""
    spread_drift: bool = False
    """Releases may come to differ more, or less: growth of the best is then its own."""
    experts: bool = True
    """``active^(1-w) total^w`` parameters count, w a parameter; otherwise all of them do."""
    curvature: bool = False
    """Scores bend in ln N on the logit scale; otherwise they are straight in it."""
    token_term: bool = False
    """Training tokens beyond those usual at the date are a term of log density."""
    free_ceiling: bool = False
    """A ceiling of each benchmark's own; otherwise 0.98, or just above the best score."""
    derived: bool = False
    """Include pruned, distilled, up-scaled and quantised models."""
    min_scores: Annotated[int, Field(ge=1)] = 2
    """Scores a model needs on the chosen benchmarks."""
    released_from: date | None = None
    """First release date that takes part."""
    released_until: date | None = None
    """Last release date that takes part."""
    exclude_families: tuple[str, ...] = ()
    """Families left out."""
    best_of: Annotated[int, Field(ge=1)] = 20
    """Releases among which the frontier is the best: about those of half a year."""

    @property
    def switches(self) -> FamilySwitches:
        """The choices that change the program; what only the evidence can turn off is on."""
        return FamilySwitches(
            shape=self.shape, type_changes=self.type_changes,
            family_residuals=self.family_residuals, within_families=self.within_families,
            spread_drift=self.spread_drift, outlying_releases=self.outlying_releases,
            experts=self.experts, free_ceiling=self.free_ceiling, curvature=self.curvature,
            tokens=self.token_term,
        )  # fmt: skip

    @field_validator("benchmarks")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in value if value.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} more than once; name each benchmark once")
        return value


AnyChoices = Annotated[Choices | FamilyChoices, Field(discriminator="form")]
"""Choices of either form of model."""

TAKEN = {
    "score_tail": ("likelihood", "student-t"),
    "contamination": ("contamination", True),
    "expert_weight": ("count", "experts"),
}
"""Parameters that only one value of a choice has."""


def parameters_of_others(choices: Mapping[str, Any]) -> set[str]:
    """Parameters that only other choices have: declared, and no part of this model.

    Parameters
    ----------
    choices
        By name, as `Choices.model_dump` gives them; the default where one is not there.
    """
    unused = {name for name, (key, value) in TAKEN.items() if choices.get(key) != value}
    return unused | shapes.parameters_of_others(choices.get("shape", "linear"))


def departures(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Choices less those that are at their field's own default."""
    usual = {name: field.default for name, field in Choices.model_fields.items()}
    return {key: value for key, value in choices.items() if value != usual.get(key, ...)}
