import re

import pytest

OWN = """model,release_date,params,benchmark,score,derived_from
mine-7B,2024-06-01,7e9,Alpha,0.5,
mine-7B,2024-06-01,7e9,Beta,0.4,
cut-5B,2024-06-01,5e9,Alpha,0.5,mine-7B: pruned
"""
WHY = "cut-5B takes no part in the fit: it is derived from mine-7B: pruned"


@pytest.fixture
def own(tmp_path):
    """Two models of one's own, the second derived from the first."""
    (tmp_path / "mine.csv").write_text(OWN)
    return tmp_path / "mine.csv"


def test_report_writes_the_page_and_marks_what_is_not_trustworthy(densing, tables, own, tmp_path):
    out = tmp_path / "answer"
    tables = [*tables, "--models", own]
    result = densing("report", *tables, "--inference", "quick", "--quiet", "--out", out, "--json")
    assert WHY in result.err
    assert result.status == (0 if result.json["diagnostics"]["verdict"] == "trustworthy" else 3)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert (out / "run.nc").is_file()
    assert list((out / "figures").glob("*.png"))
    assert list((out / "figures").glob("*.svg"))
    assert (out / "tables" / "densities.csv").is_file()
    assert ("not trustworthy" in page) == (result.status == 3)
    # Self-contained: nothing is loaded from elsewhere (tests/report asks a browser, too).
    assert not re.search(r"<script[^>]* src=", page)
    tags = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["'](https?:)?//[^"']*\.(js|css|png|svg)""", tags)
    # One's own model stands out: in the table, and below two figures.
    assert re.findall(r'<tr class="own"><td class="k">(.+?)</td>', page) == ["mine-7B"]
    assert page.count('<strong class="own">mine-7B</strong>') == 2


@pytest.mark.parametrize("command", ["report", "fit"])
def test_models_none_of_which_takes_part_are_refused_before_the_fit(
    densing, tables, own, tmp_path, command
):
    own.write_text("\n".join(OWN.splitlines()[::3]))
    out = tmp_path / "out.nc"
    result = densing(command, *tables, "--models", own, "--quiet", "--out", out)
    assert result.status == 2
    assert "none of your own models takes part" in result.err
    assert WHY in result.err
    assert not out.exists()


def test_models_to_highlight_are_known_and_take_part(densing, tables, own, tmp_path):
    words = ["report", *tables, "--models", own, "--quiet", "--out", tmp_path / "out"]
    result = densing(*words, "--highlight", "mine-8B")
    assert (result.status, "did you mean mine-7B" in result.err) == (2, True)
    result = densing(*words, "--highlight", "cut-5B")
    assert (result.status, result.err.count(WHY)) == (2, 2)
    assert not (tmp_path / "out").exists()
