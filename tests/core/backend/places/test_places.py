"""What all places have in common: they are backends, each by its own name."""

import dataclasses
import inspect

import pytest

from core.backend import PLACES, Backend
from core.backend.config import Config
from core.backend.places import ThisMachine
from core.errors import BadInputError, InterruptedRunError


@pytest.mark.parametrize("name", PLACES)
def test_every_place_is_a_backend(name):
    """A frozen value with a name and a version, and the one method."""
    place = PLACES[name]

    assert (name, 1) == (place.name, place.version)
    assert inspect.signature(Backend.submit) == inspect.signature(place.submit)
    assert place.__dataclass_params__.frozen
    assert {"out", "progress"} <= {field.name for field in dataclasses.fields(place)}


def test_several_processes_here_that_fail_say_how_it_goes_on(tmp_path, monkeypatch):
    """Torchrun is started with the run's paths; what it did not end is no run."""
    seen = []
    monkeypatch.setattr("subprocess.run", lambda words, **_: (seen.append(words), Ended(3))[1])

    with pytest.raises(InterruptedRunError, match="torchrun ended with 3; the same command goes on"):
        ThisMachine(tmp_path / "run", processes=4).submit(tmp_path / "manifest.json", Config())
    assert ["torch.distributed.run", "--standalone", "--nproc-per-node=4"] == seen[0][2:5]
    assert ["train", str(tmp_path / "manifest.json")] == seen[0][7:9]
    assert str(tmp_path / "run") in seen[0]


def test_no_processes_are_refused(tmp_path):
    """Before anything is begun."""
    with pytest.raises(BadInputError, match="0 processes: are none to train with"):
        ThisMachine(tmp_path / "run", processes=0).submit(tmp_path / "manifest.json", Config())


@dataclasses.dataclass
class Ended:
    """What a process leaves."""

    returncode: int
