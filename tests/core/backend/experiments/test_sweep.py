"""A sweep: mixtures around a prior, trained, with what noise there is."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.backend.experiments import Bench, run_experiment
from core.backend.experiments._bench import opened
from core.backend.experiments._figures import spearman
from core.backend.experiments._training import domain_tokens, prepared
from core.backend.experiments.sweep import Sweep
from core.errors import BadInputError
from core.optimise import optimise

DOMAINS = {"sea", "sum", "law"}


@pytest.fixture(scope="module")
def swept(conduct):
    return conduct(Sweep(models=6))


def rows(path):
    with path.open(newline="") as file:
        return {row.pop("index"): {k: float(v) for k, v in row.items()} for row in csv.DictReader(file)}


def test_every_run_has_weights_and_losses(swept):
    """As many runs as models; weights are shares of 1 and every domain has a loss."""
    result, _ = swept

    assert 6 == len(result["runs"])
    for run in result["runs"]:
        assert set(run["weights"]) == set(run["losses"]) == set(run["bits_per_byte"]) == DOMAINS
        assert 1 == pytest.approx(sum(run["weights"].values()))


def test_anchors_repeat_the_prior_with_other_seeds(swept):
    """Half of six models are there to compare with; draws share the config's seed."""
    result, _ = swept
    kinds = [run["kind"] for run in result["runs"]]
    anchors = [run for run in result["runs"] if run["kind"] == "anchor"]

    assert ["anchor", "anchor", "uniform", *["draw"] * 3] == kinds
    assert [0, 1] == [run["seed"] for run in anchors]
    assert all(anchors[0]["weights"] == run["weights"] for run in anchors)
    assert {0} == {run["seed"] for run in result["runs"] if run["kind"] == "draw"}


def test_noise_is_the_anchors_deviation(swept):
    """Above 0, since seeds differ, with the draws' spread beside it."""
    result, _ = swept
    sea = [run["losses"]["sea"] for run in result["runs"] if run["kind"] == "anchor"]

    assert abs(sea[0] - sea[1]) / 2**0.5 == pytest.approx(result["noise"]["deviation"]["sea"])
    assert result["noise"]["spread"]["sea"] > 0


def test_tables_are_what_optimise_reads(swept):
    """Weights and losses as in the result, joined on `index`, and a proposal follows from them."""
    result, out = swept
    proposed = optimise("linear", out / "mixtures.csv", out / "losses.csv")

    assert [run["weights"] for run in result["runs"]] == list(rows(out / "mixtures.csv").values())
    assert [run["losses"] for run in result["runs"]] == list(rows(out / "losses.csv").values())
    assert set(proposed["weights"]) == DOMAINS


def test_tidy_table_has_a_row_a_model_evaluation_and_domain(swept):
    """Two evaluations of six models on three domains; the last are the losses."""
    result, out = swept
    table = pq.read_table(out / "losses.parquet").to_pylist()

    assert 2 * 6 * 3 == len(table)
    last = {(row["run"], row["domain"]): row["loss"] for row in table if row["step"] == 12}
    assert all(last[run["name"], d] == run["losses"][d] for run in result["runs"] for d in DOMAINS)


def test_stack_and_serial_agree(swept, conduct):
    """The same mixtures, and the same losses but for rounding."""
    together, _ = swept
    serial, _ = conduct(Sweep(models=6), stacked=False)

    assert "serial" == serial["way"]
    for one, other in zip(together["runs"], serial["runs"], strict=True):
        assert one["weights"] == other["weights"]
        assert one["losses"] == pytest.approx(other["losses"], rel=1e-5)


def test_finished_sweep_comes_back_at_once(swept, manifest, config):
    """Asking again trains nothing."""
    result, out = swept
    said = []
    bench = Bench(manifest, config, out, progress=lambda done, total, message="": said.append(message))

    assert result == run_experiment(Sweep(models=6), bench)
    assert {"checking hashes"} == set(said)


class StopError(Exception):
    """A kill, as far as a test can have one."""


def test_interrupted_sweep_goes_on_to_the_same_bytes(swept, manifest, config, tmp_path):
    """Stopped in the middle of training; the same call gives the tables of one that was not."""
    _, whole = swept

    def stop(done, total, message=""):
        if "training" in message and done > 7:
            raise StopError

    with pytest.raises(StopError):
        run_experiment(Sweep(models=6), Bench(manifest, config, tmp_path / "out", progress=stop))
    run_experiment(Sweep(models=6), Bench(manifest, config, tmp_path / "out"))

    for name in ("mixtures.csv", "losses.csv", "losses.parquet"):
        assert (whole / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_planted_truth_comes_out(planted, config, conduct):
    """To `sea`, what repeats it is worth what it is itself, and noise the least: a line fitted to 12 runs."""
    result, _ = conduct(Sweep(models=12, prior="uniform", anchors=0), planted)
    domains = ["again", "noise", "sea", "sum"]
    weights = np.array([[run["weights"][domain] for domain in domains] for run in result["runs"]])
    losses = [run["losses"]["sea"] for run in result["runs"]]
    slopes = dict(zip(domains, np.linalg.lstsq(weights, losses, rcond=None)[0], strict=True))

    assert spearman(weights[:, 0] + weights[:, 2], losses) < -0.8
    assert abs(slopes["again"] - slopes["sea"]) < 1
    assert slopes["noise"] > max(slopes["again"], slopes["sea"], slopes["sum"]) + 1


def test_draws_repeat_no_domain_too_often(manifest, config, swept):
    """With a limit on epochs no drawn weight asks for more tokens than so many times those there are."""
    _, out = swept
    trial = opened(Bench(manifest, config, out))
    data = prepared(trial)
    drawn = Sweep(models=20, max_epochs=1.0)._mixtures(trial, data)
    seen = config.steps * config.batch_tokens

    assert 16 == sum(kind == "draw" for kind, _ in drawn)
    for kind, weights in drawn:
        if kind == "draw":
            assert all(weights[d] * seen <= tokens + 0.5 for d, tokens in domain_tokens(data).items())


def test_settings_of_another_sweep_are_refused(swept, manifest, config):
    """One folder holds one experiment."""
    _, out = swept

    with pytest.raises(BadInputError, match="holds another experiment, or this one with other settings"):
        run_experiment(Sweep(models=7), Bench(manifest, config, out))


def test_domain_shorter_than_a_sequence_is_refused(manifest, config, tmp_path):
    """Before anything is trained; with a shorter context the same folder serves."""
    long = config.model_copy(update={"context": 4096, "batch_size": 1, "tokens": 20_000})

    with pytest.raises(BadInputError, match="fewer than one sequence of 4096; lower context"):
        run_experiment(Sweep(models=2), Bench(manifest, long, tmp_path / "out"))
    assert "done" == run_experiment(Sweep(models=2), Bench(manifest, config, tmp_path / "out"))["state"]


def test_one_domain_has_no_mixtures(seal, config, conduct):
    """There is nothing to weigh."""
    texts = [f"the same few words and a number {i} " * 5 for i in range(40)]

    with pytest.raises(BadInputError, match="is the only domain"):
        conduct(Sweep(models=2), seal({"a": texts}), config)


def test_domain_called_index_is_refused(seal, config, conduct):
    """It would join the tables of runs; nothing is trained."""
    texts = {d: [f"{d} has a text with the number {i} " * 4 for i in range(20)] for d in ("a", "index")}

    with pytest.raises(BadInputError, match="index: a domain of this name cannot stand in a table of runs"):
        conduct(Sweep(models=2), seal(texts), config)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"models": 0}, "a sweep has 1"),
        ({"anchors": -1}, "fewer than none"),
        ({"max_epochs": 0.0}, "above 0"),
    ],
)
def test_settings_that_make_no_sweep_are_refused(settings, words):
    """Each in one line."""
    with pytest.raises(BadInputError, match=words):
        Sweep(**settings)
