"""What the commands of a mixture share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.terminal import progress, read_mixture
from core.types import Mixture

if TYPE_CHECKING:
    from core.workspace import Workspace


def prepare(home: Workspace, mixture: Mixture) -> None:
    """Run the deduplication that a mixture asks for; one that has been run costs nothing."""
    if mixture.dedup is not None:
        from core import dedup as deduplication

        method, scope = mixture.dedup.method, mixture.dedup.scope
        deduplication.ensure(home, mixture.corpus, method, scope, progress())


def read_version(home: Workspace, spec: str) -> Mixture:
    """Read a mixture from a file, a saved one by its name, or an earlier version of it as `NAME@3`."""
    name, at, number = spec.rpartition("@")
    if at and number.isascii() and number.isdigit() and name in home.mixtures():
        from core.versions import version

        return version(home, name, int(number))
    return read_mixture(home, spec)
