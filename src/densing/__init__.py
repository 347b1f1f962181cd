"""Bayesian estimation of the capability density of open language models.

``import densing as dn`` costs nothing: each public name is imported from its home when it is first
asked for (PEP 562). Names and homes stand in `__init__.pyi`, for type checkers, editors and us.
"""

import re
from importlib import import_module

__version__ = "0.1.0"

with open(f"{__file__}i", encoding="utf-8") as _stub:  # noqa: PTH123
    HOMES: dict[str, str] = {
        name: home for home, name in re.findall(r"^from (\S+) import (\w+) as", _stub.read(), re.M)
    }
"""Public names, each with the module that holds it."""

_COMMANDS = ("backtest", "calibrate", "coverage", "loss", "modes", "reproduce", "selfcheck",
             "sensitivity", "simulate", "trend")  # fmt: skip
__all__ = ["__version__", *sorted(HOMES)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in HOMES:
        from difflib import get_close_matches

        near = get_close_matches(name, HOMES, n=3)
        cure = f"; near it: {', '.join(near)}" if near else ""
        if name in _COMMANDS:
            cure = f", it is a command of the shell: densing {name} --help"
        raise AttributeError(f"module 'densing' has no attribute {name!r}{cure}")
    value = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
