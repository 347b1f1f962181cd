"""Run files that lack a part or were spoilt on the way: one line, never a traceback."""

import random

import pytest
import xarray as xr

from densing.cli.app import run as command
from densing.results.run import RunError, open_run, save_run
from report.synthetic import make_run

WITHOUT = [
    *(f"group {name}" for name in ("posterior", "derived", "sample_stats", "constant_data")),
    *(f"attribute {name}" for name in
      ("model", "health", "versions", "settings", "centre", "seed", "created", "evidence_hash")),
    "derived/density", "derived/population_rate", "constant_data/release_date",
]  # fmt: skip


@pytest.fixture(scope="module")
def good():
    run = make_run(models=4, draws=10)
    run.attrs["kind"] = "joint"
    return run


@pytest.mark.parametrize("part", WITHOUT)
def test_what_is_missing_is_named(densing, good, tmp_path, part):
    run = good.copy(deep=True)
    kind, _, name = part.partition(" ")
    if kind == "group":
        del run[name]
    elif kind == "attribute":
        del run.attrs[name]
    else:
        group, name = part.split("/")
        run[group] = xr.DataTree(run[group].to_dataset().drop_vars(name))
    path = save_run(run, tmp_path / "cut.nc")
    result = densing("summary", path)
    assert result.status == 2
    assert len(result.err.strip().splitlines()) == 1
    assert part == "group posterior" or part in result.err
    assert "densing fit" in result.err


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"name": 1}', "[" * 2000])
@pytest.mark.parametrize("name", ["model", "health"])
def test_a_record_that_is_none_is_named(good, tmp_path, name, content):
    run = good.copy()
    run.attrs[name] = content
    with pytest.raises(RunError, match=f"attribute {name}"):
        open_run(save_run(run, tmp_path / "run.nc"))


def test_spoilt_bytes_are_refused_or_do_no_harm(good, tmp_path, capfd):
    """Any byte of the file may be another: the run is refused in a line, or reads as before."""
    whole = save_run(good, tmp_path / "good.nc").read_bytes()
    rng = random.Random(1)
    path = tmp_path / "spoilt.nc"
    refused = 0
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(content))
            length = len(content[at : at + rng.choice([1, 16, 400])])
            content[at : at + length] = rng.randbytes(length)
        path.write_bytes(content)
        try:
            open_run(path)
        except RunError as fault:
            refused += 1
            assert "\n" not in str(fault)  # noqa: PT017
            assert command(["summary", str(path)]) == 2
            assert "Traceback" not in capfd.readouterr().err
    assert refused > 5


def test_draws_that_were_spoilt_are_not_read(good, tmp_path):
    """Each block of draws has its checksum."""
    path = save_run(good, tmp_path / "run.nc")
    with xr.open_datatree(path, engine="h5netcdf", decode_cf=False) as opened:
        kept = opened["posterior"]["log_density"].encoding
    assert kept["fletcher32"]
