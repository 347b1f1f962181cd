import pytest

from .synthetic import make_run


@pytest.fixture(scope="session")
def run():
    return make_run()


@pytest.fixture(scope="session")
def doubtful():
    return make_run(trustworthy=False)


@pytest.fixture(scope="session")
def without_frontier():
    return make_run(frontier=False)


@pytest.fixture(scope="session")
def unbounded():
    """Rates whose interval includes zero."""
    return make_run(rate=0.05, spread=0.2)
