"""Predict Delphi's held-out runs from the others: what a loss law is worth far beyond its runs.

usage: python scripts/delphi_law.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from densing.data.shipped import delphi
from densing.inference.fit import fit_loss
from densing.models.declaration import load_model
from densing.results.run import record

NEAR = 2.2
"""Runs within this factor of the best tokens for their compute are near the optimum."""


def main() -> None:
    """Print one row for each set of runs and form of the law."""
    print("| runs | irreducible loss | runs fitted | error of held-out losses, % | inside 90 % |")
    print("|---|---|---|---|---|")
    for words, near in (("near the optimum", NEAR), ("all", None)):
        fitted, held_out = delphi(near=near)
        for free in (True, False):
            model = load_model("ladder").choose(irreducible=free)
            run = fit_loss(fitted[["params", "tokens", "loss"]], model=model)
            p = {k: v.to_numpy().reshape(-1) for k, v in run["posterior"].data_vars.items()
                 if v.ndim == 3 and v.shape[-1] == 1}  # fmt: skip
            centre = record(run, "centre")
            n = np.log(held_out["params"].to_numpy(float)) - centre["log_params"]
            d = np.log(held_out["tokens"].to_numpy(float)) - centre["log_tokens"]
            loss = (
                p["irreducible_loss"][:, None]
                + p["size_term"][:, None] * np.exp(-p["alpha"][:, None] * n)
                + p["data_term"][:, None] * np.exp(-p["beta"][:, None] * d)
            )
            rng = np.random.default_rng(1)
            tail = run["posterior"]["loss_tail"].to_numpy().reshape(-1, 1)
            noise = rng.standard_t(np.broadcast_to(tail, loss.shape)) * p["loss_noise"][:, None]
            told = loss * np.exp(noise)
            seen = held_out["loss"].to_numpy(float)
            off = 100.0 * np.abs(np.median(loss, axis=0) / seen - 1.0)
            low, high = np.quantile(told, [0.05, 0.95], axis=0)
            inside = int(np.sum((low <= seen) & (seen <= high)))
            verdict = record(run, "health")["verdict"]
            doubt = "" if verdict == "trustworthy" else f" ({verdict})"
            print(
                f"| {words} | {'free' if free else '0'}{doubt} | {len(fitted)} | "
                f"{off.min():.1f} to {off.max():.1f} | {inside} of {len(seen)} |", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
