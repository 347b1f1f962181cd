"""Many fits: worlds of a calibration and universes of a sensitivity run, beside one default fit."""

from densing.calibration.cases import build_cases, calibrate
from densing.data import load_evidence
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.sensitivity.axes import load_axes
from densing.sensitivity.design import design
from densing.sensitivity.multiverse import run

WORLDS, UNIVERSES = 12, 12
CORES = 2


def test_calibration(benchmark, tmp_path):
    """The joint model's worlds, compilation in each of two processes counted."""
    (case,) = build_cases(["joint"], load_evidence(), load_model("calibration"))
    records = benchmark.pedantic(
        calibrate, rounds=1, args=(case, load_settings(), tmp_path),
        kwargs={"worlds": WORLDS, "workers": CORES},
    )  # fmt: skip
    benchmark.extra_info.update(
        worlds=WORLDS,
        trustworthy=sum(r["verdict"] == "trustworthy" for r in records),
        gradients_per_world=sum(r["gradient_evaluations"] for r in records) / WORLDS,
    )


def test_sensitivity(benchmark, tmp_path):
    """Universes of one shape: a leader and those that follow it."""
    axes = load_axes().pick(["tokens", "priors", "runs", "protocols"])
    laid_out = design(axes, universes=UNIVERSES, seed=1)
    result = benchmark.pedantic(
        run, rounds=1,
        args=(laid_out, load_model("ladder"), load_evidence(), load_settings("universe"), tmp_path),
        kwargs={"workers": CORES},
    )  # fmt: skip
    told = [u["diagnostics"] for u in result["universes"]]
    benchmark.extra_info.update(
        universes=len(told),
        trustworthy=sum(d["verdict"] == "trustworthy" for d in told),
        gradients_per_universe=sum(d["gradient_evaluations"] for d in told) / len(told),
    )
