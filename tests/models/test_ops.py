import ast
from pathlib import Path

import numpy as np
import pytest
import scipy.special as sp

import densing.models
from densing.models.ops import NAMES, numpy_ops

FOLDER = Path(densing.models.__file__ or densing.models.__path__[0])
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent


def used():
    """Every `xp.name` (or `m.xp.name`) in a formula."""
    out = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and (
                (isinstance(node.value, ast.Name) and node.value.id == "xp")
                or (isinstance(node.value, ast.Attribute) and node.value.attr == "xp")
            ):
                out.add(node.attr)
    return out


def test_the_list_is_closed():
    assert used() <= set(NAMES)
    assert len(used()) > 8  # the search above finds something


def test_the_list_is_what_numpy_offers():
    assert sorted(vars(numpy_ops)) == sorted(NAMES)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_logsumexp_is_scipys(axis):
    x = np.random.default_rng(0).normal(scale=300, size=(4, 5))
    np.testing.assert_allclose(
        numpy_ops.logsumexp(x, axis=axis), sp.logsumexp(x, axis=axis), rtol=1e-14
    )
