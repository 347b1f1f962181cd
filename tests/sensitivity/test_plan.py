"""Which universes share a program, and whose shape they inherit."""

from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.sensitivity.axes import Axes
from densing.sensitivity.design import design
from densing.sensitivity.plan import plan
from models import world

AXES = Axes(
    name="toy", about="two axes",
    axes={
        "tokens": {"reason": "a", "default": "5T", "levels": {"1T": {"tokens": 1e12}}},
        "link": {
            "reason": "b", "default": "logit",
            "levels": {"cloglog": {"link": "cloglog"}, "probit": {"link": "probit"}},
        },
        "residual": {
            "reason": "c", "default": "exponential",
            "levels": {"symmetric": {"shortfall": False}},
        },
    },
)  # fmt: skip


def test_all_shapes_but_the_largest_wait_for_the_default_s():
    model = load_model().choose(reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1)

    def go(axes, **how):
        groups, _ = plan(
            design(axes, **how), model, world.evidence(), load_settings("universe"), seed=1
        )
        return groups

    default, *others = go(AXES, full=True)
    assert default.elder is None
    assert [g.elder for g in others] == [None, *[default.name] * (len(others) - 1)]
    assert len(others) == 5  # tokens need no program of their own
    assert {len(g.members) for g in others} == {2}
    single = go(AXES.pick(["tokens"]))
    assert [(g.elder, len(g.members)) for g in single] == [(None, 2)]
