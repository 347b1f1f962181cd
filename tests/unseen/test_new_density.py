"""Density of a new model from a saved run, without a new fit."""

import numpy as np
import pytest

import densing as dn
from densing.inference.fit import fit
from densing.models.families import EDGE_NOISE
from densing.models.family_predict import conditioned, own_effects
from densing.results.family_run import new_models
from densing.results.reweighting import pareto_fit, reweight, smoothed

pytestmark = pytest.mark.filterwarnings("ignore::densing.NotTrustworthyWarning")


def renamed(name, new):
    """A model of the catalogue by another name; nobody can tell that it is the same."""
    rows = dn.bundled("catalog")
    rows = rows[rows["model"] == name].drop(columns="hub_id")
    return rows.assign(model=new, score=rows["score"] + 1e-6 * (new != name))


def test_a_model_given_again_gets_the_density_that_it_has(families_run):
    """Its family has seen its scores before: what is left of that is small in a large family."""
    own = dn.density(families_run).table()
    log = np.log(families_run["derived"]["density"])
    for name in ("Pythia-6.9B", "OPT-30B", "LLaMA-13B"):
        told = dn.density(families_run, models=renamed(name, "new")).models[0]
        assert told.scores >= 2
        assert not told.in_run
        spread = float(log.sel(model=name).std())
        assert np.log(told.density.median) == pytest.approx(
            np.log(own.loc[name, "density"]), abs=spread
        )
        assert told.effective_params.median == pytest.approx(
            told.density.median * told.params, rel=0.2
        )


def test_a_model_of_the_run_keeps_its_density(families_run):
    told = dn.density(families_run, models=renamed("OPT-30B", "OPT-30B")).models[0]
    (own,) = dn.density(families_run, "OPT-30B").models
    assert told.in_run
    assert told.pareto_k is None
    assert told.density == own.density
    assert "In the run, with the density it has there: OPT-30B." in repr(
        dn.density(families_run, models=renamed("OPT-30B", "OPT-30B"))
    )


def test_a_model_of_the_run_by_another_name_is_known(families_run):
    rows = dn.bundled("catalog")
    rows = rows[rows["model"] == "OPT-30B"].assign(model="mine")
    (own,) = dn.density(families_run, "OPT-30B").models
    for same in (rows, rows.drop(columns="hub_id")):
        told = dn.density(families_run, models=same).models[0]
        assert (told.model, told.in_run, told.density) == ("mine", True, own.density)
        assert dn.predict(families_run, same).averages[0].in_run


def test_names_and_a_table_are_not_given_together(families_run):
    with pytest.raises(ValueError, match="not both"):
        dn.density(families_run, "OPT-30B", models=renamed("OPT-30B", "new"))


def test_better_scores_are_denser_and_fewer_scores_less_sure(families_run):
    rows = renamed("OPT-30B", "new")
    up = rows.assign(score=rows["score"] + 0.03, model="better")
    plain, better = (dn.density(families_run, models=x).models[0] for x in (rows, up))
    assert better.density.median > 1.1 * plain.density.median
    few = dn.density(families_run, models=rows.iloc[:1]).models[0]
    ratio = [np.log(x.density.upper / x.density.lower) for x in (few, plain)]
    assert ratio[0] > ratio[1]


def test_scores_far_from_all_others_ask_for_a_new_fit(families_run):
    rows = renamed("OPT-30B", "wild")
    wild = rows.assign(
        model="wild", score=[0.9 if b == "HumanEval" else 0.26 for b in rows["benchmark"]]
    )
    told = dn.density(families_run, models=wild)
    assert not told.models[0].reliable
    assert not told.good
    assert "fit anew" in repr(told)


def test_smoothed_weights_are_arvizs():
    log = 0.8 * np.random.default_rng(7).standard_normal(400)
    ours, theirs = smoothed(log), reweight(log.reshape(1, -1))
    assert ours.limit == theirs.limit
    assert ours.pareto_k == pytest.approx(theirs.pareto_k, abs=0.06)
    assert np.abs(ours.values - theirs.values.ravel()).sum() < 0.03
    assert ours.values.sum() == pytest.approx(1.0)


def test_equal_weights_have_no_tail():
    found = smoothed(np.full(100, -3.0))
    assert found.reliable
    assert found.values == pytest.approx(np.full(100, 0.01))


def test_a_pareto_tail_is_recovered():
    u = np.random.default_rng(2).random(4000)
    for k in (0.2, 0.7):
        shape, scale = pareto_fit(np.sort(2.0 * np.expm1(-k * np.log(u)) / k))
        assert shape == pytest.approx(k, abs=0.06)
        assert scale == pytest.approx(2.0, rel=0.1)


@pytest.mark.slow
def test_a_new_fit_says_the_same(families_model):
    """A model left out of a fit and given afterwards, beside a fit with it."""
    evidence = dn.load_evidence()
    recipe = dn.load_settings("quick").model_copy(update={"draws": 500, "max_draws": 0})
    name = "LLaMA-13B"
    both = fit(evidence, model=families_model, settings=recipe)
    without = type(evidence)(
        evidence.reference_runs, evidence.calibration_points,
        evidence.catalog[evidence.catalog["model"] != name], evidence.benchmarks,
    )  # fmt: skip
    run = fit(without, model=families_model, settings=recipe)
    told = dn.density(run, models=renamed(name, name)).models[0]
    own = np.log(both["derived"]["density"].sel(model=name).to_numpy())
    assert told.reliable
    # A tenth of the interval's width is two Monte Carlo errors of such short chains.
    error = 0.2 * own.std()
    middle, low, high = np.quantile(own, [0.5, 0.05, 0.95])
    assert np.log(told.density.median) == pytest.approx(middle, abs=2 * error)
    assert np.log(told.density.upper / told.density.lower) == pytest.approx(high - low, rel=0.3)


def test_a_score_at_the_floor_enters_as_what_it_is(families_run):
    """Log density and posterior of a model with one such score, beside the integral itself."""
    rows = renamed("GPT-2-1.5B", "new")
    rows = rows[rows["benchmark"] == "HumanEval"].assign(score=0.002)
    new = new_models(families_run, rows, draws=3)
    k = new.layout.coords["benchmark"].index("HumanEval")
    for state in new.states:
        own = own_effects(np.random.default_rng(1), state, new.data, new.family)
        told = conditioned(own, state, new.score, new.data)
        centre = (state.mean + own.mean)[0, k]
        wide = own.covariance[0, k, k] + EDGE_NOISE**2
        z, step = np.linspace(centre - 9 * wide**0.5, centre + 9 * wide**0.5, 4001, retstep=True)
        of = state.curves
        p = of.floor[k] + (of.ceiling[k] - of.floor[k]) / (1.0 + np.exp(-z))
        spread = p * (1 - p) / new.data.items[k] + state.noise[k] ** 2
        weight = np.exp(
            -0.5 * ((z - centre) ** 2 / wide + (0.002 - p) ** 2 / spread + np.log(spread))
        )
        total = weight.sum() * step / np.sqrt(2 * np.pi * wide)
        assert told.log_density[0] == pytest.approx(np.log(total), abs=0.02)
        # The shared part follows the logit as their covariance says.
        mean = np.sum(weight * z) / weight.sum()
        shared = own.shared_mean[0] + own.shared_covariance[0, k] / wide * (mean - centre)
        assert told.mean[0] == pytest.approx(shared, abs=0.02)
        assert 0.0 < told.variance[0] <= own.shared_variance[0]
