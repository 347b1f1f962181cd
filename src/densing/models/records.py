"""Declared records in the hands of a caller: what is wrong is told in words, with the cure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


class Handed(BaseModel):
    """A frozen record whose faults of use name the cure.

    Files do not come this way: `validated` names every fault of a declaration by its key.
    """

    MADE: ClassVar[str] = ""
    """How one comes by such a record."""
    CHANGED: ClassVar[str] = ""
    """How one comes by a changed one."""

    def __new__(cls, *given: Any, **content: Any) -> Self:
        """Refuse what cannot be made so; raises `TypeError`."""
        required = [name for name, field in cls.model_fields.items() if field.is_required()]
        if given or (content and not content.keys() >= set(required)):
            raise TypeError(f"a {cls.__name__} is not made so: {cls.MADE}")
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse: records are frozen; raises `TypeError`."""
        raise TypeError(f"a {type(self).__name__} is frozen ({name} too): {self.CHANGED}")


PLAIN = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a date, such as 2024-06-30",
    "date_type": "must be a date, such as 2024-06-30",
    "dict_type": "must be a table",
    "extra_forbidden": "is not known here",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "missing": "is missing",
    "string_type": "must be a word",
    "tuple_type": "must be a list",
}
"""Faults by pydantic's name, where its own words are a programmer's."""
TYPE = re.compile(r"(constrained-)?(float|int|str)|\w+\[.*\]")
"""How pydantic calls the branches of a union, which no user has written."""


def validation_messages(error: ValidationError) -> Iterator[str]:
    """Say of each key what it must be (one thing, or another) and what it is."""
    by_key: dict[str, list[ErrorDetails]] = {}
    for fault in error.errors():
        by_key.setdefault(_key(fault), []).append(fault)
    for key, faults in by_key.items():
        wanted = list(dict.fromkeys(map(_wanted, faults)))
        said = " or ".join([wanted[0], *(more.removeprefix("must be ") for more in wanted[1:])])
        given = faults[0]["input"]
        told = faults[0]["type"] == "missing" or isinstance(given, Mapping)
        yield (f"{key}: " if key else "") + said + ("" if told else f" (got {given!r})")


def _key(fault: ErrorDetails) -> str:
    first, *below = [str(part) for part in fault["loc"]] or [""]
    if first == "choices" and below[:1] in (["ladder"], ["families"]):
        below = below[1:]  # the form that chose the branch, which is no key
    return ".".join([first, *(part for part in below if not TYPE.fullmatch(part))])


def _wanted(fault: ErrorDetails) -> str:
    said = PLAIN.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return said.replace("Input should be", "must be")
