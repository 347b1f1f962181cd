import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("jax", "jaxlib", "numpyro", "pymc", "pytensor", "nutpie")
LIGHT = [
    "densing",
    "densing.models.declaration",
    "densing.models.layout",
    "densing.results.derive",
    "densing.results.health",
    "densing.results.run",
]


def imported(module):
    """Top-level packages that importing `module` brings in."""
    code = f"import sys, json, {module}; print(json.dumps([m.split('.')[0] for m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", LIGHT)
def test_no_engine_is_imported(module):
    assert imported(module).isdisjoint(ENGINES)


def test_importing_the_package_is_free():
    assert imported("densing").isdisjoint({*ENGINES, "numpy", "pandas", "xarray", "arviz"})


def test_importing_an_engine_does_not_touch_its_settings():
    code = "import densing.inference.fit, jax; print(jax.config.jax_enable_x64)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"


def test_contracts_of_the_imports():
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [lint, "--no-cache", "--config", ROOT / "pyproject.toml"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_figure_does_not_wait_for_the_pages_library():
    assert "bokeh" not in imported("densing.report")
