"""Earlier versions of a saved mixture: each time another one takes its name, the one before is kept."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotFoundError
from core.types import Mixture, check_name, parse_mixture
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Version:
    """A mixture as it was saved; `number` counts from 1, `replaced` is when the next took its place (since 1970)."""

    number: int
    replaced: float
    mixture: Mixture


def versions(workspace: Workspace, name: str) -> list[Version]:
    """Return the earlier versions of a saved mixture, the latest first; none where it was saved once.

    Raises:
        NotFoundError: no mixture of that name has been saved.
        BadInputError: a version's file has been changed by hand and is no mixture now.
    """
    if name not in workspace.mixtures():
        workspace.mixture(name)
    folder = workspace.folder / "mixtures" / "versions" / check_name(name, "mixture")
    found = [
        Version(
            int(path.stem),
            path.stat().st_mtime,
            parse_mixture(path.read_text(encoding="utf-8"), f"version {int(path.stem)} of {name}"),
        )
        for path in folder.glob("[0-9]*.yaml")
    ]
    return sorted(found, key=lambda one: -one.number)


def version(workspace: Workspace, name: str, number: int) -> Mixture:
    """Return one version of a saved mixture.

    Raises:
        NotFoundError: there is no such version, or no such mixture.
    """
    found = {one.number: one.mixture for one in versions(workspace, name)}
    if number not in found:
        known = ", ".join(map(str, sorted(found))) or "none; it was saved once"
        raise NotFoundError(f"{name}@{number}", "no such version", f"there are: {known}")
    return found[number]


def restore(workspace: Workspace, name: str, number: int) -> Mixture:
    """Save an earlier version under its name again; what stood there becomes a version itself."""
    found = version(workspace, name, number)
    workspace.save_mixture(found)
    return found
