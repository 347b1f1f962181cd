"""Choices that change the program: each has the default, or another, as its limit."""

import numpy as np
import pytest
from scipy import stats

from densing.models.declaration import DeclarationError, load_model
from densing.models.joint import curves, joint, log_sizes, target_log_density
from densing.models.layout import lay_out
from densing.models.ops import numpy_ops as xp
from densing.models.prior_draws import PriorProgram
from densing.models.scores import score_moments
from densing.models.trend import residual_density
from models import world
from models.known import Known

X = np.linspace(-4.0, 8.0, 9)


@pytest.fixture(scope="module")
def model():
    return load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


@pytest.fixture(scope="module")
def evidence():
    return world.evidence()


@pytest.fixture(scope="module")
def point(evidence, model):
    """Parameters of the default model, drawn from its priors."""
    layout = lay_out(evidence, model.choices)
    rng = np.random.default_rng(3)
    program = PriorProgram(model.priors, layout.sizes, layout.facts, rng)
    joint(program, layout.data, layout.switches)
    return {name: v for name, v in program.values.items() if name not in layout.facts}


def terms(evidence, model, point, **more):
    """Log density of scores and sizes at `X`, (model, point), and the layout."""
    layout = lay_out(evidence, model.choices)
    program = Known({**layout.facts, **point, **more})
    return target_log_density(program, layout.data, layout.switches, X), layout


def test_no_bias_is_the_default_and_a_bias_moves_late_models_alone(evidence, model, point):
    usual, layout = terms(evidence, model, point)
    late = np.asarray(layout.models["release_date"] >= "2023-11-01")
    assert 0 < late.sum() < len(late)
    biased = model.choose(contamination=True)
    none, _ = terms(evidence, biased, point, contamination=np.zeros(2))
    np.testing.assert_allclose(none, usual, rtol=1e-10)
    some, _ = terms(evidence, biased, point, contamination=np.full(2, 0.5))
    np.testing.assert_allclose(some[~late], usual[~late], rtol=1e-10)
    # On Quiz the late models, and no others, have the protocol "letter": a bias adds to its effect.
    quiz, _ = terms(evidence, biased, point, contamination=np.asarray([0.5, 0.0]))
    effect = point["protocol_effect"] + 0.5
    as_protocol, _ = terms(evidence, model, {**point, "protocol_effect": effect})
    np.testing.assert_allclose(quiz, as_protocol, rtol=1e-10)
    assert np.abs(quiz - usual)[late].max() > 0.1


def test_a_student_t_of_light_tails_is_the_normal(evidence, model, point):
    normal, _ = terms(evidence, model.choose(likelihood="normal"), point)
    light, _ = terms(
        evidence, model.choose(likelihood="student-t"), point, score_tail=np.asarray(1e10)
    )
    np.testing.assert_allclose(light, normal, rtol=1e-5, atol=1e-3)
    heavy, _ = terms(
        evidence, model.choose(likelihood="student-t"), point, score_tail=np.asarray(3.0)
    )
    assert np.abs(heavy - normal).max() > 1.0


def test_a_normal_score_by_hand(evidence, model, point):
    """Scores of one model are a product of normals about the moments of their cells."""
    normal, layout = terms(evidence, model.choose(likelihood="normal"), point)
    assert len(layout.data.scores.items) == len(layout.scores)
    cell, line = curves(Known({**layout.facts, **point}), layout.data, layout.switches)
    mean, variance = score_moments(xp, cell, point["overdispersion"], X[None, :])
    own = layout.scores[layout.scores["model_index"] == 0]
    rows, seen = own["cell"].to_numpy(), own["score"].to_numpy()[:, None]
    scored = stats.norm.logpdf(seen, mean[rows], np.sqrt(variance[rows])).sum(axis=0)
    x = X[None, :] - np.asarray(layout.data.log_params)[:, None]
    residual = residual_density(xp, line, x).log(xp)
    np.testing.assert_allclose(normal[0], scored + residual[0], rtol=1e-9)


def test_experts_count_from_active_to_total(evidence, model):
    layout = lay_out(evidence, model.choose(count="experts").choices)
    assert layout.switches.experts
    total = lay_out(evidence, model.choices).data.log_params
    mixed = layout.models["model"].to_numpy() == "Two-9B"
    for weight, expected in ((1.0, total), (0.0, total + np.where(mixed, np.log(1.2 / 8.2), 0.0))):
        program = Known({"expert_weight": weight})
        np.testing.assert_allclose(
            log_sizes(program, layout.data, layout.switches), expected, rtol=1e-12
        )


def test_a_catalog_of_dense_models_has_no_weight_of_experts(evidence, model):
    catalog = evidence.catalog.assign(active_params=np.nan)
    layout = lay_out(world.evidence(catalog=catalog), model.choose(count="experts").choices)
    assert not layout.switches.experts
    assert layout.data.log_experts is None


def test_a_form_of_no_shortfall_is_refused(model):
    with pytest.raises(DeclarationError, match="'half-normal' needs a shortfall: set shortfall"):
        model.choose(shortfall=False, shortfall_form="half-normal")
