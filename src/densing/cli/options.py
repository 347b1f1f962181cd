"""Options that several commands share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from densing.cli.offers import ModelName, RecipeName

if TYPE_CHECKING:
    import pandas as pd

    from densing.data import Evidence
    from densing.inference.news import Listener
    from densing.inference.settings import Settings
    from densing.models.declaration import Model


Flag = Annotated[bool, Parameter(negative=())]
"""True where given; there is no `--no-` form."""
Seed = Annotated[int, Parameter(validator=Number(gte=0, lt=2**32))]
"""What every generator of random numbers takes."""
Names = Annotated[list[str] | None, Parameter(negative=())]
"""May be given several times."""
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class Tables:
    """Tables in place of the bundled ones."""

    reference: Path | None = None
    """Table of reference runs (CSV) in place of the bundled one."""
    calibration: Path | None = None
    """Table of calibration points (CSV) in place of the bundled one."""
    catalog: Path | None = None
    """Table of models and scores (CSV) in place of the bundled one."""
    models: Path | None = None
    """Table of models and scores (CSV, in the catalog's form) that adds to the catalog."""
    benchmarks: Path | None = None
    """Table of benchmarks (CSV) that adds to the bundled one or overrides its rows."""

    def load(self) -> "Evidence":
        """Read and validate everything at once; what was read otherwise is told."""
        from densing.data import load_evidence

        evidence = load_evidence(
            reference_runs=self.reference,
            calibration_points=self.calibration,
            catalog=self.catalog,
            benchmarks=self.benchmarks,
            models=self.models,
        )
        tell_read(*evidence.read_as)
        return evidence


def read_table(path: Path, kind: str) -> "pd.DataFrame":
    """Read and validate one table; what was read otherwise than it stands is told."""
    from densing.data import read_as, validate

    frame = validate(path, kind)
    tell_read(f"{path.name} read as {read_as(frame)}")
    return frame


def tell_read(*lines: str) -> None:
    """Say on standard error what was read as what, of tables that were not read as they stand."""
    for line in lines:
        if ";" in line:
            print(line, file=sys.stderr)


@Parameter(name="*")
@dataclass(frozen=True)
class Sampling:
    """What is fitted and how."""

    model: ModelName = None
    """Declared model (`densing models`) or a .toml file, in place of the command's own."""
    inference: RecipeName = None
    """Sampler recipe (`densing inference`) or a .toml file, in place of the command's own."""
    set_: Annotated[list[str], Parameter(name="--set", negative=())] = field(default_factory=list)
    """KEY=VALUE: a reference choice (tokens=1e12) or a prior's argument (prior.rate.scale=1).
    May be given several times."""
    seed: Seed = 1
    """Seed of all random numbers."""
    quiet: Quiet = False
    """No progress on the terminal."""

    def declared(
        self, *, model: str = "default", inference: str = "default"
    ) -> tuple["Model", "Settings"]:
        """Return the model and the recipe asked for; `model`, `inference` where none is.

        A command's own defaults stand here and not in an instance: one option given on the
        command line makes a new instance, and would lose those of the others.
        """
        from densing.inference.settings import load_settings
        from densing.models.declaration import load_model, override

        return override(load_model(self.model or model), self.set_), load_settings(
            self.inference or inference
        )

    @contextmanager
    def progress(self) -> "Iterator[Listener | None]":
        """Show progress on the terminal while the block runs."""
        from densing.cli.progress import showing

        with showing(quiet=self.quiet) as listener:
            yield listener


def compiled_once(settings: "Settings", what: str) -> None:
    """Refuse a recipe whose engine cannot fit many of `what` with one compiled program."""
    from densing.models.declaration import DeclarationError

    if settings.engine != "numpyro":
        raise DeclarationError(
            f"inference {settings.name!r}: {what} share one compiled program, which the engine "
            f"{settings.engine!r} does not have; take a recipe of numpyro"
        )
