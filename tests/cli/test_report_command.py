import re


def test_report_writes_the_page_and_marks_what_is_not_trustworthy(densing, tables, tmp_path):
    out = tmp_path / "answer"
    result = densing("report", *tables, "--inference", "quick", "--quiet", "--out", out, "--json")
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
