import pytest

import densing as dn
from models import world
from report.synthetic import make_run


@pytest.fixture(scope="session")
def run():
    """A small synthetic run that passed its diagnostics."""
    return make_run()


@pytest.fixture(scope="session")
def doubtful():
    return make_run(trustworthy=False)


@pytest.fixture(scope="session")
def evidence():
    return world.evidence()


@pytest.fixture(scope="session")
def model():
    return dn.load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


@pytest.fixture(scope="session")
def fitted(evidence, model):
    """A real fit of a small world, from few draws: to be read, not to be believed."""
    few = {"chains": 2, "pilot": 50, "warmup": 50, "draws": 60, "max_draws": 0}
    settings = dn.load_settings("quick").model_copy(update=few)
    return dn.fit(evidence, model=model, settings=settings, progress=False)
