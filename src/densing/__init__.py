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
    "densing.answers.compare": ("compare",),
    "densing.answers.density": ("density",),
    "densing.notebook.fitting": ("fit", "refit"),
    "densing.notebook.following": (
        "Corollaries", "corollaries", "plot_corollaries",
    ),
    "densing.answers.given": ("NotTrustworthyWarning",),
    "densing.notebook.handover": ("NumpyroModel", "to_numpyro", "to_pymc"),
    "densing.notebook.multiverse": ("Multiverse", "multiverse"),
    "densing.notebook.multiverse_plots": (
        "plot_specification", "plot_tornado", "plot_variance",
    ),
    "densing.notebook.plots": (
        "plot_benchmark_rates", "plot_compare", "plot_density", "plot_diagnostics",
        "plot_forecast", "plot_influence", "plot_loss_law", "plot_performance_map",
        "plot_predictive", "plot_ranking", "plot_rate", "plot_reference",
    ),
    "densing.answers.forecast": ("forecast", "milestones"),
    "densing.answers.influence": ("influence",),
    "densing.answers.priors": ("priors",),
    "densing.answers.summary": ("Summary", "doubling_time", "summary"),
    "densing.results.run": ("RunError", "open_run", "save_run"),
}  # fmt: skip
"""Public names, by the module that holds them."""

_HOME = {name: module for module, names in HOMES.items() for name in names}
_COMMANDS = ("backtest", "calibrate", "coverage", "influence", "loss", "modes",
             "reproduce", "selfcheck", "simulate", "trend")  # fmt: skip
__all__ = ["__version__", *sorted(_HOME)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name == "sensitivity":  # the verb, and the room of that name: one object
        return import_module("densing.sensitivity")
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
