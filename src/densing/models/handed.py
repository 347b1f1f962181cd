"""Declared records in the hands of a caller: a misuse is told what to do instead."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel


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
