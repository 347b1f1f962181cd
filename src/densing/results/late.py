"""The bias that models may have on benchmarks whose tasks they were trained for, in draws of a run.

See `densing.models.targets`: a sensitivity (`Choices.contamination`), never a correction.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.score_layout import TEST_TASK_SINCE
from densing.results.curves import thinned

BIAS = "contamination"


def late_shift(run: xr.DataTree, benchmark: Any, days: Any, *, draws: int) -> Any:
    """Bias of each row in logits, shape (sample, row); a scalar zero in a run without it.

    Parameters
    ----------
    benchmark
        Index of each row's benchmark, shape (row,).
    days
        Release date of each row's model, shape (row,).
    """
    if BIAS not in run["posterior"]:
        return 0.0
    late = np.asarray(pd.to_datetime(np.asarray(days, str)) >= TEST_TASK_SINCE, float)
    return thinned(run, [BIAS], draws=draws)[BIAS][:, benchmark] * late
