"""From a design to work: each universe laid out, those of one shape together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.coordinates import VERSION
from densing.models.declaration import DeclarationError, Model
from densing.models.layout import Layout, lay_out
from densing.models.prior import Prior
from densing.models.select import SelectionError
from densing.sensitivity.alter import alter
from densing.sensitivity.design import Design, Skipped, Universe
from densing.sensitivity.left_out import without
from densing.sensitivity.padding import Shape, Sizes, common, numbers_as_data, shape_of
from densing.sensitivity.store import identity


@dataclass(frozen=True)
class Planned:
    """A universe, ready to be fitted."""

    name: str
    """Its identity, and so the name of its file."""
    universe: Universe
    model: Model
    layout: Layout

    @property
    def about(self) -> dict[str, Any]:
        """The part of its record that is known beforehand."""
        return {
            "name": self.universe.name, "part": self.universe.part,
            "levels": dict(self.universe.levels), "left": list(self.universe.left),
            "changes": {k: v if isinstance(v, int | float | list) else str(v)
                        for k, v in self.universe.changes.items()},
            "choices": self.model.choices.model_dump(mode="json"),
            "models": len(self.layout.models), "scores": len(self.layout.scores),
        }  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Universes of one shape: one program, one leader."""

    shape: Shape
    sizes: Sizes
    members: tuple[Planned, ...]
    """The leader first: the one nearest to the default."""
    elder: str | None = None
    """Leader of another shape that this one's inherits from, by name; None: it begins alone."""

    @property
    def name(self) -> str:
        """Identity of the leader's fit in this shape."""
        content = (VERSION, self.shape, self.sizes, self.members[0].name)
        return sha256(repr(content).encode()).hexdigest()[:16]

    def around(self, some: Sequence[Planned]) -> "Group":
        """Return the same group with its leader and `some` alone."""
        head = self.members[0]
        return replace(self, members=(head, *(p for p in some if p.name != head.name)))

    def arrays(self, planned: Planned) -> tuple[Mapping[str, Any], Mapping[str, Prior]]:
        """Facts of a universe, the priors' numbers among them, and priors that name them."""
        priors, numbers = numbers_as_data(planned.model.priors)
        return {**planned.layout.facts, **numbers}, priors


def plan(
    design: Design, model: Model, evidence: Evidence, settings: Settings, *, seed: int
) -> tuple[list[Group], list[Skipped]]:
    """Lay out every universe of `design`; those that cannot be fitted are skipped by name."""
    skipped = list(design.skipped)
    groups: dict[Shape, list[Planned]] = {}
    seen: dict[str, str] = {}
    for universe in design.universes:
        try:
            altered = alter(model, evidence, universe.changes)
            left_out = universe.changes.get("without", ())
            layout = without(lay_out(altered.evidence, altered.model.choices), left_out)
        except (DeclarationError, SelectionError) as fault:
            if universe.part == "default":
                raise
            skipped.append(Skipped(universe.levels, str(fault)))
            continue
        name = identity(altered.model, altered.evidence, settings, seed, left_out=left_out)
        if name in seen:
            skipped.append(Skipped(universe.levels, f"the same as {seen[name]}"))
            continue
        seen[name] = universe.name
        shape = shape_of(layout, altered.model)
        groups.setdefault(shape, []).append(Planned(name, universe, altered.model, layout))
    ordered = [sorted(members, key=lambda p: len(p.universe.left)) for members in groups.values()]
    found = [
        Group(shape, common([p.layout for p in members]), tuple(members))
        for shape, members in zip(groups, ordered, strict=True)
    ]
    default, *others = found
    # The largest of the others waits for nothing either: two workers begin at once.
    alone = max(others, key=lambda group: len(group.members), default=None)
    return [
        g if g is default or g is alone else replace(g, elder=default.name) for g in found
    ], skipped
