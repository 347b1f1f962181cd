import pytest

from densing.models.choices import Choices
from densing.models.layout import lay_out

from . import world


@pytest.fixture(scope="session")
def evidence():
    return world.evidence()


@pytest.fixture(scope="session")
def choices():
    return Choices(reference="mine", benchmarks=(world.QUIZ, world.CODE))


@pytest.fixture(scope="session")
def layout(evidence, choices):
    return lay_out(evidence, choices)
