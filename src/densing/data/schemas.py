"""The tables: one list of columns each, with kind, unit, rules and what the column holds.

The lists are plain records, so that help texts and documentation can print them at no cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from densing.data.cells import plain

Kind = Literal["text", "number", "count", "date", "flag"]

FEWEST_PARAMS, MOST_PARAMS = 1e5, 1e14
FEWEST_TOKENS, MOST_TOKENS = 1e6, 1e16


@dataclass(frozen=True)
class Rule:
    """A condition on one value.

    Attributes
    ----------
    test
        True where the value may stand; takes a number or an array of any shape.
    problem
        What is wrong where it may not.
    cure
        From the value to what should be written.
    """

    test: Callable[[Any], Any]
    problem: str
    cure: Callable[[float], str]


def _as_proportion(value: float) -> str:
    if 1 < value <= 100:
        return f"write {plain(value / 100)}: scores are proportions, not percentages"
    return "write a proportion between 0 and 1"


def _params_in_full(value: float) -> str:
    if value <= 0:
        return "write a positive count"
    meant = plain(value * 1e9)
    return f"write the count in full: {meant} if {plain(value)} billion is meant"


def _tokens_in_full(value: float) -> str:
    if value <= 0:
        return "write a positive count"
    billions, trillions = plain(value * 1e9), plain(value * 1e12)
    return f"write the count in full: {billions} if billions are meant, {trillions} if trillions"


PROPORTION = Rule(lambda x: (x >= 0) & (x <= 1), "is outside [0, 1]", _as_proportion)
CHANCE = Rule(lambda x: (x >= 0) & (x < 1), "is outside [0, 1)", _as_proportion)
INNER = Rule(lambda x: (x > 0) & (x < 1), "is outside (0, 1)", _as_proportion)
POSITIVE = Rule(lambda x: x > 0, "is not positive", lambda _: "write a positive number")
NOT_NEGATIVE = Rule(lambda x: x >= 0, "is negative", lambda _: "write 0 or more")
ITEMS = Rule(
    lambda x: x >= 1, "is not a count of items", lambda _: "write how many items there are"
)
PARAMS = Rule(
    lambda x: x >= FEWEST_PARAMS,
    "is too few to be a count of parameters",
    _params_in_full,
)
MANY_PARAMS = Rule(
    lambda x: x <= MOST_PARAMS,
    "is too many to be a count of parameters",
    lambda _: "write parameters, not training operations or bytes",
)
TOKENS = Rule(lambda x: x >= FEWEST_TOKENS, "is too few to be a count of tokens", _tokens_in_full)
MANY_TOKENS = Rule(
    lambda x: x <= MOST_TOKENS,
    "is too many to be a count of tokens",
    lambda _: "write tokens, not training operations",
)
SIZE, DURATION = (PARAMS, MANY_PARAMS), (TOKENS, MANY_TOKENS)


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    rules: tuple[Rule, ...] = ()
    required: bool = False


def _need(name: str, kind: Kind, about: str, unit: str = "", *rules: Rule) -> Column:
    return Column(name, kind, about, unit, rules, required=True)


def _may(name: str, kind: Kind, about: str, unit: str = "", *rules: Rule) -> Column:
    return Column(name, kind, about, unit, rules)


_REFERENCE = _need("reference", "text", "name of the reference family")
_BENCHMARK = _need("benchmark", "text", "name of the benchmark")
_LOSS = _need("loss", "number", "loss of the correct answer", "nats or bits", POSITIVE)
_SCORE = _need("score", "number", "share of the items answered right", "proportion", PROPORTION)
_TOKENS = _need("tokens", "count", "training tokens of the run", "tokens", *DURATION)
_ITEMS = _may("items", "count", "items the score was taken over", "items", ITEMS)
_HELD_OUT = _may("held_out", "flag", "kept out of the fit, to test it")
_SOURCE = _may("source", "text", "where the row comes from")

TABLES: dict[str, tuple[Column, ...]] = {
    "reference_runs": (
        _REFERENCE,
        _need("run", "text", "name of the training run"),
        _need("params", "count", "non-embedding size of the run", "parameters", *SIZE),
        _TOKENS,
        _BENCHMARK,
        _LOSS,
        _may("accuracy", "number", "score of the same run", "proportion", PROPORTION),
        _ITEMS,
        _HELD_OUT,
        _SOURCE,
    ),
    "calibration_points": (
        _REFERENCE,
        _need("checkpoint", "text", "name of the checkpoint"),
        _BENCHMARK,
        _LOSS,
        _SCORE,
        _ITEMS,
        _HELD_OUT,
        _SOURCE,
    ),
    "catalog": (
        _need("model", "text", "name of the model, as drawn in figures"),
        _may("hub_id", "text", "identifier of the weights on their hub"),
        _may("organization", "text", "who developed it"),
        _may("family", "text", "the developer's line of models, the group of a random effect"),
        _may("release", "text", "models of one recipe released together, in several sizes"),
        _need("release_date", "date", "day of the release of the weights", "day"),
        _may("date_precision", "text", "day, month (of unknown day: the middle, or the "
             "likeliest) or upper bound (released then or somewhat before)"),
        _need("params", "count", "all parameters, embeddings included", "parameters", *SIZE),
        _may("active_params", "count", "those used for a token, embeddings included",
             "parameters", *SIZE),
        _may("embedding_params", "count", "input and output embeddings, a tied matrix once",
             "parameters", NOT_NEGATIVE),
        _may("training_tokens", "count", "tokens of pre-training", "tokens", *DURATION),
        _may("architecture", "text", "dense, moe, hybrid or ssm"),
        _may("derived_from", "text", "parent and method, where the model was pruned, distilled, "
             "quantised, up-scaled or continued from another"),
        _may("cot_mid_training", "flag", "whether chain-of-thought or instruction data are known "
             "to be in its mid-training"),
        _BENCHMARK,
        _SCORE,
        _ITEMS,
        _may("shots", "count", "worked examples in the prompt", "examples", NOT_NEGATIVE),
        _may("metric", "text", "what counts as right"),
        _may("protocol", "text", "how the score was taken: rows of one protocol compare"),
        _SOURCE,
        _may("note", "text", "what else one should know"),
    ),
    "benchmarks": (
        _BENCHMARK,
        _may("type", "text", "what it asks for: mathematics and code, exams and reasoning, "
             "common sense, knowledge"),
        _need("items", "count", "items of the benchmark", "items", ITEMS),
        _need("chance", "number", "score of a guess", "proportion", CHANCE),
        _may("protocol", "text", "protocol of the reference's own checkpoints"),
        _may("description", "text", "what the benchmark asks"),
        _may("released", "date", "day the benchmark became public", "day"),
    ),
    "sources": (
        _need("source", "text", "short key that rows of other tables name"),
        _may("title", "text", "what it is called"),
        _need("citation", "text", "authors, title, year"),
        _may("address_or_doi", "text", "where it can be read"),
        _need("licence", "text", "licence, or that figures are cited as facts"),
        _may("read", "date", "day on which it was read", "day"),
        _may("note", "text", "what else one should know"),
    ),
    "trend": (
        _need("name", "text", "what the value belongs to"),
        _need("date", "date", "day of the value", "day"),
        _need("value", "number", "a positive value, its logarithm is fitted", "any", POSITIVE),
        _may("lower", "number", "lower end of an interval", "as value", POSITIVE),
        _may("upper", "number", "upper end of an interval", "as value", POSITIVE),
        _may("prob", "number", "probability of the interval", "probability", INNER),
        _may("se", "number", "standard error of the value", "as value", POSITIVE),
    ),
    "losses": (
        _need("params", "count", "size of the model", "parameters", *SIZE),
        _TOKENS,
        _LOSS,
        _may("run", "text", "name of the training run"),
        _may("benchmark", "text", "what the loss was measured on: a law each"),
        _HELD_OUT,
    ),
}  # fmt: skip

KEYS: dict[str, tuple[str, ...]] = {
    "reference_runs": ("reference", "run", "benchmark"),
    "calibration_points": ("reference", "checkpoint", "benchmark"),
    "catalog": ("model", "benchmark", "protocol", "source"),
    "benchmarks": ("benchmark",),
    "sources": ("source",),
    "trend": ("name", "date", "value"),
    "losses": (),
}
"""Columns that together name a row; no two rows share them."""


def columns(kind: str) -> tuple[Column, ...]:
    """Columns of a table.

    Raises
    ------
    ValueError
        No table of that name.
    """
    if kind not in TABLES:
        raise ValueError(f"unknown table {kind!r}; known: {', '.join(TABLES)}")
    return TABLES[kind]
