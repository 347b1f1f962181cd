"""The README's table of the kept back-test."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MONTHS = 12
MARKS = "<!-- backtest -->", "<!-- end of backtest -->"
NAMES = {
    "densing": "`densing`", "last half-year": "mean of the last half-year",
    "line, all models": "least squares on all models",
    "line, records": "least squares on the records",
}  # fmt: skip


def table():
    """Forecasters a year ahead, as Markdown, from `benchmarks/results/backtest.json`."""
    kept = ROOT / "benchmarks" / "results" / "backtest.json"
    rows = json.loads(kept.read_text(encoding="utf-8"))["table"]
    lines = ["| forecaster | n | 50 % | 80 % | 90 % | 95 % | bias | CRPS | log score |"]
    lines.append("|---|" + 8 * "---:|")
    for row in rows:
        if row["months"] != MONTHS:
            continue
        inside = [f"{100 * told['share']:.0f}" for told in row["coverage"].values()]
        scores = [f"{row['bias']:+.2f}", f"{row['crps']:.2f}", f"{row['log_score']:.2f}"]
        cells = [NAMES[row["forecaster"]], str(row["forecasts"]), *inside, *scores]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
