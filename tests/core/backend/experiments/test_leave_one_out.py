"""Domains left out at the end of training, one at a time."""

import pyarrow.parquet as pq
import pytest

from core.backend.experiments.leave_one_out import LeaveOneOut
from core.errors import BadInputError


@pytest.fixture
def effects(planted, config, conduct):
    longer = config.model_copy(update={"tokens": 24 * 128, "eval_every": 24, "checkpoint_every": 24})
    return conduct(LeaveOneOut(share=0.5, seeds=2), planted, longer)


def test_planted_truth_comes_out(effects):
    """Without its texts `sum` is lost; `again` is made up for by `sea`, which it repeats; noise does harm."""
    result, out = effects
    found = result["effects"]
    worth = {domain: found[domain]["on"][domain]["mean"] for domain in ("sum", "again", "sea")}

    assert {"again", "noise", "sea", "sum"} == set(found)
    assert worth["sum"] > 3 * max(worth["again"], worth["sea"], 0)
    assert found["noise"]["others"]["mean"] < 0 < found["sum"]["mean"]["mean"]
    table = pq.read_table(out / "effects.parquet").to_pylist()
    assert 16 == len(table)
    assert all(found[row["left_out"]]["on"][row["domain"]]["mean"] == row["effect"] for row in table)
    _check_branches(result, out)


def _check_branches(result, out):
    """A seed's branches go on from one trunk, with the others' ratios kept."""
    branches = [run for run in result["runs"] if run["seed"] == 1]

    assert ["all", "without again", "without noise", "without sea", "without sum"] == [
        run["kind"] for run in branches
    ]
    assert {"again": 0, "noise": 1 / 3, "sea": 1 / 3, "sum": 1 / 3} == pytest.approx(branches[1]["weights"])
    assert (out / "trunks/trunk-1/run.json").exists()


def test_one_domain_cannot_be_left_out(seal, config, conduct):
    """Nothing would be left."""
    texts = [f"the same few words and a number {i} " * 5 for i in range(40)]

    with pytest.raises(BadInputError, match="is the only domain"):
        conduct(LeaveOneOut(), seal({"a": texts}), config)


@pytest.mark.parametrize("settings", [{"share": 0.0}, {"share": 1.0}, {"seeds": 0}])
def test_settings_without_a_part_are_refused(settings):
    """Each in one line."""
    with pytest.raises(BadInputError, match="must be"):
        LeaveOneOut(**settings)
