import pytest

from densing.data import bundled

MINE = """model,release_date,params,benchmark,score,source
mine-7B,2025-06-01,6.9e9,MMLU,0.712,https://example.org/report
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.csv"
    path.write_text(MINE)
    return path


def test_models_are_added_and_the_next_command_is_told(densing, mine, tmp_path):
    rows = len(bundled("catalog")) + 1
    shown = densing("data", "add", mine, "--dry-run")
    assert (shown.status, list(tmp_path.iterdir())) == (0, [mine])
    assert f"nothing written: the catalog would have {rows} rows" in shown.out
    done = densing("data", "add", mine)
    assert done.status == 0, done.err
    assert "new: mine-7B on MMLU" in done.out
    assert "asks for 2" in done.out
    assert "densing report --catalog densing-data/catalog.csv --out mine" in done.out
    files = {path.name for path in (tmp_path / "densing-data").iterdir()}
    assert files == {"catalog.csv", "sources.csv"}
    assert densing("check", *sorted((tmp_path / "densing-data").iterdir())).status == 0
    again = densing("data", "add", mine)
    assert (again.status, "nothing to add" in again.out) == (0, True)
    assert densing("data", "add", mine, "--json").json["there_already"] == 1


def test_faults_leave_the_catalog_as_it_was(densing, mine, tmp_path):
    assert densing("data", "add", mine).status == 0
    before = (tmp_path / "densing-data" / "catalog.csv").read_bytes()
    mine.write_text(MINE + "mine-7B,2025-06-02,7B,MATH,43,somewhere\n")
    result = densing("data", "add", mine)
    assert (result.status, result.out) == (2, "")
    for part in ("row 3", "differs from", "7000000000", "0.43", "unknown source"):
        assert part in result.err
    assert (tmp_path / "densing-data" / "catalog.csv").read_bytes() == before


def test_bad_usage(densing, mine, tmp_path):
    for arguments, said in {
        ("data", "add"): "table", ("data", "add", "none.csv"): "does not exist",
        ("data", "add", mine, "--out", mine): "not a folder",
        ("data", "nope"): "compressed_pairs",
    }.items():  # fmt: skip
        result = densing(*arguments)
        assert (result.status, result.out) == (2, "")
        assert said in result.err
    assert list(tmp_path.iterdir()) == [mine]
