"""A command's own defaults hold whatever other option is given."""

import pytest

from densing.cli import calibrate, sensitivity
from densing.cli.app import run


@pytest.mark.parametrize("words", [[], ["--quiet"], ["--seed", "2"], ["--set", "tokens=1e12"]])
@pytest.mark.parametrize(
    ("module", "command", "model", "inference"),
    [(calibrate, "calibrate", "calibration", "default"),
     (sensitivity, "sensitivity", "ladder", "universe")],
)  # fmt: skip
def test_own_defaults(module, command, model, inference, words, monkeypatch, tmp_path):
    seen = []

    def stop(self, **own):
        seen[:] = [part.name for part in declared(self, **own)]
        raise OSError(5, "far enough")

    declared = module.Sampling.declared
    monkeypatch.setattr(module.Sampling, "declared", stop)
    assert run([command, "--out", str(tmp_path / "out"), *words]) == 2
    assert seen == [model, inference]


def test_what_is_asked_for_comes_first(monkeypatch):
    made = calibrate.Sampling(model="population", inference="quick").declared(model="calibration")
    assert [part.name for part in made] == ["population", "quick"]
