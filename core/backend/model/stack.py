"""The numbers of M models side by side: weights, gradients, AdamW's moments, and the one optimiser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from core.backend.model.decoder import EMBEDDING, HEAD
from core.backend.model.shape import Shape

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import AdamW

MOMENTS = ("exp_avg", "exp_avg_sq")


def stacked(models: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Lay the weights of single models side by side, in a new leading dimension."""
    import torch

    return {name: torch.stack([model[name] for model in models]) for name in models[0]}


def one(weights: Mapping[str, Tensor], model: int) -> dict[str, Tensor]:
    """Return one model's weights as views without the leading dimension."""
    return {name: tensor.detach()[model] for name, tensor in weights.items()}


class Stack:
    """M models' weights, gradients and moments, each a map of tensors with the leading dimension M.

    The optimiser is one fused AdamW with GPT-3's betas. Its parameters are views of the stacked tensors,
    a view for each run of models with equal rates, so that every model may have a rate of its own and
    equal ones cost nothing. Clipping is by each model's own norm.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        rates: Sequence[float],
        shape: Shape,
        weight_decay: float,
        moments: Mapping[str, Mapping[str, Tensor]] | None = None,
        steps: int = 0,
    ) -> None:
        """Take the weights over, which then require gradients.

        Args:
            weights: With the leading dimension, where they are to stay.
            rates: The peak learning rate of each model.
            shape: The models' sizes: µP's rates differ by kind of weight.
            weight_decay: Of matrices; norms, which have one dimension, do not decay.
            moments: AdamW's, by `MOMENTS`; zeros when left out.
            steps: That the moments are of.
        """
        import torch

        self.rates, self.shape, self.weight_decay = list(rates), shape, weight_decay
        self._parts: dict[tuple[int, int], dict[str, Tensor]] = {}
        # In order of name, whatever the order in a file: sums over them then round alike.
        self.weights = {name: weights[name].detach().requires_grad_() for name in sorted(weights)}
        for tensor in self.weights.values():
            tensor.grad = torch.zeros_like(tensor)
        self.moments = {
            moment: {
                name: torch.zeros_like(w, requires_grad=False) if moments is None else moments[moment][name]
                for name, w in self.weights.items()
            }
            for moment in MOMENTS
        }
        self.optimiser = self._optimiser(steps)

    def __len__(self) -> int:
        """Return the number of models."""
        return len(self.rates)

    @property
    def gradients(self) -> Iterable[Tensor]:
        """Each stacked tensor's gradient, by which `backpropagate` adds in place."""
        for tensor in self.weights.values():
            assert tensor.grad is not None
            yield tensor.grad

    def part(self, models: slice) -> dict[str, Tensor]:
        """Return some models' weights as leaves whose gradients are views of the stack's."""
        key = (models.start, models.stop)
        if key not in self._parts:
            found = {}
            for name, tensor in self.weights.items():
                view = tensor.detach()[models].requires_grad_()
                assert tensor.grad is not None
                view.grad = tensor.grad[models]
                found[name] = view
            self._parts[key] = found
        return self._parts[key]

    def zero_grad(self) -> None:
        """Set every gradient to 0 in place: the optimiser's views stay views."""
        for gradient in self.gradients:
            gradient.zero_()

    def set_rate(self, factor: float) -> None:
        """Set this step's learning rates, a share of each model's peak."""
        for group in self.optimiser.param_groups:
            rate = factor * group["peak"]
            if hasattr(group["lr"], "fill_"):
                group["lr"].fill_(rate)  # a GPU's graph reads it from where it lies
            else:
                group["lr"] = rate

    def step(self, clip: float) -> Tensor:
        """Clip each model's gradient to its own norm, update, and return the M norms from before."""
        import torch

        with torch.no_grad():
            norms = self.squares().sqrt()
            short = (clip / (norms + 1e-6)).clamp(max=1.0)
            for gradient in self.gradients:
                gradient.mul_(short.view(-1, *[1] * (gradient.ndim - 1)))
        self.optimiser.step()
        return norms

    def squares(self) -> Tensor:
        """Return the sums of the squares of each model's gradient, (M,)."""
        import torch

        squares = [torch.linalg.vector_norm(g.flatten(1), dim=1) ** 2 for g in self.gradients]
        return torch.stack(squares).sum(0)

    def kept(self, models: Sequence[int]) -> Stack:
        """Return a stack of some of the models, as they are."""
        steps = next(iter(self.optimiser.state.values()))["step"]
        return Stack(
            {name: w.detach()[list(models)] for name, w in self.weights.items()},
            [self.rates[model] for model in models],
            self.shape,
            self.weight_decay,
            {moment: {n: t[list(models)] for n, t in some.items()} for moment, some in self.moments.items()},
            int(steps.item()),
        )

    def _kinds(self) -> dict[tuple[float, float], list[str]]:
        """Group the names by (weight decay, what the rate is multiplied by)."""
        kinds: dict[tuple[float, float], list[str]] = {}
        for name, tensor in self.weights.items():
            if tensor.ndim == 2:
                kind = (0.0, 1.0)
            else:
                kind = (self.weight_decay, 1.0 if name in (EMBEDDING, HEAD) else self.shape.hidden_rate)
            kinds.setdefault(kind, []).append(name)
        return kinds

    def _optimiser(self, steps: int) -> AdamW:
        import torch

        on_gpu = self.weights[EMBEDDING].is_cuda
        groups, states = [], []
        for rate, run in groupby(range(len(self)), key=self.rates.__getitem__):
            models = list(run)
            lane = slice(models[0], models[-1] + 1)
            for (decay, scale), names in self._kinds().items():
                params = []
                for name in names:
                    view = self.weights[name].detach()[lane].requires_grad_()
                    gradient = self.weights[name].grad
                    assert gradient is not None
                    view.grad = gradient[lane]
                    params.append(view)
                    states.append((view, {m: self.moments[m][name][lane] for m in MOMENTS}))
                start = torch.tensor(0.0, device=params[0].device) if on_gpu else 0.0
                groups.append({"params": params, "weight_decay": decay, "peak": rate * scale, "lr": start})
        # On a GPU the rate is a tensor, too, so that one captured graph serves every step.
        found = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), fused=True, capturable=on_gpu)
        for view, moments in states:
            # Adam's own count of steps lies where the fused kernel wants it: on the device.
            found.state[view] = {"step": torch.tensor(float(steps), device=view.device), **moments}
        return found
