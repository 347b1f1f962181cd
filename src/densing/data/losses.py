"""Loss tables: by other names, with tokens worked out from compute, and one to test laws by.

Training compute C, size N and tokens D go by C = 6 N D: two operations a parameter and token
forward, four backward.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from densing.data.cells import CellError, number
from densing.data.shipped import bundled
from densing.data.text import RawTable

if TYPE_CHECKING:
    import pandas as pd

ALIASES = {
    "params": ("model_size", "parameters", "n_params", "num_params", "n"),
    "tokens": ("training_tokens", "n_tokens", "num_tokens", "d"),
    "loss": ("final_loss", "validation_loss", "val_loss", "l"),
    "flops": ("training_flop", "training_flops", "flop", "training_compute", "compute", "c"),
}
"""Names that tables of training runs use, for want of the proper one."""

FLOPS_PER_PARAMETER_AND_TOKEN = 6.0


def as_losses(raw: RawTable) -> RawTable:
    """Give a table of training runs the column names it should have.

    A column keeps its name where the proper one is there already. Where tokens are missing and
    compute is given, a column of tokens is added; a row whose compute cannot be read gets none.
    """
    names = [re.sub(r"[\s\-]+", "_", name.lower()) for name in raw.header]
    header = list(raw.header)
    for proper, others in ALIASES.items():
        found = next((name for name in (proper, *others) if name in names), None)
        if found is not None:
            header[names.index(found)] = proper
    raw = replace(raw, header=tuple(header))
    if "tokens" in header or not {"params", "flops"} <= set(header):
        return raw
    size, compute = header.index("params"), header.index("flops")
    rows = tuple(
        (row, (*cells, _tokens(cells[size], cells[compute], raw.decimal_comma)))
        for row, cells in raw.rows
    )
    return replace(raw, header=(*header, "tokens"), rows=rows)


def _tokens(params: str, flops: str, decimal_comma: bool) -> str:  # noqa: FBT001
    """Tokens as text, blank where they do not follow."""
    try:
        n = number(params, decimal_comma=decimal_comma)
        c = number(flops, decimal_comma=decimal_comma)
    except CellError:
        return ""
    return repr(c / (FLOPS_PER_PARAMETER_AND_TOKEN * n)) if n > 0 else ""


def delphi(near: float | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Losses of the Delphi ladder, a hard test of loss laws: runs to fit and runs to predict.

    Sizes and tokens are not collinear, as they are where all runs are near the optimum of their
    compute, and the seven runs to predict took 11 to 1,100 times the median compute of those to
    fit. An additive law whose irreducible loss is free misses them by 3 to 12 % when it is fitted
    to all runs, and by less than 1 % when to those near the optimum: off it the form fails.

    Parameters
    ----------
    near
        Keep, of the runs to fit, those whose size is within this factor of the best one of their
        compute; None for all.

    Returns
    -------
    fitted, held_out
        Each with run, params (no embeddings), tokens, loss (nats a token, Paloma's mean over
        domains), total_params, flops.
    """
    table = bundled("delphi")
    fitted, held_out = table[~table["held_out"]], table[table["held_out"]]
    if near is not None:
        best = fitted.loc[fitted.groupby("flops")["loss"].idxmin()].set_index("flops")["params"]
        ratio = fitted["params"] / fitted["flops"].map(best)
        fitted = fitted[ratio.between(1 / near, near)]
    return fitted.reset_index(drop=True), held_out.reset_index(drop=True)
