"""Figures, tables and the page of a run."""

from densing.report.density import plot_headline, plot_ranking
from densing.report.growth import plot_benchmark_rates, plot_rate
from densing.report.page import write_report
from densing.report.reference import (
    plot_diagnostics,
    plot_loss_law,
    plot_performance_map,
    plot_predictive,
    plot_reference,
)

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
