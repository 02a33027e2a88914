"""What a run costs is told where it can be read, and why not where it cannot."""

import math

import pytest

from core.backend import read_metrics
from core.backend.training import measures as module
from core.backend.training.curves import Board
from core.backend.training.measures import Energy, peak_flops


def test_a_run_tells_what_it_cost(finished):
    """Waiting and memory always; a processor has no peak, and says so."""
    run, out = finished
    last = read_metrics(out)[-1]["measures"]

    assert last == run["measures"]
    assert 0 <= last["waited"] < 1
    assert last["peak_memory"] > 2**20
    assert last["flop_utilisation"] is None
    assert {"flop_utilisation", "joules"} == set(run["measured"])
    assert "no peak is known" in run["measured"]["flop_utilisation"]


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H200", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA A10G", 70e12),
        ("NVIDIA L40S", 362e12),
    ],
)
def test_peaks_are_of_the_longest_name_that_fits(name, peak):
    """In bf16, dense."""
    assert peak == peak_flops(name, True)[0]
    assert peak_flops(name, False)[0] is None
    assert "no peak is known for Quadro" in peak_flops("Quadro", True)[1]


@pytest.fixture
def counter(tmp_path, monkeypatch):
    """A processor's energy counter, and a part of it, which must not count twice."""
    monkeypatch.setattr(module, "_RAPL", tmp_path)
    for name in ("intel-rapl:0", "intel-rapl:0:0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text("5000000\n")
        (tmp_path / name / "max_energy_range_uj").write_text("9000000\n")
    return tmp_path / "intel-rapl:0/energy_uj"


def test_energy_is_the_difference_of_a_counter(counter):
    """In joules since the last call; a counter that is full begins anew."""
    energy = Energy("cpu")
    counter.write_text("8000000\n")

    assert 3.0 == energy.spent()
    counter.write_text("1000000\n")
    assert 2.0 == energy.spent()


def test_energy_that_cannot_be_read_is_null(counter, tmp_path):
    """With the reason in words."""
    counter.unlink()
    energy = Energy("cpu")

    assert energy.spent() is None
    assert "cannot be read (No such file" in energy.why
    (tmp_path / "intel-rapl:0").rename(tmp_path / "other")
    assert "tells no processor energy" in Energy("cpu").why


# --- TensorBoard ------------------------------------------------------------------------------------


def read_back(folder):
    """The curves by TensorBoard's own reader: tag → (step, value) of each point."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_tensorboard_reads_the_same_curves(finished):
    """Every evaluation's losses, and the rate, to single precision."""
    _, out = finished
    curves, lines = read_back(out / "tensorboard"), read_metrics(out)

    for domain in ("sea", "sum", "law"):
        expected = [(line["step"], pytest.approx(line["losses"][domain], rel=1e-6)) for line in lines]
        assert expected == curves[f"losses/{domain}"]
    assert [3, 6, 9, 12] == [step for step, _ in curves["train_loss"]]
    assert {"learning_rate", "tokens_per_second", "measures/waited", "bits_per_byte/sea"} <= set(curves)


def test_curves_are_written_anew_when_a_run_goes_on(finished, tmp_path):
    """What is to be trained again is not there twice."""
    _, out = finished
    lines = read_metrics(out)
    for kept in (lines, lines[:3]):
        board = Board(tmp_path, kept, 0.0)
        board.close()

    assert [0, 3, 6] == [step for step, _ in read_back(tmp_path / "tensorboard")["losses/sea"]]
    assert all(math.isfinite(value) for _, value in read_back(tmp_path / "tensorboard")["losses/sea"])
