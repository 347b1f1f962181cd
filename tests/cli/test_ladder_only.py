"""What needs a ladder model says so of a families run or model: one error, no traceback."""

import pytest

from densing.models.declaration import load_model
from densing.results.run import save_run
from report.synthetic import make_run

CURE = "densing fit --model ladder --out RUN.nc"


@pytest.fixture(scope="module")
def families_file(tmp_path_factory):
    """A run that says that it is of the default model; nothing more of it is read."""
    run = make_run()
    run.attrs["model"] = load_model().model_dump_json()
    return save_run(run, tmp_path_factory.mktemp("families") / "run.nc")


@pytest.mark.parametrize(
    "command",
    [
        "corollaries RUN", "priors RUN", "influence RUN", "influence RUN --refit",
        "compare RUN OTHER", "reproduce --run RUN --out r", "reproduce --derived RUN --out r",
    ],
)  # fmt: skip
def test_a_families_run_has_no_ladder(densing, families_file, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    other = save_run(make_run(), tmp_path / "other.nc")
    places = {"RUN": families_file, "OTHER": other}
    result = densing(*(places.get(word, word) for word in command.split()))
    assert result.status == 2
    assert CURE in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert result.out == ""


@pytest.mark.parametrize(
    "command",
    [
        "modes --model default", "selfcheck --model default", "sensitivity --model default",
        "coverage --model default", "calibrate --model default",
        "loss TABLE --model default", "trend TABLE --model default",
    ],
)  # fmt: skip
def test_a_families_model_has_no_ladder(densing, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "table.csv"
    table.write_text(
        "name,date,value\na,2023-01-01,1\nb,2024-01-01,2\nc,2024-06-01,3\n"
        if command.startswith("trend")
        else "params,tokens,loss\n"
        + "".join(f"{n},{n * d},{2 + n**-0.1}\n" for n in (1e7, 1e8, 1e9) for d in (10, 20, 60))
    )
    result = densing(*(table if word == "TABLE" else word for word in command.split()))
    assert result.status == 2
    assert "--model ladder" in result.err
    assert "Traceback" not in result.err
