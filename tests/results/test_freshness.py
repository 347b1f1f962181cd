import numpy as np
import pytest
import xarray as xr

from densing.answers.summary import STALE_DAYS, Newest, newest


def run(created="2026-01-10T23:59:00+00:00"):
    dates = np.array(["2024-05-01", "2025-12-31", "2025-09-30"], dtype=object)
    table = xr.Dataset({"release_date": ("model", dates)}, coords={"model": ["a", "b", "c"]})
    tree = xr.DataTree.from_dict({"/constant_data": table})
    tree.attrs = {} if created is None else {"created": created}
    return tree


def test_the_newest_model_and_its_age():
    assert newest(run()) == {
        "model": "b",
        "release_date": "2025-12-31",
        "days_before_fit": 10,
    }


def test_a_run_that_does_not_say_when_it_was_made():
    told = Newest(**newest(run(None)))
    assert told.days_before_fit is None
    assert told.sentence() == "newest model: b, released 2025-12-31"


@pytest.mark.parametrize(("days", "stale"), [(STALE_DAYS - 1, False), (STALE_DAYS, True)])
def test_old_evidence_is_called_so(days, stale):
    created = (np.datetime64("2025-12-31") + np.timedelta64(days, "D")).astype(str)
    note = Newest(**newest(run(f"{created}T12:00:00+00:00"))).sentence()
    assert f"{days} days before the fit" in note
    assert ("later models are not in it" in note) == stale
