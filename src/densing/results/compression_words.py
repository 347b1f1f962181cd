"""What is said of compression against training, from its numbers alone."""

from collections.abc import Mapping
from typing import Any

from densing.results.compression import SMALLER
from densing.text import span


def compression_words(answer: Mapping[str, Any]) -> str:
    """Say what `results.corollaries.corollaries` found of derived and of quantised models."""
    if (told := answer["compression"]) is None:
        text = f"Compression needs a run that keeps derived models: {answer['compression_cure']}"
    else:
        text = derived_words(told, kept=answer["compression_kept"])
    return " ".join(filter(None, (text, _quantised(answer["quantised"]))))


def _quantised(told: Mapping[str, Any] | None) -> str:
    """Say what quantising costs, by scores of the same weights."""
    if told is None:
        return ""
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times ({row['pairs']} pair"
        f"{'s' * (row['pairs'] > 1)})"
        for name, row in told["methods"].items()
    ]
    return (
        f"By this run's own curve of {' and '.join(told['benchmarks'])}, density of quantised "
        f"models over that of the same weights: {'; '.join(parts)}. Parameters count, not bytes."
    )


def derived_words(told: Mapping[str, Any], *, kept: Mapping[str, Any] | None = None) -> str:
    """Say how dense derived models are, those made smaller first.

    Parameters
    ----------
    told
        `results.compression.compression(run)`, or what is kept of it.
    kept
        How the kept answer was made; None for a run's own.
    """
    methods = sorted(told["methods"].items(), key=lambda item: item[0] not in SMALLER)
    parts = [
        f"{name} {span(row['ratio'], digits=2)} times, {span(row['against_trend'], digits=2)} "
        f"against the trend ({row['pairs']} pair{'s' * (row['pairs'] > 1)})"
        for name, row in methods
    ]
    text = f"Density of derived models over their originals': {'; '.join(parts)}."
    if kept is not None:
        text = (
            f"Not of this run but of `{kept['command']}` on the bundled evidence, {kept['date']} "
            f"({kept['models']} models, {100 * kept['prob']:.0f} % intervals). {text}"
        )
    if (share := told["share_less_dense"]) is None:
        return text
    count = sum(row["pairs"] for name, row in told["methods"].items() if name in SMALLER)
    return (
        f"{text} Of models made smaller, by pruning or distillation, a share of "
        f"{span(share, digits=2)} is less dense than the original ({count} pairs)."
    )
