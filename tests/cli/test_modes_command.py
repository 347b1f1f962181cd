"""`densing modes`: both modes of the paper's average panel, and what each means."""

import pytest


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    import json
    from contextlib import redirect_stdout
    from io import StringIO

    from densing.cli.app import run

    said = StringIO()
    with redirect_stdout(said):
        assert run(["modes", "AVERAGE", "--quiet", "--json", "--seed", "2"]) == 0
    return json.loads(said.getvalue())


def test_both_modes_are_found_and_weighed(answer):
    (row,) = answer["benchmarks"]
    heavy, light = row["modes"]
    assert row["reliable"]
    assert heavy["alpha_interval"]["lower"] < 0.365 < heavy["alpha_interval"]["upper"]
    assert light["alpha_interval"]["lower"] < 0.115 < light["alpha_interval"]["upper"]
    assert heavy["weight"] + light["weight"] == pytest.approx(1.0)
    assert 0.05 < light["weight"] < heavy["weight"]
    assert light["error"] < 0.03


def test_each_says_what_it_means_for_the_doubling_time(answer):
    """The law that the runs prefer makes density grow slower, and the scores speak against it."""
    heavy, light = answer["benchmarks"][0]["modes"]
    for mode in (heavy, light):
        for estimand in ("population", "frontier"):
            months = mode[estimand]["doubling_months"]
            assert 1 < months["lower"] < months["median"] < months["upper"] < 12
    assert (
        heavy["population"]["doubling_months"]["median"]
        > light["population"]["doubling_months"]["median"]
    )
    assert light["support"] == 0.0
    assert heavy["support"] < -5
    assert "importance sampling" in answer["method"]
    assert "normal approximation" in answer["method"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "nope"),
        (["AVERAGE", "--set", "tokns=1"], "tokens"),
        (["AVERAGE", "--prob", "90"], "between 0 and 1"),
        (["AVERAGE", "--model", "nope"], "no_irreducible"),
    ],
)
def test_bad_usage_is_one_message(densing, arguments, said):
    result = densing("modes", *arguments)
    assert result.status == 2
    assert said in result.err
    assert result.out == ""
