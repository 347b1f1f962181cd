"""What README and pages take from the repository: written into them, and current."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

import densing as dn
from densing.models.declaration import declared, load_model
from densing.report.figures import PICTURES
from densing.results.backtested import SENTENCES

from .blocks import PAGES, ROOT

spec = importlib.util.spec_from_file_location("write_tables", ROOT / "scripts" / "write_tables.py")
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_table_is_current(path):
    text = path.read_text(encoding="utf-8")
    assert tables.filled(text) == text, "`make tables` writes it anew"
    found = len(tables.MARK.findall(text))
    assert text.count("<!-- generated") == text.count(tables.END) == found, "a mark is not closed"


def test_a_table_that_is_behind_is_written_anew():
    mark = "<!-- generated: columns sources -->"
    fresh = tables.filled(f"before\n\n{mark}\n{tables.END}\n\nafter\n")
    assert fresh.startswith(f"before\n\n{mark}\n\n| column | required |")
    assert fresh.endswith(f" |\n\n{tables.END}\n\nafter\n")
    assert tables.filled(fresh.replace("| column", "| colour")) == fresh


@pytest.mark.parametrize("of", ["default", "ladder"])
def test_tables_hold_what_is_declared(of):
    model = load_model(of)
    table = tables.priors(of)
    for name, prior in model.priors.items():
        (row,) = [line for line in table.splitlines() if line.startswith(f"| {name} |")]
        assert prior.about.replace("|", "\\|") in row
    choices = tables.choices(of)
    for name in type(model.choices).model_fields:
        assert f"`{name}`" in choices
    assert "D0, the tokens" in choices
    assert not re.search(r"\|\s*\|$", choices, re.MULTILINE), "a choice without its meaning"
    for name in declared("models"):
        assert f"`{name}`" in tables.models("")


def test_the_gallery_has_every_figure_and_no_other():
    page = tables.gallery("docs/gallery")
    kept = {path.stem for path in (ROOT / "docs" / "gallery").iterdir()}
    assert kept == {picture.name for picture in PICTURES}, "`make gallery` makes them anew"
    for name in kept:
        assert f"(gallery/{name}.svg)" in page
    for name, verb in tables.VERBS.items():
        assert name in kept
        assert callable(getattr(dn, verb))


def test_an_unknown_mark_is_an_error():
    with pytest.raises(KeyError):
        tables.filled(f"<!-- generated: poetry -->\n{tables.END}")


def test_the_site_builds_without_a_warning(tmp_path):
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("the documentation's tools are not installed (make docs installs them)")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "model" / "index.html").read_text(encoding="utf-8")
    assert 'class="mermaid"' in page
    reference = (tmp_path / "site" / "reference" / "index.html").read_text(encoding="utf-8")
    for name in ("load_evidence", "fit", "doubling_time", "plot_density", "to_numpyro"):
        assert f"{name}</" in reference or f">{name}<" in reference


def test_a_kept_backtest_is_quoted_as_it_is():
    file = "benchmarks/results/backtests/ladder.json"
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    page = tables.backtest(file)
    assert all(kept[key] in page for key in (*SENTENCES, "scores_sentence"))
    for row in kept["table"]:
        told = f"| {row['crps']:.2f} | {row['log_score']:.2f} |"
        assert told in page
    for row in kept["by_origin"]:
        if row["forecaster"] == "densing":
            assert f"{100 * row['coverage']['0.9']['share']:.0f}\u00a0%, {row['crps']:.2f}" in page


def test_a_kept_multiverse_is_quoted_as_it_is():
    file = "benchmarks/results/sensitivity.json"
    kept = json.loads((ROOT / file).read_text(encoding="utf-8"))
    page = tables.multiverse(file)
    assert all(claim["sentence"] in page for claim in kept["claims"])
    levels = [level for axis in kept["axes"].values() for level in axis["levels"]]
    assert page.count("\n| ") == len(levels) + 2  # the line under the heads, the default
    doubtful = [own for axis in kept["axes"].values() for own in axis["levels"].values()
                if own["verdict"] != "trustworthy"]  # fmt: skip
    assert page.count("(not trustworthy)") == len(doubtful)
    for told in kept["widest"].values():
        assert tables.months(told) in page


def test_the_readme_says_the_kept_multiverse():
    spec = importlib.util.spec_from_file_location("keep", ROOT / "scripts" / "keep_sensitivity.py")
    keep = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(keep)
    kept = json.loads(keep.KEPT.read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    said = keep.paragraph(kept)
    assert readme.split(keep.MARK)[1].split(keep.END)[0] == said, "scripts/keep_sensitivity.py"
    claim, widest = kept["claims"][0], kept["widest"]["population"]
    words = " ".join(said.split())
    assert keep.words(kept["multiverse"]["population"]) in words
    assert keep.words(widest) in words
    assert f"in {claim['supported']} of {claim['of']}" in words
    assert all(fault["level"] in words for fault in claim["fails_at"])
