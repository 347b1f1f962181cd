"""Whatever a table holds, the commands read it or say what is wrong: no traceback, 0 or 2.

`DENSING_FUZZ=2000` tries more tables than the few that are tried each time.
"""

import os
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from densing.cli.app import run
from report.synthetic import make_run

from .nasty import CELLS, SOUND, tables

EXAMPLES = int(os.environ.get("DENSING_FUZZ", "25"))
fuzz = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                           HealthCheck.large_base_example, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A fit is a stand-in: only what comes before it is tried."""
    monkeypatch.setattr("densing.inference.fit.fit", lambda *a, **k: make_run(models=4, draws=10))


def said(capfd, *arguments):
    """Status and standard error of a command; a traceback would be an exception here."""
    capfd.readouterr()
    status = run([str(argument) for argument in arguments])
    captured = capfd.readouterr()
    assert "Traceback" not in captured.err
    assert status in (0, 2), captured.err
    if status == 2:
        assert (captured.out if "--json" in arguments else captured.err).strip(), "it says why"
        assert not captured.out.strip() or arguments[0] == "check"
    return status, captured.err


def fresh(folder, data):
    path = folder / "mine.csv"
    path.write_bytes(data)
    out = folder / "out"
    for old in out.glob("*") if out.exists() else ():
        old.unlink()
    return path, out


@fuzz
@given(data=st.one_of(tables(), st.binary(max_size=400)))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\0" * 50)
@example(b'"')
@example(b"," * 200_000)
@example(b"\n" * 1000)
def test_check(tmp_path, capfd, data):
    path, _ = fresh(tmp_path, data)
    assert said(capfd, "check", path)[0] == said(capfd, "check", path, "--json")[0]


@fuzz
@given(data=tables())
def test_data_add(tmp_path, capfd, data):
    path, out = fresh(tmp_path, data)
    status, _ = said(capfd, "data", "add", path, "--out", out)
    if status == 2:
        assert not list(out.glob("*")), "nothing is written where something is wrong"
    else:
        for table in out.glob("*.csv"):
            assert said(capfd, "check", table)[0] == 0, "what was written passes"


@fuzz
@given(data=tables())
def test_fit(tmp_path, capfd, data):
    path, out = fresh(tmp_path, data)
    status, told = said(capfd, "fit", "--models", path, "--quiet", "--out", out / "run.nc")
    assert (out / "run.nc").exists() == (status == 0), told


@fuzz
@given(
    column=st.sampled_from(["release_date", "params", "score", "items"]),
    row=st.integers(2, len(SOUND)),
    cell=st.sampled_from(CELLS),
)
@example("params", 2, "9" * 400 + "%")
@example("score", 3, "9" * 400 + "B")
@example("params", 5, "8x7B")
def test_the_row_and_the_column_are_named(tmp_path, capfd, column, row, cell):
    """One cell is wrong: its place is told, and no other is called wrong for its own sake."""
    rows = [list(cells) for cells in SOUND]
    rows[row - 1][rows[0].index(column)] = cell
    quoted = [[f'"{c.replace(chr(34), chr(34) * 2)}"' for c in cells] for cells in rows]
    path, _ = fresh(tmp_path, "\n".join(map(",".join, quoted)).encode())
    status, told = said(capfd, "check", path)
    if status == 2 and not re.search(r"cannot be split|is not text|stands twice", told):
        assert re.search(rf"row {row}\b", told), told
        assert column in told
    if cell in ("inf", "∞", "1e999", "8x7B", "#REF!", "9" * 400 + "%"):
        assert status == 2
