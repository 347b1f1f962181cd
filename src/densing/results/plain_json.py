"""JSON that every parser reads: no NaN, no infinity, UTF-8 as it is."""

from typing import Any

from pydantic_core import to_json as encode


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """Encode records, indented, numbers that JSON does not know as null.

    Parameters
    ----------
    ascii_only
        For what cannot show any other character.
    """
    return encode(value, indent=2, ensure_ascii=ascii_only, inf_nan_mode="null").decode()
