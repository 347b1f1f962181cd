"""Keep a sensitivity run's answers and its tornado: python scripts/keep_sensitivity.py FOLDER."""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("universes", "around")
"""What the pages do not quote: every universe's record, and what all of them were made from."""


def main(folder: Path) -> None:
    """Write what is kept of the run in `folder`."""
    answer = json.loads((folder / "sensitivity.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in answer.items() if key not in LEFT_OUT}
    file = ROOT / "benchmarks" / "results" / "sensitivity.json"
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    shutil.copy(folder / "figures" / "tornado.svg", ROOT / "docs" / "tornado.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
