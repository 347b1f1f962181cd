"""The closed list of array functions a formula may use, and its NumPy realisation.

A formula takes `xp`, an object with these functions, as its first argument: JAX and
PyTensor realisations live beside their engines, so the same formula that is fitted also
draws curves from a saved run, where no engine is imported.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.special as sp

NAMES = (
    "concatenate", "exp", "expit", "gammaln", "log", "log_ndtr", "logaddexp",
    "logsumexp", "matmul", "minimum", "sqrt", "take", "zeros",
)  # fmt: skip
"""Every function that a namespace offers; `tests/models/test_ops.py` holds each to NumPy."""


def _logsumexp(x: Any, axis: int) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=axis)) + np.squeeze(top, axis)


numpy_ops = SimpleNamespace(
    concatenate=np.concatenate,
    exp=np.exp,
    expit=sp.expit,
    gammaln=sp.gammaln,
    log=np.log,
    log_ndtr=sp.log_ndtr,
    logaddexp=np.logaddexp,
    logsumexp=_logsumexp,
    matmul=np.matmul,
    minimum=np.minimum,
    sqrt=np.sqrt,
    take=np.take,
    zeros=np.zeros,
)
