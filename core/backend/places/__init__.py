"""Where training can be done: each place is a `Backend`, a small file and a line here."""

from core.backend.places.slurm import Slurm
from core.backend.places.ssh import Ssh
from core.backend.places.this_machine import ThisMachine

PLACES: dict[str, type[ThisMachine] | type[Ssh] | type[Slurm]] = {
    place.name: place for place in (ThisMachine, Ssh, Slurm)
}

__all__ = ["PLACES", "Slurm", "Ssh", "ThisMachine"]
