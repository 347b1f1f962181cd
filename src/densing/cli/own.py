"""Models of one's own: whether they take part in the fit, and which stand out in the page."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from densing.data import Evidence
    from densing.models.choices import Choices


def own_models(evidence: "Evidence", choices: "Choices") -> list[str]:
    """Names of the models of the table `--models` that take part in the fit.

    Those that do not are told on standard error, with what leaves them out.

    Raises
    ------
    SelectionError
        None of them takes part.
    """
    from densing.models.select import own_models as judged

    names, told = judged(evidence, choices)
    if told:
        print("\n".join(told), file=sys.stderr)
    return names


def check_named(names: Sequence[str], evidence: "Evidence", choices: "Choices") -> None:
    """Refuse models of `--highlight` that take no part in the fit, all at once.

    Raises
    ------
    SelectionError
        A model that the catalog does not have, or that the choices leave out.
    """
    from densing.models.select import SelectionError, left_out

    out = left_out(evidence, choices, names)
    if out:
        raise SelectionError(
            "\n".join(f"{name} takes no part in the fit: {reason}" for name, reason in out.items())
        )
