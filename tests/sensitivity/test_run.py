"""Who does what, and what a stopped run still has to do; nothing is sampled here."""

from types import SimpleNamespace

import pytest

from densing.sensitivity import run, solve
from densing.sensitivity.plan import Group
from densing.sensitivity.store import write_leader, write_universe


def group(name, count):
    members = tuple(SimpleNamespace(name=f"{name}{i:03d}") for i in range(count))
    return Group(name, SimpleNamespace(cell=4, model=20), members)


@pytest.fixture
def groups():
    return [group("large", run.WHOLE + 2), group("small", 2), group("middle", 5)]


def test_leaders_of_large_groups_come_first_and_their_chunks_last(groups, tmp_path):
    jobs = run.names(run.missing(groups, tmp_path))
    assert jobs[0] == ["large000"]
    assert jobs[1][0] == "middle000"
    assert jobs[2] == ["small000", "small001"]
    assert jobs[3][0] == "large001"
    assert max(map(len, jobs[3:])) <= run.CHUNK
    assert sorted(name for job in jobs for name in job) == sorted(
        p.name for g in groups for p in g.members
    )


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
