import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import densing as dn
from densing.report.style import figure_of

ONE = [dn.plot_density, dn.plot_rate, dn.plot_ranking, dn.plot_benchmark_rates]
SEVERAL = [
    dn.plot_loss_law, dn.plot_reference, dn.plot_performance_map, dn.plot_predictive,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _headless():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("plot", ONE, ids=lambda plot: plot.__name__)
def test_axes_in_axes_out(plot, run):
    ax = Figure(figsize=(8, 6)).subplots()
    assert plot(run, ax) is ax
    assert ax.has_data()
    assert not plt.get_fignums()


@pytest.mark.parametrize("plot", SEVERAL, ids=lambda plot: plot.__name__)
def test_panels_in_panels_out(plot, run):
    axes = list(Figure(figsize=(8, 4)).subplots(1, 2))
    assert plot(run, axes) == axes
    assert all(ax.has_data() for ax in axes)
    assert not plt.get_fignums()


@pytest.mark.parametrize("plot", [*ONE, *SEVERAL, dn.plot_diagnostics], ids=lambda p: p.__name__)
def test_a_new_figure_is_pyplots_to_show(plot, run):
    drawn = plot(run)
    first = drawn
    while not isinstance(first, Axes):
        first = first[0]
    assert plt.gcf() is figure_of(first)


def test_a_doubtful_run_is_stamped(doubtful):
    with pytest.warns(dn.NotTrustworthyWarning):
        ax = dn.plot_density(doubtful)
    assert any(text.get_text() == "NOT TRUSTWORTHY" for text in ax.texts)


def test_a_model_of_ones_own_is_named_first_and_stands_out(run):
    name = str(run["derived"]["model"].values[4])
    ax = dn.plot_density(run, labels=1, highlight=[name])
    (label,) = [text for text in ax.texts if text.get_text() == name]
    assert label.get_fontweight() == "bold"
    with pytest.raises(TypeError, match="a list of names"):
        dn.plot_density(run, highlight=name)
    with pytest.raises(ValueError, match=f"did you mean .*{name}"):
        dn.plot_density(run, highlight=[name + "B"])
