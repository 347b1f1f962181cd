"""Progress on standard error: of a fit, one line a chain; of many, one line in all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from densing.inference.news import Listener
from densing.inference.news import Progress as News

WORDS = {
    "compiling": "compiling the model",
    "searching modes": "searching the modes",
    "shaping": "learning the posterior's shape",
    "sampling": "sampling",
    "sampling again": "sampling again, in smaller steps",
    "deriving": "deriving densities",
}

CHAINS = ("shaping", "sampling", "sampling again")
"""Stages that report by chain."""


@contextmanager
def showing(*, quiet: bool) -> Iterator[Listener | None]:
    """Yield a listener that draws bars, or plain lines where there is no terminal."""
    console = Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True,
        ) as bars:  # fmt: skip
            yield _bars(bars)
    else:
        yield _lines(console)


def _bars(bars: Progress) -> Listener:
    lock = threading.Lock()
    tasks: dict[tuple[str, int], object] = {}

    def listen(news: News) -> None:
        key = (news.stage, news.chain)
        chains = news.stage in CHAINS
        note = f"step {news.step_size:.3f}" if chains else ""
        if chains and news.divergences:
            note += f", {news.divergences} divergences"
        with lock:
            if key not in tasks:
                for (stage, _), task in tasks.items():
                    if stage != news.stage:
                        bars.update(task, visible=False)  # type: ignore[arg-type]
                label = WORDS[news.stage] + (f", chain {news.chain + 1}" if chains else "")
                tasks[key] = bars.add_task(label, total=news.total or None, note=note)
            bars.update(tasks[key], completed=news.done, note=note)  # type: ignore[arg-type]

    return listen


def _lines(console: Console) -> Listener:
    seen: set[str] = set()

    def listen(news: News) -> None:
        if news.stage not in seen:
            seen.add(news.stage)
            console.print(WORDS[news.stage] + " ...", highlight=False)

    return listen


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield a listener to how many of `what` are done, and of how many."""
    console = Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with Progress(
            what, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console,
            transient=True,
        ) as bars:  # fmt: skip
            task = bars.add_task(what)
            yield lambda done, total: bars.update(task, completed=done, total=total)
    else:
        seen = [-1]

        def lines(done: int, total: int) -> None:
            if done // 10 > seen[0]:
                seen[0] = done // 10
                console.print(f"{done} of {total} {what}", highlight=False)

        yield lines
