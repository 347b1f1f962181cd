"""The notebooks of the documentation: outputs whole and of today's code, cells that run."""

import inspect
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import densing as dn
from densing.sensitivity.summary import summarise
from sensitivity.test_answers import ADDITIVE, AXES

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
SOMEBODYS = re.compile(r"site-packages|/tmp/|/home/|/Users/|Traceback|TqdmWarning")
"""What an output must not show: places on the machine that made it, and accidents."""
STAND_INS = ("mine-7B", "Qwen2.5-7B")
"""Models that the notebooks name; the small run has others."""


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def code(path):
    return [cell for cell in read(path) if cell["cell_type"] == "code"]


def printed(cell):
    """Text of a cell's outputs."""
    texts = [o.get("text") or o.get("data", {}).get("text/plain", []) for o in cell["outputs"]]
    return "\n".join("".join(text) for text in texts)


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["doubling-time", "your-model"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_of_one_whole_run(path):
    cells = code(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]
    assert sum("image/png" in o.get("data", {}) for c in cells for o in c["outputs"]) >= 1
    assert not SOMEBODYS.search("\n".join(map(printed, cells)))
    (summary,) = [printed(cell) for cell in cells if "dn.summary(run)" in "".join(cell["source"])]
    assert "\ntrustworthy: " in summary


def test_the_headline_of_the_readme_is_the_kept_one():
    """Where this fails the model has moved on: `make report`, then `make headline`."""
    answer = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- answer -->")[1]
    kept = json.loads((ROOT / "benchmarks/results/headline.json").read_text(encoding="utf-8"))
    assert kept["diagnostics"]["verdict"] == "trustworthy"
    said = " ".join(answer.replace(">", " ").split())
    for growth in (kept["population"], *kept["types"].values()):
        months = growth["doubling_months"]
        wanted = "{median:.1f} ({lower:.1f} to {upper:.1f})".format(**months)
        assert wanted in said.replace("months (90 % equal-tailed interval ", "(")
    assert f"{kept['now']['doubling_months']['lower']:.1f} months to not bounded above" in said
    assert f"P(no growth) {kept['now']['p_not_growing']:.2f}" in said
    assert f"{kept['models']} models of {kept['releases']} releases" in said
    assert f"From {kept['since']} to {kept['until']}" in said


@pytest.fixture
def named(fitted):
    """The small fit, two of its models under the names that the notebooks use."""
    models = fitted["derived"]["model"].values.tolist()
    models[-2:] = STAND_INS

    def rename(dataset):
        return dataset.assign_coords(model=models) if "model" in dataset.coords else dataset

    run = fitted.map_over_datasets(rename)
    run.attrs = fitted.attrs
    return run


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*not trustworthy:densing.NotTrustworthyWarning")
@pytest.mark.filterwarnings("ignore:Estimated shape parameter of Pareto:UserWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path, named, monkeypatch, tmp_path):
    """On a small run: fits are replaced, but must be asked for as `fit` can be."""
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("Agg")
    record = {"universes": list(ADDITIVE[:4]), "skipped": [], "seconds": 1.0}
    replies = {"fit": named, "multiverse": dn.Multiverse.from_record(summarise(record, AXES))}
    asked = []
    for name, reply in replies.items():
        signature = inspect.signature(getattr(dn, name))

        def stand_in(*args, _signature=signature, _reply=reply, **kwargs):
            asked.append(_signature.bind(*args, **kwargs))
            return _reply

        monkeypatch.setattr(dn, name, stand_in)
    namespace = {"__name__": "__main__"}
    for cell in code(path):
        exec(compile("".join(cell["source"]), f"{path.name} {cell['id']}", "exec"), namespace)
    plt.close("all")
    assert asked
    assert asked[0].arguments["seed"] == 1
    assert np.isfinite(namespace["run"]["derived"]["density"]).all()
