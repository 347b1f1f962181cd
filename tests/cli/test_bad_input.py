import pytest

LADDER = ("fit", "--model", "ladder", "--out", "x.nc")


def test_no_command_shows_the_first_five_steps(densing):
    result = densing()
    assert result.status == 0
    assert result.out.count("densing ") >= 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "nonsense"),
        (["fit"], "--out"),
        (["fit", "--out", "x.nc", "--seed", "one"], "seed"),
        (["fit", "--out", "x.nc", "--seed", "-1"], ">= 0"),
        (["forecast", "x.nc", "--until", "2027-01-01", "--seed", "-1"], ">= 0"),
        (["trend", "t.csv", "--residual", "odd"], "skewed"),
        (["fit", "--out", "x.nc", "--model", "nope"], "no_irreducible"),
        (["fit", "--out", "x.nc", "--inference", "nope"], "publication"),
        (["fit", "--out", "x.nc", "--set", "tokns=1"], "tokens"),
        (["fit", "--out", "x.nc", "--set", "tokens"], "KEY=VALUE"),
        (["fit", "--out", "x.nc", "--set", "tokens=-1"], "greater than 0"),
        (["fit", "--out", "x.nc", "--set", "prior.nope.scale=1"], "family_spread"),
        (["fit", "--out", "x.nc", "--set", "prior.rate.nope=1"], "loc, scale"),
        (["fit", "--out", "x.nc", "--set", "prior.rate.scale=-1"], "positive"),
        (["fit", "--out", "x.nc", "--set", "reference=gpt"], "minicpm"),
        (["fit", "--out", "x.nc", "--set", "benchmarks=GPQA"], "min_scores = 2"),
        (["fit", "--out", "x.nc", "--set", "benchmarks=Quiz"], "HumanEval"),
        ([*LADDER, "--set", "benchmarks=GPQA"], "HumanEval"),
        (["fit", "--out", "x.nc", "--set", "released_from=2030-01-01"], "at least 10 models"),
        ([*LADDER, "--set", "released_from=2030-01-01"], "at least 3"),
        (["summary", "nowhere.nc"], "nowhere.nc"),
        (["summary", "nowhere.nc", "--prob", "90"], "nowhere.nc"),
        ([*LADDER, "--set", "tokens=many"], "must be a number or 'own' or"),
        ([*LADDER, "--set", "shortfall=half-normal"], "must be true or false"),
        (["fit", "--out", "x.nc", "--set", "exclude_families=Llma"], "did you mean Llama"),
        (["sensitivity", "--axes", ","], "known: tokens"),
        (["density", "x.nc", "--table", "a"], "what it takes: densing density --help"),
        (["summary", "."], "a folder; give a run file"),
        (["data", "nope"], "catalog"),
        (["check"], "at least one table"),
        (["check", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_usage_names_the_culprit_and_what_is_known(
    densing, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    result = densing(*arguments)
    assert result.status == 2
    assert said in " ".join(result.err.split())
    assert "Traceback" not in result.err
    assert result.out == ""
    assert list(tmp_path.iterdir()) == []


def test_every_table_fault_at_once_and_nothing_written(densing, world, tables, tmp_path):
    catalog = tmp_path / "catalog.csv"
    catalog.write_text(
        "model,release_date,params,benchmark,score\n"
        "good,2024-01-01,7e9,Alpha,0.5\n"
        "percent,2024-01-01,7e9,Alpha,70\n"
        "small,2024-01-01,7,Alpha,0.5\n"
        "undated,soon,7e9,Alpha,0.5\n"
        "good,2024-01-01,7e9,Alpha,0.5\n"
    )
    arguments = list(tables)
    arguments[arguments.index("--catalog") + 1] = catalog
    result = densing("fit", *arguments, "--out", tmp_path / "run.nc")
    assert result.status == 2
    for part in ("catalog.csv", "0.7", "soon", "row 3", "row 4", "row 5", "row 6"):
        assert part in result.err, part
    assert not (tmp_path / "run.nc").exists()
    assert densing("check", catalog).status == 2
    assert len(densing("check", catalog, "--json").json["faults"]) >= 4


def test_good_tables_pass_the_check(densing, world):
    result = densing("check", *sorted(world.glob("*.csv")))
    assert result.status == 0, result.err
    assert result.out.count("no fault") == 4


@pytest.mark.parametrize("content", [b"", b"not netcdf", b"\x89HDF\r\n\x1a\n" + b"0" * 100])
def test_a_foreign_run_file_gives_one_line(densing, tmp_path, content):
    path = tmp_path / "run.nc"
    path.write_bytes(content)
    result = densing("summary", path)
    assert result.status == 2
    assert len(result.err.strip().splitlines()) == 1


def test_a_truncated_run_file_gives_one_line(densing, quick_run, tmp_path):
    whole = quick_run.read_bytes()
    path = tmp_path / "run.nc"
    path.write_bytes(whole[: len(whole) // 2])
    result = densing("density", path)
    assert result.status == 2
    assert len(result.err.strip().splitlines()) == 1


def test_an_unwritable_place_is_refused_before_the_work(densing, tables, tmp_path):
    (tmp_path / "file").write_text("")
    result = densing("fit", *tables, "--out", tmp_path / "file" / "run.nc")
    assert result.status == 2
    assert "file" in result.err
    assert densing("fit", *tables, "--out", tmp_path).status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_simulate_keeps_what_is_there(densing, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    result = densing("simulate", "--out", tmp_path)
    assert result.status == 2
    assert "new folder" in result.err
    bad = tmp_path / "truth.toml"
    bad.write_text("rat = 2.0\nmodels = -3\n")
    result = densing("simulate", "--truth", bad, "--out", tmp_path / "new")
    assert result.status == 2
    assert "rat" in result.err
    assert "models" in result.err
    assert not (tmp_path / "new").exists()
