"""`KEY=VALUE` overrides of a declared model, as the command line takes them."""

import tomllib
from typing import Any

from densing.models.choices import Choices
from densing.models.declaration import DeclarationError, Model, validated
from densing.models.prior import Prior

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
        known = ", ".join(Choices.model_fields)
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
