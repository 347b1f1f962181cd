"""A record that a command prints as JSON, as a mapping with a readable face."""

from collections.abc import Iterator, Mapping
from typing import Any


class Told(Mapping[str, Any]):
    """A frozen record; subclasses say it in words."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = dict(record)

    def __getitem__(self, key: str) -> Any:
        return self._record[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._record)

    def __len__(self) -> int:
        return len(self._record)
