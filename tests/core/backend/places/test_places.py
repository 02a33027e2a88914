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


def test_several_processes_here_that_fail_say_how_it_goes_on(manifest, tmp_path, monkeypatch):
    """Torchrun is started with the work and the paths as they were given; what it did not end is no run."""
    seen = []
    monkeypatch.setattr("subprocess.run", lambda words, **_: (seen.append(words), Ended(3))[1])
    here = ThisMachine(tmp_path / "out", 4, ("sweep", "--models", "8"))

    with pytest.raises(InterruptedRunError, match=r"sweep ended with 3, .*; the same command goes on"):
        here.submit(manifest, Config(tokens=4096))
    assert ["torch.distributed.run", "--standalone", "--nproc-per-node=4"] == seen[0][2:5]
    assert ["sweep", str(manifest)] == seen[0][7:9]
    assert ["--out", str(tmp_path / "out"), "--models", "8"] == seen[0][-4:]


def test_what_does_not_fit_is_said_before_processes_start(manifest, tmp_path):
    """In one line here, not in theirs."""
    with pytest.raises(BadInputError, match="a budget of 9 tokens: is smaller than one batch"):
        ThisMachine(tmp_path / "out", processes=2).submit(manifest, Config(tokens=9))


def test_no_processes_are_refused(tmp_path):
    """Before anything is begun."""
    with pytest.raises(BadInputError, match="0 processes: are none to train with"):
        ThisMachine(tmp_path / "run", processes=0)


@dataclasses.dataclass
class Ended:
    """What a process leaves."""

    returncode: int
