import json

import numpy as np
import pytest
import xarray as xr

from densing.answers.density import density_table
from densing.files import to_json


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    log = np.log([0.1, 2.0, 0.5]) + 0.2 * rng.normal(size=(2, 500, 3))
    size = np.array([7e9, 3e9, 70e9])
    beyond = np.zeros((2, 500, 3))
    beyond[:, :125, 1] = 1.0
    dims = ("chain", "draw", "model")
    return xr.DataTree.from_dict(
        {
            "/derived": xr.Dataset(
                {"density": (dims, np.exp(log)), "effective_params": (dims, np.exp(log) * size),
                 "beyond_reference": (dims, beyond)},
                coords={"model": ["A", "B", "C"]},
            ),
            "/constant_data": xr.Dataset(
                {"release_date": (("model",), ["2023-02-24", "2024-05-01", "2024-01-01"]),
                 "counted_params": (("model",), size), "params": (("model",), size * 1.05)},
                coords={"model": ["A", "B", "C"]},
            ),
        }
    )  # fmt: skip


def test_as_the_contract_has_it(run):
    rows = density_table(run)
    for row in rows:
        assert {"model", "release_date", "params", "density", "effective_params",
                "p_beyond_reference"} <= set(row)  # fmt: skip
        assert set(row["density"]) == {"median", "lower", "upper", "prob", "kind"}
    json.loads(to_json(rows))


def test_densest_first(run):
    rows = density_table(run)
    assert [row["model"] for row in rows] == ["B", "C", "A"]
    assert [row["release_date"] for row in rows] == ["2024-05-01", "2024-01-01", "2023-02-24"]
    assert rows[0]["p_beyond_reference"] == pytest.approx(0.25)
    assert rows[0]["density"]["median"] == pytest.approx(2.0, rel=0.05)


def test_effective_over_own_is_the_density(run):
    for row in density_table(run):
        for end in ("lower", "median", "upper"):
            size = row["effective_params"][end] / row["density"][end]
            assert size == pytest.approx(row["params"])


def test_probability_of_the_interval(run):
    wide, narrow = (density_table(run, prob=p)[0]["density"] for p in (0.9, 0.5))
    assert wide["lower"] < narrow["lower"] < narrow["upper"] < wide["upper"]
    assert (wide["prob"], narrow["prob"]) == (0.9, 0.5)
