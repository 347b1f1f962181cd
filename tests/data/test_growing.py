"""New models join a catalog whole or not at all."""

import shutil
from importlib import resources
from pathlib import Path

import pytest

from densing.data import TableError, bundled, load_evidence
from densing.data.growing import grow

BUNDLED = Path(str(resources.files("densing.data") / "bundled"))
HEAD = "model,release_date,params,benchmark,score,family,protocol,source"
MINE = [
    "mine-7B,2025-06-01,6.9e9,MMLU,0.710,mine,5-shot,https://example.org/report",
    "mine-7B,2025-06-01,6.9e9,MATH,0.431,mine,,doi:10.1/x",
]


@pytest.fixture
def table(tmp_path):
    def write(*rows, head=HEAD, name="new.csv"):
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n")
        return path

    return write


def text(frame):
    return frame.to_csv(index=False, lineterminator="\n")


def faults(table, folder, **kwargs):
    with pytest.raises(TableError) as error:
        grow(table, folder=folder, **kwargs)
    return {(fault.row, fault.column): str(fault) for fault in error.value.faults}


def test_rows_are_added_and_nothing_else_changes(table, tmp_path):
    before = (BUNDLED / "catalog.csv").read_text()
    grown = grow(table(*MINE), folder=tmp_path)
    after = text(grown.tables["catalog"])
    assert after.startswith(before)
    new = after[len(before) :].splitlines()
    assert new == [
        "mine-7B,,,mine,,2025-06-01,,6900000000,,,,,,,MMLU,0.710,,,,5-shot,https://example.org/report,",
        "mine-7B,,,mine,,2025-06-01,,6900000000,,,,,,,MATH,0.431,,,,,doi:10.1/x,",
    ]
    assert text(grown.tables["sources"]) == (BUNDLED / "sources.csv").read_text()
    assert list(grown.tables) == ["sources", "catalog"]  # what a catalog refers to comes first
    assert list(tmp_path.iterdir()) == [tmp_path / "new.csv"]


def test_a_fit_takes_what_was_written(table, tmp_path):
    grown = grow(table(*MINE), folder=tmp_path)
    (tmp_path / "catalog.csv").write_text(text(grown.tables["catalog"]))
    catalog = load_evidence(catalog=tmp_path / "catalog.csv").catalog
    assert len(catalog) == len(bundled("catalog")) + 2
    assert catalog.loc[catalog["model"] == "mine-7B", "score"].tolist() == [0.71, 0.431]


def test_a_second_time_there_is_nothing_new(table, tmp_path):
    (tmp_path / "catalog.csv").write_text(
        text(grow(table(*MINE), folder=tmp_path).tables["catalog"])
    )
    again = grow(table(*MINE, MINE[1].replace("MATH", "BBH")), folder=tmp_path)
    assert (again.there, again.added["benchmark"].tolist()) == (2, ["BBH"])


def test_a_row_that_says_otherwise_is_not_passed_over(table, tmp_path):
    (tmp_path / "catalog.csv").write_text(
        text(grow(table(*MINE), folder=tmp_path).tables["catalog"])
    )
    moved = [row.replace("2025-06-01", "2025-07-01") for row in MINE]
    told = faults(table(*moved), tmp_path)
    assert "write 2025-06-01, or replace" in told[2, "release_date"]
    assert "has 0.71 on MMLU already" in told[2, "score"]
    grown = grow(table(*moved), folder=tmp_path, replace=True)
    assert grown.replaced == {"mine-7B": 2}
    assert set(grown.tables["catalog"]["release_date"].tail(2)) == {"2025-07-01"}


def test_the_bundled_folder_of_a_checkout_can_grow(table, tmp_path):
    folder = tmp_path / "bundled"
    shutil.copytree(BUNDLED, folder)
    sources = table(
        'paper,"Me, ""A report"" (2026)",arXiv:2601.1,MIT',
        head="source,citation,address_or_doi,licence", name="src.csv",
    )  # fmt: skip
    new = table(*(row.rsplit(",", 1)[0] + ",paper" for row in MINE))
    grown = grow(new, folder=folder, sources=sources)
    assert list(grown.tables) == ["sources", "benchmarks", "catalog"]
    for kind, frame in grown.tables.items():
        assert text(frame).startswith((folder / f"{kind}.csv").read_text())
    assert text(grown.tables["sources"]).endswith(
        'paper,,"Me, ""A report"" (2026)",arXiv:2601.1,MIT,,\n'
    )


def test_every_fault_of_every_table_at_once(table, tmp_path):
    head = HEAD + ",hub_id"
    told = faults(
        table(
            "new-7B,2025-06-01,8x7B,MMLU,71,mine,,https://x.org,",
            "llama-2-7b,2025-06-01,7e9,MMLU,0.5,llama,5 shot,llama-2-crd,",
            "Llama-2-7B,2023-07-18,7e9,MMLU,0.5,Llama,5-shot,llama-2-card,",
            "other,2023-07-18,7e9,MMLU,0.5,Llama,5-shot,,meta-llama/Llama-2-7b-hf",
            "other,2023-07-18,7e9,MMLU,0.6,Llama,0-shot,arXiv:1,meta-llama/Llama-2-7b-hf",
            "new-8B,2099-01-01,7e9,Quizz,0.6,Llama,0-shot,arXiv:1,",
            head=head,
        ),
        tmp_path,
        sources=table("x,X", head="source,citation", name="src.csv"),
        benchmarks=table("Quizz,10,2", head="benchmark,items,chance", name="bench.csv"),
    )
    for where, said in {
        (2, "params"): "at most 56000000000", (2, "score"): "write 0.71",
        (3, "model"): "spelt 'Llama-2-7B'", (3, "family"): "spelt 'Llama'",
        (3, "protocol"): "spelt '5-shot'", (3, "source"): "did you mean 'llama-2-card'",
        (4, "score"): "has 0.457 on MMLU already", (4, "params"): "write 6738415616",
        (5, "source"): "is blank", (5, "hub_id"): "is 'Llama-2-7B' in the catalog",
        (6, "model"): "second score of other on MMLU (row 5)",
        (7, "release_date"): "lies beyond", (7, "benchmark"): "has no reference runs",
        (1, "licence"): "is missing", (2, "chance"): "outside",
    }.items():  # fmt: skip
        assert said in told.pop(where)
    assert not told


def test_a_table_without_sources_or_columns(table, tmp_path):
    head = HEAD.removesuffix(",source")
    bare = table(*(row.rsplit(",", 1)[0] for row in MINE), head=head)
    assert "where each score stands" in faults(bare, tmp_path)[1, "source"]
    told = faults(table("a,1", head="model,score"), tmp_path)
    assert {column for _, column in told} == {"benchmark", "params", "release_date"}
    assert "does not exist" in str(faults(tmp_path / "none.csv", tmp_path))


def test_a_spoilt_copy_is_named(table, tmp_path):
    (tmp_path / "catalog.csv").write_text(
        "model,release_date,params,benchmark,score\nA,x,7e9,MMLU,1\n"
    )
    assert "is not a date" in faults(table(*MINE), tmp_path)[2, "release_date"]


def test_facts_are_completed_both_ways(table, tmp_path):
    (tmp_path / "catalog.csv").write_text(
        "model,release_date,params,benchmark,score,organization,training_tokens,source\n"
        "A,2024-01-01,7e9,MMLU,0.5,Lab,,arXiv:1\n"
    )
    new = table(
        "A,2024-01-01,7000000000,MATH,0.2,,1e12,arXiv:2",
        head="model,release_date,params,benchmark,score,organization,training_tokens,source",
    )
    grown = grow(new, folder=tmp_path)
    assert text(grown.tables["catalog"]).splitlines()[1:] == [
        "A,2024-01-01,7000000000,MMLU,0.5,Lab,1000000000000,arXiv:1",
        "A,2024-01-01,7000000000,MATH,0.2,Lab,1000000000000,arXiv:2",
    ]
    assert grown.completed == (("A", "training_tokens"),)


def test_replaced_models_give_way_with_all_their_rows(table, tmp_path):
    rows = (bundled("catalog")["model"] == "Llama-2-7B").sum()
    new = table("Llama-2-7B,2023-07-18,7e9,MMLU,0.5,Llama,5-shot,llama-2-card")
    grown = grow(new, folder=tmp_path, replace=True)
    assert grown.replaced == {"Llama-2-7B": rows}
    assert (grown.tables["catalog"]["model"] == "Llama-2-7B").sum() == 1


def test_decimal_commas_do_not_reach_the_catalog(table, tmp_path):
    rows = (row.replace(",", ";").replace("0.", "0,").replace("6.9", "6,9") for row in MINE)
    grown = grow(table(*rows, head=HEAD.replace(",", ";")), folder=tmp_path)
    assert grown.tables["catalog"]["score"].tail(2).tolist() == ["0.710", "0.431"]


def test_what_was_left_out_on_purpose_is_told(table, tmp_path):
    row = bundled("left_out").query("model == 'Llama-2-70B' and benchmark == 'MATH'").iloc[0]
    own = bundled("catalog").query("model == 'Llama-2-70B'")
    new = table(
        f"Llama-2-70B,2023-07-18,{own['params'].iloc[0]},MATH,{row['score']},Llama,,arXiv:1"
    )
    (note,) = grow(new, folder=tmp_path, replace=True).left_out
    assert row["reason"] in note
