"""Who does what, and what a stopped call still has to do; nothing is sampled here."""

import pytest

from densing.batch import fit_many as module
from densing.batch.fit_many import CHUNK, WHOLE, Board, Records, fit_many, identity
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.sensitivity.axes import Axes
from densing.sensitivity.design import design
from densing.sensitivity.multiverse import run
from models import world

from .jobs import group


@pytest.fixture
def keep(tmp_path):
    return Records(tmp_path / "records", tmp_path / "starts")


@pytest.fixture
def groups():
    return [group("large", WHOLE + 2), group("small", 2), group("middle", 5)]


def jobs(groups, keep, busy=()):
    """Keys of each job that is ready."""
    return [[fit.key for fit in wanted] for _, wanted, _ in Board(groups, keep, 2).ready(busy)]


def test_first_fits_of_large_groups_come_first_and_their_chunks_when_they_are_done(groups, keep):
    first = jobs(groups, keep)
    assert first == [
        ["large000"], [f"middle{i:03d}" for i in range(5)], ["small000", "small001"],
    ]  # fmt: skip
    keep.write_start("large", "kept")
    keep.write("large000", {})
    *whole, chunk = jobs(groups, keep)[:3]
    assert whole == first[1:]
    assert chunk[0] == "large013"  # the farthest from the default
    chunks = jobs(groups, keep)[2:]
    assert max(map(len, chunks)) <= CHUNK
    assert sorted(key for job in chunks for key in job) == [
        f"large{i:03d}" for i in range(1, WHOLE + 2)
    ]


def test_what_is_under_way_is_not_sent_again(groups, keep):
    board = Board(groups, keep, 2)
    busy = board.ready()
    assert board.ready(busy) == []
    assert [job[0].name for job in board.ready(busy[1:])] == ["large"]


def test_a_parent_is_fitted_before_the_groups_that_begin_with_its_start(keep):
    first = group("large", WHOLE + 2)
    groups = [first, group("small", 2, parent="large"), group("middle", 5, parent="large")]
    assert jobs(groups, keep) == [["large000"]]
    keep.write_start("large", "kept")
    keep.write("large000", {})
    ready = Board(groups, keep).ready()
    assert [job[0].name for job in ready[:2]] == ["middle", "small"]
    assert ready[0][2] == {"large": "kept"}
    # Where nobody waits for it any more, it need not be fitted again.
    (keep.starts / "large.pickle").unlink()
    for g in groups[1:]:
        for fit in g.members:
            keep.write(fit.key, {})
    for fit in first.members:
        keep.write(fit.key, {})
    assert jobs(groups, keep) == []


def test_a_parent_of_few_is_fitted_alone_and_a_group_without_one_beside_it(keep):
    groups = [group("first", 3), group("small", 2, parent="first"), group("middle", 5)]
    assert jobs(groups, keep) == [["first000"], [f"middle{i:03d}" for i in range(5)]]


def test_without_warm_starts_all_begin_at_once(keep):
    worlds = group("world", 8, warm=False)
    assert [len(job) for job in jobs([worlds], keep)] == [3, 3, 2]
    assert [len(job) for job in jobs([group("world", 2, warm=False)], keep)] == [1, 1]


def test_a_job_carries_what_it_fits_and_its_group_s_first_alone(groups, keep):
    keep.write_start("large", "kept")
    around, wanted, starts = Board(groups, keep, 2).ready()[-1]
    assert around.name == groups[0].name
    keys = [fit.key for fit in wanted if fit.key != "large000"]
    assert [fit.key for fit in around.members] == ["large000", *keys]
    assert starts == {"large": "kept"}


def test_only_what_is_missing_is_done_and_what_was_kept_stays(groups, keep):
    for g in groups:
        for fit in g.members[:-1]:
            keep.write(fit.key, {"kept": True})
    keep.write_start("large", "kept")
    # The start of "middle" is lost: its first is fitted again, for the one that is missing.
    keep.write_start("small", "kept")
    assert sorted(jobs(groups, keep)) == [["large013"], ["middle000", "middle004"], ["small001"]]
    told = []
    done = fit_many(groups, keep=keep, listen=lambda done, total: told.append((done, total)))
    assert done == 3
    assert told[0] == (18, 21)
    assert told[-1] == (21, 21)
    assert keep.read("middle000") == {"kept": True}
    assert keep.read_start("middle") == "start of middle"
    assert jobs(groups, keep) == []


def test_what_cannot_be_read_is_fitted_again(keep):
    groups = [group("few", 2)]
    fit_many(groups, keep=keep)
    (keep.folder / "few001.json").write_text("{")
    (keep.starts / "few.pickle").write_bytes(b"no pickle")
    assert jobs(groups, keep) == [["few000", "few001"]]


def test_an_identity_is_of_content_and_not_of_names(monkeypatch):
    model, settings = load_model("ladder"), load_settings("quick")
    evidence = world.evidence()
    one = identity(model, evidence, settings, 1)
    assert one == identity(model.model_copy(update={"name": "other"}), evidence, settings, 1)
    assert one != identity(model, evidence, settings, 2)
    assert one != identity(model.choose(tokens=1e12), evidence, settings, 1)
    monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    assert one != identity(model, evidence, settings, 1)


AXES = Axes(
    name="toy", about="two axes",
    axes={
        "tokens": {"reason": "a", "default": "5T", "levels": {"1T": {"tokens": 1e12}}},
        "catalog": {"reason": "b", "default": "all", "levels": {"derived": {"derived": True}}},
    },
)  # fmt: skip


def test_a_folder_with_a_run_of_other_axes_serves(tmp_path, monkeypatch):
    """One axis of two, and the same two in another order: nothing is fitted anew."""
    model = load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )
    written, fitted = [], []

    def fit(group, wanted, starts, *, threads):
        for one in (group.members[0], *wanted):
            written.append(one.key)
            yield one.key, one.about | {"answer": one.key}
        yield group.name, "start"

    monkeypatch.setattr("densing.batch.ladder.JointGroup.fit", fit)

    def go(axes):
        told = run(
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
    assert len(set(written)) == 4
    assert fitted == [4, 0, 0]
