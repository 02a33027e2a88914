"""Which window of which domain stands where in which batch: a pure function of manifest, seed and step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.types import Manifest


@dataclass(frozen=True, slots=True)
class Window:
    """One row of a batch: the domain, which of its windows, and how often it was seen before."""

    domain: int
    index: int
    epoch: int


def stage_weights(manifest: Manifest) -> list[tuple[float, dict[str, float]]]:
    """Return (share of training at which it ends, weights by domain) for each stage of the mixture.

    A stage without weights of its own has those of the mixture; a domain that the plan cut is cut
    alike in every stage. Weights are brought to the sum 1.

    Raises:
        BadInputError: A weight is negative, all are 0, or a weighted domain has no documents.
    """
    planned = {domain: plan.weight for domain, plan in manifest.domains.items()}
    stages = manifest.mixture.get("stages") or ()
    if not stages:
        return [(1.0, normal_weights(planned, manifest))]
    base = manifest.mixture.get("weights") or planned
    asked = [(float(s["until"]), s.get("weights") or base) for s in stages]
    average: dict[str, float] = {}
    for start, (until, weights) in zip([0.0, *(until for until, _ in asked)], asked, strict=False):
        for domain, weight in weights.items():
            average[domain] = average.get(domain, 0.0) + (until - start) * weight
    # Where the plan cut a domain at its max_epochs, its stages are cut in proportion.
    cut = {domain: planned.get(domain, 0.0) / share for domain, share in average.items() if share > 0}
    return [
        (until, normal_weights({d: w * cut.get(d, 0.0) for d, w in weights.items()}, manifest))
        for until, weights in asked
    ]


def reads_in_order(manifest: Manifest) -> bool:
    """Whether the files' order is a part of the mixture: a stage orders its documents, or shows them plain.

    The files hold each stage's new documents one stage after another, so a reader that shuffles loses both.
    """
    stages = manifest.mixture.get("stages") or ()
    return any(stage.get("order") is not None or not stage.get("preface", True) for stage in stages)


def normal_weights(
    weights: Mapping[str, float], manifest: Manifest, name: str | None = None
) -> dict[str, float]:
    """Bring weights to the sum 1; `name` (else the manifest's) is named in the error.

    Raises:
        BadInputError: A weight is negative or no number, all are 0, or a weighted domain has no documents.
    """
    total = sum(weights.values())
    if not (0 < total < float("inf")) or min(weights.values()) < 0:
        raise BadInputError(
            name or manifest.name, "its weights are not shares of 1", "mend the mixture's weights"
        )
    filled = {file.domain for file in manifest.files if file.rows}
    for domain, weight in weights.items():
        if weight > 0 and domain not in filled:
            raise BadInputError(
                domain, "the domain has a weight but no documents", "set its weight to 0 and export again"
            )
    return {domain: weight / total for domain, weight in weights.items()}


def apportion(quota: NDArray[np.float64], drawn: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return how many of the next `size` windows each domain gets, by largest remainder.

    The rests of earlier blocks are carried on, so that the error never grows with their number.

    Args:
        quota: The windows due to each domain at the end of the block, since the stage began.
        drawn: The windows that each has had since then; `quota` exceeds it by `size` in sum.
        size: The windows of this block.
    """
    due = np.maximum(quota - drawn, 0.0)
    counts = np.floor(due + 1e-9).astype(np.int64)
    while (short := size - int(counts.sum())) != 0:
        rest = due - counts
        if short > 0:
            counts[np.argsort(-np.where(due > 0, rest, -np.inf), kind="stable")[:short]] += 1
        else:  # a domain that was ahead had less than nothing due: the others wait for it
            counts[np.argsort(np.where(counts > 0, rest, np.inf), kind="stable")[0]] -= 1
    return counts


class Schedule:
    """The order of all windows of a run, in blocks within which the weights hold exactly.

    Each block's domains are shuffled; each domain goes through its own windows in a new shuffled
    order every epoch, or as they stand where the order matters: then a run that is too short for all of
    them sees them at even distances, from the first to the last. Nothing depends on what was asked before.
    """

    def __init__(
        self,
        windows: Sequence[int],
        stages: Sequence[tuple[int, Sequence[float]]],
        batch_size: int,
        block: int,
        key: str,
        *,
        in_order: bool = False,
        begin: int = 0,
        after: Schedule | None = None,
    ) -> None:
        """Lay out the blocks: about 20 microseconds each.

        Args:
            windows: The number of windows of each domain.
            stages: (first step after it, weights by domain) of each stage.
            batch_size: Windows of a step.
            block: Windows of a block; the last of a stage may be shorter.
            key: Decides every shuffle: the manifest's fingerprint and the seed.
            in_order: Whether a domain's windows come as they stand.
            begin: The first step.
            after: The order of the steps before; each domain goes on where that left it.
        """
        self.batch_size = batch_size
        self._begin, self._after = begin * batch_size, after
        self._windows, self._key = list(windows), key
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        self._kept: tuple[int, list[int], list[int]] = (0, [], [])  # the last block: batches come in turn
        counts, ends, start = [], [], self._begin
        for until, weights in stages:
            share, drawn = np.asarray(weights, dtype=np.float64), np.zeros(len(windows), np.int64)
            first, last = start, until * batch_size
            while start < last:
                size = min(block, last - start)
                counts.append(apportion(share * (start + size - first), drawn, size))
                drawn += counts[-1]
                start += size
                ends.append(start)
        self._counts = np.stack(counts)
        led = after.drawn(begin) if after is not None else np.zeros(len(windows), np.int64)
        self._before = led + np.cumsum(self._counts, axis=0) - self._counts
        self._ends = np.asarray(ends, dtype=np.int64)
        self._in_order, self._drawn = in_order, led + np.sum(self._counts, axis=0)

    def batch(self, step: int) -> list[Window]:
        """Return the windows of one step, from 0, in their order."""
        first = step * self.batch_size
        if self._after is not None and first < self._begin:
            return self._after.batch(step)
        return [self._window(position) for position in range(first, first + self.batch_size)]

    def drawn(self, steps: int) -> NDArray[np.int64]:
        """Return the windows that each domain gives to the first `steps` steps."""
        end = steps * self.batch_size
        if end <= self._begin:
            return self._after.drawn(steps) if self._after is not None else self._before[0] * 0
        block = int(np.searchsorted(self._ends, end, side="left"))
        total = self._before[block].copy()
        inside = end - (int(self._ends[block]) - int(self._counts[block].sum()))
        total += np.bincount(self._block(block)[:inside], minlength=len(self._windows))
        return np.asarray(total, dtype=np.int64)

    def _window(self, position: int) -> Window:
        start, domains, ordinals = self._laid(position)
        domain, ordinal = domains[position - start], ordinals[position - start]
        epoch, index = divmod(ordinal, self._windows[domain])
        return Window(domain, int(self._order(domain, epoch)[index]), epoch)

    def _laid(self, position: int) -> tuple[int, list[int], list[int]]:
        """Return where the position's block starts, its domains in order, and which of theirs each window is."""
        start, domains, _ = self._kept
        if not start <= position < start + len(domains):
            block = int(np.searchsorted(self._ends, position, side="right"))
            order = self._block(block)
            ordinals = np.empty(len(order), np.int64)
            for domain in np.flatnonzero(self._counts[block]):
                mine = order == domain
                ordinals[mine] = self._before[block, domain] + np.arange(mine.sum())
            self._kept = (int(self._ends[block]) - len(order), order.tolist(), ordinals.tolist())
        return self._kept

    def _block(self, block: int) -> NDArray[np.int64]:
        domains = np.repeat(np.arange(len(self._windows)), self._counts[block])
        return self._shuffled(-1, block, domains)

    def _order(self, domain: int, epoch: int) -> NDArray[np.int64]:
        if self._in_order:
            there, drawn = self._windows[domain], int(self._drawn[domain])
            return np.arange(there) if drawn >= there else np.arange(drawn) * there // drawn
        return self._shuffled(domain, epoch, self._windows[domain])

    def _shuffled(self, row: int, turn: int, what: NDArray[np.int64] | int) -> NDArray[np.int64]:
        kept = self._orders.get(row)  # the last one of each row: batches are asked for in turn
        if kept is None or kept[0] != turn:
            seed = hashlib.sha256(f"{self._key}:{row}:{turn}".encode()).digest()
            rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
            kept = self._orders[row] = (turn, rng.permutation(what))
        return kept[1]
