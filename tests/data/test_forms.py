"""Tables in the forms people have them: what is read as what, and what is asked."""

import json
from contextlib import suppress

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densing.data import TableError, bundled, inspect_table, load_evidence, read_as, validate
from densing.data.forms import benchmark_of, proper, unit
from densing.models.problem import measurement_error

HEAD = "model,release_date,params,benchmark,score"
LAW = [(n, d) for n in ("4e7", "1.2e8", "4e8") for d in ("1e9", "4e9", "1.6e10")]


@pytest.fixture
def table(tmp_path):
    """Write lines of text to a file."""

    def write(*lines, name="mine.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def law(header, row, extra=()):
    """A table of nine runs: `row` is a format of size n and tokens d."""
    lines = [row.format(n=n, d=d, i=i, c=6 * float(n) * float(d)) for i, (n, d) in enumerate(LAW)]
    return [header, *lines, *extra]


def harness(model="me/mine-7B", **more):
    content = {
        "results": {
            "mmlu": {"alias": "mmlu", "acc,none": 0.6, "acc_stderr,none": 0.004},
            "mmlu_anatomy": {"acc,none": 0.5},
            "hellaswag": {"acc,none": 0.5, "acc_norm,none": 0.7},
            "gsm8k": {"exact_match,strict-match": 0.4, "exact_match,flexible-extract": 0.45},
        },
        "n-shot": {"mmlu": 5, "hellaswag": 10, "gsm8k": 5},
        "n-samples": {"hellaswag": {"original": 10042, "effective": 10042}},
        "config": {"model": "hf", "model_args": f"pretrained={model},dtype=auto"},
    }
    return json.dumps(content | more)


# --- names, units, sizes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "split"),
    [
        ("Params (B)", ("Params", 1e9)),
        ("#Params (B)", ("#Params", 1e9)),
        ("params_b", ("params", 1e9)),
        ("N [M]", ("N", 1e6)),
        ("Training tokens (trillions)", ("Training tokens", 1e12)),
        ("MMLU (%)", ("MMLU", 0.01)),
        ("acc_pct", ("acc", 0.01)),
        ("GSM8K", ("GSM8K", None)),
        ("loss b", ("loss b", None)),
        ("(B)", ("(B)", None)),
    ],
)
def test_units_in_headers(header, split):
    assert unit(header) == split


@pytest.mark.parametrize(
    ("header", "benchmark"),
    [
        ("mmlu", "MMLU"),
        ("mmlu,acc,none", "MMLU"),
        ("MMLU (5-shot)", "MMLU"),
        ("hendrycks_math", "MATH"),
        ("arc_challenge_acc_norm", "ARC-C"),
        ("mmlu_pro", "MMLU-Pro"),
        ("humaneval pass@1", "HumanEval"),
        ("leaderboard_bbh", "BBH-choice"),
        ("BBH Raw", "BBH-choice"),
        ("mmlu_acc_stderr", None),
        ("MATH Lvl 5", None),
        ("gpqa_diamond", None),
        ("Average", None),
        ("mmlu_anatomy", None),
        ("arc", None),
    ],
)
def test_names_of_benchmarks(header, benchmark):
    assert benchmark_of(header) == benchmark


def test_a_columns_own_name_goes_before_others_and_words_before_letters():
    assert proper(["params", "n_params", "L", "eval_loss", "D"], "losses").names == [
        "params", "n_params", "L", "loss", "tokens",
    ]  # fmt: skip
    assert proper(["N", "D", "L"], "losses").names == ["params", "tokens", "loss"]
    assert proper(["val_loss", "train_loss"], "losses").two == {"loss": ["val_loss", "train_loss"]}


def test_sizes_as_people_write_them(table):
    path = table(
        HEAD, "a,2024-05-01,7B,MMLU,0.5", "b,2024-05-01,1.5b,MMLU,0.4",
        "c,2024-05-01,35B-A3B,MMLU,0.6", "d,2024-05-01,350 million,MMLU,0.3",
    )  # fmt: skip
    frame = validate(path)
    assert frame["params"].tolist() == [7e9, 1.5e9, 35e9, 350e6]
    assert frame["active_params"].tolist()[2] == 3e9
    assert frame["active_params"].isna().sum() == 3
    assert "'7B' in full (4 so)" in read_as(frame)


def test_experts_times_size_is_no_total(table):
    _, _, (fault,) = inspect_table(table(HEAD, "a,2024-05-01,8x7B,MMLU,0.5"))
    assert (fault.row, fault.column, fault.value) == (2, "params", "8x7B")
    assert "at most 56000000000" in fault.cure


def test_too_many_parameters_and_tokens(table):
    head = f"{HEAD},training_tokens"
    _, _, faults = inspect_table(table(head, "a,2024-05-01,7e18,MMLU,0.5,3e23"))
    assert [(f.column, "too many" in f.problem) for f in faults] == [
        ("params", True),
        ("training_tokens", True),
    ]


# --- percentages -----------------------------------------------------------------------------


def test_percent_that_only_half_shows_is_one_fault(table):
    rows = [("MMLU", 45.3), ("BBH", 10.06), ("MATH", 0.83), ("HumanEval", 0.6)]
    _, _, (fault,) = inspect_table(table(HEAD, *(f"a,2024-04-13,7e9,{b},{s}" for b, s in rows)))
    assert (fault.row, fault.column) == (None, "score")
    assert "2 of 4 values exceed 1, up to 45.3" in fault.problem
    assert "score_unit" in fault.cure


def test_one_source_in_percent_does_not_touch_the_other(table):
    head = f"{HEAD},source"
    path = table(
        head, "a,2024-04-13,7e9,MMLU,0.453,x", "a,2024-04-13,7e9,BBH,0.1,x",
        "b,2024-04-13,7e9,MMLU,45.3,y", "b,2024-04-13,7e9,BBH,10,y", "b,2024-04-13,7e9,MATH,.5,y",
    )  # fmt: skip
    _, _, (fault,) = inspect_table(path)
    assert "of source 'y': 2 of 3" in fault.problem


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (HEAD, ["MMLU,45.3", "BBH,10.06", "MATH,5"]),
        (f"{HEAD} (%)", ["MMLU,45.3", "BBH,10.06", "MATH,0.05e2"]),
        (HEAD, ["MMLU,45.3%", "BBH,10.06 %", "MATH,5%"]),
        (f"{HEAD},score_unit", ["MMLU,45.3,percent", "BBH,10.06,%", "MATH,0.05,"]),
    ],
)
def test_certain_percentages_are_divided_and_it_is_said(table, head, rows):
    frame = validate(table(head, *(f"a,2024-04-13,7e9,{row}" for row in rows)))
    assert frame["score"].tolist() == [0.453, 0.1006, 0.05]
    assert "divided by 100" in read_as(frame)


def test_one_column_in_percent_among_others_is_asked_about(table):
    rows = [f"m{i},2025-06-01,7e9,{60 + i},0.{i}1,0.{i}2,0.{i}3" for i in range(1, 6)]
    path = table("model,release_date,params,MMLU,MATH,HumanEval,MBPP", *rows)
    _, _, (fault,) = inspect_table(path)
    assert (fault.column, fault.problem[:43]) == (
        "MMLU",
        "seems to be in percent: 5 of 5 values excee",
    )
    assert "'MMLU (%)' in the header" in fault.cure
    path.write_text(path.read_text().replace("MMLU", "MMLU (%)"))
    assert validate(path)["score"].max() == 0.65


# --- a column a benchmark --------------------------------------------------------------------


def test_wide_tables(table):
    frame = validate(
        table(
            "Model,Release Date,Params (B),MMLU (5-shot),hendrycks_math (%),HumanEval,colour",
            "mine-7B,2025-06-01,6.9,0.712,43.1,0.52,red",
            "mine-3B,2025-08-09,3.1,0.61,31,,blue",
        )
    )
    assert list(zip(frame["model"], frame["benchmark"], frame["score"], strict=True)) == [
        ("mine-7B", "MMLU", 0.712), ("mine-7B", "MATH", 0.431), ("mine-7B", "HumanEval", 0.52),
        ("mine-3B", "MMLU", 0.61), ("mine-3B", "MATH", 0.31),
    ]  # fmt: skip
    assert frame["params"].tolist() == [6.9e9] * 3 + [3.1e9] * 2
    assert frame["shots"].tolist()[:1] == [5]
    said = read_as(frame)
    assert "'Params (B)' as params in billions" in said
    assert "'hendrycks_math (%)' as MATH" in said
    assert "not used: 'colour'" in said


def test_faults_of_wide_tables_name_the_cell_that_was_written(table):
    path = table(
        "model,release_date,params,mmlu,MATH", "a,2025-06-01,7e9,0.7,x", "b,June,8x7B,1.7,0.5"
    )
    _, _, faults = inspect_table(path)
    assert sorted((f.row, f.column, f.value) for f in faults) == [
        (2, "MATH", "x"), (3, "mmlu", "1.7"), (3, "params", "8x7B"), (3, "release_date", "June"),
    ]  # fmt: skip


def test_a_wide_table_joins_the_evidence(table):
    path = table("Model;Release Date;#Params;MMLU;MATH", "mine;2025-06-01;7B;0,7;0,4")
    evidence = load_evidence(models=path)
    own = evidence.catalog[evidence.catalog["model"] == "mine"]
    assert own["score"].tolist() == [0.7, 0.4]
    assert evidence.added == ("mine",)
    assert evidence.read_as[0].startswith("mine.csv read as catalog; ")


def test_benchmarks_of_ones_own_are_columns_too(table):
    path = table("model,release_date,params,XQuiz", "a,2025-06-01,7e9,0.7")
    frame, _, faults = inspect_table(path, benchmarks=["XQuiz"])
    assert not faults
    assert frame["benchmark"].tolist() == ["XQuiz"]


def test_of_several_columns_the_usual_metric_is_read_or_it_is_asked(table):
    head = "model,release_date,params,hellaswag_acc,hellaswag_acc_norm,mmlu 0-shot,mmlu 5-shot"
    frame, _, (fault,) = inspect_table(table(head, "a,2025-06-01,7e9,0.5,0.7,0.4,0.6"))
    assert frame.loc[frame["benchmark"] == "HellaSwag", "score"].tolist() == [0.7]
    assert fault.column == "MMLU"
    assert "'mmlu 0-shot' or 'mmlu 5-shot'" in fault.problem


def test_a_score_beside_columns_of_benchmarks_is_not_used_and_that_is_said(table):
    for head in ("acc", "score", "value"):
        frame = validate(table(f"model,release_date,params,MMLU,{head}", "a,2025-06-01,7e9,.7,.3"))
        assert frame["score"].tolist() == [0.7]
        assert f"not used: '{head}'" in read_as(frame)


def test_leaderboard_exports(table):
    lines = [
        "Model,fullname,Average,IFEval,MUSR,BBH,BBH Raw,MMLU-PRO,MMLU-PRO Raw,#Params (B),released",
        '"<a href=""https://x.y"">me/new</a>",me/new,25,33,9,35.8,0.54,37.4,0.436,7.616,2024-09-15',
    ]
    frame = validate(table(*lines))
    assert frame["model"].tolist() == ["me/new"] * 2
    assert dict(zip(frame["benchmark"], frame["score"], strict=True)) == {
        "BBH-choice": 0.54, "MMLU-Pro": 0.436,
    }  # fmt: skip
    assert frame["protocol"].tolist() == ["3-shot lm-eval", "5-shot lm-eval"]
    rescaled = [line.replace(",0.54", "").replace(",0.436", "") for line in lines]
    rescaled[0] = rescaled[0].replace(",BBH Raw", "").replace(",MMLU-PRO Raw", "")
    _, _, (fault,) = inspect_table(table(*rescaled))
    assert "rescaled" in fault.problem


def test_records_of_json(table):
    records = [{"model": "a", "release_date": "2025-01-01", "n_params": 7e9, "MMLU": 0.7,
                "MATH": None}]  # fmt: skip
    for name, text in (
        ("a.json", json.dumps(records)),
        ("b.json", json.dumps({"rows": [{"row_idx": 0, "row": records[0]}]})),
        ("c.jsonl", json.dumps(records[0])),
    ):
        frame = validate(table(text, name=name))
        assert frame[["params", "score"]].to_numpy().tolist() == [[7e9, 0.7]]


# --- lm-evaluation-harness -------------------------------------------------------------------


def test_harness_results_ask_for_what_they_do_not_state(table):
    path = table(harness(), name="results.json")
    frame, kind, faults = inspect_table(path)
    assert kind == "catalog"
    assert [(f.file, f.row, f.column) for f in faults] == [
        ("results.json", None, "release_date"), ("results.json", None, "params"),
    ]  # fmt: skip
    assert all("models.csv" in f.cure for f in faults)
    assert dict(zip(frame["benchmark"], frame["score"], strict=True)) == {
        "MMLU": 0.6, "HellaSwag": 0.7, "GSM8K": 0.4,
    }  # fmt: skip
    assert "not used: 'mmlu_anatomy'" in read_as(frame)


def test_a_known_models_facts_are_offered_and_not_taken(table):
    known = bundled("catalog").dropna(subset=["hub_id"]).iloc[0]
    _, _, faults = inspect_table(table(harness(known["hub_id"]), name="r.json"))
    assert f"{known['release_date']:%Y-%m-%d}" in faults[0].cure
    assert str(int(known["params"])) in faults[1].cure


def test_a_folder_of_results_and_its_facts(table, tmp_path):
    size = {
        "config": {"model_args": {"pretrained": "me/mine-3B"}, "model_num_parameters": 3 * 10**9}
    }
    table(harness(), name="runs/results_a.json")
    table(harness(**size), name="runs/results_b.json")
    table("model,release_date,Params (B),family", "mine-7B,2025-05-05,7,mine",
          "me/mine-3B,2025-05-06,,mine", name="runs/models.csv")  # fmt: skip
    frame = validate(tmp_path / "runs")
    assert frame.groupby("model")["params"].first().to_dict() == {"mine-3B": 3e9, "mine-7B": 7e9}
    assert frame["hub_id"].unique().tolist() == ["me/mine-7B", "me/mine-3B"]
    assert frame["protocol"].tolist()[:3] == ["5-shot lm-eval", "cloze", "5-shot lm-eval"]
    assert frame.loc[frame["benchmark"] == "HellaSwag", "items"].tolist() == [10042, 10042]
    assert set(load_evidence(models=tmp_path / "runs").added) == {"mine-3B", "mine-7B"}


def test_facts_in_the_file_itself(table):
    path = table(harness(release_date="2025-05-05", params=7 * 10**9), name="r.json")
    assert validate(path)["params"].unique().tolist() == [7 * 10**9]


def test_one_model_scored_twice_is_named_by_file(table, tmp_path):
    facts = {"release_date": "2025-05-05", "params": 7 * 10**9}
    table(harness(**facts), name="runs/a.json")
    table(harness(**facts), name="runs/b.json")
    _, _, faults = inspect_table(tmp_path / "runs")
    assert {f.file for f in faults} == {"b.json"}
    assert all("repeats a.json" in f.problem for f in faults)


def test_a_melted_table_without_facts_is_no_table_of_benchmarks(table):
    _, kind, faults = inspect_table(table("model,benchmark,score,items", "a,MMLU,0.4,14042"))
    assert kind == "catalog"
    assert {f.column for f in faults} == {"params", "release_date"}


# --- losses and trends -----------------------------------------------------------------------


def test_layers_are_not_the_loss(table):
    frame = validate(table(*law("run,L,N,D,eval_loss", "r{i},8,{n},{d},3.{i}")))
    assert frame["loss"].max() == 3.8
    assert "'eval_loss' as loss" in read_as(frame)
    assert "not used: 'L'" in read_as(frame)


def test_tokens_that_are_there_are_not_worked_out(table):
    frame = validate(table(*law("N,train_tokens,C,loss", "{n},{d},{c},3.{i}")), "losses")
    assert frame["tokens"].tolist() == [float(d) for _, d in LAW]
    frame = validate(table(*law("N,C,loss", "{n},{c},3.{i}")), "losses")
    assert frame["tokens"].tolist() == pytest.approx([float(d) for _, d in LAW])
    assert "C = 6 N D" in read_as(frame)


def test_a_hint_names_a_column_that_is_there_and_free(table):
    _, _, faults = inspect_table(
        table(*law("n_params,toks,C2,eval_loss", "{n},{d},{c},3")), "losses"
    )
    (fault,) = [f for f in faults if f.column == "tokens"]
    assert "rename 'toks'?" in fault.cure
    _, _, faults = inspect_table(table("n_params,val_loss", "1e7,3"), "losses")
    assert [f.cure for f in faults] == ["add a column 'tokens'"]


def test_held_out_runs_are_marked_and_said(table):
    more = ["7e9,2e12,9.99,True", "1.3e10,2e12,9.99,True"]
    frame = validate(table(*law("params,tokens,loss,held_out", "{n},{d},3.{i},False", more)))
    assert frame["held_out"].sum() == 2
    assert "2 runs held out of the fit" in read_as(frame)


def test_a_column_that_tells_runs_apart_is_asked_about(table):
    lines = law("params,tokens,loss,dataset", "{n},{d},3.{i},web")
    lines += law("", "{n},{d},1.{i},code")[1:]
    _, _, (fault,) = inspect_table(table(*lines))
    assert fault.column == "dataset"
    assert "(web, code)" in fault.problem
    assert "'benchmark'" in fault.cure
    lines[0] = lines[0].replace("dataset", "benchmark")
    assert len(validate(table(*lines))) == 18


def test_each_value_of_a_trend_has_the_error_it_states(table):
    path = table("name,date,value,se,lower,upper,prob", "a,2023-01-01,1,,0.3,3.3,0.95",
                 "b,2023-03-01,2,0.1,,,", "c,2024-01-01,4,,,,")  # fmt: skip
    error = measurement_error(validate(path))
    assert error.tolist() == pytest.approx([0.6117, 0.05, 0], abs=1e-4)
    path = table("name,date,value,se,lower,upper", "a,2023-01-01,1,0.01,0.3,3.3",
                 "b,2023-03-01,2,,,", "c,2024-01-01,4,,,")  # fmt: skip
    _, _, (fault,) = inspect_table(path)
    assert (fault.row, fault.column) == (2, "se")


def test_a_trend_needs_values_and_days(table):
    for rows, said in ((["a,2024-01-01,1"], "1, on 1 days"), (
        ["a,2024-01-01,1", "b,2024-01-01,2", "c,2024-01-01,3"], "3, on 1 days")):  # fmt: skip
        _, _, (fault,) = inspect_table(table("name,date,value", *rows))
        assert said in fault.problem
        assert "at least 3 values, on 2 days" in fault.cure


def test_two_values_of_one_thing_on_one_day_are_two_values(table):
    rows = ["a,2024-01-01,1", "a,2024-01-01,2", "b,2024-05-01,3"]
    assert len(validate(table("name,date,value", *rows))) == 3
    with pytest.raises(TableError, match="repeats row 2"):
        validate(table("name,date,value", *rows, rows[0]))


# --- one model by two names ------------------------------------------------------------------


@pytest.mark.parametrize("column", ["hub_id", None])
def test_a_bundled_model_by_another_name_is_told_and_takes_its_place(column):
    catalog = bundled("catalog")
    rows = catalog.groupby("model").filter(lambda g: len(g) > 2 and g["hub_id"].notna().all())
    there = rows["model"].iloc[0]
    own = rows[rows["model"] == there].assign(model="another name").reset_index(drop=True)
    own = own if column else own.drop(columns="hub_id")
    assert f"another name is {there} of the bundled catalog" in read_as(validate(own, "catalog"))
    evidence = load_evidence(models=own)
    assert there not in set(evidence.catalog["model"])
    assert evidence.catalog["model"].nunique() == catalog["model"].nunique()
    assert "another name" in evidence.read_as[0]


def test_frames_take_all_forms():
    frame = pd.DataFrame({"Model": ["a"], "released": ["2025-01-01"], "N": ["7B"], "mmlu": [0.7]})
    assert validate(frame)["params"].tolist() == [7e9]


def test_held_out_runs_are_not_fitted(table, monkeypatch):
    from densing.inference import fit

    class Posed(Exception):
        """Ends the fit where its rows are known."""

    def posed(runs, _):
        raise Posed(len(runs))

    monkeypatch.setattr(fit, "loss_problem", posed)
    runs = validate(
        table(
            *law(
                "params,tokens,loss,held_out",
                "{n},{d},3.{i},False",
                ["7e9,2e12,9.99,True", "1.3e10,2e12,9.99,True"],
            )
        )
    )
    with pytest.raises(Posed, match="9"):
        fit.fit_loss(runs)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
NAMES = st.sampled_from(["mmlu", "acc,none", "acc_norm,none", "arc", "model", "params", "x"])
VALUES = st.recursive(
    SCALARS | st.sampled_from(["7B", "35B-A3B", "pretrained=a/b", "2025-01-01", "%"]),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(NAMES, more, max_size=4),
    max_leaves=8,
)
KEYS = ("results", "n-shot", "n-samples", "config", "model_name", "release_date", "params")


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(content=st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUES)) | VALUES)
def test_any_json_is_read_or_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with suppress(TableError):
        inspect_table(path)


@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    header=st.lists(
        st.sampled_from(
            ["Model", "name", "MMLU (%)", "mmlu", "ARC", "BBH Raw", "BBH", "N", "params_b",
             "Params", "score", "acc", "source", "release_date", "score_unit", "D", "L", "C"]
        ),
        min_size=2, max_size=7, unique=True,
    ),
    cells=st.lists(
        st.sampled_from(["7B", "35B-A3B", "8x7B", "70", "0.5", "45%", "", "a", "2025-01-01", "1e9",
                         "-1", "1e300", "percent"]),
        min_size=21, max_size=21,
    ),
)  # fmt: skip
def test_any_header_is_read_or_refused(tmp_path, header, cells):
    rows = [cells[i * 7 : i * 7 + len(header)] for i in range(3)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]))
    with suppress(TableError):
        inspect_table(path)
