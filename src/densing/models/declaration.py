"""Models as declared in TOML: choices and priors, one file a model.

The files stand at the top of a checkout (`models/`) and inside an installed wheel
(`densing/_declarations/models/`): one copy, found from both.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, ValidationError

from densing.models.choices import AnyChoices
from densing.models.prior import Prior
from densing.models.records import Handed, validation_messages

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
    choices: AnyChoices
    priors: dict[str, Prior]

    def choose(self, *given: Any, **changes: Any) -> "Model":
        """Return the model with some choices changed; unknown names are an error."""
        if given:
            raise TypeError(f"give each choice by its name: {self.CHANGED}")
        kind = type(self.choices)
        known = list(kind.model_fields)
        if unknown := [key for key in changes if key not in known]:
            raise DeclarationError(
                f"unknown choice {', '.join(map(repr, unknown))}; known: {', '.join(known)}"
            )
        merged = self.choices.model_dump() | changes
        return self.model_copy(update={"choices": validated(kind, merged, self.name)})

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
        check_priors(priors, self.name, self.choices.form)
        return self.model_copy(update={"priors": priors})

    def __repr__(self) -> str:
        return f"Model({self.name!r}: {self.about}; {len(self.priors)} priors)"

    def _repr_html_(self) -> str:
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
    if isinstance(content.get("choices"), dict):
        content["choices"] = {"form": "ladder", **content["choices"]}
    form = _form(content)
    if isinstance(content["priors"], dict):
        check_names(content["priors"], str(name), form)
    model = validated(Model, content, str(name))
    check_priors(model.priors, str(name), form)
    return model


def _form(content: Mapping[str, Any]) -> str:
    choices = content.get("choices")
    form = choices.get("form") if isinstance(choices, dict) else None
    return form if form in BASES else "ladder"


def of_ladder(model: Model, what: str) -> Model:
    """Return a model of one reference family's ladder, which `what` needs.

    Raises
    ------
    DeclarationError
        A model of another form.
    """
    if model.choices.form != "ladder":
        raise DeclarationError(
            f"{what} needs a ladder model, and {model.name!r} has the form "
            f"{model.choices.form!r}: take --model ladder (load_model('ladder')), or a model that "
            "extends it"
        )
    return model


BASES = {"ladder": "ladder", "families": "default"}
"""Declaration of each form that has all of its parameters."""


@cache
def base_priors(form: str) -> Mapping[str, Prior]:
    """Priors of a form's own declaration: the parameters there are, their dims and supports."""
    base = BASES[form]
    content = read_declaration("models", base)[1]["priors"]
    return {name: validated(Prior, prior, f"{base}: {name}") for name, prior in content.items()}


def check_names(names: Iterable[str], source: str, form: str = "ladder") -> None:
    """Raise `DeclarationError` unless every parameter has its prior, and nothing else has."""
    known, names = base_priors(form), set(names)
    unknown = sorted(names - set(known))
    if unknown:
        raise DeclarationError(
            f"{source}: unknown prior {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    missing = sorted(set(known) - names)
    if missing:
        raise DeclarationError(
            f"{source}: no prior for {', '.join(missing)}; declare them, or add "
            f'extends = "{BASES[form]}" to take that model\'s'
        )


def check_priors(priors: Mapping[str, Prior], source: str, form: str = "ladder") -> None:
    """Raise `DeclarationError` for all priors that cannot stand for their parameter."""
    known = base_priors(form)
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
        lines = [f"  {line}" for line in validation_messages(fault)]
        raise DeclarationError(f"{source}: does not fit\n" + "\n".join(lines)) from None


SEQUENCES = ("benchmarks", "exclude_families")
"""Choices that are lists: a single word is a list of one."""


def parse(text: str) -> tuple[str, Any]:
    """Split `KEY=VALUE`; the value is read as TOML, else as a word or a list of words."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key or not value:
        raise DeclarationError(f"{text!r} is not KEY=VALUE, for example tokens=1e12")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        words = [word.strip() for word in value.split(",")]
        return key, words if len(words) > 1 else words[0]


def override(model: Model, settings: list[str]) -> Model:
    """Apply overrides: choices by name, all at once, then priors as `prior.NAME.ARGUMENT`.

    Raises
    ------
    DeclarationError
        Not KEY=VALUE, an unknown key, or a value that does not fit; says what is known.
    """
    given = [parse(text) for text in settings]
    choices = {
        key: [value] if key in SEQUENCES and isinstance(value, str) else value
        for key, value in given
        if not key.startswith("prior.")
    }
    if choices:
        model = model.choose(**choices)
    for key, value in given:
        if key.startswith("prior."):
            model = set_prior(model, key, value)
    return model


def set_prior(model: Model, key: str, value: Any) -> Model:
    """Return the model with one argument of a prior changed; `key` is prior.NAME.ARGUMENT."""
    parts = key.split(".")
    if len(parts) != 3:
        known = ", ".join(type(model.choices).model_fields)
        raise DeclarationError(
            f"{key!r}: write a prior's argument as prior.NAME.ARGUMENT, for example "
            f"prior.rate.scale=1.0; choices are: {known}"
        )
    _, name, argument = parts
    if name not in model.priors:
        raise DeclarationError(f"unknown prior {name!r}; known: {', '.join(sorted(model.priors))}")
    prior = model.priors[name]
    if argument not in prior.args:
        raise DeclarationError(
            f"prior {name!r} ({prior.family}) has no argument {argument!r}; "
            f"it has: {', '.join(prior.args)}"
        )
    content = prior.model_dump() | {"args": {**prior.args, argument: value}}
    return model.with_priors(**{name: validated(Prior, content, key)})


CHOICES = ("choice", "value")
PRIORS = ("prior", "distribution", "along", "unit", "why")


def choice_rows(model: "Model") -> list[tuple[str, ...]]:
    """One row a choice, under `CHOICES`."""
    return [(key, words(value)) for key, value in model.choices.model_dump(mode="json").items()]


def prior_rows(model: "Model") -> list[tuple[str, ...]]:
    """One row a prior, under `PRIORS`."""
    return [
        (
            name,
            f"{prior.family}({', '.join(f'{k} = {words(v)}' for k, v in prior.args.items())})",
            ", ".join(prior.dims),
            prior.unit,
            prior.about,
        )
        for name, prior in model.priors.items()
    ]


def words(value: Any) -> str:
    """Say a value: lists without brackets, large round numbers as 5e+12."""
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(words(part) for part in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Write a table in Markdown; bars within cells are escaped."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )


def model_html(model: "Model") -> str:
    """Choices and priors as two HTML tables."""
    tables = "".join(
        _html(header, rows)
        for header, rows in ((CHOICES, choice_rows(model)), (PRIORS, prior_rows(model)))
    )
    return f"<p><b>{escape(model.name)}</b>: {escape(model.about)}</p>{tables}"


def _html(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(tag: str, cells: tuple[str, ...]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line('th', header)}{''.join(line('td', row) for row in rows)}</table>"
