"""`import densing as dn`: what is offered, from where, at what cost."""

import subprocess
import sys
from importlib import import_module

import pytest

import densing as dn


@pytest.mark.parametrize(("name", "home"), dn.HOMES.items())
def test_every_name_is_its_homes(name, home):
    assert getattr(dn, name) is getattr(import_module(home), name)
    assert getattr(dn, name).__doc__, name


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
