"""The multiverse: how the answer moves over the reference choices.

A notebook asks `dn.sensitivity(evidence, folder=...)`, and this package has the verb's name:
called, it does what `dn.multiverse` does.
"""

import sys
from types import ModuleType
from typing import Any


class _Verb(ModuleType):
    """A package that can be called."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Fit the answer over declared reference choices: `dn.multiverse`."""
        import densing

        return densing.multiverse(*args, **options)


sys.modules[__name__].__class__ = _Verb
