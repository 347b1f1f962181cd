"""Which values set a record when their day came."""

from typing import Any

import numpy as np


def record_setters(time: Any, value: np.ndarray) -> np.ndarray:
    """Positions of the strict record-setters in order of time, shape (record,).

    A value counts when it exceeds every earlier one: a tie is no record, and of one day's values
    only the highest can be one.

    Parameters
    ----------
    time, value
        Anything that sorts, for example dates or days; and numbers, shape (model,).
    """
    best, found = -np.inf, []
    for i in np.lexsort((-value, time)):
        if value[i] > best:
            best = value[i]
            found.append(i)
    return np.asarray(found, int)
