"""What becomes of fits whose numbers break down or whose chains fail; nothing is sampled here."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from densing.batch.batch_and_match import Normal
from densing.batch.fit_many import Records
from densing.batch.ladder import JointGroup, Ladder
from densing.batch.padding import Sizes
from densing.batch.transport import NoStart, WarmStart
from densing.models.declaration import load_model
from densing.models.layout import lay_out
from densing.results.health import grid_reasons
from densing.sensitivity.multiverse import UniverseFit
from models import world

STARTING = Normal(None, None, 0)
START = WarmStart(None, None, STARTING, STARTING, None, None, trustworthy=True)
NAMES = ["0" * 16, "1" * 16, "2" * 16]
SIZES = Sizes(1, 1, 5, 4, 9, 9, low=-3.0, points=61, step=0.15)
BREAK = np.linalg.LinAlgError("Singular matrix")


class Machine:
    """Samples in name alone; its numbers break down where it is told."""

    def __init__(self, *breaks, sizes):
        self.breaks, self.sizes = breaks, sizes

    def _done(self, what, name):
        if f"{what} {name[0]}" in self.breaks:
            raise BREAK
        return SimpleNamespace(how=what)

    def sample_matched(self, inputs, **_):
        return self._done("matched", inputs)

    def sample_cold(self, inputs, **_):
        return self._done("cold", inputs)

    def sample_inherited(self, parent, inputs, **_):
        return self._done("inherit", inputs)

    def sample_warm(self, start, inputs, **_):
        return self._done("warm", inputs)

    def warm_start(self, sampled, inputs, **_):
        self._done("keep", inputs)
        return START

    def retry(self, first, inputs, **_):
        return first


@dataclass(frozen=True)
class Named(UniverseFit):
    """A universe whose record says how its draws came about."""

    def record(self, machine, sampled, inputs, *, how):
        doubtful = f"{sampled.how} {inputs[0]} astray" in machine.breaks
        reasons = ["chains disagree"] if doubtful else []
        off = {
            fault: machine.sizes == SIZES and f"{sampled.how} {inputs[0]} {fault}" in machine.breaks
            for fault in ("coarse", "short")
        }
        told = {"integration_error": 0.1 * off["coarse"], "edge_mass": 0.1 * off["short"]}
        reasons += grid_reasons(**told)
        verdict = "not trustworthy" if reasons else "trustworthy"
        found = {"how": sampled.how, "verdict": verdict, "reasons": reasons, **told}
        return {"diagnostics": found | {"gradient_evaluations": 5}}


@pytest.fixture
def done(monkeypatch, tmp_path):
    """Fit three universes with a machine; how each was fitted, or that it was not."""
    model = load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )
    layout = lay_out(world.evidence(), model.choices)
    universe = SimpleNamespace(name="", part="", levels={}, left=(), changes={})
    members = tuple(Named(name, 1, model, layout, universe) for name in NAMES)

    def go(*breaks, wanted=members, parent=None):
        built.clear()

        def machine(group, threads):
            built.append(group.sizes)
            return Machine(*breaks, sizes=group.sizes)

        monkeypatch.setattr(JointGroup, "machine", machine)
        monkeypatch.setattr(JointGroup, "arrays", lambda group, fit: fit.key)
        group = JointGroup(members=members, shape=None, sizes=SIZES, settings=None)
        starts = {"parent": parent}
        start = keep.read_start(group.name)
        if parent is not None:
            group = replace(group, parent="parent")
        if start is not None:
            starts[group.name] = start
        for name, value in group.fit(wanted, starts, threads=1):
            keep.write_start(name, value) if name == group.name else keep.write(name, value)
        return [read(fit.key)["how"] for fit in wanted]

    def read(key):
        return keep.read(key)["diagnostics"]

    built, keep = [], Records(tmp_path / "records", tmp_path / "starts")
    go.members, go.built, go.read, go.keep = members, built, read, keep
    return go


@pytest.mark.parametrize(
    ("breaks", "how"),
    [
        ((), ["matched", "warm", "warm"]),
        (["matched 0"], ["cold", "warm", "warm"]),
        (["warm 1"], ["matched", "inherit", "warm"]),
        (["warm 2"], ["matched", "warm", "inherit"]),
        (["warm 2", "inherit 2"], ["matched", "warm", "cold"]),
        (["warm 1", "inherit 1", "cold 1"], ["matched", "could not be fitted", "warm"]),
        # Without a warm start each of the others starts from nothing.
        (["matched 0", "cold 0"], ["could not be fitted", "matched", "matched"]),
        (["keep 0"], ["matched", "matched", "matched"]),
        (
            ["matched 0", "cold 0", "matched 1", "cold 1"],
            ["could not be fitted", "could not be fitted", "matched"],
        ),
    ],
)
def test_numbers_that_break_down_cost_one_universe_and_no_other(done, breaks, how):
    assert done(*breaks) == how


@pytest.mark.parametrize(
    ("breaks", "how", "gradients", "verdict"),
    [
        (["warm 1"], "inherit", 10, "trustworthy"),
        (["warm 1", "inherit 1"], "cold", 15, "trustworthy"),
        (["warm 1", "inherit 1", "cold 1"], "cold", 15, "not trustworthy"),
    ],
)
def test_chains_that_fail_from_a_warm_start_are_begun_from_dispersed_starts(
    done, breaks, how, gradients, verdict
):
    """In the warm start's shape first, then from nothing; every try is counted."""
    assert done(*[f"{broken} astray" for broken in breaks]) == ["matched", how, "warm"]
    told = done.read(NAMES[1])
    assert (told["gradient_evaluations"], told["verdict"]) == (gradients, verdict)


@pytest.mark.parametrize(("fault", "step", "low"), [("coarse", 0.1, -3.0), ("short", 0.15, -6.0)])
@pytest.mark.parametrize(("which", "first"), [(0, "matched"), (2, "warm")])
def test_where_the_grid_alone_is_at_fault_a_universe_has_its_own(
    done, fault, step, low, which, first
):
    how = ["matched", "warm", "warm"]
    how[which] = "warm, on a grid of its own"
    assert done(f"{first} {which} {fault}") == how
    told = done.read(NAMES[which])
    assert (told["verdict"], told["gradient_evaluations"]) == ("trustworthy", 10)
    (own,) = {sizes for sizes in done.built if sizes != SIZES}
    assert (own.step, own.low) == pytest.approx((step, low))
    before = SIZES.low + (SIZES.points - 1) * SIZES.step
    assert own.low + (own.points - 1) * own.step >= before + (SIZES.low - low) - 1e-9


def test_chains_that_disagree_are_not_mended_by_a_grid(done):
    broken = ["warm 1 astray", "inherit 1 astray", "cold 1 astray", "cold 1 coarse"]
    assert done(*broken) == ["matched", "cold", "warm"]
    assert set(done.built) == {SIZES}


@pytest.mark.parametrize(
    ("parent", "breaks", "how"),
    [
        (START, (), "inherit"),
        (START, ["inherit 0"], "cold"),
        (START, ["inherit 0 astray"], "cold"),
        (replace(START, trustworthy=False), (), "matched"),
        (NoStart("Singular matrix"), (), "matched"),
    ],
)
def test_a_first_fit_inherits_from_a_parent_that_can_be_trusted(done, parent, breaks, how):
    assert done(*breaks, parent=parent) == [how, "warm", "warm"]
    told = done.read(NAMES[0])
    assert told["gradient_evaluations"] == (10 if "inherit 0 astray" in breaks else 5)


def test_what_others_need_to_start_counts_for_the_first(done, monkeypatch):
    costly = replace(START, peak=Normal(None, None, 200), normal=Normal(None, None, 600))
    monkeypatch.setattr(Machine, "warm_start", lambda *_, **__: costly)
    done()
    spent = [done.read(name)["gradient_evaluations"] for name in NAMES]
    assert spent == [805, 5, 5]


def test_that_there_is_no_warm_start_is_kept_for_other_processes(done):
    done("matched 0", "cold 0", wanted=done.members[:1])
    assert done(wanted=done.members[1:]) == ["matched", "matched"]
    told = done.keep.read(NAMES[0])
    assert told["population"] is None
    assert told["p_fast"] == {"population": None, "frontier": None}
    (reason,) = told["diagnostics"]["reasons"]
    assert reason == "could not be fitted, its numbers break down: Singular matrix"


def test_a_mistake_is_not_kept_quiet(done, monkeypatch):
    def matched(*_, **__):
        raise TypeError("a mistake")

    monkeypatch.setattr(Machine, "sample_matched", matched)
    with pytest.raises(TypeError, match="a mistake"):
        done()


# ---- how often a posterior is sampled, and with what steps ----


def tried(first, *more, good_at):
    """Tries of `first`, then `more`; the last one's record, and the steps of those after it."""
    steps, left = [], list(more)

    def retry(sampled, inputs, *, seed, enough, careful):
        steps.append(careful)
        return left.pop(0)

    def record(machine, sampled, inputs, *, how):
        reasons = [] if sampled == good_at else ["chains disagree"]
        return {"diagnostics": {"of": sampled, "how": how, "reasons": reasons}}

    ladder = Ladder(None, SimpleNamespace(record=record, layout=None), 1)
    ladder.__dict__["ready"] = SimpleNamespace(retry=retry), None
    sampled, told = ladder.retried(first, "led", 3)
    assert told["diagnostics"]["of"] == sampled
    return told["diagnostics"]["how"], steps


@pytest.mark.parametrize(
    ("good_at", "how", "steps"),
    [
        ("a", "led", []),
        ("b", "led, twice", [False]),
        ("c", "led, three times", [False, True]),
        ("none", "led, three times", [False, True]),
    ],
)
def test_a_second_try_has_another_shape_and_a_third_small_steps(good_at, how, steps):
    assert tried(*"abc", good_at=good_at) == (how, steps)
