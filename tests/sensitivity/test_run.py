"""Who does what, and what a stopped run still has to do; nothing is sampled here."""

from types import SimpleNamespace

import pytest

from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.sensitivity import run, solve
from densing.sensitivity.axes import Axes
from densing.sensitivity.design import design
from densing.sensitivity.plan import Group
from densing.sensitivity.store import leader_file, write_leader, write_universe
from models import world


def group(name, count, elder=None):
    members = tuple(SimpleNamespace(name=f"{name}{i:03d}") for i in range(count))
    return Group(name, SimpleNamespace(cell=4, model=20), members, elder)


@pytest.fixture
def groups():
    return [group("large", run.WHOLE + 2), group("small", 2), group("middle", 5)]


def test_leaders_of_large_groups_come_first_and_their_chunks_last(groups, tmp_path):
    jobs = run.names(run.missing(groups, tmp_path))
    assert jobs[0] == ["large000"]
    assert jobs[1][0] == "middle000"
    assert jobs[2] == ["small000", "small001"]
    assert jobs[3][0] == "large013"  # the farthest from the default
    assert max(map(len, jobs[3:])) <= run.CHUNK
    assert sorted(name for job in jobs for name in job) == sorted(
        p.name for g in groups for p in g.members
    )


def test_the_leader_that_others_inherit_from_is_done_before_all_else(tmp_path):
    first = group("large", run.WHOLE + 2)
    groups = [first, group("small", 2, first.name), group("middle", 5, first.name)]
    assert run.names(run.missing(groups, tmp_path)) == [["large000"]]
    write_leader(tmp_path, first.name, "kept")
    write_universe(tmp_path, "large000", {"levels": {}})
    jobs = run.names(run.missing(groups, tmp_path))
    assert (jobs[0][0], jobs[1]) == ("middle000", ["small000", "small001"])
    # Where nobody inherits any more, it need not be fitted again.
    (tmp_path / leader_file(first.name)).unlink()
    for g in groups[1:]:
        write_leader(tmp_path, g.name, "kept")
    assert len(run.missing(groups, tmp_path)) > 2


def test_a_shape_that_inherits_from_none_begins_beside_the_first(tmp_path):
    first, alone = group("large", run.WHOLE + 2), group("middle", 5)
    groups = [first, group("small", 2, first.name), alone]
    assert run.names(run.missing(groups, tmp_path)) == [["large000"], ["middle000"]]
    write_leader(tmp_path, alone.name, "kept")
    assert run.names(run.missing(groups, tmp_path)) == [["large000"]]
    # All of them are done, and their leader is lost: nothing is left to do for them.
    (tmp_path / leader_file(alone.name)).unlink()
    for planned in alone.members:
        write_universe(tmp_path, planned.name, {"levels": {}})
    assert run.names(run.missing(groups, tmp_path)) == [["large000"]]


def test_a_job_carries_its_universes_and_its_leader_alone(groups, tmp_path):
    around, universes = run.missing(groups, tmp_path)[-1]
    assert around.name == groups[0].name
    assert [p.name for p in around.members] == ["large000", *(p.name for p in universes)]


def test_only_what_is_missing_is_done(groups, tmp_path):
    for g in groups:
        for planned in g.members[:-1]:
            write_universe(tmp_path, planned.name, {"levels": {}})
    write_leader(tmp_path, groups[0].name, "kept")
    # The leader of "middle" is lost: it is fitted again, for the one that is missing.
    write_leader(tmp_path, groups[1].name, "kept")
    assert sorted(run.names(run.missing(groups, tmp_path))) == [
        ["large013"], ["middle000", "middle004"], ["small001"],
    ]  # fmt: skip
    for g in groups:
        write_universe(tmp_path, g.members[-1].name, {"levels": {}})
    assert run.missing(groups, tmp_path) == []


def test_without_its_leader_a_chunk_waits_for_the_next_round(groups, tmp_path):
    around, universes = run.missing(groups, tmp_path)[-1]
    solve.solve(around, universes, settings=None, folder=tmp_path, seed=1, threads=1)
    assert not list(tmp_path.iterdir())


AXES = Axes(
    name="toy", about="two axes",
    axes={
        "tokens": {"reason": "a", "default": "5T", "levels": {"1T": {"tokens": 1e12}}},
        "catalog": {"reason": "b", "default": "all", "levels": {"derived": {"derived": True}}},
    },
)  # fmt: skip


def test_a_folder_with_a_run_of_other_axes_serves(tmp_path, monkeypatch):
    """One axis of two, and the same two in another order: nothing is fitted anew."""
    model = load_model().choose(reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1)
    written, fitted = [], []

    def here(work, folder, workers, jobs):
        for _, universes in jobs:
            for planned in universes:
                written.append(planned.name)
                write_universe(folder, planned.name, planned.about | {"answer": planned.name})
        return True

    monkeypatch.setattr(run, "_here", here)

    def go(axes):
        told = run.run(
            design(axes, full=True), model, world.evidence(), load_settings("universe"), tmp_path
        )
        fitted.append(told["fitted"])
        return [(u["levels"], u["left"], u["name"], u["answer"]) for u in told["universes"]]

    both = go(AXES)
    assert [left for _, left, *_ in both] == [[], ["tokens"], ["catalog"], ["tokens", "catalog"]]
    answers = {name: answer for *_, name, answer in both}
    assert go(AXES.pick(["tokens"])) == [
        ({"tokens": "5T"}, [], "default", answers["default"]),
        ({"tokens": "1T"}, ["tokens"], "tokens: 1T", answers["tokens: 1T"]),
    ]
    turned = go(AXES.pick(["catalog", "tokens"]))
    assert [name for *_, name, _ in turned] == [
        "default", "catalog: derived", "tokens: 1T", "catalog: derived, tokens: 1T",
    ]  # fmt: skip
    assert len(written) == 4
    assert fitted == [4, 0, 0]
