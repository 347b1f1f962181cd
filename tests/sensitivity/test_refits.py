"""Left-outs fitted anew: the question that weights answer, only where those cannot; resumable."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from densing.answers.influence import left_one_out as influence
from densing.batch.machine import build_machine
from densing.batch.padding import common, numbers_as_data, padded, shape_of
from densing.inference.replay import ReplayProgram
from densing.inference.settings import Settings
from densing.inference.whitening import Inputs
from densing.models.declaration import DeclarationError, load_model
from densing.models.joint import joint
from densing.models.layout import lay_out
from densing.models.select import SelectionError
from densing.results.refits import Refit, refits, with_refits
from densing.results.run import RunError, open_run, save_run
from densing.sensitivity import refits as under_test
from densing.sensitivity.changes import drop_models
from densing.sensitivity.design import Design, Universe
from densing.sensitivity.multiverse import UniverseFit, plan
from densing.sensitivity.refits import cleared, needed, refit
from models import world

FEW = Settings(
    name="few", about="few draws: to be run, not to be believed", chains=2, pilot=50, warmup=50,
    draws=50, max_draws=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def evidence():
    return world.evidence()


@pytest.fixture(scope="module")
def model():
    return load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1, benchmark_trends=False
    )


@pytest.fixture(scope="module")
def layout(evidence, model):
    return lay_out(evidence, model.choices)


@pytest.fixture(scope="module")
def run(evidence, model, layout):
    """What `refit` reads of a run; its weights can leave out all models but Two-9B."""
    rate = np.random.default_rng(1).normal(2.0, 0.5, (2, 500))
    steep = -8.0 * ((rate - 2.0) / 0.5) ** 2
    names = layout.coords["model"]
    scores = np.stack([steep if n == "Two-9B" else 0.0 * rate for n in names], axis=-1)
    scalar = ("chain", "draw")
    families = layout.models["family"].to_numpy(object)
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"rate": (scalar, rate), "log_density": (scalar, rate)}),
            "/derived": xr.Dataset(
                {"population_rate": (scalar, rate), "frontier_rate": (scalar, rate)}
            ),
            "/log_likelihood": xr.Dataset({"scores": ((*scalar, "model"), scores)}),
            "/constant_data": xr.Dataset({"model_family": ("model", families)}, {"model": names}),
        }
    )
    tree.attrs = {
        "densing_format": 1, "evidence_hash": evidence.hash, "model": model.model_dump_json(),
        "health": json.dumps({"verdict": "trustworthy", "reasons": []}),
    }  # fmt: skip
    return tree


# ---- what is left out ---------------------------------------------------------------------------


def test_scores_go_and_everything_else_stays(layout):
    left = drop_models(layout, ["Two-3B"])
    gone = layout.coords["model"].index("Two-3B")
    for name in ("log_score", "log_miss", "count"):
        old, new = getattr(layout.data.scores, name), getattr(left.data.scores, name)
        assert old[gone].any()
        assert not new[gone].any()
        np.testing.assert_array_equal(np.delete(new, gone, 0), np.delete(old, gone, 0))
    assert left.coords == layout.coords
    assert left.data.models is layout.data.models
    assert left.data.grid is layout.data.grid
    assert set(left.scores["model"]) == set(layout.scores["model"]) - {"Two-3B"}
    assert drop_models(layout, []) is layout


@pytest.mark.parametrize(
    ("names", "fault", "word"),
    [
        ("Two-3B", DeclarationError, "list of models"),
        (["Two-3B", "Nine"], SelectionError, "without Nine"),
        (["Two-3B", "Two-9B"], SelectionError, "2 models left"),
    ],
)
def test_bad_names_are_refused(layout, names, fault, word):
    with pytest.raises(fault, match=word):
        drop_models(layout, names)


def test_left_outs_are_universes_of_their_own_in_one_program(evidence, model):
    named = [[], ["One-7B"], ["Two-3B"], ["Two-3B", "Two-9B"]]
    universes = tuple(
        Universe({"without": str(n)}, {"without": n} if n else {}, "sample", ("without",))
        for n in named
    )
    groups, skipped = plan(Design(universes, ()), model, evidence, FEW, seed=1)
    assert len(groups) == 1
    assert len({fit.key for fit in groups[0].members}) == 3
    assert ["2 models left" in s.reason for s in skipped] == [True]


def test_what_goes_is_the_likelihood_that_weights_divide_by(layout, model):
    """The log density without a model is the whole's less its log-likelihood, at any parameters."""
    left = drop_models(layout, ["Two-9B"])
    at = layout.coords["model"].index("Two-9B")
    sizes, shape = common([layout, left]), shape_of(layout, model)
    assert shape_of(left, model) == shape
    priors, numbers = numbers_as_data(model.priors)
    with jax.enable_x64(True):  # noqa: FBT003
        whole, without_it = (
            jax.tree.map(jnp.asarray, Inputs(padded(one, sizes), {**one.facts, **numbers}))
            for one in (layout, left)
        )
        machine = build_machine(shape, sizes, priors, whole, FEW, workers=1)
        position = 0.3 * np.random.default_rng(2).standard_normal(
            (1, 3, machine.sampler.potential.size)
        )
        moved = machine.energy(position, without_it) - machine.energy(position, whole)
        constrain = jax.jit(machine.sampler.potential.constrain)
        for draw in range(3):
            values = constrain(jnp.asarray(position[0, draw]), whole)
            program = ReplayProgram({**whole.facts, **values})
            joint(program, whole.data, shape.switches)
            term = float(program.log_likelihood["scores"][at])
            assert abs(term) > 0.1
            assert moved[0, draw] == pytest.approx(term, rel=1e-8)


# ---- what is refitted ---------------------------------------------------------------------------


def test_only_what_weights_cannot_tell_is_refitted(run, evidence, tmp_path, monkeypatch):
    assert set(needed(run)) == {("model", "Two-9B"), ("family", "Two")}
    before = influence(run)
    done = refit(run, evidence, FEW, tmp_path / "refits", seed=1)
    # Family Two would leave two models: it stays untold, and why is said.
    assert list(refits(done.run)) == [("model", "Two-9B")]
    assert "2 models left" in done.failed["family Two"]
    answer = influence(done.run)
    row = next(r for r in answer["models"] if r["name"] == "Two-9B")
    assert row["refit"]["how"].startswith("sampled")
    assert np.isfinite(row["population"]["rate_per_year"]["median"])
    assert np.isfinite(row["shift"])
    others = {r["name"]: r for r in answer["models"] if r["reliable"]}
    assert others == {r["name"]: r for r in before["models"] if r["reliable"]}
    assert all(r["refit"] is None for r in others.values())

    # What is on disk is not fitted again, and what was refitted well is not wanted again.
    def never(*_, **__):
        pytest.fail("fitted again")

    monkeypatch.setattr(UniverseFit, "record", never)
    again = refit(run, evidence, FEW, tmp_path / "refits", seed=1)
    xr.testing.assert_identical(again.run["refits"].to_dataset(), done.run["refits"].to_dataset())
    kept = refits(done.run)["model", "Two-9B"]
    good = with_refits(run, {("model", "Two-9B"): kept._replace(verdict="trustworthy")})
    bad = with_refits(run, {("model", "Two-9B"): kept._replace(verdict="not trustworthy")})
    assert set(needed(good)) == {("family", "Two")}
    assert set(needed(bad)) == {("model", "Two-9B"), ("family", "Two")}

    reread = open_run(save_run(done.run, tmp_path / "run.nc"))
    assert influence(reread) == answer
    (tmp_path / "refits" / "mine.txt").write_text("stays")
    cleared(tmp_path / "refits")
    assert [p.name for p in (tmp_path / "refits").iterdir()] == ["mine.txt"]


def test_other_evidence_is_refused(run, evidence, tmp_path):
    other = replace(evidence, catalog=evidence.catalog.iloc[:-1])
    with pytest.raises(RunError, match="other evidence than that at hand"):
        refit(run, other, FEW, tmp_path)


def test_unknown_names_are_refused_and_known_ones_chosen(run, evidence, tmp_path, monkeypatch):
    with pytest.raises(RunError, match="no model or family 'Nine'"):
        refit(run, evidence, FEW, tmp_path, only=["Two", "Nine"])
    asked = {}

    def fit_all(design, *given, **options):
        asked["levels"] = [u.levels["without"] for u in design.universes]
        return {"universes": [], "skipped": []}

    monkeypatch.setattr(under_test, "fit_all", fit_all)
    refit(run, evidence, FEW, tmp_path, only=["Two-9B"])
    assert asked["levels"] == ["nothing", "model Two-9B"]
    asked.clear()
    assert refit(run, evidence, FEW, tmp_path, only=["One"]).run is run  # weights tell of it
    assert not asked


# ---- what a run keeps ---------------------------------------------------------------------------


def kept(**changes):
    levels = np.linspace(0.005, 0.995, 100)
    given = {
        "quantiles": {"population": 2.0 + levels}, "levels": levels,
        "p_not_growing": {"population": 0.0}, "how": "sampled", "verdict": "trustworthy",
        "reasons": [], "max_rhat": 1.01, "min_ess": 120.0,
    }  # fmt: skip
    return Refit(**(given | changes))


@pytest.mark.parametrize("prob", [0.5, 0.9, 0.99])
def test_an_interval_of_any_probability_is_in_the_quantiles(prob):
    growth = kept().growth("population", prob=prob)
    rate = growth["rate_per_year"]
    assert rate["median"] == pytest.approx(2.5)
    assert rate["lower"] == pytest.approx(2.5 - prob / 2)
    assert rate["upper"] == pytest.approx(2.5 + prob / 2)
    assert growth["doubling_months"]["lower"] == pytest.approx(12 * np.log(2) / rate["upper"])


def test_beyond_the_quantiles_there_is_no_interval():
    with pytest.raises(RunError, match="up to 99 %"):
        kept().growth("population", prob=0.995)


def test_refits_of_a_run_add_up(tmp_path, run):
    first, second = kept(), kept(max_rhat=None, reasons=["too few"], verdict="not trustworthy")
    once = with_refits(run, {("family", "Two"): first})
    twice = with_refits(once, {("family", "Two"): second, ("model", "One-7B"): first})
    found = refits(open_run(save_run(twice, tmp_path / "run.nc")))
    assert list(found) == [("family", "Two"), ("model", "One-7B")]
    assert found["family", "Two"].as_dict() == second.as_dict()
    assert not found["family", "Two"].trustworthy
    assert set(found["model", "One-7B"].quantiles) == {"population"}
    assert "refits" not in run.children
    assert json.loads(run.attrs["health"])  # untouched
