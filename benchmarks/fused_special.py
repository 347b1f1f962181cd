"""Special functions over arrays for `fused`, written so that LLVM vectorises them.

Numba calls the C library once a number for ``exp`` and ``log``; these are plain arithmetic and
bit patterns. Each takes arrays of one length; `bits` and `real` are one piece of memory seen as
int64 and as float64.
"""

import math

import numpy as np
from numba import njit

from densing.inference.jax_ops import ERFCX_SERIES

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG2_E = 1.0 / math.log(2.0)
TAYLOR = tuple(1.0 / math.factorial(k) for k in range(14))
ATANH = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
)  # fmt: skip
"""Of ``log(1 + f)`` in ``s = f / (2 + f)``: fdlibm's."""
MANTISSA, ONE = np.int64((1 << 52) - 1), np.int64(1023 << 52)


ERFCX = ERFCX_SERIES


@njit
def exp_series(x):
    """Taylor's series, which LLVM unrolls, as the next two."""
    total = TAYLOR[13]
    for k in range(12, -1, -1):
        total = total * x + TAYLOR[k]
    return total


@njit
def log_series(x):
    total = ATANH[6]
    for k in range(5, -1, -1):
        total = total * x + ATANH[k]
    return total


@njit
def erfcx_series(x):
    total = ERFCX[22]
    for k in range(21, -1, -1):
        total = total * x + ERFCX[k]
    return total


@njit(error_model="numpy")
def exponential(x, out, real, bits):
    """``exp(x)``, x held to +-700."""
    for p in range(x.size):
        v = min(max(x[p], -700.0), 700.0)
        k = math.floor(v * LOG2_E + 0.5)
        out[p] = exp_series((v - k * LN2_HIGH) - k * LN2_LOW)
        bits[p] = (np.int64(np.int32(k)) + 1023) << 52
    for p in range(x.size):
        out[p] *= real[p]


@njit(error_model="numpy")
def logarithm(x, out, real, bits):
    """``log(x)`` of x > 0."""
    for p in range(x.size):
        real[p] = x[p] * math.sqrt(0.5)
    for p in range(x.size):
        # x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
        out[p] = np.float64(np.int32((bits[p] >> 52) - 1023))
        bits[p] = (bits[p] & MANTISSA) | ONE
    for p in range(x.size):
        k, f = out[p], real[p] * math.sqrt(2.0) * 0.5 - 1.0
        k = k + 1.0
        s = f / (2.0 + f)
        z = s * s
        half = 0.5 * f * f
        out[p] = k * LN2_HIGH - ((half - (s * (half + z * log_series(z)) + k * LN2_LOW)) - f)


@njit(error_model="numpy")
def gammas(x, value, slope, work, real, bits):
    """Log gamma and digamma of x > 0: recurrence to x + 7, Stirling's series.

    `work` holds four arrays of x's length.
    """
    y, product, log_y, log_product = work[0], work[1], work[2], work[3]
    for p in range(x.size):
        v = x[p]
        s, q = 1.0, v
        for k in range(1, 7):
            s = s * (v + k) + q
            q *= v + k
        y[p], product[p], slope[p] = v + 7.0, q, s / q
    logarithm(y, log_y, real, bits)
    logarithm(product, log_product, real, bits)
    for p in range(x.size):
        r = 1.0 / y[p]
        u = r * r
        tail = r * (
            1 / 12
            - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360360)))))
        )
        more = u * (
            1 / 12
            - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760)))))
        )
        log = log_y[p]
        value[p] = (y[p] - 0.5) * log - y[p] + 0.9189385332046727 + tail - log_product[p]
        slope[p] = log - 0.5 * r - more - slope[p]


@njit(error_model="numpy")
def normal_tails(x, tail, hazard, real, bits):
    """``Phi(-x) exp(max(x, 0)^2 / 2)`` and the hazard ``phi(x) / Phi(-x)``."""
    for p in range(x.size):
        tail[p] = -0.5 * x[p] * x[p]
    exponential(tail, hazard, real, bits)
    for p in range(x.size):
        t = abs(x[p]) * math.sqrt(0.5)
        half = 0.5 * erfcx_series((t - 3.75) / (t + 3.75)) / (1.0 + 2.0 * t)
        square = hazard[p]
        above = x[p] > 0.0
        tail[p] = half if above else 1.0 - half * square
        hazard[p] = 0.3989422804014327 * (1.0 if above else square) / tail[p]
