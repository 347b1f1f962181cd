import pytest

from densing.report.axes import rate_of
from densing.report.sensitivity import write_sensitivity
from densing.report.sensitivity_figures import plot_specification, plot_tornado, plot_variance
from densing.sensitivity.summary import summarise
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
    default, off = (set(zip(*line.get_data(), strict=True)) for line in markers(below, "s"))
    # Columns: 1T, 5T (the default), 5T without E, 10T, doubtful; rows as the labels below.
    assert off == {(0, 1), (2, 4), (3, 2), (4, 1), (4, 4)}
    assert default == {(0, 3), (1, 0), (1, 3), (2, 0), (3, 3)}
    assert [t.get_text() for t in below.get_yticklabels()] == [
        "5T", "1T", "10T", "with E", "without E"
    ]  # fmt: skip


def test_every_level_and_every_default_is_named_the_widest_axis_on_top():
    for narrow in (False, True):
        (ax,) = plot_tornado(ANSWER, narrow=narrow)
        rows = {t.get_position()[1]: t.get_text() for t in ax.get_yticklabels()}
        rows |= {t.xy[1]: t.get_text() for t in ax.texts if "default" in t.get_text()}
        assert [rows[y] for y in sorted(rows)] == [
            "tokens (default: 5T)", "1T", "10T", "law (default: with E)", "without E"
        ]  # fmt: skip


def reach(ax, name):
    (bar,) = [patch for patch in ax.patches if patch.get_gid() == f"reach of {name}"]
    return sorted([bar.get_x(), bar.get_x() + bar.get_width()])


def test_what_is_not_trustworthy_makes_no_bar_nor_room_and_is_a_cross():
    rows = [*ADDITIVE[:2], universe("10T", months=40.0, spread=1.0, verdict="not trustworthy"),
            universe(law="without E", months=8.0)]  # fmt: skip
    answer = summarise({"universes": rows, "skipped": []}, AXES)
    (ax,) = plot_tornado(answer)
    names = [t.get_text() for t in ax.get_yticklabels()]
    first = min(t.get_position()[1] for t in ax.get_yticklabels())
    assert first == 0.0
    assert names[0] == "law (default: with E)"
    assert "10T (not trustworthy)" in names
    assert reach(ax, "tokens") == pytest.approx([rate_of(3.0), rate_of(2.0)], rel=0.01)
    (cross,) = markers(ax, "x")
    low = min(ax.get_xlim())
    assert low > rate_of(20.0)
    assert cross.get_xdata()[0] == pytest.approx(low)
    top, _ = plot_specification(answer)
    assert min(top.get_ylim()) > rate_of(20.0)
    assert len(markers(top, "x")) == 1


def test_an_interval_lies_behind_each_trustworthy_median():
    (ax,) = plot_tornado(ANSWER)
    pairs = [line for line in ax.lines if len(line.get_xdata()) == 2]
    lines = [line for line in pairs if len(set(line.get_ydata())) == 1]
    assert len(lines) == len(markers(ax, "o")) == 3
    assert all(line.get_xdata()[0] < line.get_xdata()[1] for line in lines)


def test_each_bar_of_the_spread_belongs_to_its_row():
    """The frontier's axes may be in another order than the first estimand's."""
    other = [{**u, "frontier": v["population"],
              "quantiles": u["quantiles"] | {"frontier": v["quantiles"]["population"]}}
             for u, v in zip(ADDITIVE[:4], [*ADDITIVE[:2], ADDITIVE[0], universe(months=9.0)],
                             strict=True)]  # fmt: skip
    answer = summarise({"universes": other, "skipped": []}, AXES)
    assert list(answer["variance"]["frontier"]["axes"]) == ["law", "tokens"]
    panels = plot_variance(answer)
    labels = [t.get_text() for t in panels[0].get_yticklabels()[:2]]
    assert labels == ["tokens", "law"]
    for ax, estimand in zip(panels, ("population", "frontier"), strict=True):
        told = answer["variance"][estimand]["axes"]
        widths = [bar.get_width() for bar in ax.patches[:2]]
        assert widths == pytest.approx([2 * told[name]["rate_per_year"] for name in labels])


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
