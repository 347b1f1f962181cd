"""Keep what a run with derived models says: python scripts/keep_compression.py RUN.nc."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from densing.results.corollaries.contrasts import CURE, to_keep
from densing.results.run import open_run

KEPT = ROOT / "benchmarks" / "results" / "compression.json"

if __name__ == "__main__":
    answer = to_keep(open_run(sys.argv[1]), command=CURE)
    KEPT.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
