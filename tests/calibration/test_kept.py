"""Worlds on disk: what a dead worker leaves, and who goes on."""

import os
from functools import partial

import pytest

from densing.calibration.kept import kept_worlds
from densing.models.declaration import DeclarationError


def work(numbers, *, deadly):
    for number in numbers:
        if number == 1 and deadly.exists():  # a file: workers keep the environment they began with
            os._exit(1)
        yield number, {"number": number}


def test_a_worker_that_dies_is_one_line_and_what_was_done_is_kept(tmp_path):
    out, deadly = tmp_path / "worlds", tmp_path / "deadly"
    make = partial(partial, work, deadly=deadly)
    deadly.touch()
    with pytest.raises(DeclarationError, match=r"worker process died.*same command continues"):
        kept_worlds(out, 4, make, workers=2, listen=None)
    assert not (out / "00001.json").exists()
    deadly.unlink()
    records = kept_worlds(out, 4, make, workers=1, listen=None)
    assert [record["number"] for record in records] == [0, 1, 2, 3]
