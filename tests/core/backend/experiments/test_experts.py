"""One model a domain: what each teaches about every other."""

from core.backend.experiments.experts import Experts

DOMAINS = {"sea", "sum", "law"}


def test_matrix_has_a_row_an_expert(conduct):
    """Each expert knows its own domain best, and each domain is best known by its own."""
    result, _ = conduct(Experts())
    matrix = result["matrix"]

    assert set(matrix) == DOMAINS
    for domain, row in matrix.items():
        assert set(row) == DOMAINS
        assert domain == min(row, key=row.__getitem__)
        assert domain == min(matrix, key=lambda expert: matrix[expert][domain])


def test_experts_are_stated_in_the_runs(conduct):
    """With all weight on one domain, in a folder of their own that holds the model."""
    result, out = conduct(Experts(), stacked=False)

    assert [{"law": 1.0}, {"sea": 1.0}, {"sum": 1.0}] == [run["weights"] for run in result["runs"]]
    assert all((out / run["folder"] / "model/model.safetensors").exists() for run in result["runs"])
