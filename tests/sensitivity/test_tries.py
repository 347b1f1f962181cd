"""How often a universe is sampled, and with what steps; nothing is sampled here."""

from types import SimpleNamespace

import numpy as np
import pytest

from densing.sensitivity.tries import until_good


def draws(name, *, diverged):
    statistics = SimpleNamespace(diverging=np.array([[diverged, False]]))
    return SimpleNamespace(name=name, chains=SimpleNamespace(statistics=statistics))


def tried(first, *more, good_at):
    """Tries of `first`, then `more`; the last one's record, and the steps of those after it."""
    steps, left = [], list(more)

    def again(sampled, inputs, *, seed, enough, careful):
        steps.append(careful)
        return left.pop(0)

    sampled, record = until_good(
        SimpleNamespace(again=again), first, None, how="led", seed=3, enough=None,
        judge=lambda some, how: {"of": some.name, "how": how},
        good=lambda record: record["of"] == good_at,
    )  # fmt: skip
    assert record["of"] == sampled.name
    return record["how"], steps


@pytest.mark.parametrize(
    ("good_at", "diverged", "how", "steps"),
    [
        ("a", (False, False, False), "led", []),
        ("b", (True, False, False), "led, twice", [False]),
        ("c", (True, True, False), "led, three times", [False, True]),
        ("none", (True, True, True), "led, three times", [False, True]),
        # Chains that disagree without a divergence: one may never enter where spreads are small.
        ("c", (True, False, False), "led, three times", [False, True]),
    ],
)
def test_a_second_try_has_another_shape_and_a_third_small_steps(good_at, diverged, how, steps):
    first, *more = [draws(n, diverged=d) for n, d in zip("abc", diverged, strict=True)]
    assert tried(first, *more, good_at=good_at) == (how, steps)
