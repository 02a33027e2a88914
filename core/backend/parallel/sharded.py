"""One model in parts: FSDP2 around the layers of the decoder, which stays a function of its weights.

Each layer's weights are the parameters of a thin module, which has no arithmetic of its own: called, it
gives them, gathered, to the decoder's `block`. Every tensor is cut along its first dimension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from core.backend.model.decoder import block, hidden_states
from core.backend.model.shape import Shape
from core.backend.model.stack import Stack

if TYPE_CHECKING:
    from core.backend.parallel.crew import Crew

_LAYERS = "model.layers."


class _Held(nn.Module):
    """Some weights as parameters, by their own names."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.keys = {name: name.replace(".", "_") for name in weights}  # a parameter's name has no dot
        for name, weight in weights.items():
            self.register_parameter(self.keys[name], nn.Parameter(weight.clone()))

    def named(self, name: str) -> nn.Parameter:
        """Return a parameter as it is now: this process's part, or all of it while it is gathered."""
        found: nn.Parameter = getattr(self, self.keys[name])
        return found

    def weights(self) -> dict[str, Tensor]:
        """Return the gathered weights with the leading dimension of a stack of one."""
        return {name: self.named(name)[None] for name in self.keys}


class _Layer(_Held):
    """One layer's weights."""

    def forward(
        self, x: Tensor, at: str, shape: Shape, turn: tuple[Tensor, Tensor], mask: Tensor | None
    ) -> Tensor:
        return block(x, self.weights(), at, shape, turn, mask)


class _Model(_Held):
    """The embedding, the last norm and the head, and the layers."""

    def __init__(self, weights: Mapping[str, Tensor], shape: Shape) -> None:
        super().__init__({name: w for name, w in weights.items() if not name.startswith(_LAYERS)})
        self.shape = shape
        self.layers = nn.ModuleList(
            _Layer({name: w for name, w in weights.items() if name.startswith(f"{_LAYERS}{layer}.")})
            for layer in range(shape.layers)
        )

    def forward(self, tokens: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        # A copy: what FSDP hangs on a result, to gather weights for the way back, a view would lose.
        return hidden_states(tokens, self.weights(), self.shape, turn, self._layer).clone()

    def _layer(
        self,
        x: Tensor,
        weights: object,  # noqa: ARG002 -- `block`'s; the layer has its own
        at: str,
        shape: Shape,
        turn: tuple[Tensor, Tensor],
        mask: Tensor | None,
    ) -> Tensor:
        layer = self.layers[int(at.removeprefix(_LAYERS).rstrip("."))]
        found: Tensor = layer(x, at, shape, turn, mask)
        return found


class _Outer(Mapping[str, Tensor]):
    """The weights around the layers as leaves with a gradient, as `backpropagate` wants the head.

    They are whole after a forward pass. The head's gradient, which the decoder writes by hand, joins what
    autograd adds to the same parameter, and is averaged with it.
    """

    def __init__(self, model: _Model) -> None:
        self._model = model

    def __getitem__(self, name: str) -> Tensor:
        parameter = self._model.named(name)
        found = parameter.detach()[None]
        if torch.is_grad_enabled() and not isinstance(parameter, DTensor):
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            found.grad = parameter.grad[None]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._model.keys)

    def __len__(self) -> int:
        return len(self._model.keys)


class Sharded:
    """A model that the processes hold together."""

    def __init__(self, weights: Mapping[str, Tensor], shape: Shape, device: str) -> None:
        """Cut the weights, equal everywhere, and keep this process's part."""
        size = torch.distributed.get_world_size()
        self._mesh: DeviceMesh = init_device_mesh(torch.device(device).type, (size,))
        self._here = self._mesh if device == "cpu" else init_device_mesh("cpu", (size,))
        self._model = _Model(weights, shape)
        for layer in self._model.layers:
            fully_shard(layer, mesh=self._mesh)
        # The tables are wanted again at once, on the way back: they stay gathered until then.
        fully_shard(self._model, mesh=self._mesh, reshard_after_forward=False)
        self.outer = _Outer(self._model)

    def run(
        self,
        tokens: Tensor,
        weights: object,  # noqa: ARG002 -- `hidden_states`'; the model has its own
        shape: Shape,  # noqa: ARG002 -- likewise
        turn: tuple[Tensor, Tensor],
    ) -> Tensor:
        """Return the last layer's normalised states, as `hidden_states` does."""
        found: Tensor = self._model(tokens, turn)
        return found

    def reshard(self) -> None:
        """Let go of what is still gathered after a pass without a way back."""
        assert isinstance(self._model, FSDPModule)
        self._model.reshard()

    def parameters(self) -> dict[str, nn.Parameter]:
        """Return every parameter, a DTensor, under the weight's name."""
        held = [self._model, *self._model.layers]
        found: dict[str, nn.Parameter] = {}
        for module in held:
            assert isinstance(module, _Held)
            found |= {name: module.named(name) for name in module.keys}
        return found

    def numbers(self) -> dict[str, Tensor]:
        """Return this process's part of every weight, with a leading dimension; they share memory."""
        return {name: _local(parameter)[None] for name, parameter in self.parameters().items()}

    def cut(self, whole: Tensor) -> Tensor:
        """Return this process's part of a (1, ...) tensor that is cut as the weights are."""
        return _local(distribute_tensor(whole, self._mesh, [Shard(1)])).clone()

    def parted(self, name: str, numbers: Tensor) -> Tensor:
        """Return a weight's or a moment's part as the DTensor of which it is a part, for a checkpoint.

        A copy in this machine's memory stays there.
        """
        mesh = self._mesh if numbers.device.type == self._mesh.device_type else self._here
        shape = torch.Size((1, *self.parameters()[name].shape))
        stride = torch.empty(shape, device="meta").stride()
        return DTensor.from_local(numbers, mesh, [Shard(1)], run_check=False, shape=shape, stride=stride)

    def hand_over(self, weights: Mapping[str, Tensor]) -> None:
        """Add the gradients of this process's parts to those of the weights from `numbers`."""
        for name, parameter in self.parameters().items():
            gradient = weights[name].grad
            assert gradient is not None
            if parameter.grad is not None:
                gradient.add_(_local(parameter.grad)[None])
                parameter.grad = None

    def whole(self) -> dict[str, Tensor]:
        """Return all weights whole, on the CPU, one after another; all processes call this together."""
        found = {}
        for name, parameter in self.parameters().items():
            assert isinstance(parameter, DTensor)
            found[name] = parameter.full_tensor().detach().cpu()
        return found


def _local(tensor: Tensor) -> Tensor:
    assert isinstance(tensor, DTensor)
    found: Tensor = tensor.to_local().detach()
    return found


class SplitStack(Stack):
    """This process's part of the numbers of one model; its norm is that of all parts."""

    def __init__(
        self,
        crew: Crew,
        weights: Mapping[str, Tensor],
        rate: float,
        shape: Shape,
        weight_decay: float,
        moments: Mapping[str, Mapping[str, Tensor]] | None,
        steps: int,
    ) -> None:
        """Take the parts over, as `Stack` takes whole weights."""
        self._crew = crew
        super().__init__(weights, [rate], shape, weight_decay, moments, steps)

    def squares(self) -> Tensor:
        """Return the sum of the squares of the gradient over all parts."""
        return self._crew.summed(super().squares())
