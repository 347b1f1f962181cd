import pytest

from densing.paper.reproduce import reproduce


@pytest.fixture(scope="session")
def result():
    """The whole reproduction, without a joint run."""
    return reproduce(seed=1)


@pytest.fixture(scope="session")
def claims(result):
    return {claim.name: claim for claim in result.claims}
