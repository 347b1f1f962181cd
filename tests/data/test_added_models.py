import pandas as pd
import pytest

from densing.data import TableError, bundled, load_evidence

MINE = """model,release_date,params,benchmark,score,family
mine-7B,2025-06-01,6.9e9,MMLU,0.712,mine
mine-7B,2025-06-01,6.9e9,MATH,0.431,mine
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(MINE)
    return path


def test_models_are_added_to_the_catalog(mine):
    catalog = load_evidence(models=mine).catalog
    assert len(catalog) == len(bundled("catalog")) + 2
    own = catalog[catalog["model"] == "mine-7B"]
    assert own["score"].tolist() == [0.712, 0.431]
    assert own["derived_from"].isna().all()
    # Counts that mine does not state are unknown, so whole numbers become floats; text stays text.
    for name, dtype in load_evidence().catalog.dtypes.items():
        assert (catalog[name].dtype.kind in "if") == (dtype.kind in "if"), name


def test_a_model_of_the_same_name_takes_the_place_of_the_bundled_one(mine):
    mine.write_text(MINE.replace("mine-7B", "Llama-2-7B"))
    catalog = load_evidence(models=mine).catalog
    assert (catalog["model"] == "Llama-2-7B").sum() == 2


def test_faults_of_the_added_table_are_named_in_it(mine):
    mine.write_text(MINE.replace("0.431", "43.1"))
    with pytest.raises(TableError, match=r"mine\.csv"):
        load_evidence(models=mine)


def test_faults_of_a_frame_are_named_as_what_it_was_given_as(mine):
    frame = pd.read_csv(mine).assign(score=43.1)
    with pytest.raises(TableError) as error:
        load_evidence(models=frame)
    assert {fault.file for fault in error.value.faults} == {"models"}
