"""Which universes share a program, and whose shape they inherit."""

from dataclasses import replace

from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.sensitivity.axes import Axes
from densing.sensitivity.design import design
from densing.sensitivity.multiverse import plan
from models import world

AXES = Axes(
    name="toy", about="two axes",
    axes={
        "link": {
            "reason": "a", "default": "logit",
            "levels": {"cloglog": {"link": "cloglog"}, "probit": {"link": "probit"}},
        },
        "tokens": {"reason": "b", "default": "5T", "levels": {"1T": {"tokens": 1e12}}},
        "residual": {
            "reason": "c", "default": "exponential",
            "levels": {
                "1T, symmetric": {"shortfall": False, "tokens": 1e12},
                "symmetric": {"shortfall": False},
            },
        },
    },
)  # fmt: skip


def test_all_shapes_but_the_largest_of_the_others_wait_for_the_default_s():
    model = load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )

    def go(axes, **how):
        groups, _ = plan(
            design(axes, **how), model, world.evidence(), load_settings("universe"), seed=1
        )
        return groups

    default, *others = go(
        AXES, universes=1
    )  # one axis at a time; tokens need no program of their own
    assert default.parent is None
    assert [len(g.members) for g in (default, *others)] == [2, 1, 1, 2]
    assert [g.parent for g in others] == [default.name, default.name, None]
    # A leader serves however it began: names do not tell.
    every = {g.name for g in (default, *others)}
    assert {replace(g, parent="another").name for g in (default, *others)} == every
    single = go(AXES.pick(["tokens"]))
    assert [(g.parent, len(g.members)) for g in single] == [(None, 2)]
