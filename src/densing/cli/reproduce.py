"""`densing reproduce`: the paper, recomputed and re-estimated."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from densing.cli.answers import print_json, status
from densing.cli.files import check_writable, open_joint
from densing.cli.options import Flag, Quiet, Seed

if TYPE_CHECKING:
    from densing.paper.claim import Claim
    from densing.paper.reproduce import Reproduction

WIDE = 110
"""Columns of a terminal from which on a median and its interval stand on one line."""
COLOURS = {"supported": "green", "uncertain": "yellow", "not supported": "red"}


def reproduce(
    *,
    out: Path = Path("reproduction"),
    run: Path | None = None,
    derived: Path | None = None,
    seed: Seed = 1,
    quiet: Quiet = False,
    json: Flag = False,
) -> int:
    """Recompute the Densing Law paper by its own method and judge each claim.

    Parameters
    ----------
    out
        Folder to write: reproduce.html, reproduce.csv, reproduce.json, figures/.
    run
        Run file of a ladder model (densing fit --model ladder), to stand beside the headline and
        hardware.
    derived
        Run that keeps derived models, to stand beside compression (densing fit --model ladder
        --set derived=true --set min_scores=1).
    seed
        Seed of all random numbers.
    quiet
        No progress on the terminal.
    json
        Print one JSON object.
    """
    from densing.results.run import of_ladder

    joint = None if run is None else of_ladder(open_joint(run), "reproduce --run")
    kept = None if derived is None else of_ladder(open_joint(derived), "reproduce --derived")
    check_writable(out)
    if kept is not None:
        from densing.results.corollaries.contrasts import compression

        compression(kept)  # raises where the run keeps no pair: now, not after minutes of sampling
    from densing.cli.progress import showing
    from densing.paper.page import write_reproduction
    from densing.paper.reproduce import reproduce as work

    with showing(quiet=quiet) as listener:
        name = None if run is None else run.name
        result = work(seed=seed, joint=joint, derived=kept, name=name, listen=listener)
    page = write_reproduction(result, out, command=shlex.join(["densing", *sys.argv[1:]]))
    if json:
        print_json(result.as_dict())
    else:
        _show(result, page)
    return status(trustworthy=result.trustworthy)


def _show(result: "Reproduction", page: Path) -> None:
    from densing.paper.claim import RULE, grouped, tally
    from densing.paper.growth import CHATGPT, ROUNDED
    from densing.paper.laws import LOSS, SCORE
    from densing.results.corollaries.contrasts import CURE

    console = Console(highlight=False)
    sections = grouped(result.claims, by=lambda claim: claim.section)
    for i, (section, claims) in enumerate(sections.items()):
        console.print(f"\n{section}", style="bold")
        if section in (LOSS, SCORE):
            panels = grouped(claims, by=lambda claim: claim.name.split(": ", 1)[1])
            for name, group in panels.items():
                same = [claim.agrees for claim in group if claim.agrees is not None]
                again = f"{sum(same)} of {len(same)} reproduced; " if same else ""
                console.print(f"  {name}: {again}{tally(group)}", soft_wrap=True)
            continue
        console.print(_table(claims, heads=i == 0, wide=console.width >= WIDE))
        if section == CHATGPT:
            console.print(f"  Last digits: {ROUNDED}.", style="dim")
    console.print(f"\n[bold]{tally(result.claims)}[/bold]\n{RULE}\n", soft_wrap=True)
    if result.runs.derived is None:
        console.print(f"Without --derived derived.nc compression is not re-estimated: {CURE}")
    if result.joint is None:
        made = "densing fit --model ladder --out RUN.nc"
        console.print(f"Without --run RUN.nc the joint model is absent: {made}")
    if not result.trustworthy:
        console.print("NOT TRUSTWORTHY: a sampler did not converge", style="bold red")
    console.print(f"written: {page}", soft_wrap=True)


def _table(claims: "list[Claim]", *, heads: bool, wide: bool) -> Table:
    """One row a claim; a median and its interval on one line where the terminal is wide."""
    from densing.paper.claim import ends_of, number

    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=heads)
    table.add_column("  claim", ratio=1)
    apart, ours = (" ", 34) if wide else ("\n", 19)
    columns = (("published", 9), ("reproduced", 10), (f"median,{apart}90 % interval", ours))
    for title, width in columns:
        table.add_column(title, justify="right", width=width)
    table.add_column("verdict", width=13)
    for claim in claims:
        colour, estimate = COLOURS.get(claim.verdict, "dim"), "-"
        if (found := claim.interval) is not None:
            middle = "not bounded" if found.median is None else number(found.median, figures=3)
            if claim.chance:  # no re-estimate: what data without growth give
                middle = "by chance"
            estimate = f"{middle} ({ends_of(found)})" if wide else f"{middle}\n{ends_of(found)}"
        table.add_row(
            f"  {claim.name} [dim]({claim.unit})[/dim]", claim.published or "-",
            ("≠ " if claim.agrees is False else "") + number(claim.reproduced), estimate,
            f"[{colour}]{claim.verdict}[/{colour}]",
        )  # fmt: skip
    return table
