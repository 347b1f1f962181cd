"""For every test: how long an example of Hypothesis takes says nothing on a busy machine."""

import pytest
from hypothesis import settings

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def families_model():
    """The default model on four benchmarks and the models of early days."""
    import densing as dn

    return dn.load_model().choose(
        benchmarks=("HumanEval", "MMLU", "HellaSwag", "PIQA"), released_until="2023-06-30"
    )


@pytest.fixture(scope="session")
def families_run(families_model):
    """A run of families from few draws: to be read, not to be believed."""
    import densing as dn
    from densing.inference.fit import fit

    few = {"chains": 2, "pilot": 50, "warmup": 50, "draws": 100, "max_draws": 0}
    recipe = dn.load_settings("quick").model_copy(update=few)
    return fit(dn.load_evidence(), model=families_model, settings=recipe)
