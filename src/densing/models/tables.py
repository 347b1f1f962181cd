"""A declared model as tables of words: for notebooks and for the documentation."""

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from densing.models.declaration import Model

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
