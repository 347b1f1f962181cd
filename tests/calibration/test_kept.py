"""Worlds on disk: what a dead worker leaves, and who goes on."""

import os

import pytest

from densing.calibration.kept import kept_worlds
from densing.models.declaration import DeclarationError


def work(numbers):
    for number in numbers:
        if number == 1 and os.environ.get("DIES"):
            os._exit(1)
        yield number, {"number": number}


def test_a_worker_that_dies_is_one_line_and_what_was_done_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DIES", "yes")
    with pytest.raises(DeclarationError, match=r"worker process died.*same command continues"):
        kept_worlds(tmp_path, 4, lambda: work, workers=2, listen=None)
    assert not (tmp_path / "00001.json").exists()
    monkeypatch.delenv("DIES")
    records = kept_worlds(tmp_path, 4, lambda: work, workers=1, listen=None)
    assert [record["number"] for record in records] == [0, 1, 2, 3]
