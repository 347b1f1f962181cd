from .backtest_table import MARKS, NAMES, ROOT, table


def test_the_readme_shows_the_kept_backtest():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = text.partition(MARKS[0])[2].partition(MARKS[1])[0].strip()
    assert shown == table()
    assert len(shown.splitlines()) == 2 + len(NAMES)
