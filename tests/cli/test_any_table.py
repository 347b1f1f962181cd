"""Tables that cannot be used, of kinds that people have: exit status 2, and what to do."""

import json

import pytest

HARNESS = {"results": {"mmlu": {"acc,none": 0.6}}, "config": {"model_args": "pretrained=me/m"}}
HEAD = "model,release_date,params,benchmark,score"
WIDE = "model,release_date,params"
LOSSES = "\n".join(f"{n}e7,{d}e9,3" for n in (1, 2, 3) for d in (1, 2, 3))

BAD = {
    "json cut off": ("a.json", json.dumps(HARNESS)[:40], "is no JSON"),
    "json without end": ("a.json", "[" * 100_000, "is no JSON"),
    "json of lists": ("a.json", "[[1, 2], [3, 4]]", "neither a list of records nor results"),
    "csv called json": ("a.json", f"{HEAD}\na,2025-01-01,7e9,MMLU,0.5\n", "is no JSON"),
    "results of tasks not known": (
        "a.json", '{"results": {"my_task": {"acc,none": 0.5}}}', "no score of a known benchmark",
    ),
    "results with words": (
        "a.json", '{"results": {"mmlu": {"acc,none": "N/A"}}}', "no score of a known benchmark",
    ),
    "a line that is no json": ("a.jsonl", '{"model": "a"}\nmodel b\n', "is no JSON"),
    "losses of two kinds": (
        "a.csv", f"params,tokens,train_loss,val_loss\n{LOSSES.replace('e9,3', 'e9,3,3')}\n",
        "may be 'train_loss' or 'val_loss'",
    ),
    "arc of two kinds": ("a.csv", f"{WIDE},ARC,MMLU\na,2025-01-01,7e9,0.5,0.6\n", "ARC-C or ARC-E"),
    "rescaled scores": (
        "a.csv", f"{WIDE},IFEval,MUSR,BBH\na,2025-01-01,7e9,50,9,35\n", "rescaled to 0 at chance",
    ),
    "no score at all": ("a.csv", f"{WIDE},MMLU,MATH\na,2025-01-01,7e9,,\n", "holds no score"),
    "training operations as tokens": (
        "a.csv", f"{HEAD},training_tokens\na,2025-01-01,7e9,MMLU,0.5,3e23\n", "is too many",
    ),
    "two sizes in a cell": ("a.csv", f"{HEAD}\na,2025-01-01,7B/13B,MMLU,0.5\n", "is not a number"),
    "american dates": ("a.csv", f"{HEAD}\na,5/1/2024,7e9,MMLU,0.5\n", "2024-01-05 or 2024-05-01"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_a_sentence(densing, tmp_path, case):
    name, text, said = BAD[case]
    (tmp_path / name).write_text(text)
    result = densing("check", tmp_path / name)
    assert result.status == 2
    assert said in result.err
    assert "Traceback" not in result.err
    found = densing("check", tmp_path / name, "--json").json["faults"]
    assert any(said in f"{fault['problem']}; {fault['cure']}" for fault in found)
    if name.startswith("a.json") or HEAD in text or WIDE in text:
        told = densing("fit", "--models", tmp_path / name, "--out", tmp_path / "run.nc")
        assert (told.status, (tmp_path / "run.nc").exists()) == (2, False)


def test_folders(densing, tmp_path):
    assert "without results" in densing("check", tmp_path).err
    (tmp_path / "other.json").write_text('{"a": 1}')
    assert densing("check", tmp_path).status == 2
    (tmp_path / "results.json").write_text(json.dumps(HARNESS))
    result = densing("check", tmp_path)
    assert result.status == 2
    assert "release_date" in result.err
    assert "params" in result.err
    (tmp_path / "models.csv").write_text("model,release_date,params\nm,2025-01-01,7B\n")
    result = densing("check", tmp_path)
    assert result.status == 0
    assert "1 rows, no fault; read as catalog; lm-evaluation-harness results" in result.out
    result = densing("fit", "--reference", tmp_path, "--out", tmp_path / "run.nc")
    assert result.status == 2
    assert "which are models and scores" in result.err


def test_what_was_read_as_what_is_in_the_json(densing, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("N,D,val_loss\n" + LOSSES + "\n")
    result = densing("check", path, "--json")
    assert result.json["read_as"] == {
        str(path): "losses; 'N' as params, 'D' as tokens, 'val_loss' as loss"
    }
    assert "no fault; read as losses" in densing("check", path).out


def test_a_melted_leaderboard_shows_every_kind_of_fault(densing, tmp_path):
    rows = [f"m{i},2025,{i % 7 + 1},MMLU,{'x' if i == 2999 else 0.5}" for i in range(3000)]
    (tmp_path / "a.csv").write_text("\n".join([HEAD, *rows]))
    result = densing("check", tmp_path / "a.csv")
    assert result.status == 2
    assert "6001 faults in 1 table" in result.err
    for said in ("is a year, not a day", "is too few", "is not a number"):
        assert said in result.err
    assert len(result.err.splitlines()) < 12
    assert len(densing("check", tmp_path / "a.csv", "--json").json["faults"]) == 6001
