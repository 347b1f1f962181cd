"""Figures, tables and the page of a run."""

from densing.report.benchmark_rates import plot_benchmark_rates
from densing.report.diagnostics import plot_diagnostics
from densing.report.headline import plot_headline
from densing.report.laws import plot_loss_law, plot_performance_map, plot_reference
from densing.report.predictive import plot_predictive
from densing.report.ranking import plot_ranking
from densing.report.rate import plot_rate
from densing.report.write import write_report

__all__ = [
    "plot_benchmark_rates",
    "plot_diagnostics",
    "plot_headline",
    "plot_loss_law",
    "plot_performance_map",
    "plot_predictive",
    "plot_ranking",
    "plot_rate",
    "plot_reference",
    "write_report",
]
