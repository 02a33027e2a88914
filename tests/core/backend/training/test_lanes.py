"""Models of a stack are given to cores in slices that follow from numbers alone."""

import threading

import pytest
import torch

from core.backend.training.lanes import Lanes


@pytest.fixture
def two(monkeypatch):
    """A machine of two cores."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)


def cut(lanes, models):
    return [(some.start, some.stop) for some in lanes.slices(models)]


def test_large_models_go_one_by_one(two):
    """A core works on what fits its cache."""
    assert [(0, 1), (1, 2), (2, 3)] == cut(Lanes(4096, whole=False), 3)


def test_small_models_go_together_and_no_core_is_idle(two):
    """As many as make 4,096 tokens, but never all to one core."""
    assert [(0, 4), (4, 8), (8, 10)] == cut(Lanes(1024, whole=False), 10)
    assert [(0, 2), (2, 3)] == cut(Lanes(16, whole=False), 3)


def test_a_gpu_and_a_single_model_take_it_whole(two):
    """There is nothing to share out."""
    assert [(0, 64)] == cut(Lanes(4096, whole=True), 64)
    assert [(0, 1)] == cut(Lanes(4096, whole=False), 1)


def test_results_come_in_order_and_threads_end(two):
    """Whichever slice is done first; an error in one comes out."""
    before = torch.get_num_threads()
    with Lanes(4096, whole=False) as lanes:
        assert [0, 1, 4, 9] == lanes.map(lambda some: some.start**2, 4)
        with pytest.raises(ZeroDivisionError):
            lanes.map(lambda some: 1 // some.start, 3)

    assert before == torch.get_num_threads()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane")]
