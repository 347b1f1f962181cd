"""Keep a sensitivity run, and say it in the README: python scripts/keep_sensitivity.py [FOLDER].

Without a folder the README is filled again from the run that is kept.
"""

import json
import shutil
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from densing.text import months

KEPT = ROOT / "benchmarks" / "results" / "sensitivity.json"
LEFT_OUT = ("universes", "around")
"""What the pages do not quote: every universe's record, and what all of them were made from."""
MARK, END = "<!-- reference choices -->\n", "\n<!-- end of reference choices -->"


def main(folder: Path | None) -> None:
    """Write what is kept of the run in `folder`, and the README's paragraph."""
    if folder is not None:
        answer = json.loads((folder / "sensitivity.json").read_text(encoding="utf-8"))
        kept = {key: value for key, value in answer.items() if key not in LEFT_OUT}
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        shutil.copy(folder / "figures" / "tornado.svg", ROOT / "docs" / "tornado.svg")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(MARK)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{MARK}{paragraph(kept)}{END}{after}", encoding="utf-8")


def paragraph(kept: dict[str, Any]) -> str:
    """Say the README's paragraph on reference choices, for a typical new model."""
    (claim,) = [c for c in kept["claims"] if c["estimand"] == "population"]
    whole, widest = kept["multiverse"]["population"], kept["widest"]["population"]
    spent, split = kept["diagnostics"], kept["variance"]["population"]
    fails = " or ".join(f"{f['title']} = *{f['level']}*" for f in claim["fails_at"])
    some = any(f["supported"] for f in claim["fails_at"])
    most = [n for n, told in split["axes"].items() if told][:3]
    every = spent["trustworthy"] == spent["universes"]
    trusted = "all of which" if every else f"of which {spent['trustworthy']}"
    moves = ", ".join(f"the {kept['axes'][n]['title']} ({levels(kept['axes'][n])})" for n in most)
    text = (
        f"**Reference choices.** Over {spent['universes']} universes of them (D0, reference "
        "family, benchmarks, likelihood, priors, ...), "
        f"{trusted} may be trusted (R-hat at most 1.02 for both growth rates, 1.1 for "
        "everything else), the doubling time of a typical new model is "
        f"{words(whole)}, each universe counted once. The design draws some levels often and "
        f"others hardly ever; counted alike, the levels of the {widest['title']} alone "
        f"({', '.join(widest['levels'])}) give {words(widest)}. P(doubling < "
        f"{claim['months']:g} months) is at least {claim['probability']:g} in {claim['supported']} "
        f"of {claim['of']}"
        + (
            f", and fails in {'most or all' if some else 'all'} of those with {fails}"
            if fails
            else ""
        )
        + f". What moves it most, each level alone: {moves}. (`{kept['command']}`, {kept['date']}, "
        f"seed {kept['seed']}, kept in `benchmarks/results/sensitivity.json`; the tornado and all "
        "levels in [choices](docs/choices.md).)"
    )
    return fill(text, 108, break_long_words=False, break_on_hyphens=False)


def levels(axis: dict[str, Any]) -> str:
    """Say the slowest and the fastest trustworthy level of an axis alone, in months."""
    found = {
        level: told["population"]["rate_per_year"]["median"]
        for level, told in axis["levels"].items()
        if told and told["population"] and told["verdict"] == "trustworthy"
    }
    ends = dict.fromkeys([min(found, key=found.__getitem__), max(found, key=found.__getitem__)])
    medians = {n: axis["levels"][n]["population"]["doubling_months"]["median"] for n in ends}
    return ", ".join(
        f"*{n}* {'no growth' if told is None else f'{told:.1f}'}" for n, told in medians.items()
    )


def words(growth: dict[str, Any]) -> str:
    """Doubling time with its unit: `3.1 months (2.6 to 3.5)`."""
    return months(growth).replace(" (", " months (", 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
