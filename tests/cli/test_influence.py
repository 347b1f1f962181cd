"""`densing influence` and `densing priors`: contract, refusals and statuses."""

import pytest

GROWTH = {"rate_per_year", "doubling_months", "p_not_growing"}


def test_influence(densing, quick_run):
    result = densing("influence", quick_run, "--json")
    answer = result.json
    assert result.status == (0 if answer["diagnostics"]["verdict"] == "trustworthy" else 3)
    assert len(answer["models"]) == 12
    assert len(answer["families"]) == 3
    assert sum(row["models"] for row in answer["families"]) == 12
    for row in answer["models"] + answer["families"]:
        if row["reliable"]:
            assert set(row["population"]) == set(row["frontier"]) == GROWTH
            assert row["pareto_k"] is None or row["pareto_k"] <= answer["loo"]["limit"]
        else:
            assert row["population"] is row["frontier"] is row["shift"] is None
    flagged = {row["model"] for row in answer["loo"]["flagged"]}
    assert flagged == {row["name"] for row in answer["models"] if not row["reliable"]}
    ours = densing("summary", quick_run, "--json").json["population"]
    assert answer["population"] == ours


def test_influence_in_words(densing, quick_run):
    answer = densing("influence", quick_run, "--json").json
    said = densing("influence", quick_run).out
    assert "nothing left out" in said
    assert answer["models"][0]["name"] in said
    assert ("needs a refit" in said) == any(
        not row["reliable"] for row in answer["models"] + answer["families"]
    )


def test_refits_are_kept_in_the_run_and_shown(densing, quick_run, tables, tmp_path, monkeypatch):
    """The sampler is tested in tests/sensitivity/test_refits.py; here a record stands for it."""
    from densing.results.interval import growth
    from densing.sensitivity import refits
    from densing.sensitivity.record import LEVELS

    def fit_all(design, *given, **options):
        rate = 2.0 + LEVELS
        told = {"how": "sampled", "verdict": "trustworthy", "reasons": [], "rate_rhat": 1.01,
                "min_ess_bulk": 150.0}  # fmt: skip
        answer = {e: growth(rate) for e in ("population", "frontier")}
        told = {"diagnostics": told, "quantiles": dict.fromkeys(answer, rate.tolist()), **answer}
        found = [{"levels": dict(u.levels), **told} for u in design.universes]
        return {"universes": found, "skipped": []}

    monkeypatch.setattr(refits, "fit_all", fit_all)
    out = tmp_path / "with.nc"
    before = densing("influence", quick_run, "--json")
    waiting = [r["name"] for k in ("models", "families") for r in before.json[k]
               if not r["reliable"]]  # fmt: skip
    evidence = tables[2:]  # the model is the run's
    done = densing("influence", quick_run, "--refit", "--out", out, "--quiet", "--json", *evidence)
    assert done.status == before.status
    assert densing("influence", out, "--json").json == done.json
    assert densing("influence", quick_run, "--json").json == before.json
    for row in done.json["models"] + done.json["families"]:
        assert (row["refit"] is not None) == (row["name"] in waiting)
        assert row["population"] is not None
    said = densing("influence", out).out
    assert "needs a refit" not in said
    assert (", refit" in said) == bool(waiting)
    assert not list(tmp_path.glob("*.refits"))


def test_refits_that_cannot_be_are_refused(densing, quick_run, tmp_path):
    for arguments, word in (
        (["--refit"], "other evidence than that at hand"),
        (["--refit", "--workers", "0"], "--workers must be a whole number of at least 1"),
        (["--refit", "--out", tmp_path], "is a folder"),
        (["--only", "One"], "add --refit"),
        (["--out", tmp_path / "new.nc"], "add --refit"),
    ):
        result = densing("influence", quick_run, *arguments)
        assert result.status == 2
        assert word in result.err
        assert "Traceback" not in result.err


def test_priors(densing, quick_run):
    answer = densing("priors", quick_run, "--json").json
    for estimand in ("population", "frontier"):
        row = answer[estimand]
        assert set(row["growth"]) == GROWTH
        values = list(row["priors"].values())
        assert values == sorted(values, reverse=True)
        assert set(row["likelihoods"]) == {"scores", "log_loss", "correct", "checkpoints"}
    assert len(answer["parameters"]) == 10
    assert "family_effect" not in answer["population"]["priors"]
    assert answer["population"]["diagnosis"] in densing("priors", quick_run).out


@pytest.mark.parametrize("command", ["influence", "priors"])
def test_bad_input(densing, quick_run, tmp_path, command):
    for arguments, word in (
        ([tmp_path / "none.nc"], "no such run file"),
        ([quick_run, "--prob", "90"], "between 0 and 1"),
    ):
        result = densing(command, *arguments)
        assert result.status == 2
        assert word in result.err


@pytest.mark.slow
def test_a_strong_prior_against_the_evidence_is_flagged(densing, tables, tmp_path):
    out = tmp_path / "run.nc"
    # One trend: benchmarks with growth of their own would take the evidence's side.
    changes = ["--set", "prior.rate.loc=-2.0", "--set", "prior.rate.scale=0.3",
               "--set", "benchmark_trends=false"]  # fmt: skip
    assert densing("fit", *tables, *changes, "--quiet", "--out", out).status in (0, 3)
    row = densing("priors", out, "--json").json["population"]
    assert next(iter(row["priors"])) == "rate"
    assert row["prior"] > 0.05
    assert "may disagree" in row["diagnosis"]
