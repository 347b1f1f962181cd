"""Bayesian estimation of the capability density of open language models.

``import densing as dn`` costs nothing: each name below is imported from its home when it is first
asked for (PEP 562). `__init__.pyi` tells type checkers and editors the same.
"""

from importlib import import_module

__version__ = "0.1.0"

HOMES = {
    "densing.data": ("Evidence", "TableError", "bundled", "load_evidence", "validate"),
    "densing.inference.settings": ("Settings", "load_settings"),
    "densing.models.declaration": ("DeclarationError", "Model", "load_model"),
    "densing.models.graph": ("model_graph",),
    "densing.models.prior": ("Prior",),
    "densing.models.select": ("SelectionError",),
    "densing.notebook.answers": ("density", "doubling_time"),
    "densing.notebook.comparing": ("compare", "plot_compare"),
    "densing.notebook.fitting": ("fit",),
    "densing.notebook.following": (
        "Corollaries", "corollaries", "milestones", "plot_corollaries",
    ),
    "densing.notebook.given": ("NotTrustworthyWarning",),
    "densing.notebook.handover": ("NumpyroModel", "to_numpyro", "to_pymc"),
    "densing.notebook.left_out": ("influence", "refit"),
    "densing.notebook.multiverse": (
        "Multiverse", "multiverse", "plot_specification", "plot_tornado", "plot_variance",
    ),
    "densing.notebook.outlook": ("forecast", "plot_forecast"),
    "densing.notebook.plots": (
        "plot_benchmark_rates", "plot_density", "plot_diagnostics", "plot_influence",
        "plot_loss_law", "plot_performance_map", "plot_predictive", "plot_ranking", "plot_rate",
        "plot_reference",
    ),
    "densing.notebook.summary": ("Summary", "summary"),
    "densing.results.run": ("RunError", "open_run", "save_run"),
}  # fmt: skip
"""Public names, by the module that holds them."""

_HOME = {name: module for module, names in HOMES.items() for name in names}
_COMMANDS = ("backtest", "calibrate", "coverage", "influence", "loss", "modes",
             "priors", "reproduce", "selfcheck", "sensitivity", "simulate", "trend")  # fmt: skip
__all__ = ["__version__", *sorted(_HOME)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        from difflib import get_close_matches

        near = get_close_matches(name, _HOME, n=3)
        cure = f"; near it: {', '.join(near)}" if near else ""
        if name in _COMMANDS:
            cure = f", it is a command of the shell: densing {name} --help"
        raise AttributeError(f"module 'densing' has no attribute {name!r}{cure}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
