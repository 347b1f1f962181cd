import json
import os
import stat

import numpy as np
import pytest
import xarray as xr

from densing.results.run import FORMAT, RunError, open_run, record, save_run


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    attrs = {"units": "1 / year", "long_name": "rate"}
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset(
                {"rate": (("chain", "draw"), rng.normal(size=(2, 50)), attrs),
                 "alpha": (("chain", "draw", "benchmark"), rng.normal(size=(2, 50, 3)),
                           {"units": "1", "long_name": "alpha"})},
                coords={"chain": [0, 1], "draw": range(50), "benchmark": ["MMLU", "BBH", "Ωμέγα"]},
            ),
            "/sample_stats": xr.Dataset(
                {"diverging": (("chain", "draw"), np.zeros((2, 50), bool))}
            ),
            "/constant_data": xr.Dataset(
                {"name": (("model",), np.array(["A", "", "B-7B"], dtype=object))}
            ),
        }
    )  # fmt: skip
    tree.attrs = {
        "densing_format": FORMAT, "densing_version": "0.1.0", "seed": 1,
        "model": json.dumps({"name": "default"}),
    }  # fmt: skip
    return tree


def test_round_trip(run, tmp_path):
    path = save_run(run, tmp_path / "deep" / "run.nc")
    again = open_run(path)
    assert set(again.children) == set(run.children)
    for name in run.children:
        xr.testing.assert_identical(again[name].to_dataset(), run[name].to_dataset())
    assert again.attrs["densing_format"] == FORMAT
    assert record(again, "model") == {"name": "default"}
    path.unlink()  # read into memory, so the file may go
    assert float(again["posterior"]["rate"].sum()) == float(run["posterior"]["rate"].sum())


def test_only_the_run_is_left(run, tmp_path):
    save_run(run, tmp_path / "run.nc")
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


def test_a_run_is_as_readable_as_any_new_file(run, tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    path = save_run(run, tmp_path / "run.nc")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.fixture(params=[OSError("disk full"), KeyboardInterrupt()])
def fault(request, monkeypatch):
    """What happens once the bytes are on their way and before the file has its name."""

    def fsync(handle):
        raise request.param

    monkeypatch.setattr(os, "fsync", fsync)
    return request.param


def test_a_write_that_fails_leaves_nothing(run, tmp_path, fault):
    with pytest.raises(type(fault)):
        save_run(run, tmp_path / "run.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_run(run, tmp_path, fault):
    path = tmp_path / "run.nc"
    path.write_bytes(b"the old one")
    with pytest.raises(type(fault)):
        save_run(run, path)
    assert path.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


def one_line(fault, path):
    text = str(fault.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_missing(tmp_path):
    with pytest.raises(RunError) as fault:
        open_run(tmp_path / "run.nc")
    assert "no such run file" in one_line(fault, tmp_path / "run.nc")


def test_a_folder(tmp_path):
    with pytest.raises(RunError) as fault:
        open_run(tmp_path)
    one_line(fault, tmp_path)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.95])
def test_truncated(run, tmp_path, part):
    path = save_run(run, tmp_path / "run.nc")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(RunError) as fault:
        open_run(path)
    assert "truncated" in one_line(fault, path)


@pytest.mark.parametrize("content", [b"model,score\na,0.5\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 500])
def test_foreign(tmp_path, content):
    path = tmp_path / "run.nc"
    path.write_bytes(content)
    with pytest.raises(RunError) as fault:
        open_run(path)
    one_line(fault, path)


def test_netcdf_of_another_program(tmp_path):
    path = tmp_path / "other.nc"
    xr.Dataset({"x": ("t", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(RunError) as fault:
        open_run(path)
    assert "not a densing run" in one_line(fault, path)


@pytest.mark.parametrize("version", [FORMAT + 1, 0, "two"])
def test_another_format(run, tmp_path, version):
    run.attrs["densing_format"] = version
    path = save_run(run, tmp_path / "run.nc")
    with pytest.raises(RunError) as fault:
        open_run(path)
    text = one_line(fault, path)
    assert str(version) in text
    assert "0.1.0" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(run, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        save_run(run, tmp_path / "run.nc")
