"""Models as declared in TOML: choices and priors, one file a model.

The files stand at the top of a checkout (`models/`) and inside an installed wheel
(`densing/_declarations/models/`): one copy, found from both.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, ValidationError

from densing.models.choices import Choices
from densing.models.handed import Handed
from densing.models.misfits import misfits
from densing.models.prior import Prior

PACKAGE = Path(__file__).resolve().parents[1]
WORDS = {
    "models": "declared model",
    "inference": "sampler recipe",
    "sensitivity": "declaration of axes",
}
"""What a declaration of each folder is called."""


class DeclarationError(ValueError):
    """A declaration that cannot be used; the message names file, key and cure."""


class Model(Handed):
    """A declared model: choices and priors, frozen. A fit never changes it."""

    MADE: ClassVar[str] = "take a declared one, dn.load_model('default').choose(tokens=1e12)"
    CHANGED: ClassVar[str] = "model = model.choose(tokens=1e12)"
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    choices: Choices
    priors: dict[str, Prior]

    def choose(self, *given: Any, **changes: Any) -> "Model":
        """Return the model with some choices changed; unknown names are an error."""
        if given:
            raise TypeError(f"give each choice by its name: {self.CHANGED}")
        known = list(Choices.model_fields)
        if unknown := [key for key in changes if key not in known]:
            raise DeclarationError(
                f"unknown choice {', '.join(map(repr, unknown))}; known: {', '.join(known)}"
            )
        merged = self.choices.model_dump() | changes
        return self.model_copy(update={"choices": validated(Choices, merged, self.name)})

    def with_priors(self, **changes: Prior) -> "Model":
        """Return the model with some priors replaced; unknown or unfit ones are an error."""
        for key, prior in changes.items():
            if not isinstance(prior, Prior):
                raise TypeError(f"{key}: expected a prior, got {prior!r}: {Prior.MADE}")
            if key not in self.priors:
                raise DeclarationError(
                    f"unknown prior {key!r}; known: {', '.join(sorted(self.priors))}"
                )
        priors = self.priors | changes
        check_priors(priors, self.name)
        return self.model_copy(update={"priors": priors})

    def __repr__(self) -> str:
        return f"Model({self.name!r}: {self.about}; {len(self.priors)} priors)"

    def _repr_html_(self) -> str:
        from densing.models.tables import model_html

        return model_html(self)


def folder(kind: str) -> Path:
    """Folder of the bundled declarations of a kind: `models` or `inference`."""
    installed = PACKAGE / "_declarations" / kind
    return installed if installed.is_dir() else PACKAGE.parents[1] / kind


def declared(kind: str) -> dict[str, Path]:
    """Names and files of everything declared of a kind, default first."""
    names = {path.stem: path for path in sorted(folder(kind).glob("*.toml"))}
    return {"default": names.pop("default"), **names}


def read_declaration(kind: str, name: str | Path) -> tuple[str, dict[str, Any]]:
    """Read the TOML of a bundled name or of a file, with `extends` merged in.

    `extends` is a bundled name, else a path from the folder of the file that says so.
    """
    known = declared(kind)
    path = known.get(str(name), Path(name))
    if not path.is_file():
        raise DeclarationError(
            f"no {WORDS.get(kind, kind)} {str(name)!r}: known are {', '.join(known)}, or give the "
            "path of a .toml file"
        )
    levels, seen = [_parsed(path)], [path.resolve()]
    below = path
    while (base := levels[-1].pop("extends", None)) is not None:
        above = known.get(str(base), below.parent / str(base))
        if not above.is_file():
            raise DeclarationError(
                f"{below}: extends = {base!r} is no {WORDS.get(kind, kind)}: known are "
                f"{', '.join(known)}, or give the path of a .toml file from {below.parent}"
            )
        if above.resolve() in seen:
            raise DeclarationError(
                f"{below}: extends = {base!r} leads in a circle; extend another declaration, "
                'for example "default"'
            )
        levels.append(_parsed(above))
        seen.append(above.resolve())
        below = above
    content: dict[str, Any] = {}
    for level in reversed(levels):
        content = merge(content, level)
    return path.stem, content


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark first
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise DeclarationError(f"{path}: not valid TOML: {fault}") from None


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two levels of tables: `over` wins entry by entry, a prior whole."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = {**base[key], **value} if both else value
    return merged


def load_model(name: str | Path = "default") -> Model:
    """Load a declared model by name or from a TOML file.

    Raises
    ------
    DeclarationError
        Unknown name, unreadable file, or content that does not fit; says which key.
    """
    stem, content = read_declaration("models", name)
    content = {"name": stem, "priors": {}, **content}
    if isinstance(content["priors"], dict):
        check_names(content["priors"], str(name))
    model = validated(Model, content, str(name))
    check_priors(model.priors, str(name))
    return model


@cache
def default_priors() -> Mapping[str, Prior]:
    """Priors of the default model: the parameters there are, their dims and supports."""
    content = read_declaration("models", "default")[1]["priors"]
    return {name: validated(Prior, prior, f"default: {name}") for name, prior in content.items()}


def check_names(names: Iterable[str], source: str) -> None:
    """Raise `DeclarationError` unless every parameter has its prior, and nothing else has."""
    known, names = default_priors(), set(names)
    unknown = sorted(names - set(known))
    if unknown:
        raise DeclarationError(
            f"{source}: unknown prior {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    missing = sorted(set(known) - names)
    if missing:
        raise DeclarationError(
            f"{source}: no prior for {', '.join(missing)}; declare them, or add "
            'extends = "default" to take the default model\'s'
        )


def check_priors(priors: Mapping[str, Prior], source: str) -> None:
    """Raise `DeclarationError` for all priors that cannot stand for their parameter."""
    known = default_priors()
    lines = [
        f"  priors.{name}: {fault}"
        for name, prior in priors.items()
        for fault in prior.misfits(known[name], {k: v for k, v in priors.items() if k != name})
    ]
    if lines:
        raise DeclarationError(f"{source}: does not fit\n" + "\n".join(lines))


def validated(kind: type[Any], content: Mapping[str, Any], source: str) -> Any:
    """Validate `content` as the record `kind`, with faults that name the key."""
    try:
        return kind.model_validate(content)
    except ValidationError as fault:
        lines = [f"  {line}" for line in misfits(fault)]
        raise DeclarationError(f"{source}: does not fit\n" + "\n".join(lines)) from None
