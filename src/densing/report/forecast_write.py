"""A forecast in a folder: figures and the answer, each file whole or not there."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from densing.report.forecast import panels_of, plot_costs, plot_fan, plot_milestones
from densing.report.style import figure_of, save
from densing.results.forecast import Outlook
from densing.results.plain_json import to_json


def write_forecast(outlook: Outlook, answer: dict[str, Any], out: str | Path) -> Path:
    """Write fan, milestones, costs (.png, .svg) and forecast.json; return the folder."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".forecast-") as name:
        folder = Path(name)
        save(figure_of(plot_fan(outlook)), folder / "fan")
        if panels_of(answer):
            save(figure_of(plot_milestones(answer)), folder / "milestones")
        if answer.get("costs"):
            save(figure_of(plot_costs(answer)), folder / "costs")
        (folder / "forecast.json").write_text(to_json(answer), encoding="utf-8")
        for path in sorted(folder.iterdir()):
            shutil.move(path, out / path.name)
    return out
