"""Fit each reference family's ladder by itself and keep its curves with the evidence (minutes).

usage: python scripts/keep_ladders.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from densing import data
from densing.inference.ladders import fit_ladder
from densing.models.declaration import load_model
from densing.models.select import SelectionError

OUT = ROOT / "src" / "densing" / "data" / "bundled" / "ladders.json"


def main() -> None:
    """Keep all that share a benchmark with the default model."""
    evidence, kept = data.load_evidence(), {}
    for name in evidence.references:
        choices = load_model().choose(reference=name).choices
        try:
            kept[name] = fit_ladder(evidence, choices)
        except SelectionError as error:
            print(f"{name}: {error}")
            continue
        print(f"{name}: {', '.join(kept[name]['benchmarks'])}", flush=True)
    content = {"evidence": evidence.reference_hash, "ladders": kept}
    OUT.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
