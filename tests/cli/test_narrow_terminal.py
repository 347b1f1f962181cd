"""Tables on a terminal of eighty columns: nothing is cut."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from compare.trend_runs import trend_run
from densing.answers.compare import compared as weigh
from densing.answers.density import Density
from densing.cli import calibrate, command, coverage, declared, selfcheck

KEPT = Path(__file__).parents[2] / "benchmarks" / "results"
ENDS = {"lower": 0.7123, "upper": 0.7301, "inside": False, "observed": 0.7312}


@pytest.fixture
def printed(monkeypatch):
    """Run a function on a terminal so wide and return what it printed."""

    def printed(function, *arguments, width=80):
        out = io.StringIO()

        def console(**options):
            return Console(file=out, width=width, force_terminal=True, color_system=None)

        monkeypatch.setattr("densing.cli.answers.plain_console", console)
        for module in (calibrate, command, coverage):
            monkeypatch.setattr(module, "plain_console", console)
        monkeypatch.setattr(declared, "Console", console)
        function(*arguments)
        text = out.getvalue()
        assert max(map(len, text.splitlines())) <= width
        return text

    return printed


def kept(name):
    return json.loads((KEPT / name).read_text(encoding="utf-8"))


def test_coverage(printed):
    answer = kept("coverage.json")
    text = printed(coverage.show, answer)
    assert "…" not in text
    assert all(f"{kind}:" in text for kind in answer["kinds"])


def test_calibration(printed):
    answer = kept("calibration.json")
    text = printed(calibrate.show, answer)
    assert "…" not in text
    assert all(case in text for case in answer["cases"])
    assert "quantities" in text


def test_the_self_check(printed):
    row = {"run": "allenai/OLMo-2-7B-4T", "benchmark": "HellaSwag", "p_beyond_reference": 0.34}
    row |= dict.fromkeys(("loss", "score_of_run", "score_of_model", "density"), ENDS)
    count = {"covered": 1, "of": 2, "prob": 0.9}
    answer = {
        "rows": [row], "counts": dict.fromkeys(selfcheck.ASKED, count), "reference": "olmo2",
        "runs_fitted": 12, "diagnostics": {"verdict": "trustworthy", "reasons": []},
    }  # fmt: skip
    text = printed(shown, selfcheck.SelfCheck.from_record(answer))
    assert "…" not in text
    assert "HellaSwag" in text


@pytest.mark.parametrize(
    ("model", "prior"),
    [("default", "log_family_residual_typical"),
     *((name, "log_discrepancy_typical") for name in ("ladder", "average", "olmo2", "local"))],
)  # fmt: skip
def test_a_model_with_its_priors(printed, model, prior):
    text = printed(declared.models, model)
    assert "…" not in text
    assert prior in text


def shown(answer):
    answer.show(command.plain_console())


@pytest.fixture(scope="module")
def comparison():
    bent = trend_run("changepoint", slope_change=0.5, changepoint_share=0.4)
    return weigh({"a-straight-one": trend_run(), "a-rather-bent-one": bent})


def test_a_comparison_is_two_tables(printed, comparison):
    text = printed(shown, comparison)
    assert "…" not in text
    assert text.count("┏") == 2
    for word in ("changepoint", "log density", "at the last date", "a-rather-bent-one", "stacked"):
        assert word in text, word


def test_on_a_wide_terminal_it_is_one(printed, comparison):
    assert printed(shown, comparison, width=150).count("┏") == 1


def test_a_long_name_of_a_model_goes_on_below():
    name = "a-laboratory-with-a-long-name/a-model-of-many-words-11B-Vision-Instruct"
    end = {"median": 0.1234, "lower": 0.1, "upper": 0.2, "prob": 0.9}
    row = {
        "model": name, "release_date": "2025-01-01", "params": 11e9, "density": end,
        "effective_params": end | {"median": 1e9}, "p_beyond_reference": 0.0,
    }  # fmt: skip
    out = io.StringIO()
    Density(models=[row]).show(Console(file=out, width=80))
    assert "…" not in out.getvalue()
