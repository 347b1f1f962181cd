"""What becomes of universes whose numbers break down; nothing is sampled here."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from densing.inference.matching import Normal
from densing.models.declaration import load_model
from densing.models.layout import lay_out
from densing.results.health import grid_reasons
from densing.sensitivity import solve as module
from densing.sensitivity.leaders import Leader, NoLeader
from densing.sensitivity.padding import Sizes
from densing.sensitivity.plan import Group, Planned
from densing.sensitivity.store import read_universe, write_leader
from models import world

STARTING = Normal(None, None, 0)
LEADER = Leader(None, None, STARTING, STARTING, None, None, trustworthy=True)
NAMES = ["0" * 16, "1" * 16, "2" * 16]
SIZES = Sizes(1, 1, 5, 4, 9, 9, low=-3.0, points=61, step=0.15)
BREAK = np.linalg.LinAlgError("Singular matrix")


class Machine:
    """Leads and follows in name alone; its numbers break down where it is told."""

    def __init__(self, *breaks, sizes):
        self.breaks, self.sizes = breaks, sizes

    def _done(self, what, name):
        if f"{what} {name[0]}" in self.breaks:
            raise BREAK
        statistics = SimpleNamespace(diverging=np.zeros(1))
        return SimpleNamespace(how=what, chains=SimpleNamespace(statistics=statistics))

    def begin(self, inputs, **_):
        return self._done("begin", inputs)

    def lead(self, inputs, *, elder=None, **_):
        return self._done("lead" if elder is None else "inherit", inputs)

    def leader(self, sampled, inputs, **_):
        self._done("keep", inputs)
        return LEADER

    def reach(self, leader, inputs):
        return self._done("reach", inputs)

    def follow(self, leader, way, inputs, **_):
        return self._done("follow", inputs)

    def again(self, first, inputs, **_):
        return first


@pytest.fixture
def done(monkeypatch, tmp_path):
    """Solve three universes with a machine; how each was fitted, or that it was not."""
    model = load_model().choose(reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1)
    layout = lay_out(world.evidence(), model.choices)
    universe = SimpleNamespace(name="", part="", levels={}, left=(), changes={})
    members = tuple(Planned(name, universe, model, layout) for name in NAMES)

    def draws(machine, sampled, inputs, layout, *, how):
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

    def go(*breaks, wanted=members, elder=None):
        group = Group(None, SIZES, members, elder)
        built.clear()

        def program(group, **_):
            built.append(group.sizes)
            return Machine(*breaks, sizes=group.sizes)

        monkeypatch.setattr(module, "program", program)
        monkeypatch.setattr(module, "arrays", lambda group, planned: planned.name)
        monkeypatch.setattr(module, "from_leader", lambda *_, **__: None)
        monkeypatch.setattr(module, "from_draws", draws)
        settings = SimpleNamespace(model_dump_json=str)
        module.solve(group, wanted, settings=settings, folder=tmp_path, seed=1, threads=1)
        records = [read_universe(tmp_path, planned.name) for planned in wanted]
        return [record["diagnostics"]["how"] for record in records]

    built = []
    go.members, go.folder, go.built = members, tmp_path, built
    return go


@pytest.mark.parametrize(
    ("breaks", "how"),
    [
        ((), ["begin", "follow", "follow"]),
        (["begin 0"], ["lead", "follow", "follow"]),
        (["reach 1"], ["begin", "inherit", "follow"]),
        (["follow 2"], ["begin", "follow", "inherit"]),
        (["follow 2", "inherit 2"], ["begin", "follow", "lead"]),
        (["reach 1", "inherit 1", "lead 1"], ["begin", "could not be fitted", "follow"]),
        # Without a leader each of the others starts from nothing.
        (["begin 0", "lead 0"], ["could not be fitted", "begin", "begin"]),
        (["keep 0"], ["begin", "begin", "begin"]),
        (
            ["begin 0", "lead 0", "begin 1", "lead 1"],
            ["could not be fitted", "could not be fitted", "begin"],
        ),
    ],
)
def test_numbers_that_break_down_cost_one_universe_and_no_other(done, breaks, how):
    assert done(*breaks) == how


@pytest.mark.parametrize(
    ("breaks", "how", "gradients", "verdict"),
    [
        (["follow 1"], "inherit", 10, "trustworthy"),
        (["follow 1", "inherit 1"], "lead", 15, "trustworthy"),
        (["follow 1", "inherit 1", "lead 1"], "lead", 15, "not trustworthy"),
    ],
)
def test_chains_that_fail_from_the_leader_are_begun_from_dispersed_starts(
    done, breaks, how, gradients, verdict
):
    """In the leader's shape first, then from nothing; every try is counted."""
    assert done(*[f"{broken} astray" for broken in breaks]) == ["begin", how, "follow"]
    told = read_universe(done.folder, NAMES[1])["diagnostics"]
    assert (told["gradient_evaluations"], told["verdict"]) == (gradients, verdict)


@pytest.mark.parametrize(("fault", "step", "low"), [("coarse", 0.1, -3.0), ("short", 0.15, -6.0)])
@pytest.mark.parametrize(("which", "first"), [(0, "begin"), (2, "follow")])
def test_where_the_grid_alone_is_at_fault_a_universe_has_its_own(
    done, fault, step, low, which, first
):
    how = ["begin", "follow", "follow"]
    how[which] = "follow, on a grid of its own"
    assert done(f"{first} {which} {fault}") == how
    told = read_universe(done.folder, NAMES[which])["diagnostics"]
    assert (told["verdict"], told["gradient_evaluations"]) == ("trustworthy", 10)
    (own,) = {sizes for sizes in done.built if sizes != SIZES}
    assert (own.step, own.low) == pytest.approx((step, low))
    before = SIZES.low + (SIZES.points - 1) * SIZES.step
    assert own.low + (own.points - 1) * own.step >= before + (SIZES.low - low) - 1e-9


def test_chains_that_disagree_are_not_mended_by_a_grid(done):
    broken = ["follow 1 astray", "inherit 1 astray", "lead 1 astray", "lead 1 coarse"]
    assert done(*broken) == ["begin", "lead", "follow"]
    assert set(done.built) == {SIZES}


@pytest.mark.parametrize(
    ("elder", "breaks", "how"),
    [
        (LEADER, (), "inherit"),
        (LEADER, ["inherit 0"], "lead"),
        (LEADER, ["inherit 0 astray"], "lead"),
        (replace(LEADER, trustworthy=False), (), "begin"),
        (NoLeader("Singular matrix"), (), "begin"),
    ],
)
def test_a_leader_inherits_from_an_elder_that_can_be_trusted(done, elder, breaks, how):
    write_leader(done.folder, "elder", elder)
    assert done(*breaks, elder="elder") == [how, "follow", "follow"]
    told = read_universe(done.folder, NAMES[0])["diagnostics"]
    assert told["gradient_evaluations"] == (10 if "inherit 0 astray" in breaks else 5)


def test_what_others_need_to_start_counts_for_the_leader(done, monkeypatch):
    costly = replace(LEADER, peak=Normal(None, None, 200), normal=Normal(None, None, 600))
    monkeypatch.setattr(Machine, "leader", lambda *_, **__: costly)
    done()
    spent = [
        read_universe(done.folder, name)["diagnostics"]["gradient_evaluations"] for name in NAMES
    ]
    assert spent == [805, 5, 5]


def test_without_its_elder_a_leader_waits(done):
    with pytest.raises(TypeError):  # nothing was written that could be read
        done(elder="elder")
    assert not list(done.folder.rglob("*.json"))


def test_that_there_is_no_leader_is_kept_for_other_processes(done):
    done("begin 0", "lead 0", wanted=done.members[:1])
    assert done(wanted=done.members[1:]) == ["begin", "begin"]
    told = read_universe(done.folder, NAMES[0])
    assert told["population"] is None
    assert told["p_fast"] == {"population": None, "frontier": None}
    (reason,) = told["diagnostics"]["reasons"]
    assert reason == "could not be fitted, its numbers break down: Singular matrix"


def test_a_mistake_is_not_kept_quiet(done, monkeypatch):
    def begin(*_, **__):
        raise TypeError("a mistake")

    monkeypatch.setattr(Machine, "begin", begin)
    with pytest.raises(TypeError, match="a mistake"):
        done()
