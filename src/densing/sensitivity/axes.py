"""Axes of a multiverse as declared in `sensitivity/*.toml`: levels, each with what it changes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from densing.models.choices import Choices
from densing.models.declaration import DeclarationError, read_declaration, validated
from densing.models.joint import Switches

EDITS = ("prior_scale", "runs", "protocols", "without")
"""What a level may change besides choices and arguments of priors (see `changes`)."""
STRUCTURAL = frozenset({"reference", "benchmarks", *Switches._fields} - {"protocols", "experts"})
"""Changes that alter the shape of the program: hard to change in the sense of split-plot designs,
since each new shape is compiled and searched for modes anew. So do those of `STRUCTURAL_VALUES`."""
STRUCTURAL_VALUES = {"tokens": "own", "count": "experts"}


def structural(changes: Mapping[str, Any]) -> bool:
    """Whether `changes` alter the shape of the program."""
    return bool(STRUCTURAL & set(changes)) or any(
        changes.get(key) == value for key, value in STRUCTURAL_VALUES.items()
    )


class Axis(BaseModel):
    """One reference choice: why it is one, and its levels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str
    title: str = ""
    """What pictures and sentences call the axis; its name in words where empty."""
    default: str
    """Name of the level that changes nothing."""
    levels: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    """What each other level changes: choices, `prior.NAME.ARGUMENT`, and `EDITS`."""

    def called(self, name: str) -> str:
        """Title of the axis, which is declared as `name`."""
        return self.title or name.replace("_", " ")

    def of_shape(self, *, changed: bool) -> list[str]:
        """Levels that change the shape of the program, or those that keep it."""
        return [name for name, made in self.levels.items() if structural(made) == changed]


class Axes(BaseModel):
    """Declared axes by name, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    axes: Annotated[dict[str, Axis], Field(min_length=1)]

    def pick(self, names: Iterable[str]) -> "Axes":
        """Return the axes named, in that order; an unknown name is an error."""
        names = list(dict.fromkeys(names))
        unknown = [name for name in names if name not in self.axes]
        if unknown:
            raise DeclarationError(
                f"unknown axis {', '.join(map(repr, unknown))}; known: {', '.join(self.axes)}"
            )
        return self.model_copy(update={"axes": {name: self.axes[name] for name in names}})

    def changes(self, axis: str, level: str) -> dict[str, Any]:
        """Return what `level` of `axis` changes; an unknown one is an error."""
        declared = self.pick([axis]).axes[axis]
        if level == declared.default:
            return {}
        if level not in declared.levels:
            known = ", ".join([declared.default, *declared.levels])
            raise DeclarationError(f"axis {axis!r} has no level {level!r}; known: {known}")
        return declared.levels[level]


def load_axes(name: str | Path = "default") -> Axes:
    """Load declared axes by name or from a TOML file.

    Raises
    ------
    DeclarationError
        Unknown name, unreadable file, or content that does not fit; names every fault.
    """
    stem, content = read_declaration("sensitivity", name)
    axes = validated(Axes, {"name": stem, **content}, str(name))
    known = [*(name for name in Choices.model_fields if name != "form"), *EDITS]
    faults = [
        f"  axes.{axis}.levels.{level}: unknown change {key!r}; known: {', '.join(known)}, "
        "or prior.NAME.ARGUMENT"
        for axis, declared in axes.axes.items()
        for level, changes in declared.levels.items()
        for key in changes
        if key not in known and not key.startswith("prior.")
    ]
    faults += [
        f"  axes.{axis}.levels.{declared.default}: the default level changes nothing; rename one"
        for axis, declared in axes.axes.items()
        if declared.default in declared.levels
    ]
    if faults:
        raise DeclarationError(f"{name}: does not fit\n" + "\n".join(faults))
    return axes
