from densing.report.sensitivity import write_sensitivity
from densing.report.sensitivity_specification import plot_specification
from densing.report.sensitivity_tornado import plot_tornado
from densing.sensitivity.answers import summarise
from sensitivity.test_answers import ADDITIVE, AXES, universe

DOUBTFUL = universe("1T", "without E", months=20.0, verdict="not trustworthy")
ANSWER = summarise({"universes": [*ADDITIVE[:4], DOUBTFUL], "skipped": [], "seconds": 1.0}, AXES)


def markers(ax, marker):
    return [line for line in ax.lines if line.get_marker() == marker]


def test_every_universe_has_a_place_and_a_doubtful_one_is_marked():
    top, below = plot_specification(ANSWER)
    assert len(markers(top, "o")) == 3
    assert len(markers(top, "D")) == 1
    assert len(markers(top, "x")) == 1
    assert "1 not trustworthy" in top.get_title(loc="left")
    assert len(markers(below, "s")) == 5 * 2
    assert [t.get_text() for t in below.get_yticklabels()] == [
        "5T", "1T", "10T", "with E", "without E"
    ]  # fmt: skip


def test_the_widest_axis_is_on_top():
    (ax,) = plot_tornado(ANSWER)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["tokens", "law"]


def test_the_folder_holds_record_table_and_pictures(tmp_path):
    write_sensitivity(ANSWER, tmp_path)
    names = {p.name for p in tmp_path.iterdir()} | {
        p.name for p in (tmp_path / "figures").iterdir()
    }
    assert {
        "sensitivity.json", "sensitivity.csv", "specification-population.png", "tornado.png",
        "variance.svg",
    } <= names  # fmt: skip
    assert "specification-frontier.png" not in names
    assert (tmp_path / "sensitivity.csv").read_text().count("\n") == 6
