"""Gradients added up over all processes while the way back still goes on."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from torch import Tensor

_BUCKET = 2**23  # numbers that travel together: 32 MB in fp32


class Sums:
    """Replaces gradients, in place, by the sums over all processes of a part of each.

    A gradient joins a bucket once autograd has added to it for the last time, and a full bucket travels while
    the layers before are still computed. The buckets are alike everywhere, since autograd ends with the
    weights of one model in one order. Use it as a context around the way back: it leaves when all is summed.
    """

    def __init__(self, leaves: Iterable[Tensor], times: int, part: float) -> None:
        """Wait for nothing yet.

        Args:
            leaves: The weights, whose `grad` is there and stays where it is.
            times: How often autograd adds to each: once for a micro-batch.
            part: What this process's gradients are multiplied by.
        """
        self._due, self._part = dict.fromkeys(leaves, times), part
        self._bucket: list[Tensor] = []
        self._sent: list[tuple[list[Tensor], Tensor, dist.Work]] = []

    def __enter__(self) -> Sums:
        """Listen to autograd."""
        self._hooks = [
            leaf.register_post_accumulate_grad_hook(self._added)  # type: ignore[no-untyped-call] # torch leaves it untyped
            for leaf in self._due
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send the rest, such as a head's gradient, to which autograd adds nothing, and wait for all sums."""
        for hook in self._hooks:
            hook.remove()
        if error is not None:
            return
        for leaf in list(self._due):
            self._join(leaf)
        self._send()
        for bucket, flat, work in self._sent:
            work.wait()
            pieces = torch.split(flat, [gradient.numel() for gradient in bucket])
            for gradient, piece in zip(bucket, pieces, strict=True):
                gradient.copy_(piece.view_as(gradient))

    def _added(self, leaf: Tensor) -> None:
        self._due[leaf] -= 1
        if not self._due[leaf]:
            self._join(leaf)

    def _join(self, leaf: Tensor) -> None:
        del self._due[leaf]
        assert leaf.grad is not None
        self._bucket.append(leaf.grad)
        if sum(gradient.numel() for gradient in self._bucket) >= _BUCKET:
            self._send()

    def _send(self) -> None:
        bucket, self._bucket = self._bucket, []
        if bucket:
            flat = torch.cat([gradient.flatten() for gradient in bucket]).mul_(self._part)
            work = dist.all_reduce(flat, async_op=True)
            assert work is not None
            self._sent.append((bucket, flat, work))
