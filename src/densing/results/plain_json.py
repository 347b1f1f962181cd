"""JSON that every parser reads: no NaN, no infinity, UTF-8 as it is."""

import json
import math
from typing import Any


def finite(value: Any) -> Any:
    """Replace numbers that JSON does not know by null, in nested records."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """Encode a record, indented; `ascii_only` is for what cannot show any other character."""
    return json.dumps(finite(value), indent=2, ensure_ascii=ascii_only, allow_nan=False)
