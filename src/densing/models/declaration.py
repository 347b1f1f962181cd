"""Models as declared in TOML: choices and priors, one file a model.

The files stand at the top of a checkout (`models/`) and inside an installed wheel
(`densing/_declarations/models/`): one copy, found from both.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from densing.models.choices import Choices
from densing.models.prior import Prior

PACKAGE = Path(__file__).resolve().parents[1]


class DeclarationError(ValueError):
    """A declaration that cannot be used; the message names file, key and cure."""


class Model(BaseModel):
    """A declared model: choices and priors, frozen. A fit never changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    choices: Choices
    priors: dict[str, Prior]

    def choose(self, **changes: Any) -> "Model":
        """Return the model with some choices changed; unknown names are an error."""
        known = list(Choices.model_fields)
        for key in changes:
            if key not in known:
                raise DeclarationError(f"unknown choice {key!r}; known: {', '.join(known)}")
        merged = self.choices.model_dump() | changes
        return self.model_copy(update={"choices": validated(Choices, merged, self.name)})

    def with_priors(self, **changes: Prior) -> "Model":
        """Return the model with some priors replaced; unknown names are an error."""
        for key in changes:
            if key not in self.priors:
                raise DeclarationError(
                    f"unknown prior {key!r}; known: {', '.join(sorted(self.priors))}"
                )
        return self.model_copy(update={"priors": self.priors | changes})


def folder(kind: str) -> Path:
    """Folder of the bundled declarations of a kind: `models` or `inference`."""
    installed = PACKAGE / "_declarations" / kind
    return installed if installed.is_dir() else PACKAGE.parents[1] / kind


def declared(kind: str) -> dict[str, Path]:
    """Names and files of everything declared of a kind, default first."""
    names = {path.stem: path for path in sorted(folder(kind).glob("*.toml"))}
    return {"default": names.pop("default"), **names}


def read_declaration(kind: str, name: str | Path) -> tuple[str, dict[str, Any]]:
    """Parsed TOML of a bundled name or of a file, with `extends` merged in."""
    known = declared(kind)
    path = known.get(str(name), Path(name))
    if not path.is_file():
        raise DeclarationError(
            f"no {kind} declaration {str(name)!r}: "
            f"known are {', '.join(known)}, or give the path of a .toml file"
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DeclarationError(f"{path}: not valid TOML: {fault}") from None
    base = content.pop("extends", None)
    if base is not None:
        content = merge(read_declaration(kind, base)[1], content)
    return path.stem, content


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
    model = validated(Model, {"name": stem, **content}, str(name))
    known = set(read_declaration("models", "default")[1]["priors"])
    unknown = sorted(set(model.priors) - known)
    if unknown:
        raise DeclarationError(
            f"{name}: unknown prior {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    return model


def validated(kind: type[Any], content: Mapping[str, Any], source: str) -> Any:
    """Validate `content` as the record `kind`, with faults that name the key."""
    try:
        return kind.model_validate(content)
    except ValidationError as fault:
        lines = []
        for error in fault.errors():
            where = ".".join(str(part) for part in error["loc"])
            lines.append(f"  {where}: {error['msg']} (got {error['input']!r})")
        raise DeclarationError(f"{source}: does not fit\n" + "\n".join(lines)) from None
