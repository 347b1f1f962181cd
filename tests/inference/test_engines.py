"""Other engines: the same posterior, the same run file, and refusals in words."""

import json

import numpy as np
import pytest
import xarray as xr
from arviz_stats.base import array_stats
from scipy.optimize import brentq, root

from densing.cli.app import run as densing
from densing.inference import engines
from densing.inference.fit import fit
from densing.inference.settings import Settings, load_settings
from densing.models.declaration import DeclarationError, override
from densing.models.joint import joint
from densing.models.layout import lay_out
from densing.results.health import scalars
from models.known import Known

ENGINES = ("numpyro", "pymc", "nutpie")
RECIPES = {"numpyro": "default", "pymc": "pymc", "nutpie": "nutpie"}
SIGMAS = 4.0


def settings(engine, **changes):
    return Settings.model_validate({"name": "test", "about": "test", "engine": engine} | changes)


# ---- recipes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_has_a_recipe(engine):
    assert load_settings(RECIPES[engine]).engine == engine


def test_only_nutpie_goes_without_a_pilot(tmp_path):
    assert settings("nutpie").pilot == 0
    assert settings("pymc").pilot >= 50
    recipe = tmp_path / "mine.toml"
    recipe.write_text('about = "mine"\nextends = "default"\nengine = "nutpie"\n')
    with pytest.raises(DeclarationError, match="engine 'nutpie' has no pilot"):
        load_settings(recipe)
    recipe.write_text('about = "mine"\nengine = "pymc"\npilot = 10\n')
    with pytest.raises(DeclarationError, match="pilot must be at least 50 for engine 'pymc'"):
        load_settings(recipe)
    recipe.write_text('about = "mine"\nengine = "pymc"\nmax_draws = 2000\n')
    with pytest.raises(DeclarationError, match="'pymc' does not go on beyond `draws`"):
        load_settings(recipe)


def test_a_missing_engine_is_said_before_any_work(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    out = tmp_path / "run.nc"
    assert densing(["fit", "--inference", "nutpie", "--quiet", "--out", str(out)]) == 2
    said = capfd.readouterr().err
    assert "pip install 'densing[nutpie]'" in said
    assert "Traceback" not in said
    assert not out.exists()


# ---- samplers on a posterior that is known ----------------------------------------------------


def toy():
    """Correlated normal of mean (1, -2) and standard deviations (0.01, 3), and a beta."""
    pm = pytest.importorskip("pymc")
    with pm.Model(coords={"side": ["left", "right"]}) as model:
        z = pm.Normal("z_coordinate", dims="side")
        pm.Deterministic("x", z @ np.array([[0.01, 1.8], [0.0, 2.4]]) + np.array([1.0, -2.0]),
                         dims="side")  # fmt: skip
        pm.Beta("share", 2.0, 5.0)
    return model


def check_toy(draws, chains, count):
    assert set(draws.values) == {"x", "share"}
    assert draws.values["x"].shape == (chains, count, 2)
    assert all(part.shape == (chains, count) for part in draws.statistics)
    for values, mean, sd in (
        (draws.values["x"][..., 0], 1.0, 0.01), (draws.values["x"][..., 1], -2.0, 3.0),
        (draws.values["share"], 2 / 7, np.sqrt(10 / 49 / 8)),
    ):  # fmt: skip
        error = float(array_stats.mcse(values, chain_axis=0, draw_axis=1))
        assert abs(values.mean() - mean) < SIGMAS * error
        assert values.std() == pytest.approx(sd, rel=0.15)
    assert draws.gradient_evaluations > draws.statistics.n_steps.sum()


def test_pymc_on_a_known_posterior():
    from densing.inference.pymc_sampling import sample_pymc
    from densing.inference.setup import prepare_jax

    prepare_jax()
    check_toy(sample_pymc(toy(), settings=settings("pymc", chains=2, draws=700), seed=1), 2, 700)


def test_nutpie_on_a_known_posterior():
    pytest.importorskip("nutpie")
    from densing.inference.nutpie_sampling import sample_nutpie
    from densing.inference.setup import prepare_jax

    prepare_jax()
    recipe = settings("nutpie", chains=2, warmup=400, draws=700)
    check_toy(sample_nutpie(toy(), settings=recipe, seed=1), 2, 700)


def test_an_interrupt_of_pymc_is_not_a_short_run():
    from densing.inference.pymc_sampling import sample_pymc
    from densing.inference.setup import prepare_jax

    prepare_jax()

    def listen(progress):
        if progress.stage == "sampling" and progress.done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_pymc(toy(), settings=settings("pymc", chains=2, draws=700), seed=1, listen=listen)


# ---- the joint model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(model):
    """Two benchmarks hardly tell how far they lie apart: under the default's wide priors their
    spreads have a neck at zero, where PyMC's and nutpie's recipes diverge now and then."""
    narrow = [f"prior.{name}.scale=0.4" for name in ("offset_spread", "drift_spread")]
    return override(model, narrow)


@pytest.fixture(scope="module")
def runs(evidence, model):
    pytest.importorskip("nutpie")
    same = {"draws": 1000, "max_draws": 0}  # one length for all: coordinates are compared
    recipes = {e: load_settings(RECIPES[e]).model_copy(update=same) for e in ENGINES}
    return {e: fit(evidence, model=model, settings=recipes[e], seed=1) for e in ENGINES}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_posteriors_are_converged(runs, engine):
    health = json.loads(runs[engine].attrs["health"])
    assert health["verdict"] == "trustworthy", health["reasons"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pymc", "nutpie"])
def test_posterior_means_agree(runs, engine):
    ours, theirs = (dict(scalars(runs[e]["posterior"].to_dataset())) for e in ("numpyro", engine))
    assert ours.keys() == theirs.keys()
    off = {}
    for name in ours:
        pair = ours[name], theirs[name]
        error = np.hypot(*(float(array_stats.mcse(x, chain_axis=0, draw_axis=1)) for x in pair))
        off[name] = abs(ours[name].mean() - theirs[name].mean()) / error
    assert max(off.values()) < SIGMAS, max(off.items(), key=lambda item: item[1])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pymc", "nutpie"])
def test_runs_have_the_same_layout(runs, engine):
    ours, theirs = runs["numpyro"], runs[engine]
    assert set(ours.children) == set(theirs.children)
    for group in ours.children:
        a, b = ours[group].to_dataset(), theirs[group].to_dataset()
        assert set(a.data_vars) == set(b.data_vars)
        for name in a.data_vars:
            assert a[name].dims == b[name].dims
            assert a[name].attrs == b[name].attrs
            assert a[name].dtype == b[name].dtype
        for name in a.coords:
            xr.testing.assert_identical(a[name], b[name])
    assert theirs.attrs["engine"] == engine
    assert set(theirs.attrs) == set(ours.attrs)
    assert "pymc" in json.loads(theirs.attrs["versions"])


class Slopes(Known):
    """Keeps the log Jacobian of each coordinate."""

    total = 0.0

    def sample(self, name, *, coordinate=None):
        value = super().sample(name)
        if coordinate is not None:
            flat = np.ravel(value)

            def at(z):
                return np.ravel(coordinate(np.reshape(z, np.shape(value)))[0] + 0 * value)

            # Most coordinates are increasing maps of each element; one mixes them.
            near = [brentq(lambda x, i=i, v=v: at(np.full(flat.shape, x))[i] - v, -40, 40)
                    for i, v in enumerate(flat)]  # fmt: skip
            z = root(lambda z: at(z) - flat, near, tol=1e-12).x
            np.testing.assert_allclose(at(z), flat, rtol=1e-9, atol=1e-9)
            log_slope = coordinate(np.reshape(z, np.shape(value)))[1]
            self.total += np.sum(log_slope + 0 * value)
        return value


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_priors_and_likelihoods_add_up_to_the_log_density(runs, evidence, model, engine):
    """With the Jacobians of the sampler's coordinates they are its own log density."""
    run, layout = runs[engine], lay_out(evidence, model.choices)
    names = list(run["log_prior"].data_vars)
    off = []
    for draw in range(0, run["posterior"].sizes["draw"], 50):
        at = {"chain": draw % 4, "draw": draw}
        values = {name: run["posterior"][name].isel(at).to_numpy() for name in names}
        m = Slopes({**layout.facts, **values})
        joint(m, layout.data, layout.switches)
        for name in names:
            if model.priors[name].family in ("lognormal", "gamma"):
                m.total += np.log(values[name]).sum()
            elif model.priors[name].family == "beta":
                m.total += (np.log(values[name]) + np.log1p(-values[name])).sum()
        terms = [run[group].isel(at).to_dataset() for group in ("log_prior", "log_likelihood")]
        summed = sum(float(v.sum()) for group in terms for v in group.data_vars.values())
        off.append(summed + m.total - float(run["sample_stats"]["lp"].isel(at)))
    # The likelihood of the scores is integrated on a four times finer grid than lp's.
    assert np.median(np.abs(off)) < 0.01
    assert np.max(np.abs(off)) < 0.1
