"""What trainers share that draw samples of a fixed number of tokens: then shares of samples are of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import BadInputError
from core.exporters._door import domains_by_path
from core.exporters._shares import Drawn, Phase
from core.types import Manifest


def drawn_by_samples(
    manifest: Manifest, phases: Sequence[tuple[float, Mapping[str, float]]], where: str
) -> list[Drawn]:
    """Return what is drawn: weights by data path as the configuration `where` names them, phase by phase.

    Weights of paths of one domain add up.

    Raises:
        BadInputError: A path is none of the manifest's.
    """
    known = domains_by_path(manifest)
    found = []
    for share, weights in phases:
        sums: dict[str, float] = {}
        for path, weight in weights.items():
            if path not in known:
                raise BadInputError(f"{where}: {path}", "no data file of this export", "export again")
            sums[known[path]] = sums.get(known[path], 0.0) + weight
        found.append(Drawn(share, {domain: (weight, [1]) for domain, weight in sums.items()}))
    return found


def check_length(length: int) -> None:
    """Raise unless a sample can have that many tokens."""
    if not 1 <= length <= 1 << 20:
        raise BadInputError(
            f"sequence_length {length}", "a sample is 1 to 1,048,576 tokens", "choose another"
        )


def check_positive(**settings: int) -> None:
    """Raise for a setting that counts something and is below 1."""
    for name, value in settings.items():
        if value < 1:
            raise BadInputError(f"{name} {value}", "is below 1", "give a positive number")


def first_steps(phases: Sequence[Phase], steps: int, multiple: int = 1) -> list[int]:
    """Return the step, from 0, at which each phase begins: the nearest that is a multiple of `multiple`.

    Raises:
        BadInputError: Two phases would begin at one step.
    """
    starts = [round(phase.start * steps / multiple) * multiple for phase in phases]
    for phase, start, end in zip(phases, starts, [*starts[1:], steps], strict=True):
        if end <= start:
            rule = f"the stage up to {phase.until:.4g} of {steps} steps is shorter than {multiple} of them"
            raise BadInputError("stages", rule, "lower batch_size or sequence_length, or raise the budget")
    return starts
