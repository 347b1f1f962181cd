"""`import densing as dn`: what is offered, from where, at what cost."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import densing as dn

STUB = Path(dn.__file__).with_name("__init__.pyi")


@pytest.mark.parametrize(("home", "names"), dn.HOMES.items())
def test_every_name_is_its_homes(home, names):
    for name in names:
        assert getattr(dn, name) is getattr(import_module(home), name)
        assert getattr(dn, name).__doc__, name


def test_the_stub_tells_type_checkers_the_same():
    found = {
        alias.asname: node.module
        for node in ast.parse(STUB.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert found == {name: home for home, names in dn.HOMES.items() for name in names}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'densty'"):
        _ = dn.densty
    assert "density" in dir(dn)


def test_listing_the_names_imports_nothing():
    code = (
        "import sys; before = set(sys.modules); import densing; dir(densing); "
        "print([m for m in ('numpy', 'pandas', 'xarray', 'matplotlib', 'pydantic', 'jax') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answers_of_a_run_import_no_engine():
    code = (
        "import sys, densing as dn; dn.density, dn.summary, dn.plot_density, dn.fit, dn.to_pymc; "
        "print([m for m in ('jax', 'numpyro', 'pymc', 'pytensor') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_tells_what_there_is():
    with pytest.raises(AttributeError, match=r"near it: .*plot_rate"):
        _ = dn.plot_rates
    with pytest.raises(AttributeError, match="densing backtest --help"):
        _ = dn.backtest
