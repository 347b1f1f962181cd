"""What all questions share: typed, frozen records that say, list, draw and write themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self

import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, PrivateAttr

from densing.results.interval import KIND, Interval
from densing.results.run import record
from densing.text import month, months_range, percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 140
"""Columns that a text has where there is no terminal to tell."""
ALARM = "#b3261e"
DOUBTFUL = "not trustworthy: see `densing summary`"


# ---- records ---------------------------------------------------------------------------------


class Record(BaseModel):
    """A frozen record; its fields are attributes, and keys as in its JSON."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.keys())

    def __or__(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **more}

    def keys(self) -> list[str]:
        """Names of the fields, those beyond the declared ones last."""
        return [*type(self).model_fields, *(self.__pydantic_extra__ or {})]

    def get(self, key: str, default: Any = None) -> Any:
        """Value of a field; `default` where there is no such field."""
        return getattr(self, key) if key in self else default


class Verdict(Record):
    """Diagnostics of a run (`results.health`), with what is wrong with it."""

    model_config = ConfigDict(extra="allow")
    verdict: str
    reasons: list[str]

    @property
    def ok(self) -> bool:
        """Whether the run passed its diagnostics."""
        return self.verdict == "trustworthy"


class Growth(Record):
    """A growth rate of density."""

    rate_per_year: Interval
    """Of ln density, 1 / year."""
    doubling_months: Interval
    """Ends of the rate's interval, mapped; None where an end is not bounded."""
    p_not_growing: float
    """Posterior probability of a rate of zero or less."""

    def sentence(self, subject: str) -> str:
        """Say what doubles how fast, with the interval and any doubt that it grows."""
        months = self.doubling_months
        kind = f"{percent(months.prob)} {months.kind} interval"
        if months.lower is None:
            body = "does not grow"
        elif months.upper is None:
            middle = "" if months.median is None else f" about every {month(months.median)} months"
            ends = f"{month(months.lower)} months to not bounded above"
            body = f"doubles{middle} ({kind} {ends})"
        else:
            body = f"doubles every {month(months.median)} months ({kind} {months_range(months)})"
        doubt = self.p_not_growing
        return f"{subject} {body}" + (f"; P(no growth) = {doubt:.2f}" if doubt >= 0.005 else "")

    def row(self) -> dict[str, float]:
        """Return a row of a table: the interval in months, then that of the rate (1 / year).

        `upper` is infinite where the rate's interval includes no growth; a doubling time that does
        not exist is NaN.
        """
        rate, months, none = self.rate_per_year, self.doubling_months, float("nan")
        grows = months.lower is not None
        return {
            "median": none if months.median is None else months.median,
            "lower": months.lower if grows else none,
            "upper": months.upper or (float("inf") if grows else none),
            "rate": rate.median,
            "rate_lower": rate.lower,
            "rate_upper": rate.upper,
            "p_not_growing": self.p_not_growing,
        }


class Growths(Record):
    """Growth of the typical new model and of the frontier; None where a run has no frontier."""

    population: Growth | None
    frontier: Growth | None = None


# ---- answers ---------------------------------------------------------------------------------


class Line(NamedTuple):
    """A sentence of an answer."""

    text: str
    style: Literal["", "bold", "yellow", "red", "bold red", "bold yellow"] = ""
    below: bool = False
    """Set in below the line before it."""


@dataclass(frozen=True)
class Cells:
    """A table of an answer as a reader sees it, every cell a text."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    bad: Sequence[int] = ()
    """Rows that are not to be trusted."""
    breaks: Sequence[int] = ()
    """Rows that a line follows."""
    right: int = WIDE
    """First column that is set flush right."""
    whole: Sequence[int] = ()
    """Columns whose cells are never wrapped."""
    dense: bool = False
    """Without frame and padding, for many columns."""

    def rich(self) -> "Table":
        """Return the table for a terminal; the first column's words wrap and are never cut."""
        from rich.box import HEAVY_HEAD, SIMPLE
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE if self.dense else HEAVY_HEAD, padding=(0, int(not self.dense)))
        for i, head in enumerate(self.heads):
            table.add_column(
                head, overflow="fold" if i == 0 else "ellipsis", no_wrap=i in self.whole,
                justify="right" if i >= self.right else "left",
            )  # fmt: skip
        for i, row in enumerate(self.rows):
            cells = map(Text, row)  # a model's name may have brackets, which are no markup
            table.add_row(
                *cells, style="red" if i in self.bad else None, end_section=i in self.breaks
            )
        return table

    def html(self) -> str:
        """Return the table for a notebook."""
        heads = "".join(f"<th>{escape(head)}</th>" for head in self.heads)
        body = ""
        for i, row in enumerate(self.rows):
            colour = f' style="color:{ALARM}"' if i in self.bad else ""
            body += f"<tr{colour}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


class Answer(Record):
    """What a question returns.

    A subclass declares its fields, which are its JSON, and says them in `parts`; it has `table`
    where there are numbers for a frame, and `figures` where `draws` is true.
    """

    draws: ClassVar[bool] = False
    """Whether it has figures."""
    _verdict: str = PrivateAttr("trustworthy")
    _prob: float = PrivateAttr(0.9)

    @property
    def good(self) -> bool:
        """Whether the runs behind the answer, and what it made of them, are to be trusted."""
        return self._verdict == "trustworthy"

    def parts(self, width: int = WIDE) -> Iterator[Line | Cells]:
        """Say the answer: sentences and tables in the order in which they are read.

        Parameters
        ----------
        width
            Columns there are.
        """
        raise NotImplementedError

    def table(self) -> pd.DataFrame:
        """Return the numbers as a frame; `attrs` has prob, kind and verdict."""
        raise NotImplementedError

    def as_json(self) -> Any:
        """Return what the command prints as JSON and `--out` keeps."""
        return self

    def sentences(self) -> list[str]:
        """Say the answer without its tables."""
        return [part.text for part in self.parts() if isinstance(part, Line)]

    def figures(self) -> dict[str, Any]:
        """Draw the answer: figures by name."""
        return {}

    def show(self, console: "Console") -> None:
        """Print the answer."""
        from rich.padding import Padding
        from rich.text import Text

        for part in self.parts(console.width):
            if isinstance(part, Cells):
                console.print(part.rich())
                continue
            text = Text(part.text, style=part.style)
            if part.below:
                text = Padding(text, (0, 0, 0, 2)) if console.is_terminal else Text("  ") + text
            console.print(text)

    def __repr__(self) -> str:
        from rich.console import Console

        out = StringIO()
        self.show(Console(file=out, width=WIDE, soft_wrap=True, highlight=False))
        return out.getvalue().rstrip("\n")

    __str__ = __repr__

    def _repr_html_(self) -> str:
        parts = []
        for part in self.parts():
            if isinstance(part, Cells):
                parts.append(part.html())
                continue
            colour = f' style="color:{ALARM}"' if "red" in part.style else ""
            text = escape(part.text)
            parts.append(f"<p{colour}>{f'<b>{text}</b>' if 'bold' in part.style else text}</p>")
        return "".join(parts)

    def framed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Give a frame the interval's probability and kind, and the verdict."""
        frame.attrs = {"prob": self._prob, "kind": KIND, "verdict": self._verdict}
        return frame

    def about(self, run: xr.DataTree, *, prob: float) -> Any:
        """Set the verdict of the run that the answer is of and the intervals' probability."""
        self._verdict = record(run, "health")["verdict"]
        self._prob = prob
        return self


class Plain(Answer):
    """An answer whose record is a dictionary, with `trustworthy` or the run's `diagnostics`."""

    _answer: dict[str, Any] = PrivateAttr()

    @classmethod
    def from_record(cls, answer: dict[str, Any], *, prob: float = 0.9) -> Self:
        """Make an answer of its record."""
        told = cls()
        told._answer, told._prob = answer, prob
        return told

    def __getitem__(self, key: str) -> Any:
        return self._answer[key]

    def keys(self) -> list[str]:
        """Names of what is answered."""
        return list(self._answer)

    def as_json(self) -> dict[str, Any]:
        """Return the record."""
        return self._answer

    @property
    def good(self) -> bool:
        """Whether all behind it is trustworthy."""
        if "trustworthy" in self._answer:
            return self._answer["trustworthy"]
        return self._answer["diagnostics"]["verdict"] == "trustworthy"


def draw(home: str, *arguments: Any) -> Any:
    """Return the figure that `module:function` draws: the page's rooms lie above the answers."""
    module, _, function = home.partition(":")
    axes = getattr(import_module(module), function)(*arguments)
    while isinstance(axes, list):
        axes = axes[0]
    return axes.get_figure(root=True)


# ---- arguments -------------------------------------------------------------------------------


class FromShell(NamedTuple):
    """How the shell gives an argument: the type of its words, and what reads them."""

    words: Any
    read: str
    """`module:function`, called with what the shell gave."""
    many: bool = False
    """All positional words together make the argument."""


Run = Annotated[xr.DataTree, FromShell(Path, "densing.cli.files:open_run")]
"""A run: a tree in a notebook, its file on the command line."""
ModelTable = Annotated[Any, FromShell(Path, "densing.cli.files:read_models")]
"""Models and scores: a file or a frame, read by `answers.given.as_model_rows`."""
JointRun = Annotated[xr.DataTree, FromShell(Path, "densing.cli.files:open_joint")]
"""A run of the joint model."""
