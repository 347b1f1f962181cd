"""The closed list of array functions a formula may use, and its NumPy realisation.

A formula takes `xp`, an object with these functions, as its first argument: JAX and
PyTensor realisations live beside their engines, so the same formula that is fitted also
draws curves from a saved run, where no engine is imported.
"""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.special as sp

NAMES = (
    "betaln", "by_rows", "concatenate", "exp", "expit", "expm1", "log", "logaddexp",
    "logsumexp", "matmul", "mean", "minimum", "normal_tail", "sqrt", "take", "zeros",
)  # fmt: skip
"""Every function that a namespace offers; `tests/models/test_ops.py` holds each to NumPy."""


def _logsumexp(x: Any, axis: int, b: Any = 1.0) -> Any:
    """Log of the sum of ``b exp(x)``, b > 0."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.log(np.sum(b * np.exp(x - top), axis=axis)) + np.squeeze(top, axis)


def _normal_tail(x: Any) -> Any:
    """``Phi(-x) exp(max(x, 0)^2 / 2)``: the normal's upper tail, without its underflow."""
    return np.where(x > 0.0, 0.5 * sp.erfcx(np.maximum(x, 0.0) * SQRT_HALF), sp.ndtr(-x))


SQRT_HALF = math.sqrt(0.5)
LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
"""Log of what a standard normal density is divided by."""


numpy_ops = SimpleNamespace(
    betaln=sp.betaln,
    by_rows=lambda function, *rows: function(*rows),
    concatenate=np.concatenate,
    exp=np.exp,
    expm1=np.expm1,
    expit=sp.expit,
    log=np.log,
    logaddexp=np.logaddexp,
    logsumexp=_logsumexp,
    matmul=np.matmul,
    mean=np.mean,
    minimum=np.minimum,
    normal_tail=_normal_tail,
    sqrt=np.sqrt,
    take=np.take,
    zeros=np.zeros,
)


def _along_first(parts: Any) -> np.ndarray:
    """Concatenate along the first axis; the others broadcast."""
    rest = np.broadcast_shapes(*(np.shape(part)[1:] for part in parts))
    return np.concatenate([np.broadcast_to(part, (len(part), *rest)) for part in parts])


draws_ops = SimpleNamespace(
    **vars(numpy_ops)
    | {
        "concatenate": _along_first,
        "matmul": lambda a, b: np.tensordot(a, b, axes=1),
        "mean": lambda x: np.mean(x, axis=0),
        "take": lambda values, index: np.take(values, index, axis=0),
        "zeros": lambda n: np.zeros((n, 1)),
    }
)
"""The same for arrays with a last axis of draws (`program.Replay`)."""
