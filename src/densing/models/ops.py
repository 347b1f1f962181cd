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
    "betaln", "by_rows", "cholesky", "concatenate", "diagonal", "exp", "expit", "expm1", "eye",
    "log", "log1p", "logaddexp", "logsumexp", "matmul", "mean", "minimum", "normal_tail", "put",
    "segment_sum", "solve_lower", "sqrt", "stacked", "sum", "take", "transpose", "zeros",
)  # fmt: skip
"""Every function that a namespace offers; `tests/models/test_ops.py` holds each to NumPy."""


def _logsumexp(x: Any, axis: int, b: Any = 1.0) -> Any:
    """Log of the sum of ``b exp(x)``, b > 0."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.log(np.sum(b * np.exp(x - top), axis=axis)) + np.squeeze(top, axis)


def _normal_tail(x: Any) -> Any:
    """``Phi(-x) exp(max(x, 0)^2 / 2)``: the normal's upper tail, without its underflow."""
    return np.where(x > 0.0, 0.5 * sp.erfcx(np.maximum(x, 0.0) * SQRT_HALF), sp.ndtr(-x))


def _put(table: Any, at: Any, values: Any) -> Any:
    """Copy of `table` with `values` at the flat positions `at`."""
    out = np.array(table)
    out.reshape(-1)[at] = values
    return out


def _segment_sum(x: Any, index: Any, count: int) -> Any:
    """Sum of the rows of `x` that share an index, shape (count, ...)."""
    total = np.zeros((count, *x.shape[1:]))
    np.add.at(total, index, x)
    return total


SQRT_HALF = math.sqrt(0.5)
LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
"""Log of what a standard normal density is divided by."""


numpy_ops = SimpleNamespace(
    betaln=sp.betaln,
    by_rows=lambda function, *rows: function(*rows),
    cholesky=np.linalg.cholesky,
    concatenate=np.concatenate,
    diagonal=lambda x: np.diagonal(x, axis1=-2, axis2=-1),
    exp=np.exp,
    expm1=np.expm1,
    expit=sp.expit,
    eye=np.eye,
    log=np.log,
    log1p=np.log1p,
    logaddexp=np.logaddexp,
    logsumexp=_logsumexp,
    matmul=np.matmul,
    mean=np.mean,
    minimum=np.minimum,
    normal_tail=_normal_tail,
    put=_put,
    segment_sum=_segment_sum,
    solve_lower=np.linalg.solve,
    sqrt=np.sqrt,
    stacked=lambda matrix, vector: np.concatenate([matrix, vector[..., None]], axis=-1),
    sum=np.sum,
    take=np.take,
    transpose=lambda x: np.swapaxes(x, -1, -2),
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
