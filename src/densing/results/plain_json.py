"""JSON that every parser reads: no NaN, no infinity, UTF-8 as it is."""

import json
from typing import Any

from pydantic_core import to_jsonable_python


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """Encode records, indented, numbers that JSON does not know as null.

    Parameters
    ----------
    ascii_only
        For what cannot show any other character.
    """
    plain = to_jsonable_python(value, inf_nan_mode="null")  # names of files need not be UTF-8
    return json.dumps(plain, indent=2, ensure_ascii=ascii_only, allow_nan=False)
